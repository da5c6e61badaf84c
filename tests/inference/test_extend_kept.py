"""An extension that is stopped goes on from its checkpoint and ends with the same bits."""

import pytest
from test_elsewhere import DRAWS, ESTIMATES, MODEL, X, Y, assert_same

import bayesneuron as bn
from bayesneuron.inference import segments

pytestmark = pytest.mark.filterwarnings(DRAWS)


def test_longer_chains_go_on_from_their_last_segment(tmp_path, monkeypatch):
    draws, calls, folder = ESTIMATES["nuts"](MODEL), [], tmp_path / "run"
    expected = bn.extend(draws, 20, model=MODEL)

    def stopped():
        calls.append(1)
        if len(calls) == 27:  # in the second chain
            raise KeyboardInterrupt

    monkeypatch.setattr(segments, "check_stopped", stopped)
    with pytest.raises(KeyboardInterrupt):
        bn.extend(draws, 20, model=MODEL, checkpoint=folder)
    assert list(folder.glob("segment-*.npz"))
    assert_same(expected, bn.extend(draws, 20, model=MODEL, checkpoint=folder))
    assert len(calls) == 40
    with pytest.raises(ValueError, match="checkpoint: expected more=21, got more=20"):
        bn.extend(draws, 21, model=MODEL, checkpoint=folder)


def test_new_replicates_are_read_again(tmp_path):
    draws, folder = ESTIMATES["bootstrap"](MODEL), tmp_path / "run"
    expected = bn.extend(draws, 30, model=MODEL, checkpoint=folder)
    blocks = sorted(folder.glob("*.npz"))
    blocks[0].unlink()
    assert_same(expected, bn.extend(draws, 30, model=MODEL, checkpoint=folder))


def test_what_is_fitted_again_as_a_whole_keeps_nothing(tmp_path):
    draws = bn.laplace(MODEL, X, Y, samples=20, starts=2)
    with pytest.raises(ValueError, match="checkpoint: expected none with laplace"):
        bn.extend(draws, 5, model=MODEL, checkpoint=tmp_path / "run")
