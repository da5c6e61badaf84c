"""Series of darts in, forecasts out; darts itself only where it is installed."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn

MONTHS = pd.date_range("2015-01-31", periods=60, freq="ME")
VALUES = bn.datasets.noisy_sine(length=60, seed=0).values


def like_darts(values, index, components, samples=1):
    """What `as_series` asks of a TimeSeries."""
    return SimpleNamespace(
        time_index=index, components=pd.Index(components), n_samples=samples,
        all_values=lambda: np.repeat(values[..., None], samples, axis=-1),
    )  # fmt: skip


def test_a_series_of_darts_is_read():
    one = bn.as_series(like_darts(VALUES[:, None], MONTHS, ["sold"]))
    assert one.dims == ("time",)
    np.testing.assert_array_equal(one["time"], MONTHS)
    two = like_darts(np.stack([VALUES, -VALUES], axis=1), MONTHS, ["u", "v"])
    assert bn.as_series(two)["channel"].values.tolist() == ["u", "v"]
    both = bn.as_series([two, two])
    assert np.unique(both["recording"], return_counts=True)[1].tolist() == [60, 60]
    with pytest.raises(ValueError, match="expected one sample"):
        bn.as_series(like_darts(VALUES[:, None], MONTHS, ["sold"], samples=3))
    with pytest.raises(ValueError, match="the same components"):
        bn.as_series([two, like_darts(VALUES[:, None], MONTHS, ["u"])])


@pytest.mark.filterwarnings("ignore")
def test_there_and_back():
    darts = pytest.importorskip("darts")
    series = darts.TimeSeries.from_times_and_values(MONTHS, VALUES, columns=["sold"])
    x, y = bn.windows(series, history=3)
    draws = bn.laplace(bn.load("two_layer", inputs=3, hidden=1, outputs=1), x, y, samples=50)
    ahead = bn.forecast(draws, series, 5)
    like = pd.Series(VALUES, MONTHS, name="sold")
    continued = bn.to_darts(ahead, samples=200, like=like)
    assert continued.start_time() == MONTHS[-1] + MONTHS.freq
    assert (continued.n_samples, continued.freq) == (200, MONTHS.freq)
    assert continued.components.tolist() == ["sold"]
    everything = bn.to_darts(ahead, samples=10**6)
    np.testing.assert_allclose(everything.mean().values()[:, 0], ahead.summary["mean"])
    plain = bn.to_darts(bn.forecast(draws, VALUES, 5))
    assert plain.time_index.tolist() == [1, 2, 3, 4, 5], "steps, of a series without times"
