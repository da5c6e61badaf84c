"""A bootstrap whose draws go to a file: the same draws, in bounded memory, whole or not at all."""

import numpy as np
import pytest
import xarray as xr
from test_elsewhere import assert_same

import bayesneuron as bn
from bayesneuron.draws import appended
from bayesneuron.inference import replicates

X, Y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")


def draws_of(**where):
    return bn.bootstrap(MODEL, X, Y, replicates=60, optimizer=bn.Adam(epochs=2), **where)


@pytest.fixture
def _small_spans(monkeypatch):
    monkeypatch.setattr(replicates, "SPAN", 25)


@pytest.mark.usefixtures("_small_spans")
def test_a_file_has_the_draws_that_memory_would(tmp_path):
    path, expected = tmp_path / "draws.nc", draws_of()
    lazy = draws_of(into=path)
    assert lazy["posterior"]["noise"].variable._in_memory is False
    assert_same(expected, lazy)
    whole = bn.open(path)
    lazy.close()
    assert set(whole.children) == set(expected.children)
    for group in expected.children:
        xr.testing.assert_equal(whole[group].dataset, expected[group].dataset)
    for name, value in expected.attrs.items():
        assert name == "seconds" or np.array_equal(whole.attrs[name], value), name
    assert [f.name for f in tmp_path.iterdir()] == ["draws.nc"]
    longer = bn.extend(whole, 5)
    assert longer["posterior"].sizes["draw"] == 65


@pytest.mark.usefixtures("_small_spans")
def test_replicates_that_failed_are_left_out_of_the_file(tmp_path, monkeypatch):
    import bayesneuron.inference.streamed as module

    def losing(plan, begun, numbers, **options):
        end = train(plan, begun, numbers, **options)
        lost = np.isin(np.array(numbers), (3, *range(25, 50)))  # all of a span
        return end._replace(loss=np.where(lost, np.nan, end.loss))

    train = module.train_span
    monkeypatch.setattr(module, "train_span", losing)
    with pytest.warns(bn.StatisticalWarning, match="26 of 60 replicates failed"):
        draws_of(into=tmp_path / "draws.nc").close()
    draws = bn.open(tmp_path / "draws.nc")
    assert draws["posterior"].sizes["draw"] == 34
    kept = draws["sample_stats"]["replicate"].to_numpy()[0]
    np.testing.assert_array_equal(kept, [0, 1, 2, *range(4, 25), *range(50, 60)])


@pytest.mark.usefixtures("_small_spans")
def test_a_stop_leaves_the_old_file(tmp_path, monkeypatch):
    draws_of(into=tmp_path / "draws.nc").close()
    old = (tmp_path / "draws.nc").read_bytes()

    def stop(self, tree):
        raise KeyboardInterrupt

    monkeypatch.setattr(appended.Growing, "append", stop)
    with pytest.raises(KeyboardInterrupt):
        draws_of(into=tmp_path / "draws.nc")
    assert [f.name for f in tmp_path.iterdir()] == ["draws.nc"]
    assert (tmp_path / "draws.nc").read_bytes() == old


def test_only_files_of_draws_are_replaced(tmp_path):
    for name in ("draws.npz", "draws", "draws.NC.txt"):
        with pytest.raises(
            ValueError, match=rf"into: expected a name that ends in .nc, got '{name}'"
        ):
            draws_of(into=tmp_path / name)
    for content in (b"", b"thesis", b"\x89HDF" + bytes(500)):
        (tmp_path / "mine.nc").write_bytes(content)
        with pytest.raises(ValueError, match="or one that bayesneuron wrote, got another file"):
            draws_of(into=tmp_path / "mine.nc")
        assert (tmp_path / "mine.nc").read_bytes() == content


def test_what_fits_nowhere_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(appended, "SPARE", 2**62)
    with pytest.raises(ValueError, match=r"GiB of memory, got 2000000000, .* GiB; use into="):
        bn.bootstrap(MODEL, X, Y, replicates=2_000_000_000)
    with pytest.raises(ValueError, match=r"into: the draws take .* GB are free"):
        draws_of(into=tmp_path / "draws.nc")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        draws_of(into=tmp_path / "no" / "draws.nc")
    with pytest.raises(ValueError, match="into: expected the path of a file, got the folder"):
        draws_of(into=tmp_path)


@pytest.mark.parametrize("kept", ["memory", "file", "budget"])
def test_more_than_half_lost_is_an_error_that_says_what_is_kept(tmp_path, monkeypatch, kept):
    import bayesneuron.inference._bootstrap as whole
    import bayesneuron.inference.reservoir as within
    import bayesneuron.inference.streamed as streamed

    def losing(plan, begun, numbers, **options):
        end = train(plan, begun, numbers, **options)
        return end._replace(loss=np.where(np.array(numbers) >= 24, np.nan, end.loss))

    train = streamed.train_span
    for module in (whole, within, streamed):
        monkeypatch.setattr(module, "train_span", losing)
    where = {"memory": {}, "file": {"into": tmp_path / "draws.nc"}, "budget": {"memory": "70 kB"}}
    with pytest.raises(ValueError, match=r"none in 36 of 60 .* blocks are kept in .*run"):
        draws_of(**where[kept], checkpoint=tmp_path / "run")
    assert not list(tmp_path.glob("*.nc"))
    assert len(list((tmp_path / "run").glob("*.npz"))) > 0
