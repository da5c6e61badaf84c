"""Evidence for removing a neuron: against closed forms, planted spares, learnt scales."""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from scipy.stats.qmc import MultivariateNormalQMC

import bayesneuron as bn
from bayesneuron.numerics.model_reduction import log_reduction, log_savage_dickey

READS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
NOISE = 0.5


def log_evidence(features, y, noise=NOISE):
    """Of y = features v + noise with v ~ N(0, I)."""
    cov = features @ features.T + noise**2 * np.eye(len(y))
    return multivariate_normal(np.zeros(len(y)), cov).logpdf(y)


def conjugate(effects, count=40, seed=0, count_of_draws=65_536):
    """Data of a linear model in tanh features, and draws of its exact posterior."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 2))
    features = np.tanh(x @ READS.T)
    y = features @ effects + NOISE * rng.normal(size=count)
    precision = features.T @ features / NOISE**2 + np.eye(3)
    mean = np.linalg.solve(precision, features.T @ y / NOISE**2)
    v = MultivariateNormalQMC(mean, np.linalg.inv(precision), rng=rng).random(count_of_draws)
    return x, y, features, v


def fixed_features(x, y=None):
    """The features' weights are known to a millionth, so that the model is linear."""
    w = numpyro.sample("W", dist.Normal(jnp.asarray(READS), 1e-6).to_event(2))
    v = numpyro.sample("v", dist.Normal(0, 1).expand([1, 3]).to_event(2))
    mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T) @ v.T)
    numpyro.sample("y", dist.Normal(mean, NOISE).to_event(1), obs=y)


def test_in_a_linear_model_the_ratio_is_that_of_the_evidences():
    x, y, features, v = conjugate([1.0, 0.15, 0.0], count_of_draws=2048)
    layout = bn.Layout({"W": ("hidden", "x"), "v": ("y", "hidden")}, {"hidden": "tanh"})
    model = bn.load(fixed_features, layout=layout)
    w = np.broadcast_to(READS, (len(v), 3, 2))
    draws = bn.from_arrays({"W": w, "v": v[:, None, :]}, model=model)
    draws.attrs["aligned"] = 1  # the weights that are read leave no symmetry
    result = bn.neuron_evidence(draws, x, y[:, None], model=model, most=2048)
    full = log_evidence(features, y)
    exact = [log_evidence(np.delete(features, i, axis=1), y) - full for i in range(3)]
    np.testing.assert_allclose(result.savage_dickey[1:], exact[1:], atol=0.01)
    np.testing.assert_allclose(result.savage_dickey[0], exact[0], rtol=0.05)  # far in the tail
    assert result.savage_dickey[0] < 0 < result.savage_dickey[2]


def test_the_reduction_is_the_ratio_of_evidences_for_a_spike_of_any_width():
    _, y, features, v = conjugate([0.3, 0.1, 0.0])
    full = log_evidence(features, y)
    for spike in (0.5, 0.05):
        narrow = features * np.array([1.0, 1.0, spike])
        exact = log_evidence(narrow, y) - full
        assert log_reduction(v[:, :, None], spike)[2] == pytest.approx(exact, abs=0.01)
    limit = log_reduction(v[:, :, None], 1e-4)
    np.testing.assert_allclose(limit, log_savage_dickey(v[:, :, None]), atol=1e-3)


def test_one_neuron_fewer_is_the_ratio_of_evidences_whatever_the_alignment():
    """Both evidences as means of the likelihood over the prior."""
    rng = np.random.default_rng(0)
    x = np.linspace(-2, 2, 12)[:, None]
    y = np.tanh(2 * x) + 0.5 * rng.normal(size=x.shape)
    w, b = rng.normal(size=(2, 300_000, 2))
    v = rng.normal(size=(300_000, 2))
    h = np.tanh(w[:, None, :] * x + b[:, None, :])
    fit = lambda f: -0.5 * ((y[:, 0] - f) ** 2).sum(axis=1) / 0.5**2
    full = fit(np.einsum("stn,sn->st", h, v))
    one = fit(h[:, :, 0] * v[:, :1])
    exact = logsumexp(one) - logsumexp(full)
    kept = rng.choice(len(w), 2000, p=np.exp(full - logsumexp(full)))

    def two(x, y=None):
        w = numpyro.sample("W", dist.Normal(0, 1).expand([2, 1]).to_event(2))
        b = numpyro.sample("b", dist.Normal(0, 1).expand([2]).to_event(1))
        v = numpyro.sample("v", dist.Normal(0, 1).expand([1, 2]).to_event(2))
        mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T + b) @ v.T)
        numpyro.sample("y", dist.Normal(mean, 0.5).to_event(1), obs=y)

    sites = {"W": ("hidden", "x"), "b": ("hidden",), "v": ("y", "hidden")}
    model = bn.load(two, layout=bn.Layout(sites, {"hidden": "tanh"}))
    draws = {"W": w[kept][:, :, None], "b": b[kept], "v": v[kept][:, None, :]}
    result = bn.neuron_evidence(bn.from_arrays(draws, model=model), x, y, model=model, most=2000)
    assert result.one_fewer == pytest.approx(exact, abs=0.1)


