"""Correlations between neurons: closed forms, calibration, and the symmetry of the layer."""

import dataclasses

import numpy as np
import pytest
from conftest import network, normal, posterior_of, random_sites
from hypothesis import given, settings
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.draws._activations import respond
from bayesneuron.geometry.distances import pairwise
from bayesneuron.geometry.similarity import (
    Similarity,
    activation_similarity,
    canonical_correlation,
    direction_similarity,
    effective_counts,
    posterior_correlation,
    rv_coefficient,
    wasserstein_similarity,
)
from bayesneuron.network.symmetry import act


def off(matrix):
    return matrix[np.triu_indices(len(matrix), 1)]


# posterior correlation


def test_one_weight_gives_pearsons_correlation():
    z = normal(200, 3, 1)
    z[:, 1] -= 0.8 * z[:, 0]
    r = np.corrcoef(z[:, :, 0].T)
    np.testing.assert_allclose(rv_coefficient(z, adjusted=False), r**2, atol=1e-12)
    np.testing.assert_allclose(canonical_correlation(z), np.abs(r), atol=1e-10)
    similarity = posterior_correlation(posterior_of(z))
    np.testing.assert_allclose(similarity.mean[0, 1], r[0, 1], rtol=0.01)
    # and its standard error is Fisher's, (1 - ρ²)/√n
    assert similarity.sd[0, 1] == pytest.approx((1 - r[0, 1] ** 2) / np.sqrt(200), rel=0.15)


def test_rv_against_its_definition():
    z = normal(50, 4, 3, seed=1)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    full = np.corrcoef(z.reshape(50, 12).T).reshape(4, 3, 4, 3)
    norms = np.sqrt((full**2).sum(axis=(1, 3)))
    expected = norms**2 / np.outer(np.diag(norms), np.diag(norms))
    np.testing.assert_allclose(rv_coefficient(z, adjusted=False), expected, rtol=1e-10)


def test_leading_canonical_correlation_against_scikit_learn():
    from sklearn.cross_decomposition import CCA

    z = normal(300, 2, 3, seed=2)
    z[:, 1, 0] += z[:, 0, 1]
    a, b = CCA(n_components=1, max_iter=5000, tol=1e-12).fit_transform(z[:, 0], z[:, 1])
    expected = abs(np.corrcoef(a[:, 0], b[:, 0])[0, 1])
    assert canonical_correlation(z)[0, 1] == pytest.approx(expected, rel=1e-6)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_canonical_correlation_ignores_linear_maps(seed):
    z = normal(60, 3, 2, seed=seed)
    a = normal(3, 2, 2, seed=seed + 1) + 3 * np.eye(2)
    moved = np.einsum("nij,snj->sni", a, z)
    np.testing.assert_allclose(canonical_correlation(moved), canonical_correlation(z), atol=1e-8)


def test_few_draws_do_not_make_correlation():
    """30 draws of 60 weights: by chance alone RV is high and canonical correlation 1."""
    z = normal(30, 8, 60)
    assert off(rv_coefficient(z, adjusted=False)).min() > 0.5
    assert off(rv_coefficient(z)).max() < 4 * np.sqrt(2) / 29  # its sd is √2/ν
    assert off(canonical_correlation(z, shrink=False)).min() > 0.999
    assert off(canonical_correlation(z)).max() < 0.95


def test_standard_error_is_the_spread_over_repetitions():
    rng = np.random.default_rng(0)
    mix, estimates, errors = rng.normal(size=(3, 3)), [], []
    for _ in range(200):
        z = rng.normal(size=(300, 2, 3))
        z[:, 1] = 0.6 * z[:, 0] + 0.8 * z[:, 1]
        one = posterior_correlation(posterior_of(z @ mix, "svi"))
        estimates.append(one.mean[0, 1])
        errors.append(one.sd[0, 1])
    assert np.mean(estimates) == pytest.approx(0.6, abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.2)


@pytest.mark.parametrize(("draws", "k"), [(100, 10), (400, 3), (200, 1)])
def test_p_values_of_independent_neurons_are_uniform(draws, k):
    rng = np.random.default_rng(k)
    mixed = np.einsum("nij,snj->sni", rng.normal(size=(50, k, k)), rng.normal(size=(draws, 50, k)))
    p = off(posterior_correlation(posterior_of(mixed, "svi")).p_value)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert (p < 0.001).mean() < 0.005


