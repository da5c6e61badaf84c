"""What cannot be continued is refused in one line; what goes astray is counted."""

import numpy as np
import pytest
import xarray as xr
from conftest import normal
from test_forecast import carrying, linear_draws, weights_of

import bayesneuron as bn
from bayesneuron.draws import provenance_of


def test_paths_that_leave_every_range_are_counted_and_warned_of_once():
    draws = linear_draws([0.5, 3.0], 0.1)
    with pytest.warns(bn.StatisticalWarning, match="10 of 20 paths .* first at step 2") as caught:
        ahead = bn.forecast(draws, [1.0, 2.0], 700, paths=10)
    assert len(caught) == 1
    assert ahead.forecast["diverged"].sum("path").values.tolist() == [[0, 10]]
    assert ahead.summary["diverged"][[0, -1]].values.tolist() == [0.0, 0.5]
    # the rest is that of the other draw
    assert ahead.summary["sd"][-1] == pytest.approx(0.1 / 0.75**0.5, rel=0.5)
    assert np.isfinite(ahead.summary["quantiles"]).all()


@pytest.mark.parametrize("likelihood", ["student_t", "poisson"])
def test_noise_is_that_of_the_likelihood(likelihood):
    model = bn.load("two_layer", inputs=2, hidden=1, outputs=1, likelihood=likelihood)
    y = bn.forecast(weights_of(model, 2, 3), [0.0, 300.0, 1.0], 2, paths=20).forecast["y"]
    assert bool((y == y.round()).all()) == (likelihood == "poisson")
    assert float(y.std()) > 0.1


def test_an_own_model_is_given_again():
    def body(x, y=None):
        import numpyro
        import numpyro.distributions as dist

        w = numpyro.sample("w", dist.Normal(0, 1).expand([1, x.shape[1]]).to_event(2))
        mean = numpyro.deterministic("mean", (x @ w.T)[:, 0])
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean, 0.1), obs=y)

    model = bn.load(body, layout=bn.Layout({"w": ("output", "input")}, {}))
    draws = bn.from_arrays({"w": np.array([[[0.2, 0.7]], [[0.5, -0.5]]])}, model=model)
    ahead = bn.forecast(draws, [4.0, 1.0, 2.0], 2, model=model).forecast["mean"]
    np.testing.assert_allclose(ahead[0], [[1.6, 1.52], [-0.5, 1.25]])
    with pytest.raises(ValueError, match="expected model="):
        bn.forecast(draws, [4.0, 1.0, 2.0], 2)


def test_the_result_knows_its_units_and_where_it_comes_from(quick, sine):
    series = xr.DataArray(normal(8), dims="time", attrs={"units": "m"})
    ahead = bn.forecast(quick["svi"], series, 3)
    assert ahead.summary.attrs["units"] == "m"
    assert provenance_of(ahead) == provenance_of(quick["svi"])
    assert set(ahead.references.data_vars) == {"persistence", "autoregression"}
    np.testing.assert_array_equal(ahead.history["y"], series[-4:])
    assert ahead.forecast["y"].sizes["path"] * 100 >= 1000


def test_what_cannot_be_continued_is_refused(quick, sine):
    draws = quick["svi"]
    cases = [
        (np.zeros(3), "at least 4 samples, a window, got 3"),
        (np.zeros((9, 2)), "expected 1 channel as in training, got 2"),
        (np.asarray(sine[0]), "expected 1 channel as in training, got 4"),
        (sine[1], "expected a series, or windows"),
        (sine[0][:0], "shape"),
        (np.array([0.0, np.nan, 0.0, 0.0, 0.0]), "1 missing"),
    ]
    for history, message in cases:
        with pytest.raises(ValueError, match=message):
            bn.forecast(draws, history, 2)
    for options in ({"steps": 0}, {"steps": 2, "paths": 0}, {"steps": 2, "seed": -1}):
        with pytest.raises(ValueError, match=list(options)[-1]):
            bn.forecast(draws, np.zeros(9), **options)
    with pytest.raises(ValueError, match="steps: expected at most"):
        bn.forecast(draws, np.zeros(9), 2**31 - 1)


def test_networks_that_forecast_nothing_are_refused():
    classes = bn.load("two_layer", inputs=3, hidden=1, outputs=1, likelihood="bernoulli")
    with pytest.raises(ValueError, match="numbers or counts"):
        bn.forecast(weights_of(classes, 3), np.zeros(5), 2)
    x, y = bn.windows(normal(30), 3, target="reconstruct")
    draws = weights_of(bn.load("two_layer", inputs=3, hidden=1, outputs=3), 3)
    with pytest.raises(ValueError, match="reconstructs its windows"):
        bn.forecast(carrying(draws, x, y), x, 2)
