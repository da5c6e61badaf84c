"""Neurons as random vectors: moments, regions, shrinkage, the null."""

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.geometry.ellipsoid_regions import left_out, mahalanobis_of, region
from bayesneuron.numerics.covariance import covariances, roots

LAYOUT = bn.Layout(
    {"W": ("hidden", "input"), "b": ("hidden",), "V": ("output", "hidden")}, {"hidden": "tanh"}
)


def clouds(count=2000, seed=0):
    """Two neurons far apart, each a normal cloud, in random order and sign in every draw."""
    rng = np.random.default_rng(seed)
    w = rng.normal([[3.0, 0.0], [0.0, 2.0]], 0.1, (count, 2, 2))
    b = rng.normal([1.0, -1.0], 0.2, (count, 2))
    v = rng.normal([[2.0, 1.0]], 0.05, (count, 1, 2))
    order = rng.permuted(np.tile([0, 1], (count, 1)), axis=1)
    sign = rng.choice([-1.0, 1.0], (count, 2))
    moved = {
        "W": np.take_along_axis(w, order[:, :, None], 1) * sign[:, :, None],
        "b": np.take_along_axis(b, order, 1) * sign,
        "V": np.take_along_axis(v, order[:, None, :], 2) * sign[:, None, :],
    }
    return np.concatenate([w, b[:, :, None], np.swapaxes(v, 1, 2)], axis=2), moved


def test_moments_are_those_of_the_neurons():
    truth, moved = clouds()
    post = bn.neurons(bn.from_arrays(moved, layout=LAYOUT))["hidden"]
    np.testing.assert_allclose(post.mean, truth.mean(axis=0), atol=1e-10)
    for i in range(2):
        np.testing.assert_allclose(post.cov[i], np.cov(truth[:, i].T), atol=1e-10)
    assert post.weights == ("input[0]", "input[1]", "bias", "to output[0]")
    assert post.roles == ("incoming", "incoming", "bias", "outgoing")
    assert (post.shrinkage == 0).all()
    assert (post.ambiguous == 0).all()
    assert (post.normality[1] > 1e-4).all()
    assert np.isnan(post.null_ratio).all()  # no prior in these draws


@pytest.mark.parametrize("kind", ["normal", "draws"])
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_regions_hold_their_probability(kind, level):
    _, moved = clouds(4000)
    post = bn.neurons(bn.from_arrays(moved, layout=LAYOUT))["hidden"]
    regions = post.region(level, kind=kind)
    np.testing.assert_allclose(regions.coverage(post.by_draw), level, atol=0.03)
    ball = np.pi**2 / 2  # volume of the unit ball in four dimensions
    volume = np.log(ball) + np.linalg.slogdet(post.cov)[1] / 2 + 4 * np.log(regions.radius)
    np.testing.assert_allclose(regions.log_volume(), volume)


@pytest.mark.parametrize("shrinkage", [0.0, 0.6, 1.0])
def test_distances_left_out_are_those_of_the_others(shrinkage):
    draws = np.random.default_rng(0).normal(size=(40, 1, 4)) * [1.0, 2.0, 3.0, 4.0]

    def blend(part):
        cov = np.cov(part[:, 0].T)
        return ((1 - shrinkage) * cov + shrinkage * np.diag(np.diag(cov)))[None]

    distances = left_out(draws, draws.mean(axis=0), blend(draws), shrinkage)
    others = [np.delete(draws, s, axis=0) for s in range(len(draws))]
    expected = [
        mahalanobis_of(draws[s], rest.mean(axis=0), blend(rest)) for s, rest in enumerate(others)
    ]
    np.testing.assert_allclose(distances, expected, rtol=1e-9 if shrinkage == 0 else 0.02)


@pytest.mark.parametrize("count", [20, 100, 1000])
@pytest.mark.parametrize("name", ["standard_normal", "standard_exponential", "standard_cauchy"])
def test_a_region_holds_a_draw_it_has_not_seen(name, count):
    """Whatever the distribution, and however few the draws; χ² regions do not."""
    sample = getattr(np.random.default_rng(1), name)
    draws, other = sample(size=(count, 1000, 5)), sample(size=(1000, 5))
    mean, (cov, _) = draws.mean(axis=0), covariances(draws, shrink=False)
    held, normal = (
        region(mean, cov, draws, level=0.9, kind=kind).contains(other).mean()
        for kind in ("draws", "normal")
    )
    assert abs(held - 0.9) < 0.035
    assert count > 100 or name == "standard_cauchy" or normal < held - 0.02


def test_shrunk_covariances_hold_a_draw_they_have_not_seen():
    rng = np.random.default_rng(0)
    for count, k in ((20, 11), (100, 31)):
        draws, other = rng.normal(size=(count, 300, k)), rng.normal(size=(300, k))
        cov, shrinkage = covariances(draws)
        assert (shrinkage > 0.5).all()
        regions = region(draws.mean(axis=0), cov, draws, shrinkage=shrinkage)
        assert abs(regions.contains(other).mean() - 0.9) < 0.05


