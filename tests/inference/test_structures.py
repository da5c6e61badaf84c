"""Structures of the Laplace approximation: closed forms, dense blocks, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.draws.information import in_noise_units
from bayesneuron.inference.curvature_forms import Form, factors_at
from bayesneuron.inference.dense_layers import grid
from bayesneuron.inference.evidence import climb_evidence, hyperparameters
from bayesneuron.inference.precisions import precision_of
from bayesneuron.inference.structures import structure_of
from bayesneuron.inference.wide_evidence import climb_wide
from bayesneuron.network.density import density
from bayesneuron.numerics import checks
from bayesneuron.numerics.lanes import fetched

X = normal(40, 3, seed=1)
NOISE = 0.5
WEIGHTS = ("output_bias", "output_weight")
SCALES = ("noise", "output_scale")
TARGETS = {
    "student_t": normal(40, 2, seed=2),
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

    return np.asarray(jax.jit(jax.vmap(of_row))(x))


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


CASES = {
    "mlp": {"hidden": (3, 2), "likelihood": "categorical", "prior": "hierarchical"},
    "two_layer": {"hidden": 3, "likelihood": "student_t", "prior": "horseshoe"},
}


@pytest.mark.parametrize("network", list(CASES))
def test_blocks_of_one_observation_are_those_of_the_dense_matrix(network):
    """A ⊗ B is exact for a single observation with one output, whatever the likelihood."""
    model = bn.load(network, inputs=3, outputs=2, **CASES[network])
    with jax.enable_x64(True):
        dens, x, y = problem(model, TARGETS[CASES[network]["likelihood"]])
        x, y = x[:1], y[:1]
        theta = jnp.asarray(0.7 * normal(dens.size, seed=5))
        shape = structure_of(dens, "kronecker", x, y)
        w = jnp.asarray(shape.w)
        forms = (shape.form, Form("dense"), Form("diagonal"))
        parts, dense, diagonal = fetched([factors_at(dens, f, theta, w, x, y, 0.8) for f in forms])
        r = jacobian(dens, theta, x)[..., shape.w]
    gram = 0.8 * np.einsum("noi,noj->ij", r, r)
    prior = np.diag(dense - gram)
    np.testing.assert_allclose(dense, gram + np.diag(prior), atol=1e-12)
    np.testing.assert_allclose(diagonal, np.diag(dense))
    precision = precision_of(dens, shape.form, parts, shape.w)
    total = 0.0
    for layer in shape.form.layers:
        places = np.searchsorted(shape.w, grid(dens, layer).ravel())
        block = (gram + np.diag(prior))[np.ix_(places, places)]
        unit = np.eye(len(shape.w))[places]
        inverse = np.linalg.inv(block)
        np.testing.assert_allclose(precision.solve(unit)[:, places], inverse, atol=1e-9)
        root = precision.spread(np.eye(len(shape.w)))[:, places]
        np.testing.assert_allclose(root.T @ root, inverse, atol=1e-9)
        total += np.linalg.slogdet(block)[1]
    assert precision.log_det == pytest.approx(total)


@pytest.mark.slow
def test_the_last_layer_is_the_dense_block_and_hidden_neurons_have_no_spread():
    model = bn.load("two_layer", inputs=3, hidden=4, outputs=2, noise=NOISE)
    y = np.tanh(X[:, :2]) + NOISE * normal(40, 2, seed=4)
    draws = bn.laplace(model, X, y, structure="last_layer", samples=4000, starts=2)
    post = draws["posterior"]
    assert float(np.ptp(post["hidden_weight"].values, axis=1).max()) == 0
    h = np.c_[np.tanh(X @ post["hidden_weight"].values[0, 0].T + post["hidden_bias"].values[0, 0]),
              np.ones(40)]  # fmt: skip
    cov = np.linalg.inv(h.T @ h / NOISE**2 + np.diag([4.0, 4.0, 4.0, 4.0, 1.0]))
    for k in range(2):
        w = np.c_[post["output_weight"].values[0, :, k], post["output_bias"].values[0, :, k]]
        z = (w - w.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(cov)).T
        assert np.abs(np.cov(z.T) - np.eye(5)).max() < 5 * np.sqrt(2 / 4000)
    causes = bn.diagnose(draws).table()
    assert "are held at the mode" in " ".join(causes["evidence"])


@pytest.mark.slow
def test_scales_of_a_linear_network_are_those_of_the_full_structure():
    """Weights and scales together: Kronecker factors are exact here, and so is what they imply."""
    y = X @ [[1.0], [-2.0], [0.5]] + 0.3 + NOISE * normal(40, 1, seed=4)
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, prior="hierarchical")
    sds = {}
    for structure in ("full", "kronecker"):
        draws = bn.laplace(model, X, y, structure=structure, samples=4000, starts=1)
        assert draws.attrs["scales"] == "evidence"
        sds[structure] = [float(np.log(draws["posterior"][k]).std()) for k in SCALES] + [
            float(draws["posterior"]["output_weight"][..., 0, k].std()) for k in range(3)
        ]
    np.testing.assert_allclose(sds["kronecker"], sds["full"], rtol=0.08)


@pytest.mark.slow
def test_the_wide_evidence_is_that_of_the_dense_matrix_where_factors_are_exact():
    y = X @ [[1.0], [-2.0], [0.5]] + 0.3 + NOISE * normal(40, 1, seed=4)
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, prior="hierarchical")
    with jax.enable_x64(True):
        dens, x, y = problem(model, y)
        dense = climb_evidence(dens, np.zeros(dens.size), x, y)
        wide = climb_wide(dens, np.zeros(dens.size), x, y)
    assert wide.converged
    assert wide.log_evidence == pytest.approx(dense.log_evidence, abs=0.05)
    phi = hyperparameters(dens)
    np.testing.assert_allclose(wide.theta[phi], dense.theta[phi], atol=0.1)


def test_what_a_network_has_no_structure_for_is_refused_before_the_search(monkeypatch):
    series = normal(30, 4, seed=6) / 5
    rnn = bn.load("rnn", hidden=2)
    with pytest.raises(ValueError, match=r"structure: expected dense layers for 'kronecker'.*rnn"):
        bn.laplace(rnn, series, series[:, :1], structure="kronecker")
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    with pytest.raises(ValueError, match=r"structure: expected one of .* got 'kfac'"):
        bn.laplace(model, X, X[:, :1], structure="kfac")
    with pytest.raises(ValueError, match="covariance: expected 'hessian' with structure='diag"):
        bn.laplace(model, X, X[:, :1], structure="diagonal", covariance="hac")
    monkeypatch.setattr(checks, "available_memory", lambda: int(5.1e9))
    wide = bn.load("two_layer", inputs=3, hidden=6000, outputs=1)
    message = (
        r"laplace: a full Hessian of 30,002 free numbers needs 7\.2 GB for itself and about 3 "
        r"times as much to invert; 5\.1 GB are available; use structure='kronecker' or "
        "'last_layer'"
    )
    with pytest.raises(ValueError, match=message):
        bn.laplace(wide, X, X[:, :1])
    with pytest.raises(ValueError, match="svi: a full Hessian of 30,002 free numbers"):
        bn.svi(wide, X, X[:, :1])
    with pytest.raises(ValueError, match="nuts: a full Hessian of 30,002 free numbers"):
        bn.nuts(wide, X, X[:, :1])


@pytest.mark.slow
def test_weights_that_are_used_twice_have_a_diagonal_and_a_last_layer():
    series = np.sin(np.arange(34) / 3)
    x = np.lib.stride_tricks.sliding_window_view(series, 4)[:30] / 2
    y = series[4:34, None] / 2
    rnn = bn.load("rnn", hidden=2)
    for structure in ("diagonal", "last_layer"):
        draws = bn.laplace(rnn, x, y, structure=structure, samples=20, starts=1)
        assert np.isfinite(draws["sample_stats"]["lp"]).all()
        assert draws.attrs["structure"] == structure
