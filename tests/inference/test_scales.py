"""Replicates at scales set by the evidence: closed form, what is told, and what follows."""

import contextlib
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.inference.resampling import resample
from bayesneuron.inference.scales import KRONECKER, LARGEST, is_wide, way_of
from bayesneuron.network.density import density

X = normal(30, 3, seed=1)
Y = (X @ [1.0, -2.0, 0.5] + 0.3 + 0.4 * normal(30, seed=2))[:, None]
SHORT = bn.Adam(epochs=3)  # one recipe: every program is compiled once
SCALES = ("hidden_local", "hidden_global", "hidden_slab", "output_scale", "noise")
WEIGHTS = ("hidden_weight", "hidden_bias", "output_weight", "output_bias")


def linear():
    return bn.load("mlp", inputs=3, hidden=(), outputs=1, prior="hierarchical")


def network():
    return bn.load("two_layer", inputs=3, hidden=2, outputs=1, prior="horseshoe")


@pytest.fixture(scope="module")
def draws():
    return bn.bootstrap(network(), X, Y, replicates=30, optimizer=SHORT, seed=1)


def test_replicates_of_a_linear_model_are_ridge_regressions_at_the_scales_of_highest_evidence():
    post = bn.bootstrap(linear(), X, Y, replicates=5, optimizer="newton", seed=3)["posterior"]
    sd, s = (np.unique(np.asarray(post[name])) for name in ("noise", "output_scale"))
    assert len(sd) == len(s) == 1
    mode = bn.laplace(linear(), X, Y, samples=2000, seed=3)["posterior"]
    assert float(np.log(mode["noise"]).mean()) == pytest.approx(np.log(sd[0]), abs=0.02)
    design = np.column_stack([X, np.ones(len(X))])
    penalty = sd[0] ** 2 / s[0] ** 2 * np.diag([3.0, 3.0, 3.0, 1.0])  # weights by their fan-in
    for r, (rows, weights) in enumerate(zip(*resample("pairs", len(X), 5, seed=3), strict=True)):
        count = np.bincount(rows, weights, len(X))
        ridge = np.linalg.solve(design.T * count @ design + penalty, design.T * count @ Y)
        ours = np.append(post["output_weight"][0, r], post["output_bias"][0, r])
        np.testing.assert_allclose(ours, ridge.ravel(), atol=1e-5)


def test_replicates_share_their_scales_and_the_same_seed_gives_the_same_bits(draws):
    assert draws.attrs["scales"] == "evidence"
    assert np.isfinite(draws.attrs["log_evidence"])
    for name in SCALES:
        values = np.asarray(draws["posterior"][name])[0]
        assert (values == values[0]).all(), name
    assert np.asarray(draws["posterior"]["hidden_weight"]).std(axis=1).min() > 0
    fewer = bn.bootstrap(network(), X, Y, replicates=2, optimizer=SHORT, seed=1)
    for name, values in draws["posterior"].data_vars.items():
        np.testing.assert_array_equal(values[:, :2], fewer["posterior"][name])


def test_draws_to_start_at_keep_their_weights(draws):
    prior = bn.prior(network(), X, samples=3, seed=2)  # scales of its own
    still = bn.Adam(epochs=1, learning_rate=1e-9)
    end = bn.bootstrap(network(), X, Y, replicates=3, start=prior, optimizer=still, seed=1)
    best = bn.bootstrap(network(), X, Y, replicates=2, start="best", optimizer=still, seed=1)
    for name in WEIGHTS:
        np.testing.assert_allclose(
            end["posterior"][name], prior["posterior"][name], rtol=1e-4, atol=1e-6
        )
        first, second = np.asarray(best["posterior"][name])[0]
        np.testing.assert_allclose(first, second, atol=1e-6)
    for name in SCALES:
        np.testing.assert_array_equal(end["posterior"][name][0, 0], draws["posterior"][name][0, 0])


def test_the_default_follows_the_prior_and_the_size():
    options = {"replicates": 2, "optimizer": SHORT}
    fixed = bn.load("mlp", inputs=3, hidden=(), outputs=1)
    assert bn.bootstrap(fixed, X, Y, **options).attrs["scales"] == "joint"
    told = bn.bootstrap(fixed, X, Y, **options, scales="evidence")
    assert told.attrs["scales"] == "evidence"
    assert np.ptp(np.asarray(told["posterior"]["noise"])) == 0
    assert bn.bootstrap(linear(), X, Y, **options, prior=False).attrs["scales"] == "joint"
    with jax.enable_x64(True):
        for name, options, way in (
            ("mlp", {"inputs": 3, "hidden": (600,), "outputs": 1}, "evidence"),
            ("rnn", {"hidden": 50}, "joint"),  # its weights are used several times
        ):
            wide, x = bn.load(name, **options, prior="hierarchical"), jnp.zeros((2, 3))
            dens = density(wide, x, jnp.zeros((2, 1)))
            assert dens.size > LARGEST
            joint = pytest.warns(bn.StatisticalWarning, match="scales are those of the joint mode")
            with joint if way == "joint" else contextlib.nullcontext():
                assert way_of(dens, None, x, method="bootstrap") == way
        small = bn.load("rnn", hidden=25, prior="hierarchical")
        dens = density(small, x, jnp.zeros((2, 1)))
        assert KRONECKER < dens.size < LARGEST
        assert (way_of(dens, None, x, method="bootstrap"), is_wide(dens, x)) == ("evidence", False)


@pytest.mark.parametrize("estimate", [bn.bootstrap, bn.laplace])
def test_wrong_scales_are_refused_alike(estimate):
    labels = (X[:, 0] > 0).astype(int)
    options = {"inputs": 3, "hidden": (2,), "outputs": 2, "prior": "normal"}
    classes = bn.load("mlp", **options, likelihood="categorical")
    with pytest.raises(ValueError, match=r"scales: expected .*'evidence'.* got 'mode'"):
        estimate(linear(), X, Y, scales="mode")
    with pytest.raises(ValueError, match=r"scales: expected a model with a scale to estimate"):
        estimate(classes, X, labels, scales="evidence")


def test_maximum_likelihood_has_no_evidence():
    with pytest.raises(ValueError, match="scales: expected 'joint' with prior=False"):
        bn.bootstrap(linear(), X, Y, scales="evidence", prior=False)


def test_constant_scales_do_not_stop_what_follows(draws, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert np.isfinite(bn.neurons(draws)["hidden"].cov).all()
        row = bn.compare({"bootstrap": draws}, test=(X, Y)).methods.loc["bootstrap"]
        assert np.isfinite(row[["ess", "rmse", "lpd", "elpd_loo"]].to_numpy(float)).all()
        assert "nan" not in repr(bn.diagnose(draws))
        assert np.isfinite(np.asarray(bn.predict(draws, X)["predictions"]["mean"])).all()
        assert {"log_likelihood", "prior"} <= set(bn.complete(draws).children)
        assert len(bn.relevance(draws).table()) == 2
    bn.save(draws, tmp_path / "draws.nc")
    again = bn.open(tmp_path / "draws.nc")
    assert again.attrs["scales"] == "evidence"
    np.testing.assert_array_equal(again["posterior"]["noise"], draws["posterior"]["noise"])