@pytest.mark.parametrize("count", [1, 2, 4])
def test_too_few_draws_have_no_bounded_region(count):
    draws = np.random.default_rng(0).normal(size=(count, 1, 4))  # others span three at most
    cov, _ = covariances(draws, shrink=False)
    regions = region(draws.mean(axis=0), cov, draws)
    assert np.isinf(regions.radius).all()
    assert (regions.log_volume() == np.inf).all()
    assert regions.contains(np.full((1, 4), 1e6)).all()
    assert np.isnan(regions.axes()).all()
    with pytest.raises(ValueError, match="draws: expected at least one"):
        region(draws.mean(axis=0), cov, draws[:0])


def test_points_off_a_flat_region_are_outside():
    draws = np.random.default_rng(0).normal(size=(200, 1, 3))
    draws[:, :, 2] = 5.0
    cov, _ = covariances(draws)
    regions = region(draws.mean(axis=0), cov, draws)
    assert regions.coverage(draws)[0] == pytest.approx(0.9, abs=0.02)
    assert regions.contains(np.array([[0.0, 0.0, 5.0]])).all()
    assert not regions.contains(np.array([[0.0, 0.0, 5.1]])).any()


def test_a_projected_region_is_the_shadow():
    _, moved = clouds()
    regions = bn.neurons(bn.from_arrays(moved, layout=LAYOUT))["hidden"].region(0.9)
    basis = np.random.default_rng(0).normal(size=(2, 4))
    shadow = regions.project(basis)
    sphere = np.random.default_rng(1).normal(size=(20000, 4))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    surface = regions.center[0] + sphere @ regions.axes()[0].T
    edge = np.linalg.norm(
        (surface @ basis.T - shadow.center[0]) @ roots(shadow.cov)[1][0].T, axis=1
    )
    assert edge.max() <= shadow.radius[0] * (1 + 1e-9)
    assert edge.max() > shadow.radius[0] * 0.99


def test_few_draws_are_shrunk_and_the_intensity_is_reported():
    draws = np.random.default_rng(0).normal(size=(30, 2, 40)) * np.linspace(0.1, 10, 40)
    cov, shrinkage = covariances(draws)
    assert (shrinkage > 0.1).all()
    assert (np.linalg.eigvalsh(cov) > 0).all()
    np.testing.assert_allclose(
        np.einsum("nii->ni", cov), draws.var(axis=0, ddof=1), rtol=0.2
    )  # variances stay, whatever the units
    plain, none = covariances(draws, shrink=False)
    assert (none == 0).all()
    np.testing.assert_allclose(plain[0], np.cov(draws[:, 0].T))


def test_singular_covariances_have_regions():
    draws = np.random.default_rng(0).normal(size=(500, 1, 3))
    draws[:, :, 2] = draws[:, :, 0]
    cov, _ = covariances(draws, shrink=False)
    for kind in ("draws", "normal"):  # χ² of the rank, 2
        regions = region(draws.mean(axis=0), cov, draws, level=0.9, kind=kind)
        assert regions.coverage(draws)[0] == pytest.approx(0.9, abs=0.04)


def test_the_null_of_the_prior_is_one():
    """Draws that are the prior's are as wide as the prior's, however they were aligned."""
    model = bn.load("two_layer", inputs=5, hidden=3, outputs=1)
    draws = bn.prior(model, np.zeros((1, 5)), samples=1000, seed=1)
    other = bn.prior(model, np.zeros((1, 5)), samples=1000, seed=2)
    draws["prior"] = other["posterior"]
    ratio = bn.neurons(draws)["hidden"].null_ratio
    assert np.exp(np.log(ratio).mean()) == pytest.approx(1.0, abs=0.03)


def test_alignment_alone_tightens_noise():
    """Why the null is needed: aligned prior draws cluster."""
    model = bn.load("two_layer", inputs=5, hidden=3, outputs=1)
    draws = bn.prior(model, np.zeros((1, 5)), samples=1000, seed=1)
    raw = coordinates(
        model.layout,
        {s: np.asarray(draws["posterior"][s])[0] for s in model.layout.sites},
        "hidden",
    ).values
    post = bn.neurons(draws)["hidden"]
    before = np.linalg.slogdet(covariances(raw)[0])[1].mean()
    after = np.linalg.slogdet(post.cov)[1].mean()
    assert after < before - 1
    assert (np.linalg.norm(post.mean, axis=1) > 3 * np.linalg.norm(raw.mean(axis=0), axis=1)).all()


