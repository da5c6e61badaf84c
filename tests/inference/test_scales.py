"""Replicates at scales set by the evidence: closed form, what is told, and what follows."""

import warnings

import jax
import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.inference.scales import LARGEST, way_of
from bayesneuron.network.density import density

X = normal(40, 3, seed=1)
Y = (X @ [1.0, -2.0, 0.5] + 0.3 + 0.4 * normal(40, seed=2))[:, None]


def linear(**options):
    return bn.load("mlp", inputs=3, hidden=(), outputs=1, prior="hierarchical", **options)


def counts_of(replicates, seed):
    from bayesneuron.inference.resampling import resample

    rows, weights = resample("pairs", len(X), replicates, seed=seed)
    return np.stack([np.bincount(r, w, len(X)) for r, w in zip(rows, weights, strict=True)])


def test_replicates_of_a_linear_model_are_ridge_regressions_at_the_scales_of_highest_evidence():
    draws = bn.bootstrap(linear(), X, Y, replicates=5, optimizer="newton", seed=3)
    post = draws["posterior"]
    sd, s = (np.unique(np.asarray(post[name])) for name in ("noise", "output_scale"))
    assert len(sd) == len(s) == 1
    mode = bn.laplace(linear(), X, Y, samples=2000, seed=3)["posterior"]
    assert float(np.log(mode["noise"]).mean()) == pytest.approx(np.log(sd[0]), abs=0.02)
    design = np.column_stack([X, np.ones(len(X))])
    penalty = sd[0] ** 2 / s[0] ** 2 * np.diag([3.0, 3.0, 3.0, 1.0])
    for r, count in enumerate(counts_of(5, 3)):
        ridge = np.linalg.solve(design.T * count @ design + penalty, design.T * count @ Y)
        ours = np.append(post["output_weight"][0, r], post["output_bias"][0, r])
        np.testing.assert_allclose(ours, ridge.ravel(), atol=1e-5)


def test_adam_keeps_the_scales_and_the_same_seed_gives_the_same_bits():
    model = bn.load("mlp", inputs=3, hidden=(4,), outputs=1, prior="horseshoe")
    options = {"replicates": 4, "optimizer": bn.Adam(epochs=3), "seed": 1}
    first, again, fewer = (
        bn.bootstrap(model, X, Y, **options | more) for more in ({}, {}, {"replicates": 2})
    )
    assert first.attrs["scales"] == "evidence"
    assert np.isfinite(first.attrs["log_evidence"])
    for name in ("hidden1_local", "hidden1_global", "hidden1_slab", "output_scale", "noise"):
        values = np.asarray(first["posterior"][name])[0]
        assert (values == values[0]).all(), name
    assert np.asarray(first["posterior"]["hidden1_weight"]).std(axis=1).min() > 0
    for name, values in first["posterior"].data_vars.items():
        np.testing.assert_array_equal(values, again["posterior"][name])
        np.testing.assert_array_equal(values[:, :2], fewer["posterior"][name])


def test_draws_to_start_at_keep_their_weights():
    model = bn.load("mlp", inputs=3, hidden=(2,), outputs=1, prior="hierarchical")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = bn.bootstrap(model, X, Y, replicates=3, scales="joint", optimizer=bn.Adam(epochs=2))
        tiny = bn.Adam(epochs=1, learning_rate=1e-9)
        end = bn.bootstrap(model, X, Y, replicates=3, start=begin, optimizer=tiny)
        best = bn.bootstrap(model, X, Y, replicates=2, start="best", optimizer=tiny)
    for name in ("hidden1_weight", "output_weight", "hidden1_bias"):
        np.testing.assert_allclose(end["posterior"][name], begin["posterior"][name], atol=1e-5)
        same = np.asarray(best["posterior"][name])[0]
        np.testing.assert_allclose(same[0], same[1], atol=1e-6)
    assert float(end["posterior"]["noise"][0, 0]) != float(begin["posterior"]["noise"][0, 0])


def test_the_default_follows_the_prior_and_the_size():
    fixed = bn.load("mlp", inputs=3, hidden=(2,), outputs=1)
    options = {"replicates": 2, "optimizer": bn.Adam(epochs=1)}
    assert bn.bootstrap(fixed, X, Y, **options).attrs["scales"] == "joint"
    told = bn.bootstrap(linear(), X, Y, **options, prior=False)
    assert told.attrs["scales"] == "joint"
    at_evidence = bn.bootstrap(fixed, X, Y, **options, scales="evidence")
    assert at_evidence.attrs["scales"] == "evidence"
    assert np.ptp(np.asarray(at_evidence["posterior"]["noise"])) == 0
    wide = bn.load("mlp", inputs=3, hidden=(600,), outputs=1, prior="hierarchical")
    dens = density(wide, jax.numpy.zeros((2, 3)), jax.numpy.zeros((2, 1)))
    assert dens.size > LARGEST
    assert way_of(dens, None) == "joint"


@pytest.mark.parametrize("estimate", [bn.bootstrap, bn.laplace])
def test_wrong_scales_are_refused_alike(estimate):
    labels = (X[:, 0] > 0).astype(int)
    classes = bn.load("mlp", inputs=3, hidden=(2,), outputs=2, likelihood="categorical")
    with pytest.raises(ValueError, match=r"scales: expected .*'evidence'.* got 'mode'"):
        estimate(linear(), X, Y, scales="mode")
    with pytest.raises(ValueError, match=r"scales: expected a model with a scale to estimate"):
        estimate(classes, X, labels, scales="evidence")


def test_maximum_likelihood_has_no_evidence():
    with pytest.raises(ValueError, match="scales: expected 'joint' with prior=False"):
        bn.bootstrap(linear(), X, Y, scales="evidence", prior=False)


@pytest.mark.parametrize("prior", ["hierarchical", "horseshoe"])
def test_constant_scales_do_not_stop_what_follows(prior, tmp_path):
    model = bn.load("mlp", inputs=3, hidden=(3,), outputs=1, prior=prior)
    draws = bn.bootstrap(model, X, Y, replicates=30, optimizer=bn.Adam(epochs=30))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        posterior = bn.neurons(draws)["hidden1"]
        assert np.isfinite(posterior.cov).all()
        row = bn.compare({"bootstrap": draws}, test=(X, Y)).methods.loc["bootstrap"]
        assert np.isfinite(row[["rhat", "rmse", "lpd"]].to_numpy(float)).all()
        assert bn.diagnose(draws).converged
        assert np.isfinite(np.asarray(bn.predict(draws, X)["predictions"]["mean"])).all()
        full = bn.complete(draws)
        assert {"log_likelihood", "prior"} <= set(full.children)
        assert len(bn.relevance(draws).table()) == 3
    bn.save(draws, tmp_path / "draws.nc")
    again = bn.open(tmp_path / "draws.nc")
    assert again.attrs["scales"] == "evidence"
    np.testing.assert_array_equal(again["posterior"]["noise"], draws["posterior"]["noise"])
