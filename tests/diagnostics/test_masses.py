"""Modes are weighed by their masses: a network whose masses quadrature knows."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.diagnostics.findings.chains import deserted_optima, unvisited_optima
from bayesneuron.draws.provenance import Start
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

X = np.array([-0.603, -0.254, 0.12, 0.168, 0.169, 0.217, 0.234, 0.786, 1.169])[:, None]
Y = np.array([-0.492, 0.923, 0.644, 0.783, 0.868, 0.999, 1.871, -0.329, -0.024])[:, None]
AT = -2.0  # where the two modes predict differently


def network():
    return bn.load("two_layer", inputs=1, hidden=1, outputs=1, noise=0.2, prior_scale=2)


@double
def exact():
    """Share of the posterior where the neuron turns right of the data's middle, and f(-2).

    By quadrature over the hidden weight w > 0 (w < 0 is the symmetric copy) and the hidden bias;
    in output weight and bias the log density is quadratic, so their integral is known.
    """
    x, y = jnp.asarray(X), jnp.asarray(Y)
    dens = density(network(), x, y)
    order = [int(dens.places[k].ravel()[0]) for k in
             ("hidden_weight", "hidden_bias", "output_weight", "output_bias")]  # fmt: skip

    def at(w, b):
        height = lambda rest: dens.log_joint(
            jnp.zeros(4).at[jnp.array(order)].set(jnp.concatenate([jnp.stack([w, b]), rest])), x, y
        )
        zero = jnp.zeros(2)
        value, g, h = height(zero), jax.grad(height)(zero), -jax.hessian(height)(zero)
        mean, cov = jnp.linalg.solve(h, g), jnp.linalg.inv(h)
        basis = jnp.stack([jnp.tanh(w * AT + b), jnp.ones(())])
        log_mass = value + 0.5 * g @ mean - 0.5 * jnp.linalg.slogdet(h)[1]
        return log_mass, basis @ mean, basis @ cov @ basis

    w, b = (v.ravel() for v in np.meshgrid(np.arange(0.02, 9, 0.04), np.arange(-9, 9, 0.04)))
    log_mass, mean, var = jax.jit(jax.vmap(at))(w, b)
    p = np.exp(np.asarray(log_mass) - log_mass.max())
    p /= p.sum()
    centre, mean, var = float(p @ np.asarray(mean)), np.asarray(mean), np.asarray(var)
    return float(p[b < 0].sum()), centre, float(np.sqrt(p @ (var + (mean - centre) ** 2)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_masses_and_predictions_are_those_of_quadrature(seed):
    right, mean, sd = exact()
    assert sorted([right, 1 - right]) == pytest.approx([0.43, 0.57], abs=0.01)
    draws = bn.nuts(network(), X, Y, chains=4, samples=300, seed=seed)
    modes = bn.modes(draws)
    table = modes.table()
    assert modes.weighted_by == "mass"
    assert "weights by mass" in repr(modes)
    np.testing.assert_allclose(sorted(table["mass"]), sorted([right, 1 - right]), atol=0.05)
    assert (table["mass_error"] < 0.2).all()
    mixed = modes.mixed()
    assert mixed.attrs["mixed_by"] == "mass"
    f = bn.predict(mixed, np.array([[AT]])).predictions["mean"].to_numpy()
    # the modes predict 3.2 apart, so 0.05 of the mass is 0.16 here; the rest is Monte Carlo within
    # them, of 26 effective draws in one mode of seed 1
    spread = [bn.predict(tree, np.array([[AT]])).predictions["mean"].std() for tree in modes.trees]
    error = np.sqrt(np.sum((table["mass"] * np.array(spread)) ** 2 / table["ess"]))
    assert f.mean() == pytest.approx(mean, abs=0.16 + 3 * error)
    assert f.std() == pytest.approx(sd, abs=0.16 + 3 * error)
    assert modes.searched == "2 distinct optima found, 2 with mass"
    why = "" if modes.converged else r"R-hat [\d.]+ within a mode; "
    assert re.search(rf"\({why}2 distinct optima found, 2 with mass\)$", modes.verdict)
    assert "by mass" in repr(modes.mixture())
    assert not bn.diagnose(draws).converged, "two modes with mass are never passed over"


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_an_optimum_with_mass_that_got_no_chain_is_serious():
    draws = bn.nuts(network(), X, Y, chains=1, samples=300, seed=0)
    report = bn.diagnose(draws)
    assert "2 distinct optima found, 2 with mass" in repr(report)
    found = [f for f in report.findings if "got no chain" in f.evidence]
    assert found
    assert found[0].serious


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_an_optimum_that_all_its_chains_left_is_serious():
    modes = bn.modes(bn.nuts(network(), X, Y, chains=4, samples=100, seed=0))
    start = Start("optima", (0, 1, 0, 1), (0.0, 0.0), (0.0, 0.0), optima=2)
    modes = replace(modes, start=start, labels=np.array([[0, 0], [1, 0], [0, 0], [1, 0]]))
    finding = deserted_optima(modes)
    assert finding is not None
    assert finding.serious
    assert unvisited_optima(modes) is None
    came_back = replace(modes, labels=np.array([[0, 1], [1, 0], [0, 0], [1, 0]]))
    assert deserted_optima(came_back) is None
