"""What of a neuron the data determine: closed forms, planted truths, exact sums."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import data_for, network, random_sites

import bayesneuron as bn
from bayesneuron.network.symmetry import act


def two_layer(rng, width, *, draws=20, inputs=2, activation="tanh", noise=0.1, rows=40):
    """A network, draws near one of its prior draws, and inputs."""
    model = bn.load(
        "two_layer", inputs=inputs, hidden=width, outputs=1, activation=activation, noise=noise
    )
    sites = random_sites(model, 1, int(rng.integers(1000)))
    sites = {k: v + 0.05 * rng.normal(size=(draws, *v.shape[1:])) for k, v in sites.items()}
    return model, sites, rng.normal(size=(rows, inputs))


def as_draws(model, sites):
    """Draws in the numbering and the scales that they have."""
    draws = bn.from_arrays(sites, model=model)
    draws.attrs["aligned"] = 1
    return draws


def jacobian(sites, x, s, noise, activation):
    """By hand: outputs over noise by (W, b, V, c) of draw s, in prior units, and W's order."""
    w, b, v = sites["hidden_weight"][s], sites["hidden_bias"][s], sites["output_weight"][s, 0]
    z = x @ w.T + b
    h, slope = np.tanh(z), 1 - np.tanh(z) ** 2
    if activation == "relu":
        h, slope = np.maximum(z, 0), (z > 0).astype(float)
    back = slope * v
    unit = 1 / np.sqrt([x.shape[1], len(b)])
    by_weight = (back[:, :, None] * x[:, None, :] * unit[0]).reshape(len(x), -1)
    return np.concatenate([by_weight, back, h * unit[1], np.ones((len(x), 1))], axis=1) / noise


def neuron_columns(i, width, inputs):
    incoming = [i * inputs + j for j in range(inputs)]
    return [*incoming, width * inputs + i, width * (inputs + 1) + i]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_shares_are_those_of_the_linearised_posterior_by_hand(activation):
    rng = np.random.default_rng(0)
    model, sites, x = two_layer(rng, 3, activation=activation)
    result = bn.identified(as_draws(model, sites), x)["hidden"]
    conditional, marginal = np.zeros((2, 3, 4, 4))
    trade, together = np.zeros((3, 4)), np.zeros(2)
    for s in range(20):
        r = jacobian(sites, x, s, 0.1, activation)
        a = r.T @ r
        cov = np.linalg.inv(np.eye(len(a)) + a)
        layer = np.arange(12)
        alone = np.linalg.inv(np.eye(12) + a[:12, :12])
        together += [12 - np.trace(cov[np.ix_(layer, layer)]), 12 - np.trace(alone)]
        for i in range(3):
            own = neuron_columns(i, 3, 2)
            block = np.linalg.inv(np.eye(4) + a[np.ix_(own, own)])
            conditional[i] += (np.eye(4) - block) / 20
            marginal[i] += (np.eye(4) - cov[np.ix_(own, own)]) / 20
            for j in range(4):
                other = neuron_columns(j, 3, 2) if j < 3 else [12]
                if j != i:
                    undone = -block @ a[np.ix_(own, other)] @ cov[np.ix_(other, own)]
                    trade[i, j] += np.trace(undone) / 20
    np.testing.assert_allclose(result.conditional, conditional, atol=1e-8)
    np.testing.assert_allclose(result.marginal, marginal, atol=1e-8)
    np.testing.assert_allclose(result.trade, trade[:, :3], atol=1e-8)
    np.testing.assert_allclose(result.others, trade[:, 3], atol=1e-8)
    fewer = np.trace(conditional - marginal, axis1=1, axis2=2)
    np.testing.assert_allclose(result.trade.sum(axis=1) + result.others, fewer, atol=1e-8)
    whole = result.together
    np.testing.assert_allclose([whole.directions, whole.directions_fixed], together / 20)
    assert result.posterior.weights == ("input[0]", "input[1]", "bias", "to output[0]")


