"""The microcanonical ensemble: exact where the posterior is known, honest where a member fails."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import estimate

import bayesneuron as bn
from bayesneuron.draws.tree import theta_of
from bayesneuron.inference.failures import failed_members
from bayesneuron.inference.members import Training, held_out_rows
from bayesneuron.inference.microcanonical import Plan
from bayesneuron.inference.run_members import run_members
from bayesneuron.inference.segments import Chain
from bayesneuron.inference.starts import prior_starts, starts_from
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

ROWS, NOISE = 200, 0.5
ALONE = 0  # a seed whose first member starts where the density is not finite


def linear(x, y=None):
    """Four independent N(0, 1) weights and known noise."""
    w = numpyro.sample("w", dist.Normal(0, 1).expand([1, 4]).to_event(2))
    mean = numpyro.deterministic("mean", x @ w.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, NOISE).to_event(1), obs=y)


@pytest.fixture(scope="module")
def problem():
    """Model, data, and the exact posterior of the weights."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 4)) * [1.0, 1.0, 2.0, 0.5]
    y = x @ [[1.0], [-2.0], [0.5], [0.3]] + NOISE * rng.normal(size=(ROWS, 1))
    cov = np.linalg.inv(x.T @ x / NOISE**2 + np.eye(4))
    model = bn.load(linear, layout=bn.Layout({"w": ("output", "input")}))
    return model, x, y, (cov @ x.T @ y / NOISE**2).ravel(), cov


@pytest.mark.parametrize(
    ("sampler", "batch", "bias"), [("mclmc", None, 0.1), ("mclmc", 50, 0.3), ("mams", None, 0.0)]
)
def test_the_posterior_of_a_linear_model(problem, sampler, batch, bias):
    model, x, y, mean, cov = problem
    draws = bn.ensemble(
        model, x, y, members=2, samples=2000, warmup=2000, thinning=10 if sampler == "mclmc" else 2,
        sampler=sampler, batch=batch, energy_variance=1e-3,
    )  # fmt: skip
    assert draws.attrs.get("batch") == batch
    w = draws.posterior["w"].values[:, :, 0]
    root = np.linalg.inv(np.linalg.cholesky(cov))
    z = ((w - mean) @ root.T).reshape(-1, 4)
    effective = 1000  # of 4000, a lower bound
    assert np.abs(z.mean(axis=0)).max() < 5 / np.sqrt(effective) + bias
    assert np.abs(np.cov(z.T) - np.eye(4)).max() < 5 * np.sqrt(2 / effective) + bias


@pytest.fixture(scope="module")
def three(two_layer, sine):
    return estimate("ensemble", two_layer, *sine, members=3)


def test_a_member_does_not_depend_on_how_many_there_are(two_layer, quick, three):
    for site in two_layer.layout.sites:
        np.testing.assert_array_equal(quick["ensemble"].posterior[site], three.posterior[site][:2])


@pytest.mark.slow
def test_a_deep_network_predicts_better_than_the_optima_it_starts_from():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, size=(240, 1)).astype(np.float32)
    y = (np.sin(3 * x) + 0.2 * rng.normal(size=x.shape)).astype(np.float32)
    model = bn.load("mlp", inputs=1, hidden=(8, 8), outputs=1, activation="relu")
    train, test = (x[:40], y[:40]), (x[40:], y[40:])
    with jax.enable_x64(False):
        dens = density(model, *train)
        plan = Plan(dens, "mclmc", 2000, 100, 5, 0.1)
        theta = prior_starts(dens, train[0], jax.random.key(0), 3)
        trained, chains = run_members(
            plan, Training(bn.Adam(epochs=300), 50, 6), theta, *map(jnp.asarray, train),
            held=(), temper=1.0, seed=0,
        )  # fmt: skip
        fits = jax.vmap(lambda theta: dens.terms(theta, *test)[0])
        optima = np.asarray(fits(trained.theta))
        draws = np.asarray(fits(chains.theta.reshape(-1, dens.size)))
    assert log_score(draws) > log_score(optima) > optima.mean(axis=1).min()


def log_score(log_lik):
    """Log density of held-out rows under an equal mixture of networks."""
    return np.mean(np.logaddexp.reduce(log_lik, axis=0) - np.log(len(log_lik)))


