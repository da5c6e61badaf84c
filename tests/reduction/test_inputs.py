"""Fewer inputs: what each way keeps, and how well it gives it back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesneuron.reduction.inputs import autoencoder, pca, qpfs_inputs


def plane(rows=80, noise=0.1):
    """Points near a plane in five dimensions, standardised."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 2)) @ rng.normal(size=(2, 5)) + noise * rng.normal(size=(rows, 5))
    return (x - x.mean(axis=0)) / x.std(axis=0)


def error(fitted, x):
    return float(((fitted.inverse(fitted.transform(x)) - x) ** 2).mean())


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_principal_components_are_those_of_the_covariance(seed, d):
    x = np.random.default_rng(seed).normal(size=(20, 4)) * [4, 3, 2, 1] + [1, 2, 3, 4]
    fitted = pca(x, d)
    values, vectors = np.linalg.eigh(np.cov(x.T))
    assert np.allclose(fitted.variance, values[::-1][:d])
    assert np.allclose(fitted.share, values[::-1][:d] / values.sum())
    assert np.allclose(np.abs(fitted.components @ vectors[:, ::-1][:, :d]), np.eye(d), atol=1e-6)
    assert np.allclose(fitted.components @ fitted.components.T, np.eye(d))
    z = fitted.transform(x)
    assert np.allclose(np.cov(z.T), np.diag(fitted.variance), atol=1e-9)
    assert np.isclose(error(fitted, x) * 20 * 4, values[::-1][d:].sum() * 19)


def test_all_principal_components_lose_nothing():
    x = plane()
    assert error(pca(x, 5), x) < 1e-24
    assert error(pca(plane(noise=0.0), 2), plane(noise=0.0)) < 1e-24


@pytest.fixture(scope="module")
def linear():
    return autoencoder(plane(), 2, activation="identity", starts=2)


def test_a_linear_autoencoder_finds_the_principal_plane(linear):
    """Baldi and Hornik: its only optimum is the space of the principal components."""
    x = plane()
    best = error(pca(x, 2), x)
    assert best <= error(linear, x) < 1.05 * best
    assert np.isclose(linear.loss, error(linear, x))
    made = np.linalg.qr(linear.weights[-1])[0]  # the plane that the decoder spans
    cosines = np.linalg.svd(made.T @ pca(x, 2).components.T)[1]
    assert np.allclose(cosines, 1, atol=1e-2)


def test_the_same_seed_gives_the_same_bits(linear):
    again = autoencoder(plane(), 2, activation="identity", starts=2)
    assert np.array_equal(again.transform(plane()), linear.transform(plane()))


def test_an_autoencoder_works_in_the_units_of_its_inputs(linear):
    moved = plane() * [1, 10, 100, 1e3, 1e-3] + 7
    fitted = autoencoder(moved, 2, activation="identity", starts=2)
    assert np.isclose(fitted.loss, linear.loss, rtol=1e-3)
    assert np.allclose(
        fitted.inverse(fitted.transform(moved)),
        linear.inverse(linear.transform(plane())) * [1, 10, 100, 1e3, 1e-3] + 7,
        rtol=1e-3,
        atol=1e-3,
    )


def test_a_constant_input_does_no_harm():
    x = np.column_stack([plane(20)[:, :2], np.full(20, 3.0)])
    fitted = autoencoder(x, 1, starts=1, epochs=100)
    assert np.isfinite(fitted.transform(x)).all()
    assert np.allclose(fitted.inverse(fitted.transform(x))[:, 2], 3, atol=0.1)


@pytest.mark.slow
def test_an_autoencoder_follows_a_curve_that_no_line_does():
    t = np.random.default_rng(1).uniform(-1, 1, 60)
    curve = np.column_stack([t, t**2])
    curve = (curve - curve.mean(axis=0)) / curve.std(axis=0)
    fitted = autoencoder(curve, 1, width=5, starts=6)
    assert error(fitted, curve) < 0.02 * error(pca(curve, 1), curve)
    order = fitted.transform(curve)[np.argsort(t), 0]
    assert (np.diff(order) > 0).all() or (np.diff(order) < 0).all()


def informative(rows=400):
    """Inputs 1 and 3 make the target, 4 repeats 1, and 0, 2, 5 are noise."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(rows, 6))
    x[:, 4] = x[:, 1] + 0.05 * rng.normal(size=rows)
    return x, 2 * x[:, 1] + 2 * x[:, 3] + 0.1 * rng.normal(size=rows)


def test_selection_takes_what_is_relevant_and_not_twice():
    x, y = informative()
    fitted = qpfs_inputs(x, y, 2)
    assert 3 in fitted.chosen
    assert len({1, 4} & set(fitted.chosen.tolist())) == 1
    assert np.isclose(fitted.weights.sum(), 1)
    assert (fitted.weights >= 0).all()
    assert np.array_equal(fitted.transform(x), x[:, fitted.chosen])


def test_selections_are_nested_and_end_with_all():
    x, y = informative()
    every = qpfs_inputs(x, y, 6).chosen
    assert sorted(every) == list(range(6))
    for d in range(1, 6):
        assert np.array_equal(qpfs_inputs(x, y, d).chosen, every[:d])


def test_selection_does_not_depend_on_units():
    x, y = informative()
    moved = qpfs_inputs(x * [1, 10, 1e3, 1e-3, -2, 5] + 3, -7 * y + 1, 3)
    assert np.array_equal(moved.chosen, qpfs_inputs(x, y, 3).chosen)


def test_selection_for_classes_and_with_inputs_that_never_vary():
    x, y = informative()
    x[:, 0] = 1.5
    fitted = qpfs_inputs(x, (y > 0).astype(int), 6)
    assert fitted.chosen[-1] == 0
    assert fitted.weights[0] == 0


@pytest.mark.parametrize(
    "reduce", [pca, autoencoder, lambda x, d: qpfs_inputs(x, np.zeros(len(x)), d)]
)
def test_arguments_are_checked(reduce):
    with pytest.raises(ValueError, match="expected shape"):
        reduce(np.ones(5), 1)
    with pytest.raises(ValueError, match="expected finite"):
        reduce(np.array([[1.0, np.nan]]), 1)
    for d in (0, 6, 1.5):
        with pytest.raises(ValueError, match="whole number from 1 to 5"):
            reduce(plane(), d)


def test_features_are_checked():
    fitted = pca(plane(), 2)
    with pytest.raises(ValueError, match=r"expected shape \(observation, 5\)"):
        fitted.transform(plane()[:, :3])
    with pytest.raises(ValueError, match=r"expected shape \(observation, 2\)"):
        fitted.inverse(plane())


def test_results_print_on_one_screen(linear):
    x, y = informative()
    selection = qpfs_inputs(x, y, 2)
    for result, rows in ((pca(plane(), 2), 2), (linear, 2), (selection, 6)):
        assert len(result.table()) == rows
        assert len(repr(result).splitlines()) < 20
        assert "<table" in result._repr_html_()
    table = selection.table()
    assert table.index[table["chosen"]].tolist() == selection.chosen.tolist()
    assert pca(plane(), 5).table()["cumulative"].iloc[-1] == pytest.approx(1)
