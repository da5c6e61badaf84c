"""Estimates and modes judged by forecasts: each row by the rows before it."""

from functools import partial

import jax
import numpy as np
import pytest
from scipy import stats

import bayesneuron as bn
from bayesneuron.diagnostics.again import most_refits, way_to_make
from bayesneuron.diagnostics.future import lfo_of, past_of
from bayesneuron.network.density import density
from bayesneuron.reduction.future import Forecasts, leave_future_out

pytestmark = pytest.mark.filterwarnings("ignore:.*:bayesneuron.StatisticalWarning")


@pytest.fixture(scope="module")
def wave():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60, seed=1), history=3, horizon=2)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=2)
    return model, x, y, bn.nuts(model, x, y, chains=2, samples=200, warmup=200, starts=4, seed=0)


@pytest.fixture(scope="module")
def laplace(wave):
    return bn.laplace(wave[0], *wave[1:3], samples=2000, seed=0)


def linear(x, y=None):
    """y = w x + noise, whose forecasts have a closed form."""
    import numpyro
    import numpyro.distributions as dist

    w = numpyro.sample("w", dist.Normal(0, 1).expand([1, 1]).to_event(2))
    mean = numpyro.deterministic("mean", x @ w.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.5).to_event(1), obs=y)


@pytest.mark.slow
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


@pytest.mark.slow
def test_compare_has_a_column_of_forecasts(wave):
    comparison = bn.compare({"nuts": wave[3]}, cv="lfo")
    table = comparison.table()
    assert (table["lfo_rows"] == 14).all(), "every other window of the later half"
    assert (table["refits"] <= 1 + 14 // 10 + 1).all()
    each = table["elpd_lfo"] / table["lfo_rows"]
    assert (each - table["elpd_loo"] / len(wave[2])).abs().max() < 0.5
    assert not comparison.without_lfo


@pytest.mark.slow
def test_windows_that_overlap_are_judged_by_forecasts(wave, laplace):
    model, x, y, few = wave
    kept = bn.bootstrap(model, x, y, replicates=20, optimizer=bn.Adam(epochs=2), start=laplace)
    comparison = bn.compare({"laplace": laplace, "few": few, "kept": kept})
    assert comparison.methods["elpd_lfo"].notna().to_dict() == {
        "laplace": True, "few": True, "kept": False,
    }  # fmt: skip
    assert comparison.without_lfo == {"kept": "options not recorded: give refit="}
    assert comparison.methods.loc["few", "refits"] <= 2
    assert "Windows overlap: elpd_loo is optimistic. Without elpd_lfo" in repr(comparison)
    held_out = bn.compare({"laplace": laplace}, test=(x, y))
    assert "elpd_lfo" not in held_out.methods
    assert held_out.without_lfo == {"laplace": "test data given"}
    assert bn.compare({"laplace": laplace}, cv="loo").without_lfo == {"laplace": "cv='loo'"}


def test_a_few_windows_are_not_judged_by_forecasts_unless_asked(wave):
    x, y = (part[:18] for part in wave[1:3])
    draws = bn.laplace(wave[0], x, y, samples=50, starts=2)
    assert bn.compare({"a": draws}).without_lfo == {"a": "under 10 windows to predict"}


def test_long_chains_have_time_for_more_refits(wave):
    draws = wave[3].copy()
    assert most_refits(draws) == 2, "2 chains of 400 moves, each refit 4 of 600"
    draws.attrs["thinning"] = 30
    assert most_refits(draws) == 2 * 2 * (200 * 30 + 200) // (4 * 600)


def test_rows_that_no_weights_reach_are_predicted_from_fewer_rows():
    y = np.concatenate([np.zeros(20), np.full(20, 50.0)])  # far from all that was seen

    def fit(rows):
        mean = np.linspace(-1, 1, 800).reshape(4, 200, 1) + np.zeros(40)
        return Forecasts(-0.5 * (y - mean) ** 2, mean.reshape(800, 40))

    future = leave_future_out(fit, np.arange(40), np.arange(20, 40), share=0.0)
    assert future.sampled == (20,)
    assert future.bad_k == 19
    np.testing.assert_allclose(future.mean, 0, atol=1e-12)


@pytest.mark.slow
def test_a_fit_of_padded_rows_is_that_of_the_rows_alone(wave, laplace):
    model, x, y, _ = wave
    inputs, targets = np.asarray(x, float), np.asarray(y, float)
    again = way_to_make(laplace)(model, laplace, inputs, targets, 30)
    alone = bn.laplace(model, inputs[:30], targets[:30], samples=2000)
    with jax.enable_x64():
        dens = density(model, inputs, targets)
        first = np.arange(len(x)) < 30
        of_padded, of_alone = (jax.numpy.asarray(d["linearised"]["centre"]) for d in (again, alone))
        padded, plain, other = (
            float(value)
            for value in (
                dens.log_joint(of_padded, inputs, targets, first),
                dens.log_joint(of_padded, inputs[:30], targets[:30]),
                dens.log_joint(of_alone, inputs[:30], targets[:30]),
            )
        )
    assert padded == pytest.approx(plain, rel=1e-14)
    assert padded == pytest.approx(other, abs=1e-6)
    means = [np.asarray(bn.predict(d, inputs, model=model).predictions["mean"]).mean((0, 1))
             for d in (again, alone)]  # fmt: skip
    np.testing.assert_allclose(*means, atol=0.02)


def test_rows_that_do_not_overlap_are_judged_by_loo(wave):
    x, y = np.asarray(wave[1]), np.asarray(wave[2])
    rows = bn.laplace(wave[0], x, y, samples=50, starts=2)
    comparison = bn.compare({"laplace": rows})
    assert "overlap:" not in repr(comparison)
    assert "elpd_lfo" not in comparison.methods
    np.testing.assert_array_equal(past_of(rows)[0], np.arange(len(x)))


def test_modes_are_stacked_by_forecasts(wave):
    by_loo, by_lfo = (bn.modes(wave[3], cv=cv).statistics for cv in ("loo", "lfo"))
    assert by_lfo["stacking"].sum() == pytest.approx(1)
    assert (by_lfo["elpd"] != by_loo["elpd"]).all()


def test_what_cannot_be_is_refused(wave):
    model, x, y, draws = wave
    diagonal = bn.laplace(model, x, y, samples=50, starts=2, structure="diagonal")
    with pytest.raises(ValueError, match=r"draws for 'a', such as functools.partial\(bn.laplace"):
        bn.compare({"a": diagonal}, cv="lfo")
    two = {"a": diagonal, "b": diagonal}
    with pytest.raises(ValueError, match=r"a function for each of \['a', 'b'\], by name, got one"):
        bn.compare(two, refit=lambda x, y: diagonal)
    with pytest.raises(ValueError, match="refit: expected names among"):
        bn.compare({"a": draws}, refit={"b": diagonal})
    with pytest.raises(ValueError, match="refit: expected none with cv='loo'"):
        bn.compare({"a": draws}, cv="loo", refit=diagonal)
    with pytest.raises(ValueError, match="cv: expected"):
        bn.modes(draws, cv="kfold")