def test_members_that_fail_are_recognised():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(5, 30, 4)).astype(np.float32)
    lp = rng.normal(size=(5, 30))
    theta[1, 7, 2] = np.nan
    theta[2] = theta[2, :1]  # does not move
    lp[3] -= 10 + 4 + 2  # a nat per row and free number, and a little more
    lp[4] -= 10 + 4 - 2
    failed = failed_members(Chain(theta, {"lp": lp}), rows=10)
    assert failed.tolist() == [False, True, True, True, False]
    assert failed_members(Chain(theta * np.nan, {"lp": lp}), rows=10).all()
    error = np.full((5, 30), 0.1)
    error[4] = 1e-12  # its steps were tuned to nothing
    failed = failed_members(Chain(theta, {"lp": lp, "energy_variance": error}), rows=10)
    assert failed.tolist() == [False, True, True, True, True]


def half_broken(x, y=None):
    """A density that is not finite where w is not negative, as at about half of the starts."""
    w = numpyro.sample("w", dist.Normal(0, 1).expand([1, 2]).to_event(2))
    mean = numpyro.deterministic("mean", x @ w.T)
    scale = jnp.where(w[0, 0] > -1e-3, jnp.nan, 1.0)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, scale).to_event(1), obs=y)


def test_failed_members_are_left_out_and_reported():
    x = np.random.default_rng(0).normal(size=(40, 2))
    y = x @ [[-5.0], [1.0]]
    model = bn.load(half_broken, layout=bn.Layout({"w": ("output", "input")}))
    options = {"samples": 20, "warmup": 100, "optimizer": bn.Adam(epochs=3)}
    with pytest.warns(bn.StatisticalWarning, match="of 4 members failed and are left out"):
        draws = bn.ensemble(model, x, y, members=4, seed=0, **options)
    failed = np.atleast_1d(draws.attrs["failed"]).tolist()
    left = draws.sample_stats["member"].values[:, 0].tolist()
    assert failed
    assert sorted(failed + left) == list(range(4))
    assert np.isfinite(draws.posterior["w"]).all()
    assert "failed replicate" in set(bn.diagnose(draws, model=model).table()["cause"])
    with pytest.raises(ValueError, match="ensemble: expected finite draws that move"):
        bn.ensemble(model, x, y, members=1, seed=ALONE, **options)


def test_nuts_starts_at_members(two_layer, sine, quick):
    chains = estimate("nuts", two_layer, *sine, start=quick["ensemble"])
    assert chains.attrs["start"] == "draws of ensemble"


@double
def test_members_take_turns_as_starts(two_layer, sine, quick):
    draws = quick["ensemble"]
    dens = density(two_layer, *as_arrays(two_layer, *sine))
    theta = theta_of(dens, draws)
    starts = starts_from(dens, draws, 4)
    places = [int(np.flatnonzero((theta == one).all(axis=1))[0]) for one in starts]
    member = [place // draws.posterior.sizes["draw"] for place in places]
    assert sorted(member[:2]) == sorted(member[2:]) == [0, 1]


def test_the_diagnosis_is_about_predictions_of_members_together(quick):
    report = bn.diagnose(quick["ensemble"])
    assert report.modes is None
    assert {f.cause for f in report.findings if f.serious} == {"slow mixing"}, "50 draws are few"
    evidence = " ".join(report.table()["evidence"])
    assert "R-hat of predictions" in evidence
    assert "no accept step" in evidence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members": 0}, "members: expected a positive"),
        ({"thinning": 0}, "thinning: expected a positive"),
        ({"sampler": "hmc"}, "sampler: expected one of"),
        ({"batch": 0}, "batch: expected a positive"),
        ({"batch": 10**6}, "batch: expected at most the"),
        ({"batch": 10, "sampler": "mams"}, "batch: expected sampler='mclmc'"),
        ({"energy_variance": 0.0}, "energy_variance: expected a positive number"),
        ({"held_out": 1.0}, "held_out: expected a probability"),
        ({"optimizer": "adam"}, r"optimizer: expected Adam\(...\)"),
        ({"seed": -1}, "seed: expected a whole number"),
    ],
)
def test_arguments_are_checked(options, message, two_layer, sine):
    with pytest.raises(ValueError, match=message):
        bn.ensemble(two_layer, *sine, **options)


def test_a_row_is_held_out_and_a_row_is_left():
    assert held_out_rows(0.99, 2) == held_out_rows(0.01, 2) == 1
    with pytest.raises(ValueError, match="at least 2 rows"):
        held_out_rows(0.5, 1)
