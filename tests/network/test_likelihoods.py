"""Every likelihood of the shipped networks: its density, its mean, the targets it takes."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import random_sites
from scipy import stats
from scipy.special import expit, softmax

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.likelihoods import LIKELIHOODS
from bayesneuron.network.tracing import log_prob, run
from bayesneuron.reduction.scoring import errors, score

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))
REAL, COUNTS, BITS = (
    RNG.normal(size=(12, 2)),
    RNG.poisson(2.0, (12, 2)),
    RNG.integers(2, size=(12, 2)),
)
TARGETS = {
    "gaussian": REAL,
    "heteroscedastic": REAL,
    "student_t": REAL,
    "poisson": COUNTS,
    "bernoulli": BITS,
    "categorical": RNG.integers(3, size=12),
}


def network(likelihood, name="two_layer", **options):
    outputs = 3 if likelihood == "categorical" else 2
    sizes = {"inputs": 3, "hidden": (4,)} if name == "mlp" else {"inputs": 3, "hidden": 4}
    if name == "rnn":
        sizes = {"hidden": 4, "output": "identity"}
    return bn.load(name, outputs=outputs, likelihood=likelihood, **sizes, **options)


def by_hand(likelihood, h, y, noise, dof):
    """Mean and log density of each observation, from SciPy."""
    match likelihood:
        case "gaussian":
            return h, stats.norm.logpdf(y, h, noise).sum(1)
        case "heteroscedastic":
            return h[:, :2], stats.norm.logpdf(y, h[:, :2], np.exp(h[:, 2:])).sum(1)
        case "student_t":
            return h, stats.t.logpdf(y, dof, h, noise).sum(1)
        case "poisson":
            return np.exp(h), stats.poisson.logpmf(y, np.exp(h)).sum(1)
        case "bernoulli":
            return expit(h), stats.bernoulli.logpmf(y, expit(h)).sum(1)
        case "categorical":
            p = softmax(h, axis=1)
            return p, np.log(p[np.arange(len(y)), y])
    raise AssertionError(likelihood)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_density_and_mean_are_those_of_scipy(likelihood):
    model, y = network(likelihood), TARGETS[likelihood]
    sites = random_sites(model, 3, 1)
    for draw in range(3):
        one = {k: v[draw] for k, v in sites.items()}
        hidden = np.tanh(X @ one["hidden_weight"].T + one["hidden_bias"])
        sums = hidden @ one["output_weight"].T + one["output_bias"]
        mean, density = by_hand(likelihood, sums, y, one.get("noise"), one.get("dof"))
        values = evaluate(model, {k: v[None] for k, v in one.items()}, X, y, keep=("mean",))
        np.testing.assert_allclose(values["mean"][0], mean, rtol=1e-5)
        np.testing.assert_allclose(values["log_likelihood"][0], density, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["mlp", "rnn"])
def test_every_network_has_them(name):
    for likelihood, y in TARGETS.items():
        trace = run(network(likelihood, name), {}, jnp.asarray(X), jnp.asarray(y))
        density = log_prob(trace["y"])
        assert density.shape == (12,)
        assert np.isfinite(density).all()
        assert trace["mean"]["value"].shape[1] == (3 if likelihood == "categorical" else 2)


@pytest.mark.parametrize(
    ("likelihood", "y", "message"),
    [
        ("poisson", COUNTS - 9, "y: expected counts 0, 1, …, got -9"),
        ("poisson", COUNTS + 0.5, "y: expected counts 0, 1, …, got 0.5"),
        ("bernoulli", BITS + 1, "y: expected class numbers 0 to 1, got 2"),
        ("categorical", TARGETS["categorical"] + 1, "y: expected class numbers 0 to 2, got 3"),
    ],
)
def test_targets_that_a_likelihood_cannot_have_are_refused(likelihood, y, message):
    with pytest.raises(ValueError, match=message):
        bn.laplace(network(likelihood), X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"likelihood": "cauchy"}, "likelihood: expected one of .*, got 'cauchy'"),
        ({"likelihood": "poisson", "noise": 0.1}, "noise: expected none with likelihood='poisson'"),
        ({"likelihood": "bernoulli", "output": "tanh"}, "output: expected 'identity' with"),
        ({"prior": "flat"}, "prior: expected one of .*, got 'flat'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=2, **options)
    with pytest.raises(ValueError, match=message):
        bn.laplace(model, X, REAL)


@pytest.mark.parametrize(("likelihood", "name"), [("bernoulli", "error_rate"), ("poisson", "rmse")])
def test_errors_are_those_of_the_targets(likelihood, name):
    """Shares of wrong labels, and root mean squares of counts, in `compare` and scores alike."""
    model, y = network(likelihood), TARGETS[likelihood]
    sites = random_sites(model, 20, 2)
    draws = bn.from_arrays(sites, model=model)
    mean = np.asarray(bn.predict(draws, X).predictions["mean"])[0].mean(axis=0)
    by_hand = {"error_rate": ((mean > 0.5) != y).mean(), "rmse": ((mean - y) ** 2).mean() ** 0.5}
    table = bn.compare({"drawn": draws}, test=(X, y)).methods
    np.testing.assert_allclose(table.loc["drawn", name], by_hand[name], rtol=1e-5)
    np.testing.assert_allclose(score(model, sites, X, y, loo=False).error, by_hand[name], rtol=1e-5)


def test_one_wrong_label_of_four():
    mean, y = np.array([[[0.9], [0.2], [0.6], [0.4]]]), np.array([[1], [0], [1], [1]])
    assert errors(mean, y, labels=True).tolist() == [0.25]