def test_one_neuron_fewer_is_the_mean_of_the_ratios():
    result = bn.results.NeuronEvidence("h", np.log([1.0, 3.0]), np.ones(2), np.ones(2))
    assert result.one_fewer == pytest.approx(np.log(2))
    assert "one neuron fewer: 0.693 nats" in repr(result)


@pytest.fixture(scope="module")
def data():
    """One tanh neuron's data."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2))
    return x, 0.6 * np.tanh(x[:, :1] - x[:, 1:]) + 0.1 * rng.normal(size=(80, 1))


def prior_like(model, x, live, *, count=2000):
    """Prior draws in which the outgoing weight of neuron 0 is known, and large."""
    sites = {k: v.values[0].copy() for k, v in bn.prior(model, x, samples=count).posterior.items()}
    rng = np.random.default_rng(0)
    sites["output_weight"][:, 0, 0] = live + 0.05 * rng.normal(size=count)
    return sites


@pytest.mark.parametrize("options", [{}, {"prior": "hierarchical"}, {"activation": "relu"}])
def test_without_data_to_speak_of_there_is_no_evidence(options, data):
    x, y = data
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1, noise=1e4, **options)
    sites = {k: v.values[0] for k, v in bn.prior(model, x, samples=400).posterior.items()}
    result = bn.neuron_evidence(bn.from_arrays(sites, model=model), x, y)
    np.testing.assert_allclose(result.savage_dickey, 0, atol=1e-4)
    assert (result.size**2).mean() == pytest.approx(1, abs=0.2)  # in the scales as drawn


@pytest.mark.parametrize("likelihood", ["categorical", "poisson"])
def test_other_likelihoods_count_through_their_information(likelihood, data):
    x, y = data
    counts = (y[:, 0] > 0).astype(int)
    outputs = 2 if likelihood == "categorical" else 1
    model = bn.load("two_layer", inputs=2, hidden=2, outputs=outputs, likelihood=likelihood)
    sites = {k: v.values[0].copy() for k, v in bn.prior(model, x, samples=50).posterior.items()}
    sites["output_weight"][:, :, 1] *= 1e-3
    draws = bn.from_arrays(sites, model=model)
    draws.attrs["aligned"] = 1
    result = bn.neuron_evidence(draws, x, counts if outputs == 2 else counts[:, None])
    assert np.isfinite(result.savage_dickey).all()
    assert result.size[1] < 0.01


@pytest.mark.slow
def test_spare_neurons_of_a_fit_have_evidence_against_them(data):
    x, y = data
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1, noise=0.1)
    result = bn.neuron_evidence(bn.nuts(model, x, y, chains=2, samples=200, warmup=200, seed=0))
    table = result.table()
    assert table["savage_dickey"].iloc[0] < -3
    assert result.one_fewer > 0
    assert set(table.columns) == {"savage_dickey", "probability", "effective", "size"}


def test_bmrs_keeps_what_the_evidence_keeps(data):
    x, y = data
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1, noise=0.1)
    sites = prior_like(model, x, 2.0, count=300)
    task = bn.results.Task(model, sites, "hidden", x, y)
    kept = bn.baselines.bmrs(task, [2, 1])
    np.testing.assert_array_equal(kept[1]["output_weight"], sites["output_weight"][:, :, :1])
    with pytest.raises(ValueError, match="spike: expected a positive number"):
        bn.baselines.bmrs(task, 1, spike=0.0)


def test_other_priors_and_layers_are_refused(data):
    x, y = data

    def laplacian(x, y=None):
        w = numpyro.sample("W", dist.Normal(0, 1).expand([3, 2]).to_event(2))
        v = numpyro.sample("v", dist.Laplace(0, 1).expand([1, 3]).to_event(2))
        mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T) @ v.T)
        numpyro.sample("y", dist.Normal(mean, 1.0).to_event(1), obs=y)

    layout = bn.Layout({"W": ("hidden", "x"), "v": ("y", "hidden")}, {"hidden": "tanh"})
    model = bn.load(laplacian, layout=layout)
    draws = bn.prior(model, x, samples=20)
    with pytest.raises(ValueError, match="'v': expected a normal prior"):
        bn.neuron_evidence(draws, x, y, model=model)
    with pytest.raises(ValueError, match="layer: expected"):
        bn.neuron_evidence(draws, x, y, model=model, layer="other")
