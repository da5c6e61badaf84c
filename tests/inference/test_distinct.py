"""Copies of an optimum are told from other optima, and take no other optimum's chain."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.inference.distinct import copies, outputs, probes
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.symmetry import act
from bayesneuron.numerics.precision import double

X = [-0.603, -0.254, 0.12, 0.168, 0.169, 0.217, 0.234, 0.786, 1.169]
Y = [-0.492, 0.923, 0.644, 0.783, 0.868, 0.999, 1.871, -0.329, -0.024]


@double
def test_copies_of_a_network_are_one_and_another_network_is_not():
    rng = np.random.default_rng(0)
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1, noise=0.1)
    x = rng.normal(size=(10, 2))
    _, y = bn.calibration.simulate(model, x, seed=0)
    dens = density(model, *as_arrays(model, x, y))
    sites = {k: rng.normal(size=(1, *v)) for k, v in dens.shapes.items()}
    moved = act(model.layout, sites, "hidden", np.array([[2, 0, 1]]), np.array([[1.0, -1.0, 1.0]]))
    other = sites | {"output_bias": sites["output_bias"] + 0.1}
    theta = np.concatenate([flatten_sites(dens, s) for s in (sites, moved, other)])
    functions = outputs(dens, theta, x)
    np.testing.assert_allclose(functions[0], functions[1], atol=1e-12)
    groups = copies(np.zeros(3), functions, np.ones(3, bool))
    assert [g.tolist() for g in groups] == [[0, 1], [2]]


def test_networks_that_agree_on_the_data_alone_are_two():
    """Between the rows, and outside of them, they differ."""
    x = np.linspace(-1, 1, 5)[:, None]
    at = probes(x)[:, 0]
    assert np.abs(at).max() > 1.5
    functions = np.stack([at, np.where(np.abs(at) > 1, 3 * at, at)])
    assert len(copies(np.zeros(2), functions, np.ones(2, bool))) == 2


def test_coarse_optima_may_differ_more():
    functions = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.03]])
    heights = np.array([0.0, -0.1])
    assert len(copies(heights, functions, np.array([True, True]))) == 2
    assert len(copies(heights, functions, np.array([True, False]))) == 1


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_copies_of_the_highest_optimum_do_not_crowd_out_another(seed):
    model = bn.load("two_layer", inputs=1, hidden=1, outputs=1, noise=0.2, prior_scale=2)
    x, y = np.array(X)[:, None], np.array(Y)[:, None]
    draws = bn.nuts(model, x, y, chains=4, samples=5, warmup=5, seed=seed)
    attrs = draws.attrs
    assert attrs["start_optima"] == 2
    assert sorted(attrs["start_mode"]) == [0, 0, 1, 1]
    assert attrs["start_evidence"][1] > attrs["start_evidence"][0], "the lower one has more mass"
    assert attrs["start_left_out"] == 0
    alone = bn.nuts(model, x, y, chains=1, samples=5, warmup=5, seed=seed)
    assert alone.attrs["start_left_out"] == 1
    assert alone.attrs["start_mode"] == [1], "the one of most evidence"
