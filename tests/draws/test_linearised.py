"""Draws of a Laplace approximation predict through the network linearised at the mode."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

import bayesneuron as bn
from bayesneuron.draws.linearised import can_linearise
from bayesneuron.draws.tree import LINEARISED
from bayesneuron.network.density import density

pytestmark = pytest.mark.filterwarnings("ignore:laplace.*:bayesneuron.StatisticalWarning")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(40, 3))
WAVE = np.tanh(X @ [1.0, -2.0, 0.5])[:, None] + 0.2 * RNG.normal(size=(40, 1))
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)


def two_layer(**options):
    return bn.load("two_layer", inputs=3, hidden=2, outputs=1, **options)


@pytest.fixture(scope="module")
def wave():
    model = two_layer()
    return model, bn.laplace(model, X, WAVE, samples=50, starts=4)


def free_vectors(draws):
    group = draws[LINEARISED]
    return np.asarray(group["theta"])[0], np.asarray(group["centre"])


def sums(model, targets, layer):
    """The last layer's sums at X, as a function of θ and in no code of the package's networks."""
    dens = density(model, jnp.asarray(X), jnp.asarray(targets))

    def of(theta):
        w = dens.constrain(theta)
        hidden = jnp.tanh(X @ w[f"{layer}_weight"].T + w[f"{layer}_bias"])
        return hidden @ w["output_weight"].T + w["output_bias"]

    return of


def test_means_move_along_the_jacobian(wave):
    model, draws = wave
    theta, centre = free_vectors(draws)
    with jax.enable_x64(True):
        mean, step = sums(model, WAVE, "hidden"), 1e-5
        axes = np.eye(len(centre)) * step
        slopes = [(mean(centre + e) - mean(centre - e)) / (2 * step) for e in axes]
        expected = mean(centre) + np.tensordot(theta - centre, np.array(slopes), axes=1)
    predictions = bn.predict(draws, X, WAVE)
    means = np.asarray(predictions.predictions["mean"])[0]
    np.testing.assert_allclose(means, expected, atol=1e-7)
    # the noise scale is a free parameter of its own: exact to first order in its logarithm
    sd = np.asarray(draws.posterior["noise"])[0]
    density_of_y = stats.norm.logpdf(WAVE[:, 0], means[..., 0], sd[:, None])
    np.testing.assert_allclose(predictions.log_likelihood["y"][0], density_of_y, atol=1e-7)


@pytest.mark.slow
def test_logits_move_along_the_jacobian():
    model = bn.load("mlp", inputs=3, hidden=(2,), outputs=3, likelihood="categorical")
    draws = bn.laplace(model, X, CLASSES, samples=20, starts=1)
    theta, centre = free_vectors(draws)
    with jax.enable_x64(True):
        logits = sums(model, CLASSES, "hidden1")
        moved = [jax.jvp(logits, (jnp.asarray(centre),), (jnp.asarray(t - centre),)) for t in theta]
    expected = special.softmax([value + slope for value, slope in moved], axis=-1)
    predictions = bn.predict(draws, X, CLASSES)
    means = np.asarray(predictions.predictions["mean"])[0]
    np.testing.assert_allclose(means, expected, atol=1e-7)
    chosen = np.take_along_axis(means, CLASSES[None, :, None], axis=-1)[..., 0]
    np.testing.assert_allclose(predictions.log_likelihood["y"][0], np.log(chosen), atol=1e-6)


def test_predictions_of_fewer_draws_stay_few(wave, monkeypatch):
    _, draws = wave
    monkeypatch.setattr("bayesneuron.draws._complete.PREDICTIVE_VALUES", 400)  # of 2,000
    whole = bn.complete(draws, "log_likelihood", "posterior_predictive")
    assert whole.log_likelihood["y"].shape == (1, 50, 40)
    assert whole.posterior_predictive["mean"].shape == (1, 10, 40, 1)


def test_a_linear_network_is_its_own_linearisation():
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1)
    draws = bn.laplace(model, X, WAVE, samples=20, starts=2)
    plain = bn.laplace(model, X, WAVE, samples=20, starts=2, linearise=False)
    for group in ("posterior", "sample_stats"):
        assert draws[group].to_dataset().equals(plain[group].to_dataset())
    first, second = (bn.predict(d, X).predictions for d in (draws, plain))
    np.testing.assert_allclose(first["mean"], second["mean"], atol=1e-10)
    noise = [np.asarray(p["y"] - p["mean"]) / np.asarray(draws.posterior["noise"])[..., None, None]
             for p in (first, second)]  # fmt: skip
    assert stats.ks_2samp(*(v.ravel() for v in noise)).pvalue > 0.001


def test_alignment_files_and_subsets_leave_predictions_alone(wave, tmp_path):
    model, draws = wave
    before = bn.predict(draws, X).predictions["mean"]
    after = bn.predict(bn.align(draws), X).predictions["mean"]
    np.testing.assert_array_equal(before, after)
    bn.save(draws, tmp_path / "draws.nc")
    again = bn.predict(bn.open(tmp_path / "draws.nc"), X).predictions["mean"]
    np.testing.assert_array_equal(before, again)
    some = bn.predict(draws.isel(draw=slice(0, None, 7)), X).predictions["mean"]
    np.testing.assert_allclose(some, before[:, ::7], atol=1e-12)
    complete = bn.complete(draws, "posterior_predictive").posterior_predictive["mean"]
    np.testing.assert_allclose(complete, before, rtol=1e-5, atol=1e-6)
    assert can_linearise(model, X)


def test_a_smaller_network_predicts_by_itself(wave):
    _, draws = wave
    small = bn.prune(draws, [0])
    assert LINEARISED not in small.draws.children
    assert bn.predict(small.draws, X).predictions["mean"].shape == (1, 50, 40, 1)


def test_other_draws_than_free_vectors_are_refused(wave):
    _, draws = wave
    fewer = draws.copy()
    fewer["posterior"] = draws["posterior"].isel(draw=slice(10))
    with pytest.raises(ValueError, match="as many free vectors as draws"):
        bn.predict(fewer, X)


def test_models_that_cannot_be_linearised_predict_as_they_are():
    import numpyro
    import numpyro.distributions as dist

    def body(x, y=None):
        w = numpyro.sample("weight", dist.Normal(0, 1).expand([1, 3]).to_event(2))
        mean = numpyro.deterministic("mean", x @ w.T)
        noise = dist.Categorical(probs=jnp.array([0.5, 0.5]))
        parts = dist.Normal(mean[..., None] * jnp.ones(2), jnp.array([0.1, 1.0]))
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.MixtureSameFamily(noise, parts).to_event(1), obs=y)

    model = bn.load(body, layout=bn.Layout({"weight": ("output", "input")}))
    assert not can_linearise(model, X)
    draws = bn.laplace(model, X, WAVE, samples=5, starts=2)
    assert LINEARISED not in draws.children


def test_a_wide_network_predicts():
    """Put through the network, these draws have errors of tens of standard deviations."""
    x = np.random.default_rng(0).normal(size=(200, 10))
    y = (x[:, :1] + 0.7 * np.random.default_rng(1).normal(size=(200, 1))) / 1.2
    model = bn.load("two_layer", inputs=10, hidden=16, outputs=1, noise=0.6)
    draws = bn.laplace(model, x[:150], y[:150], samples=100, starts=2)
    mean = np.asarray(bn.predict(draws, x[150:]).predictions["mean"]).mean((0, 1))
    assert np.sqrt(np.mean((mean - y[150:]) ** 2)) < 0.8
