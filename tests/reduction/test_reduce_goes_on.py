"""A stopped reduction goes on from the chains that it kept, to the same bits."""

import pandas as pd
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.reduction import own as module

X, Y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1, noise=0.3)
OPTIONS = {"sizes": [1], "samples": 100, "test": (X[40:], Y[40:])}


@pytest.fixture(scope="module")
def draws():
    return bn.laplace(MODEL, X, Y, samples=40, starts=2)


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_a_stopped_reduction_goes_on_to_the_same_bits(draws, tmp_path, monkeypatch):
    expected, folder, fit = bn.reduce(draws, **OPTIONS), tmp_path / "run", module.nuts_fit

    def first_alone(*args, **options):
        if any(folder.rglob("*.npz")):
            raise KeyboardInterrupt
        return fit(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, "nuts_fit", first_alone)
        with pytest.raises(KeyboardInterrupt, match=r"blocks are kept in .*; the same call"):
            bn.reduce(draws, checkpoint=folder, **OPTIONS)
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.npz")}
    reduction = bn.reduce(draws, checkpoint=folder, **OPTIONS)
    assert before.items() < {f: f.stat().st_mtime_ns for f in folder.rglob("*.npz")}.items()
    pd.testing.assert_frame_equal(reduction.curve, expected.curve)
    xr.testing.assert_equal(
        reduction.at(1).draws["posterior"].to_dataset(),
        expected.at(1).draws["posterior"].to_dataset(),
    )
    with pytest.raises(ValueError, match="checkpoint: expected"):
        bn.reduce(draws, checkpoint=folder, seed=1, **OPTIONS)