def test_relu_layers_carry_their_raw_scales(sine):
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1, activation="relu")
    post = bn.neurons(bn.prior(model, sine[0], samples=50))["hidden"]
    assert post.raw is not None
    into = post.select("incoming", "bias").by_draw
    out = post.select("outgoing").by_draw
    np.testing.assert_allclose(np.linalg.norm(into, axis=2), np.linalg.norm(out, axis=2))
    raw = post.raw.select("incoming", "bias").by_draw
    assert not np.allclose(np.linalg.norm(raw, axis=2), np.linalg.norm(into, axis=2))


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_aligned_draws_carry_raw_scales_too(sine, activation):
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1, activation=activation)
    draws = bn.prior(model, sine[0], samples=50)
    draws["prior"] = bn.prior(model, sine[0], samples=50, seed=1)["posterior"]
    whole = bn.neurons(draws)["hidden"]
    kept = bn.align(draws, canonical=False)
    for post in (bn.neurons(bn.align(draws))["hidden"], bn.neurons(bn.align(kept))["hidden"]):
        np.testing.assert_allclose(post.by_draw, whole.by_draw, atol=1e-9)
        np.testing.assert_array_equal(post.raw.by_draw, whole.raw.by_draw)
    plain = bn.neurons(kept)["hidden"]
    assert plain.raw is None
    np.testing.assert_array_equal(plain.by_draw, whole.raw.by_draw)
    np.testing.assert_array_equal(plain.null_cov, whole.raw.null_cov)
    assert not np.allclose(plain.null_cov, whole.null_cov)


def test_aligning_again_keeps_raw_scales(sine):
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1, activation="relu")
    draws = bn.prior(model, sine[0], samples=50)
    once = bn.align(draws)
    twice = bn.align(once, reference=once)
    for site, values in once["drawn"].data_vars.items():
        np.testing.assert_array_equal(twice["drawn"][site], values)
    back = bn.align(once, reference=once, canonical=False)
    assert "drawn" not in back.children
    for site, values in once["drawn"].data_vars.items():
        np.testing.assert_array_equal(back["posterior"][site], values)


def test_recurrent_weight_to_itself_counts_once():
    model = bn.load("rnn", hidden=3)
    post = bn.neurons(bn.prior(model, np.zeros((1, 4)), samples=50))["hidden"]
    assert post.mean.shape == (3, 1 + 3 + 2 + 1)
    assert (np.linalg.eigvalsh(post.cov) > 0).all()


def test_selection_and_errors(quick):
    post = bn.neurons(quick["laplace"])["hidden"]
    assert post.select("incoming").mean.shape == (2, 4)
    assert post.select("bias", "outgoing").weights == ("bias", "to output[0]")
    with pytest.raises(ValueError, match="role: expected one of"):
        post.select("sideways")
    with pytest.raises(ValueError, match="level: expected a probability"):
        post.region(1.0)
    with pytest.raises(ValueError, match="level: expected a prob"):
        post.region("0.9")
    with pytest.raises(ValueError, match="kind: expected one of"):
        post.region(kind="cube")
    dataset = post.to_dataset()
    assert dataset["cov"].dims == ("neuron", "weight", "other")
    assert "null_ratio" in repr(post)


def test_a_posterior_prints_without_running_tests(quick):
    post = bn.neurons(quick["laplace"])["hidden"]
    assert "hz" not in repr(post)
    assert "<table" in post._repr_html_()
    assert "normality" not in vars(post)
    assert {"hz", "hz_p"} < set(post.table())


def test_a_region_prints_on_one_screen():
    draws = np.random.default_rng(0).normal(size=(50, 64, 12))
    cov, _ = covariances(draws)
    regions = region(draws.mean(axis=0), cov, draws)
    assert len(repr(regions)) < 2000
    assert "probability 0.9" in repr(regions)
    assert len(regions.table()) == 64
    assert "<table" in regions._repr_html_()
    axes = np.linalg.norm(regions.axes(), axis=1)
    np.testing.assert_allclose(regions.table()["longest"], axes.max(axis=1))


def test_posteriors_are_pytrees(quick):
    import jax

    post = bn.neurons(quick["laplace"])["hidden"]
    doubled = jax.tree.map(lambda leaf: 2 * leaf, post)
    np.testing.assert_array_equal(doubled.mean, 2 * post.mean)
    assert doubled.weights == post.weights


@pytest.mark.slow
def test_weights_have_the_names_of_their_inputs():
    series = bn.as_series(np.random.default_rng(0).normal(size=(60, 2)))
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=2, skip=True)
    x, y = bn.windows(series.assign_coords(channel=["Fz", "Cz"]), history=2, delay=3)
    names = ("Fz(t-3)", "Cz(t-3)", "Fz(t)", "Cz(t)")
    draws = bn.laplace(model, x, y, samples=20, starts=1)
    post = bn.neurons(draws)
    assert post["hidden"].weights == (*names, "bias", "to output[0]", "to output[1]")
    assert set(names) < set(post["output"].weights)
    table = pd.DataFrame(np.asarray(x), columns=["a", "b", "c", "d"])
    draws = bn.laplace(model, table, np.asarray(y), samples=20, starts=1)
    assert bn.neurons(draws)["hidden"].weights[:4] == ("a", "b", "c", "d")
