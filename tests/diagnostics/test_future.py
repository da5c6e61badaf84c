"""Estimates and modes judged by forecasts: each row by the rows before it."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

import bayesneuron as bn
from bayesneuron.diagnostics.future import lfo_of, past_of

pytestmark = pytest.mark.filterwarnings("ignore:.*:bayesneuron.StatisticalWarning")


@pytest.fixture(scope="module")
def wave():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60, seed=1), history=3, horizon=2)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=2)
    return model, x, y, bn.nuts(model, x, y, chains=2, samples=200, warmup=200, starts=4, seed=0)


def linear(x, y=None):
    """y = w x + noise, whose forecasts have a closed form."""
    import numpyro
    import numpyro.distributions as dist

    w = numpyro.sample("w", dist.Normal(0, 1).expand([1, 1]).to_event(2))
    mean = numpyro.deterministic("mean", x @ w.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.5).to_event(1), obs=y)


def test_against_the_closed_form():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 1))
    y = 0.8 * x + 0.5 * rng.normal(size=x.shape)
    model = bn.load(linear, layout=bn.Layout({"w": ("output", "input")}))
    fit = partial(bn.nuts, model, chains=4, samples=1000, warmup=200, starts=1, seed=0)
    future = lfo_of(fit(x, y), model=model, refit=fit)
    exact = []
    for i in range(30, 60):
        precision = 1 + (x[:i] ** 2).sum() / 0.25
        mean = (x[:i] * y[:i]).sum() / 0.25 / precision
        exact.append(
            stats.norm.logpdf(y[i, 0], x[i, 0] * mean, np.hypot(0.5, x[i, 0] / precision**0.5))
        )
    np.testing.assert_allclose(future.pointwise, exact, atol=0.03)
    assert abs(future.pointwise.sum() - np.sum(exact)) < 0.2
    assert future.bad_k == 0
    assert len(future.sampled) <= 4


def test_compare_has_a_column_of_forecasts(wave):
    comparison = bn.compare({"nuts": wave[3]}, cv="lfo")
    table = comparison.table()
    assert (table["lfo_rows"] == 14).all(), "every other window of the later half"
    assert (table["refits"] <= 1 + 14 // 10 + 1).all()
    each = table["elpd_lfo"] / table["lfo_rows"]
    assert (each - table["elpd_loo"] / len(wave[2])).abs().max() < 0.5
    assert not comparison.overlapping


def test_windows_that_overlap_are_named(wave):
    assert "Windows overlap: elpd_loo is optimistic" in repr(bn.compare({"nuts": wave[3]}))
    x, y = np.asarray(wave[1]), np.asarray(wave[2])
    rows = bn.laplace(wave[0], x, y, samples=50, starts=2)
    assert "overlap:" not in repr(bn.compare({"laplace": rows}))
    np.testing.assert_array_equal(past_of(rows)[0], np.arange(len(x)))


def test_modes_are_stacked_by_forecasts(wave):
    by_loo, by_lfo = (bn.modes(wave[3], cv=cv).statistics for cv in ("loo", "lfo"))
    assert by_lfo["stacking"].sum() == pytest.approx(1)
    assert (by_lfo["elpd"] != by_loo["elpd"]).all()


def test_what_cannot_be_is_refused(wave):
    model, x, y, draws = wave
    laplace = bn.laplace(model, x, y, samples=20, starts=2)
    with pytest.raises(ValueError, match=r"returns draws for 'a', such as functools.partial\(bn.l"):
        bn.compare({"a": laplace}, cv="lfo")
    two = {"a": laplace, "b": laplace}
    with pytest.raises(ValueError, match=r"a function for each of \['a', 'b'\], by name, got one"):
        bn.compare(two, cv="lfo", refit=lambda x, y: laplace)
    with pytest.raises(ValueError, match="refit: expected names among"):
        bn.compare({"a": draws}, cv="lfo", refit={"b": laplace})
    with pytest.raises(ValueError, match="refit: expected none without cv='lfo'"):
        bn.compare({"a": draws}, refit=laplace)
    with pytest.raises(ValueError, match="cv: expected"):
        bn.modes(draws, cv="kfold")