def test_a_linear_model_has_the_closed_form():
    """λ / (1 + λ), λ the eigenvalues of XᵀX / σ² in prior units; Laplace has no other spread."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3)) * [1.0, 0.3, 0.02]
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, noise=0.5)
    y = x @ [[1.0], [0.5], [0.0]] + 0.5 * rng.normal(size=(30, 1))
    draws = bn.laplace(model, x, y, samples=4000, starts=1)
    result = bn.identified(draws)["output"]
    unit = np.array([*np.full(3, 3**-0.5), 1.0])
    design = np.concatenate([x, np.ones((30, 1))], axis=1) * unit / 0.5
    eigenvalues = np.linalg.eigvalsh(design.T @ design)[::-1]
    for others in ("free", "fixed"):
        table = result.directions(0, others=others)
        np.testing.assert_allclose(table["share"], eigenvalues / (1 + eigenvalues), rtol=1e-9)
        basis = table[list(result.posterior.weights)].to_numpy()
        np.testing.assert_allclose(basis @ basis.T, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(result.unit[0], unit)
    # what the data leave of the prior variance is the posterior's
    np.testing.assert_allclose(
        np.eye(4) - result.posterior.cov[0] / np.outer(unit, unit), result.marginal[0], atol=0.08
    )
    share = (1 / (1 + eigenvalues) * eigenvalues / (1 + eigenvalues)).sum()
    expected = share / (1 / (1 + eigenvalues)).sum()
    many = bn.identified(draws, most=2000)["output"]
    assert many.shares[0] == pytest.approx([expected, 0, 1 - expected], abs=0.02)


WIDTHS = [
    (3, "gaussian", "tanh"),
    (16, "categorical", "relu"),
    *(
        pytest.param(64, likelihood, activation, marks=pytest.mark.slow)
        for likelihood in ("gaussian", "categorical")
        for activation in ("tanh", "relu")
    ),
]


@pytest.mark.parametrize(("width", "likelihood", "activation"), WIDTHS)
def test_parts_sum_to_the_covariance(width, likelihood, activation):
    options = {"likelihood": likelihood, "activation": activation}
    model = bn.load("mlp", inputs=4, hidden=(width,), outputs=3, **options)
    x = np.random.default_rng(0).normal(size=(60, 4))
    draws = as_draws(model, random_sites(model, 6, 0))
    for layer, result in bn.identified(draws, x).items():
        parts = [result.cov_identified, result.cov_compensable, result.cov_free]
        rounding = 1e-14 * np.abs(result.cov).max()
        whole = sum(parts) + result.cov_between
        np.testing.assert_allclose(whole, result.cov, rtol=1e-12, atol=rounding)
        unit = result.unit[:, :, None] * result.unit[:, None, :]
        between = np.trace(result.cov_between / unit, axis1=1, axis2=2)
        np.testing.assert_allclose(between, 0, atol=1e-9 * np.abs(result.cov / unit).max())
        for part in parts:
            assert np.linalg.eigvalsh(part / unit).min() > -1e-9 * np.abs(result.cov / unit).max()
        np.testing.assert_allclose(result.shares.sum(axis=1), 1)
        assert (np.linalg.eigvalsh(result.conditional - result.marginal) > -1e-9).all()
        assert (result.flat <= result.shares[:, 2] + 1e-9).all()
        np.testing.assert_allclose(result.cov, bn.neurons(draws, shrink=False)[layer].cov)
        whole = result.together
        assert whole.identified + whole.compensable + whole.free == pytest.approx(1)


@pytest.mark.parametrize("name", ["mlp", "nonlinear_pca", "rnn"])
def test_every_network(name):
    model, (x, _) = network(name), data_for(name)
    draws = bn.from_arrays(random_sites(model, 8, 0), model=model)
    results = bn.identified(draws, x, model=model)
    assert list(results) == list(bn.neurons(draws))
    for layer, result in results.items():
        np.testing.assert_allclose(result.shares.sum(axis=1), 1)
        assert result.posterior.weights == bn.neurons(draws)[layer].weights
        assert result.table()["directions"].between(-1e-9, result.unit.shape[1]).all()


def test_neurons_keep_their_numbers():
    rng = np.random.default_rng(4)
    model, sites, x = two_layer(rng, 3)
    order, signs = np.tile([2, 0, 1], (20, 1)), np.tile([1.0, -1.0, 1.0], (20, 1))
    moved = act(model.layout, sites, "hidden", order, signs)
    a, b = (bn.identified(as_draws(model, s), x)["hidden"] for s in (sites, moved))
    np.testing.assert_allclose(b.shares, a.shares[[2, 0, 1]])
    np.testing.assert_allclose(b.trade, a.trade[np.ix_([2, 0, 1], [2, 0, 1])], atol=1e-12)


def test_linearised_draws_are_split_at_their_mode():
    model, (x, y) = network("two_layer"), data_for("two_layer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = bn.laplace(model, x, y, samples=60, starts=2)
    one, all_ = (bn.identified(draws, most=most)["hidden"] for most in (2, 60))
    np.testing.assert_allclose(one.marginal, all_.marginal)
    assert (one.count, all_.count) == (2, 60)


def test_the_region_is_that_of_the_identified_directions():
    rng = np.random.default_rng(5)
    model, sites, x = two_layer(rng, 2, draws=300)
    result = bn.identified(as_draws(model, sites), x, most=20)["hidden"]
    points = result.posterior.by_draw
    region = result.region(0.9)
    assert region.coverage(result.project(points)) == pytest.approx([0.9, 0.9], abs=0.03)
    # a move along a direction that is not determined changes nothing
    values, vectors = np.linalg.eigh(result.marginal)
    free = np.where(values[:, :1] < 0.5, vectors[:, :, 0], 0.0) * result.unit
    np.testing.assert_allclose(result.project(points + 10 * free), result.project(points))


def test_the_same_call_gives_the_same_bits():
    model, sites, x = two_layer(np.random.default_rng(6), 2)
    first, second = (bn.identified(as_draws(model, sites), x)["hidden"] for _ in range(2))
    np.testing.assert_array_equal(first.cov_identified, second.cov_identified)
    assert repr(first) == repr(second)


def test_what_is_shown_fits_one_screen():
    model, sites, x = two_layer(np.random.default_rng(7), 30)
    result = bn.identified(as_draws(model, sites), x)["hidden"]
    assert "layer as one vector" in repr(result)
    assert len(repr(result).splitlines()) < 30
    assert "<table" in result._repr_html_()
    axes = plt.figure().add_subplot()
    assert bn.plot.identified(result, ax=axes) is axes
    assert len(axes.patches) == 90
    ends = np.array([p.get_x() + p.get_width() for p in axes.patches[60:]])
    np.testing.assert_allclose(ends, 1)
    plt.close("all")


def test_bad_calls():
    model, sites, x = two_layer(np.random.default_rng(8), 2)
    draws = as_draws(model, sites)
    with pytest.raises(ValueError, match="these draws carry none"):
        bn.identified(draws)
    with pytest.raises(ValueError, match="most: expected a positive"):
        bn.identified(draws, x, most=0)
    with pytest.raises(ValueError, match="x: expected"):
        bn.identified(draws, x[:, 0])
    result = bn.identified(draws, x)["hidden"]
    with pytest.raises(ValueError, match="neuron: expected a whole number from 0 to 1, got 2"):
        result.directions(2)
    with pytest.raises(ValueError, match="others: expected one of"):
        result.directions(0, others="gone")
    with pytest.raises(ValueError, match="result: expected a Identified"):
        bn.plot.identified(bn.neurons(draws)["hidden"])
