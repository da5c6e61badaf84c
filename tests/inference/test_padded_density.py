"""Padded fits against NumPy and SciPy on the rows that there are, which know of no padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

import bayesneuron as bn
from bayesneuron.draws.tree import theta_of
from bayesneuron.inference.filled import filled
from bayesneuron.inference.shuffled import shuffled
from bayesneuron.network.density import density

pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")  # of few draws
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1, prior="normal")
X, Y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
XS, YS = np.asarray(X, float), np.asarray(Y, float)
PAD = 80
SITES = {"hidden_weight": (2, 3), "hidden_bias": (2,), "output_weight": (1, 2), "output_bias": (1,)}


def normal(value, sd):
    return -((value / sd) ** 2) / 2 - np.log(sd) - np.log(2 * np.pi) / 2


def unpacked(theta, places):
    """Weights, and the logarithm of the noise, which is the free number."""
    values = {name: theta[places[name].ravel()].reshape(shape) for name, shape in SITES.items()}
    return *values.values(), theta[places["noise"].item()]


def log_density(theta, places, weights, prior=1.0):
    """Σ w log N(y | f(x), s²) + log p(θ), s half-normal with the Jacobian of its logarithm."""
    w2, b1, w1, b2, log_s = unpacked(theta, places)
    f = np.tanh(XS @ w2.T + b1) @ w1.T + b2
    likelihood = weights @ normal(YS - f, np.exp(log_s))[:, 0]
    own = normal(w2, 1 / np.sqrt(3)).sum() + normal(w1, 1 / np.sqrt(2)).sum()
    own += normal(b1, 1.0).sum() + normal(b2, 1.0).sum()
    own += np.log(2) + normal(np.exp(log_s), 1.0) + log_s
    return likelihood + prior * own


def gradient(theta, *args):
    """By complex steps, exact to rounding."""
    steps = theta + 1e-30j * np.eye(len(theta))
    return np.array([log_density(row, *args).imag for row in steps]) / 1e-30


@pytest.fixture(scope="module")
def places():
    with jax.enable_x64(True):
        return density(MODEL, jnp.asarray(XS), jnp.asarray(YS)).places


def thetas(draws):
    with jax.enable_x64(True):
        return theta_of(density(MODEL, jnp.asarray(XS), jnp.asarray(YS)), draws)


@pytest.mark.slow
@pytest.mark.parametrize("temper", [1.0, 0.4])
def test_the_padded_log_density_and_its_gradient(places, temper):
    with jax.enable_x64(True):
        data = jnp.asarray(XS), jnp.asarray(YS)
        dens = density(MODEL, *data)
        padded = filled(dens, *data, temper, PAD)
        assert len(padded[0]) == PAD
        for theta in np.random.default_rng(0).normal(size=(5, dens.size)):
            value, slope = jax.value_and_grad(dens.log_joint)(jnp.asarray(theta), *padded)
            weights = np.full(len(XS), temper)
            np.testing.assert_allclose(value, log_density(theta, places, weights), rtol=1e-12)
            np.testing.assert_allclose(slope, gradient(theta, places, weights), rtol=1e-9)


def test_the_mode_of_laplace_is_the_optimum_of_scipy(places):
    draws = bn.laplace(MODEL, X, Y, samples=20, starts=4, pad_to=PAD)
    mode, weights = draws["linearised"]["centre"].to_numpy(), np.ones(len(XS))
    start = mode + 0.05 * np.random.default_rng(0).normal(size=mode.shape)
    end = minimize(
        lambda t: -log_density(t, places, weights), start, method="BFGS",
        jac=lambda t: -gradient(t, places, weights), options={"gtol": 1e-7},
    )  # fmt: skip
    np.testing.assert_allclose(mode, end.x, atol=1e-5)


FITS = {
    "svi": {"samples": 20, "steps": 40, "starts": 4},
    "nuts": {"chains": 2, "samples": 20, "warmup": 20, "starts": 4},
    "ensemble": {"members": 2, "samples": 20, "warmup": 50, "optimizer": bn.Adam(epochs=5)},
}


@pytest.mark.slow
@pytest.mark.parametrize("method", FITS)
def test_draws_have_the_log_density_of_the_rows_alone(places, method):
    draws = getattr(bn, method)(MODEL, X, Y, **FITS[method], pad_to=PAD)
    expected = [log_density(theta, places, np.ones(len(XS))) for theta in thetas(draws)]
    rtol = 1e-4 if method == "ensemble" else 1e-9  # single precision
    np.testing.assert_allclose(draws["sample_stats"]["lp"].to_numpy().ravel(), expected, rtol=rtol)


@pytest.mark.parametrize("prior", [True, False])
def test_padded_replicates_of_newton_are_measured_on_their_resamples(places, prior):
    draws = bn.bootstrap(MODEL, X, Y, replicates=4, optimizer="newton", prior=prior, pad_to=PAD)
    stats, count = draws["sample_stats"].to_dataset().isel(chain=0), len(XS)
    for k, theta in enumerate(thetas(draws)):
        one = stats.isel(draw=k)
        rows = np.random.default_rng([0, one["replicate"].item()]).integers(0, count, count)
        args = places, np.bincount(rows, minlength=count).astype(float), float(prior)
        norm = np.linalg.norm(gradient(theta, *args)) / count
        np.testing.assert_allclose(one["loss"], -log_density(theta, *args) / count, rtol=1e-9)
        np.testing.assert_allclose(one["grad_norm"], norm, rtol=1e-4, atol=1e-10)
        assert norm < 1e-6 or not prior  # an optimum; without a prior it may lie at infinity


def test_padded_replicates_of_adam_are_those_of_numpy(places):
    """From known starts, all rows in every batch: Adam of Kingma and Ba, six steps."""
    starts = bn.prior(MODEL, X, samples=2)
    adam = bn.Adam(epochs=6, batch=PAD, learning_rate=0.01)
    draws = bn.bootstrap(MODEL, X, Y, replicates=2, optimizer=adam, start=starts, pad_to=PAD)
    count = len(XS)
    for r, (theta, end) in enumerate(zip(thetas(starts), thetas(draws), strict=True)):
        rows = np.random.default_rng([0, r]).integers(0, count, count)
        weights = np.bincount(rows, minlength=count).astype(float)
        mean, square = np.zeros_like(theta), np.zeros_like(theta)
        for step in range(1, 7):
            slope = -gradient(theta, places, weights) / count
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            update = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
            theta = theta - 0.01 * update
        np.testing.assert_allclose(end, theta, atol=1e-5)


@pytest.mark.parametrize("batch", [16, 200])
@pytest.mark.parametrize("scheme", ["pairs", "block", "subsample", "bayesian"])
def test_padding_changes_replicates_of_adam_by_rounding_alone(scheme, batch):
    asked = {"replicates": 6, "optimizer": bn.Adam(epochs=20, batch=batch), "scheme": scheme}
    plain = bn.bootstrap(MODEL, X, Y, **asked)
    padded = bn.bootstrap(MODEL, X, Y, **asked, pad_to=PAD)
    np.testing.assert_allclose(thetas(padded), thetas(plain), atol=1e-5)
    assert padded.attrs.get("spread") == plain.attrs.get("spread")
    assert bn.extend(padded, 3)["posterior"].equals(
        bn.bootstrap(MODEL, X, Y, **asked | {"replicates": 9}, pad_to=PAD)["posterior"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("batch", [None, 20])
def test_padded_members_are_trained_on_the_same_rows(batch):
    asked = {"members": 2, "samples": 6, "warmup": 2, "thinning": 1, "batch": batch}
    asked |= {"optimizer": bn.Adam(epochs=60, batch=16), "patience": 10}
    plain = bn.ensemble(MODEL, X, Y, **asked)
    padded = bn.ensemble(MODEL, X, Y, **asked, pad_to=PAD)
    assert padded.attrs["epochs"] == plain.attrs["epochs"]
    np.testing.assert_allclose(thetas(padded), thetas(plain), atol=1e-2)  # a few steps away
    longer = bn.ensemble(MODEL, X, Y, **asked | {"samples": 9}, pad_to=PAD)
    assert bn.extend(padded, 3)["posterior"].equals(longer["posterior"])


@pytest.mark.parametrize("method", ["bootstrap", "ensemble"])
def test_fewer_rows_than_there_are_cannot_be_filled_up_to(method):
    with pytest.raises(ValueError, match="pad_to: expected at least the 57 rows of x, got 5"):
        getattr(bn, method)(MODEL, X, Y, pad_to=5)


@pytest.mark.parametrize("x64", [False, True])
def test_rows_are_shuffled_as_if_there_were_no_others(x64):
    with jax.enable_x64(x64):
        program = jax.jit(shuffled)
        for count in (1, 2, 40, 1625, 1626, 2999):
            key = jax.random.key(count)
            values = np.asarray(program(key, jnp.arange(3000), count))
            np.testing.assert_array_equal(values[:count], jax.random.permutation(key, count))
            np.testing.assert_array_equal(values[count:], np.arange(count, 3000))
