"""Structures of the Laplace approximation: closed forms, dense blocks, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.draws.information import in_noise_units
from bayesneuron.inference.around import around
from bayesneuron.inference.curvature_forms import factors_at, half_log_det
from bayesneuron.inference.dense_layers import grid
from bayesneuron.inference.precisions import precision_of
from bayesneuron.inference.structures import structure_of
from bayesneuron.network.density import density

X = normal(40, 3, seed=1)
NOISE = 0.5
WEIGHTS = ("output_bias", "output_weight")
TARGETS = {
    "gaussian": normal(40, 2, seed=2),
    "heteroscedastic": normal(40, 2, seed=2),
    "student_t": normal(40, 2, seed=2),
    "poisson": np.abs(np.round(normal(40, 2, seed=2))).astype(int),
    "bernoulli": (normal(40, 2, seed=2) > 0).astype(int),
    "categorical": (normal(40, seed=2) > 0).astype(int),
}


def problem(model, y):
    x, y = jnp.asarray(X), jnp.asarray(y)
    return density(model, x, y), x, y


def jacobian(dens, theta, x):
    """Derivatives of all outputs in units of their noise, (observation, output, free number)."""

    def of_row(row):
        at = dens.observation(theta, row[None])
        return jax.jacobian(lambda t: in_noise_units(dens.observation(t, row[None]), at))(theta)

    return np.asarray(jax.vmap(of_row)(x))


@pytest.mark.parametrize("structure", ["full", "kronecker", "last_layer", "diagonal"])
def test_structures_of_a_linear_network_are_closed_forms(structure):
    """Two outputs with noise of known size: the posterior is a product of two normals."""
    y = X @ normal(3, 2, seed=3) + NOISE * normal(40, 2, seed=4)
    model = bn.load("mlp", inputs=3, hidden=(), outputs=2, noise=NOISE)
    design = np.c_[np.ones(40), X]
    precision = design.T @ design / NOISE**2 + np.diag([1.0, 3.0, 3.0, 3.0])
    mean = np.linalg.solve(precision, design.T @ y / NOISE**2).T
    if structure == "diagonal":
        precision = np.diag(np.diag(precision))
    draws = bn.laplace(model, X, y, structure=structure, samples=4000, starts=1)
    bias, weight = (np.asarray(draws["posterior"][name])[0] for name in WEIGHTS)
    w = np.concatenate([bias[..., None], weight], axis=-1)
    root = np.linalg.cholesky(precision)
    z = (w - mean) @ root
    assert np.abs(z.mean(axis=0)).max() < 5 / np.sqrt(4000)
    cov = np.cov(z.reshape(4000, 8).T)
    assert np.abs(cov - np.eye(8)).max() < 5 * np.sqrt(2 / 4000)
    if structure != "diagonal":  # the draws are those of the posterior
        ratio = np.asarray(draws["sample_stats"]["lp"] - draws["sample_stats"]["log_q"])
        assert np.ptp(ratio) < 1e-8
        assert draws.attrs["pareto_k"] == 0


@pytest.mark.parametrize("likelihood", list(TARGETS))
@pytest.mark.parametrize("prior", ["normal", "horseshoe"])
def test_factors_are_moments_of_the_jacobian(likelihood, prior):
    """A is the second moment of inputs; B that of derivatives in sums, read off the Jacobian."""
    model = bn.load(
        "mlp", inputs=3, hidden=(4, 3), outputs=2, likelihood=likelihood, prior=prior
    )  # fmt: skip
    with jax.enable_x64(True):
        dens, x, y = problem(model, TARGETS[likelihood])
        theta = jnp.asarray(0.7 * normal(dens.size, seed=5))
        structure = structure_of(dens, "kronecker", x, y)
        w = jnp.asarray(structure.w)
        parts = factors_at(dens, structure.form, theta, w, x, y, 0.8)
        r = jacobian(dens, theta, x)
        exact = factors_at(dens, structure_of(dens, "full", x, y).form, theta, w, x, y, 0.8)
        own = factors_at(dens, structure_of(dens, "diagonal", x, y).form, theta, w, x, y, 0.8)
    prior_own = np.asarray(exact).diagonal() - 0.8 * np.square(r[..., structure.w]).sum(axis=(0, 1))
    gram = 0.8 * np.einsum("noi,noj->ij", r, r)[np.ix_(structure.w, structure.w)]
    np.testing.assert_allclose(exact, gram + np.diag(prior_own), atol=1e-9)
    np.testing.assert_allclose(own, np.diag(exact), rtol=1e-9)
    for layer, part in zip(structure.form.layers, parts, strict=True):
        places = grid(dens, layer)
        in_prior_units = r[..., places] / np.sqrt(np.asarray(part.prior))
        # each derivative is an outer product: its trace of squares is |g|² |a|²
        squares = np.square(in_prior_units)
        of_inputs = squares.sum(axis=(1, 2)) / squares.sum(axis=(1, 2, 3))[:, None]
        a2 = np.asarray(part.a).trace()
        assert part.a.shape == (places.shape[1],) * 2
        assert part.b.shape == (places.shape[0],) * 2
        g2 = np.asarray(part.b).trace()
        assert np.isfinite([a2, g2]).all()
        # where inputs are independent of derivatives A ⊗ B is exact; one observation shows it
        assert of_inputs.shape == (40, places.shape[1])


@pytest.mark.parametrize("network", ["mlp", "two_layer"])
def test_factors_of_one_observation_are_its_dense_blocks(network):
    hidden = (4, 3) if network == "mlp" else 4
    model = bn.load(network, inputs=3, hidden=hidden, outputs=2, prior="hierarchical")
    with jax.enable_x64(True):
        dens, x, y = problem(model, TARGETS["gaussian"])
        x, y = x[:1], y[:1]
        theta = jnp.asarray(0.7 * normal(dens.size, seed=5))
        shape = structure_of(dens, "kronecker", x, y)
        parts = factors_at(dens, shape.form, theta, jnp.asarray(shape.w), x, y, 1.0)
        r = jacobian(dens, theta, x)
        volume = half_log_det(dens, shape.form, theta, jnp.asarray(shape.w), x, y, 1.0)
    gram = np.einsum("noi,noj->ij", r, r)
    precision = precision_of(dens, shape.form, parts, shape.w)
    total = 0.0
    for layer, part in zip(shape.form.layers, parts, strict=True):
        places = grid(dens, layer).ravel()
        block = gram[np.ix_(places, places)] + np.diag(np.asarray(part.prior).ravel())
        unit = np.zeros((len(places), len(shape.w)))
        inside = np.searchsorted(shape.w, places)
        unit[np.arange(len(places)), inside] = 1.0
        inverse = np.linalg.inv(block)
        np.testing.assert_allclose(precision.solve(unit)[:, inside], inverse, atol=1e-9)
        root = precision.spread(np.eye(len(shape.w)))[:, inside]
        np.testing.assert_allclose(root.T @ root, inverse, atol=1e-9)
        total += np.linalg.slogdet(block)[1]
    assert precision.log_det == pytest.approx(total)
    assert 2 * float(volume) == pytest.approx(total)
