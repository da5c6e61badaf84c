"""Coverage is right where it is known, and wrong where a posterior is made wrong."""

import functools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import bayesneuron as bn
from bayesneuron.diagnostics.calibration import (
    calibrate,
    clustered_interval,
    coverage,
    distance_shares,
    rank_shares,
    score,
    simulate,
    strengths,
    tarp_share,
    uniformity,
)
from bayesneuron.draws import complete
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.geometry.ellipsoid_regions import region
from bayesneuron.inference._bag import bag
from bayesneuron.plots._coverage import coverage as plot_coverage

SETS, DRAWS, DIM = 400, 500, 4


def normal_means(factor=1.0, shift=0.0, seed=0):
    """Exact posteriors of θ ~ N(0, I), y | θ ~ N(θ, S), as wide as `factor` times theirs."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(DIM, DIM))
    noise = root @ root.T / DIM + 0.1 * np.eye(DIM)
    cov = np.linalg.inv(np.eye(DIM) + np.linalg.inv(noise))
    low = np.linalg.cholesky(cov)
    truths = rng.normal(size=(SETS, DIM))
    data = truths + rng.normal(size=(SETS, DIM)) @ np.linalg.cholesky(noise).T
    means = data @ np.linalg.solve(noise, cov)
    draws = means[:, None] + shift + factor * rng.normal(size=(SETS, DRAWS, DIM)) @ low.T
    return truths, draws


def shares(truths, draws):
    """Hits of the normal 90% region, distance ranks, TARP, ranks of the first coordinate."""
    hits, near, joint, first = [], [], [], []
    for s, (truth, own) in enumerate(zip(truths, draws, strict=True)):
        mean, cov = own.mean(0)[None], np.cov(own.T)[None]
        hits.append(region(mean, cov, own[:, None]).contains(truth[None])[0])
        near.append(distance_shares(own[:, None], truth[None], mean, cov)[0])
        joint.append(tarp_share(own, truth, seed=s))
        first.append(float(rank_shares(own[:, 0], truth[0], thin=99)))
    return np.array(hits), np.array(near), np.array(joint), np.array(first)


def test_exact_draws_cover_and_rank_uniformly():
    hits, near, joint, first = shares(*normal_means())
    _, low, high = clustered_interval(hits, np.arange(SETS), level=0.999)
    assert low < 0.9 < high
    assert abs(hits.mean() - 0.9) < 0.04
    assert abs((near <= 0.9).mean() - 0.9) < 0.04
    for ranks in (near, joint, first):
        assert uniformity(ranks) > 0.01


@pytest.mark.parametrize(("factor", "shift"), [(0.6, 0.0), (1.7, 0.0), (1.0, 0.5)])
def test_wrong_draws_are_detected(factor, shift):
    hits, near, joint, first = shares(*normal_means(factor, shift))
    _, low, high = clustered_interval(hits, np.arange(SETS), level=0.999)
    assert (high < 0.9) if factor < 1 or shift else (low > 0.9)
    assert uniformity(near) < 1e-4
    assert uniformity(joint) < 1e-3
    assert uniformity(first) < 1e-2


def test_interval_is_binomial_and_clusters_widen_it():
    hits = np.arange(200) % 9 > 0
    share, low, high = clustered_interval(hits, np.arange(200))
    exact = binomtest(int(hits.sum()), 200).proportion_ci(method="exact")
    np.testing.assert_allclose([share, low, high], [hits.mean(), exact.low, exact.high], atol=1e-12)
    thrice = clustered_interval(np.repeat(hits, 3), np.repeat(np.arange(200), 3))
    np.testing.assert_allclose(thrice, [share, low, high], atol=1e-12)
    alone = clustered_interval(np.repeat(hits, 3), np.arange(600))
    assert alone[2] - alone[1] < high - low
    assert clustered_interval(np.ones(60), np.repeat(np.arange(20), 3)) == pytest.approx(
        (1.0, binomtest(20, 20).proportion_ci(method="exact").low, 1.0)
    )
    with pytest.raises(ValueError, match="hits: expected"):
        clustered_interval(np.ones(3), np.arange(4))


@pytest.fixture(scope="module")
def linear():
    """One linear neuron, known noise: the Laplace approximation is the posterior."""
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, noise=0.5)
    return model, np.random.default_rng(0).normal(size=(40, 3))


def output_rows(linear, estimate, sets):
    return calibrate(estimate, *linear, sets=sets, samples=300, starts=1)


@pytest.mark.slow
def test_linear_network_is_covered(linear):
    table = output_rows(linear, bn.laplace, 40)
    row = coverage(table, part="output").iloc[0]
    assert row["low"] < 0.9 < row["high"]
    assert row["coverage"] > 0.75
    assert row["p_uniform"] > 0.01
    for part in ("joint", "function"):
        assert uniformity(table.loc[table["part"] == part, "rank"].to_numpy()) > 0.01


def test_too_narrow_posterior_under_covers(linear):
    """The same posterior at temperature 1/9: a third as wide in every direction."""
    table = output_rows(linear, functools.partial(bn.laplace, temper=9.0), 15)
    row = coverage(table, part="output").iloc[0]
    assert row["high"] < 0.9
    assert row["coverage"] < 0.5
    assert row["p_uniform"] < 1e-3
    assert uniformity(table.loc[table["part"] == "joint", "rank"].to_numpy()) < 1e-3


@pytest.mark.slow
def test_study_of_a_network(two_layer):
    x = np.random.default_rng(1).normal(size=(40, 4))
    options = {"samples": 200, "starts": 3}
    table = calibrate(bn.laplace, two_layer, x, sets=3, **options)
    again = calibrate(bn.laplace, two_layer, x, sets=1, first=2, **options)
    part = table[table["set"] == 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, again)  # in parts or at once
    assert (table["kind"] == "neuron").sum() == 3 * 2
    assert set(table.loc[table["kind"] == "invariant", "part"]) == {"noise", "function", "strength"}
    assert table["rank"].between(0, 1).all()
    summary = coverage(table)
    assert summary["sets"].tolist() == [3]
    assert plot_coverage(summary.assign(method="Laplace")).get_xlabel()
    with pytest.raises(ValueError, match="columns"):
        plot_coverage(summary)
    with pytest.raises(ValueError, match="rows of nowhere"):
        coverage(table, part="nowhere")


def test_alignment_does_not_see_the_truth(two_layer):
    """The score is the same whichever symmetric copy the truth happens to be."""
    x = np.random.default_rng(2).normal(size=(40, 4))
    truth, y = simulate(two_layer, x, seed=3)
    draws = bn.laplace(two_layer, x, y, samples=200, starts=3)
    copy = truth.copy()
    moved = copy["posterior"].to_dataset()
    for site, axis in (("hidden_weight", 2), ("hidden_bias", 2), ("output_weight", 3)):
        moved[site] = moved[site].copy(data=-np.flip(moved[site].values, axis))
    copy["posterior"] = moved
    one, other = (score(draws, t, x) for t in (truth, copy))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.slow
def test_alignment_alone_costs_little(two_layer):
    """Truth and draws from one prior: whatever alignment does, it must do to both."""
    x = np.zeros((1, 4))
    tables = []
    for s in range(40):
        truth, _ = simulate(two_layer, x, seed=s)
        draws = bn.prior(two_layer, x, samples=300, seed=s)
        tables.append(score(draws, truth, x).assign(set=s))
    row = coverage(pd.concat(tables)).iloc[0]
    assert row["low"] < 0.9 < row["high"]
    assert row["coverage"] > 0.8


def test_floor_of_strength(two_layer):
    x = np.zeros((5, 4))
    for seed in range(5):
        truth, y = simulate(two_layer, x, seed=seed, floor=0.5)
        assert strengths(two_layer.layout, sites_of_draws(truth))["hidden"].min() >= 0.5
        assert y.shape == (5, 1)
    with pytest.raises(ValueError, match="floor: expected a strength"):
        simulate(two_layer, x, floor=1e6)
    with pytest.raises(ValueError, match="at least 0"):
        simulate(two_layer, x, floor=-1.0)


QUICK = {"samples": 100, "starts": 2}


@pytest.mark.slow
def test_bag_looks_like_its_estimator(two_layer, sine):
    plain = bn.laplace(two_layer, *sine, **QUICK)
    bagged = bag(bn.laplace, two_layer, *sine, bags=3, **QUICK)
    assert bagged.attrs["method"] == "bagged laplace"
    assert set(bagged.children) == set(plain.children) - {"linearised"}
    for name, values in plain["posterior"].data_vars.items():
        assert bagged["posterior"][name].dims == values.dims
        assert bagged["posterior"][name].shape == (1, 300, *values.shape[2:])
    density = complete(bagged, "log_likelihood")["log_likelihood"]["y"]
    assert density.shape == (1, 300, len(sine[0]))
    np.testing.assert_array_equal(bagged["observed_data"]["y"], plain["observed_data"]["y"])
    assert bagged.attrs["independent"] == 0
    assert bagged.attrs["failed"] == []
    np.testing.assert_array_equal(np.unique(bagged["sample_stats"]["bag"]), [0, 1, 2])
    fewer = bag(bn.laplace, two_layer, *sine, bags=2, **QUICK)
    for name, values in fewer["posterior"].data_vars.items():  # a bag whatever the others
        np.testing.assert_array_equal(values, bagged["posterior"][name][:, :200])
    assert bn.diagnose(bagged).modes is None  # bags are no chains
    single = bag(bn.laplace, two_layer, *sine, bags=2, samples=1, starts=2)
    assert single.attrs["independent"] == 1


@pytest.mark.slow
def test_bag_of_a_right_model_doubles_the_covariance(linear):
    """Within a bag the posterior, between bags the sandwich: two about equal parts."""
    model, x = linear
    _, y = simulate(model, x, seed=1)
    options = {"samples": 100, "starts": 1}
    plain = bn.neurons(bn.laplace(model, x, y, **options))["output"]
    bagged = bn.neurons(bag(bn.laplace, model, x, y, bags=25, **options))["output"]
    ratio = np.linalg.eigvals(np.linalg.solve(plain.cov[0], bagged.cov[0])).real
    assert ratio.min() > 1.0
    assert 1.4 < ratio.mean() < 3.0


def fragile(model, x, y, *, seed, fail):
    """Laplace that does not reach its mode on some bags: those with a seed in `fail`."""
    draws = bn.laplace(model, x, y, seed=seed, **QUICK)
    if fail(seed):
        draws.attrs["converged"] = 0
    return draws


def test_failed_bags_are_reported_and_left_out(linear):
    model, x = linear
    _, y = simulate(model, x)
    seeds = []

    def odd(seed):
        seeds.append(seed)
        return len(seeds) == 2

    with pytest.warns(bn.StatisticalWarning, match="1 of 4 bags failed"):
        draws = bag(fragile, model, x, y, bags=4, fail=odd)
    assert draws.attrs["failed"] == [1]
    np.testing.assert_array_equal(np.unique(draws["sample_stats"]["bag"]), [0, 2, 3])
    with pytest.raises(ValueError, match="none in 2 of 2 bags, more than half"):
        bag(fragile, model, x, y, bags=2, fail=lambda seed: True)


def test_bag_says_what_is_wrong(linear):
    model, x = linear
    y = np.zeros(len(x))
    with pytest.raises(ValueError, match="scheme: expected one of"):
        bag(bn.laplace, model, x, y, scheme="bayesian")
    with pytest.raises(ValueError, match="bags: expected a positive"):
        bag(bn.laplace, model, x, y, bags=0)
    with pytest.raises(ValueError, match="estimate: expected a function"):
        bag("laplace", model, x, y)