def test_slow_mixing_is_allowed_for():
    """An autoregression of φ = 0.8: n (1 - φ²)/(1 + φ²) independent draws for a covariance."""
    noise, phi = normal(2000, 30, 4), 0.8
    chain = noise.copy()
    for t in range(1, 2000):
        chain[t] = phi * chain[t - 1] + np.sqrt(1 - phi**2) * noise[t]
    expected = 2000 * (1 - phi**2) / (1 + phi**2)
    assert np.median(effective_counts(chain)) == pytest.approx(expected, rel=0.1)
    p = off(posterior_correlation(posterior_of(chain, "nuts")).p_value)
    assert (p < 0.05).mean() < 0.08
    naive = off(posterior_correlation(posterior_of(chain, "svi")).p_value)
    assert (naive < 0.05).mean() > 0.2


@pytest.mark.parametrize("kind", ["rv", "canonical"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_posterior_correlation_follows_the_symmetry(kind, seed):
    """Neurons exchanged exchange rows and columns; a neuron flipped flips its signs."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(40, 5, 3)) + 0.7 * rng.normal(size=(40, 1, 3))
    order, sign = rng.permutation(5), rng.choice([-1.0, 1.0], size=5)
    before = posterior_correlation(posterior_of(z), kind=kind)
    after = posterior_correlation(posterior_of((z * sign[:, None])[:, order]), kind=kind)
    here = np.ix_(order, order)
    signs = np.where(np.eye(5) > 0, 1, np.outer(sign, sign))[here]
    np.testing.assert_allclose(after.mean, before.mean[here] * signs, atol=1e-8)
    np.testing.assert_allclose(after.sd, before.sd[here], atol=1e-7)
    np.testing.assert_allclose(after.p_value, before.p_value[here], atol=1e-8)


def test_neurons_that_never_move_have_no_correlation():
    z = normal(50, 3, 2)
    z[:, 1] = 1 / 3
    for similarity in (rv_coefficient(z), canonical_correlation(z)):
        assert np.isfinite(similarity).all()
        assert not similarity[1].any()
    posterior = posterior_correlation(posterior_of(z))
    assert posterior.p_value[0, 1] == 1
    assert np.isfinite(posterior.sd).all()


# activation similarity


def test_activation_similarity_of_known_neurons():
    a = normal(6, 80, 4)
    a[..., 1] = 3 - 2 * a[..., 0]  # the opposite, with a constant
    a[..., 2] = 0.1  # constant
    similarity = activation_similarity(a)
    assert similarity.mean[0, 1] == pytest.approx(-1)
    assert similarity.sd[0, 1] == pytest.approx(0, abs=1e-6)
    assert similarity.p_value[0, 1] < 1e-10
    assert not similarity.mean[2].any()
    expected = np.stack([np.corrcoef(one.T)[0, 3] for one in a])
    np.testing.assert_allclose(similarity.mean[0, 3], expected.mean())
    np.testing.assert_allclose(similarity.sd[0, 3], expected.std())
    plain = activation_similarity(a, centred=False)
    cos = np.einsum("sp,sp->s", a[..., 0], a[..., 1]) / np.linalg.norm(a[..., :2], axis=1).prod(-1)
    np.testing.assert_allclose(plain.mean[0, 1], cos.mean())
    assert plain.mean[2, 2] == pytest.approx(1)
    assert np.isfinite(activation_similarity(np.zeros((2, 3, 2)), centred=False).mean).all()


@pytest.mark.parametrize("name", ["two_layer", "two_layer_sigmoid", "two_layer_relu", "mlp", "rnn"])
@given(seed=st.integers(0, 10**4))
@settings(max_examples=8)
def test_activation_similarity_follows_the_symmetry(name, seed):
    """The network moved by its symmetry, as activations of the same data."""
    model = network(name)
    layout, layer = model.layout, model.layout.hidden[0]
    sites = random_sites(model, 6, seed % 7)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(15, 4))
    before = activation_similarity(respond(model, sites, x)[layer])
    n = len(before.mean)
    order = rng.permutation(n)
    sign = rng.choice([-1.0, 1.0], size=n) if layout.signed(layer) else np.ones(n)
    both = (np.tile(v, (6, 1)) for v in (order, sign))
    after = activation_similarity(respond(model, act(layout, sites, layer, *both), x)[layer])
    here = np.ix_(order, order)
    np.testing.assert_allclose(after.mean, before.mean[here] * np.outer(sign, sign), atol=1e-5)
    np.testing.assert_allclose(after.sd, before.sd[here], atol=1e-5)


def test_correlated_points_count_less():
    """Smooth independent series correlate by chance; the test of zero must know."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(440, 40))
    smooth = np.stack([np.convolve(c, np.ones(40) / 40, "valid") for c in noise.T], axis=1)[None]
    similarity = activation_similarity(smooth)
    assert np.abs(off(similarity.mean)).max() > 0.5
    assert (off(similarity.p_value) < 0.05).mean() < 0.15


# geometry


def test_direction_similarity_of_known_weights():
    w = np.broadcast_to(np.array([[1.0, 0.0], [1.0, 1.0], [-2.0, 0.0]]), (5, 3, 2))
    similarity = direction_similarity(posterior_of(w))
    np.testing.assert_allclose(similarity.mean[0], [1, np.sqrt(0.5), -1])
    assert not similarity.sd.round(12).any()


def test_wasserstein_similarity_is_the_distance_by_the_law_of_cosines():
    post = posterior_of(normal(60, 5, 3) + normal(1, 5, 3, seed=1))
    d = pairwise(post, "bures_wasserstein", signed=True)
    size = np.sqrt((post.mean**2).sum(axis=1) + np.einsum("nii->n", post.cov))
    rho = np.abs(wasserstein_similarity(post).mean)
    squares = size**2 + size[:, None] ** 2 - 2 * np.outer(size, size) * rho
    np.testing.assert_allclose(np.sqrt(np.maximum(squares, 0)), d, atol=1e-6)


# the result


def test_probability_of_exceeding():
    draws = np.linspace(-1, 1, 201)[:, None, None]
    one = np.ones((1, 1))
    even = Similarity("activation", 0 * one, one, one, draws)
    assert even.exceeds(0.5) == pytest.approx(0.5, abs=0.01)
    assert Similarity("posterior", 0.7 * one, 0.01 * one, one).exceeds(0.5) > 0.999
    assert Similarity("posterior", -0.5 * one, 0.1 * one, one).exceeds(0.5) == pytest.approx(0.5)
    assert Similarity("wasserstein", -0.7 * one, np.nan * one, one).exceeds(0.5) == 1


def test_errors_say_what_was_got():
    post = posterior_of(normal(20, 2, 2))
    with pytest.raises(ValueError, match="kind: expected one of"):
        posterior_correlation(post, kind="pls")
    with pytest.raises(ValueError, match="at least 4 draws, got"):
        posterior_correlation(dataclasses.replace(post, by_draw=post.by_draw[:3]))
    with pytest.raises(ValueError, match=r"expected shape \(draw, point, neuron\)"):
        activation_similarity(normal(5, 3))
    with pytest.raises(ValueError, match="expected finite values"):
        activation_similarity(np.full((2, 3, 2), np.nan))
    with pytest.raises(ValueError, match="expected only with draws"):
        activation_similarity(normal(2, 9, 2), layer="hidden")


def test_posteriors_and_their_draws_give_the_same():
    post = posterior_of(normal(50, 3, 2))
    for measure in (rv_coefficient, canonical_correlation, effective_counts):
        np.testing.assert_array_equal(measure(post), measure(post.by_draw))


def test_draws_and_their_activations_give_the_same(quick, sine):
    draws = quick["laplace"]
    expected = activation_similarity(bn.activations(draws, sine[0])["hidden"])
    for similarity in (
        activation_similarity(draws),
        activation_similarity(draws, sine[0], layer="hidden"),
        activation_similarity(bn.align(draws)),
    ):
        np.testing.assert_array_equal(similarity.mean, expected.mean)
    with pytest.raises(ValueError, match="layer: expected one of"):
        activation_similarity(draws, layer="output")


def test_rounding_of_a_constant_is_no_variation():
    a = normal(4, 50, 2)
    a[..., 1] = 1e3 + 1e-9 * a[..., 0]
    assert not activation_similarity(a).mean[1].any()


def test_a_similarity_prints_its_strongest_pairs():
    similarity = posterior_correlation(posterior_of(normal(50, 12, 2)))
    table = similarity.table()
    assert len(table) == 66
    assert (np.diff(np.abs(table["correlation"])) <= 0).all()
    first = table.iloc[0]
    assert first["correlation"] == similarity.mean[int(first["first"]), int(first["second"])]
    assert "strongest 10 of 66 pairs" in repr(similarity)
    assert len(repr(similarity).splitlines()) == 12
    assert "<table" in similarity._repr_html_()
