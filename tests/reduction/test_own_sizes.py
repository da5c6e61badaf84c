"""The size is decided by what a network of that size can do: its own posterior."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.reduction.decision import decide
from bayesneuron.reduction.own import bisect

# short chains of over-wide networks diverge a few times
pytestmark = pytest.mark.filterwarnings("ignore:nuts.* diverged:bayesneuron.StatisticalWarning")

INPUTS = 2


def two_neurons(rows, seed=0):
    """x, and y of a network of two neurons with noise of sd 0.15."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, INPUTS))
    y = np.tanh(2 * x[:, :1]) - np.tanh(2 * x[:, 1:]) + 0.15 * rng.normal(size=(rows, 1))
    return x, y


@pytest.fixture(scope="module")
def planted():
    """A reduction of a NUTS posterior of four neurons, where two made the data."""
    x, y = two_neurons(120)
    model = bn.load("two_layer", inputs=INPUTS, hidden=4, outputs=1)
    draws = bn.nuts(model, x, y, samples=150, warmup=150, starts=8, seed=0)
    return draws, bn.reduce(draws, samples=100)


@pytest.mark.slow
def test_the_size_of_the_truth_is_chosen(planted):
    _, reduction = planted
    assert reduction.widths == {"hidden": 2}
    assert (reduction.basis, reduction.scored) == ("own", "loo")
    row = reduction.curve[reduction.curve["chosen"]].iloc[0]
    assert row["own"]
    assert row["elpd"] > row["merged"] + 2  # merged draws of two neurons are no posterior
    one = reduction.curve.iloc[0]
    assert one["loss"] > 3 * one["loss_se"]


def test_only_sizes_that_decide_get_a_posterior(planted):
    _, reduction = planted
    curve = reduction.curve.set_index("hidden")
    assert curve["own"].to_dict() == {1: True, 2: True, 3: False, 4: True}
    for column in ("elpd", "se", "loss", "loss_se"):
        assert curve[column].isna().to_dict() == {1: False, 2: False, 3: True, 4: False}
    assert curve[["merged", "error", "error_sd"]].notna().all(axis=None)


def test_the_result_says_where_draws_come_from(planted):
    draws, reduction = planted
    own, merged = reduction.at(2), reduction.at(2, merged=True)
    assert (own.source, merged.source) == ("own", "merged")
    assert reduction.draws is own.draws
    assert dict(own.draws.posterior.sizes)["draw"] == 100
    assert dict(merged.draws.posterior.sizes)["draw"] == 150
    assert reduction.at(2, merged=True) is merged
    assert reduction.at(3).source == "merged"
    assert reduction.at(4).source == "full"
    assert reduction.at(4).draws is draws
    assert "own posteriors by loo" in repr(reduction)


def test_the_same_seed_gives_the_same_bits(planted):
    draws, reduction = planted
    again = bn.reduce(draws, samples=100, sizes=[2])
    assert again.at(2).draws.posterior.equals(reduction.at(2).draws.posterior)


@pytest.mark.slow
def test_draws_of_another_estimator_are_compared_with_a_posterior_of_the_full_network(planted):
    """Laplace of four neurons, of which the data need two, predicts poorly: no reference."""
    draws, _ = planted
    x, y = (np.asarray(v) for v in (draws.constant_data["x"], draws.observed_data["y"]))
    model = bn.load("two_layer", inputs=INPUTS, hidden=4, outputs=1)
    laplace = bn.laplace(model, x, y, samples=100, starts=4)
    reduction = bn.reduce(laplace, test=two_neurons(300, seed=2), samples=200, sizes=[1, 2])
    assert reduction.widths == {"hidden": 2}
    assert reduction.scored == "test"
    assert reduction.curve["own"].all()
    assert reduction.at(4).source == "own"


def test_large_networks_are_judged_by_merged_draws(planted):
    draws, _ = planted
    with pytest.warns(bn.StatisticalWarning, match="Pareto k is bad for . of 120") as caught:
        reduction = bn.reduce(draws, largest=3)
    assert len(caught) == 1
    assert reduction.basis == "merged"
    assert not reduction.curve["own"].any()
    assert reduction.curve["elpd"].equals(reduction.curve["merged"].rename("elpd"))


def test_choices_are_checked_at_once(planted):
    draws, _ = planted
    with pytest.raises(ValueError, match=r"score: expected one of \['own', 'merged'\], got 'loo'"):
        bn.reduce(draws, score="loo")
    for name in ("samples", "largest"):
        with pytest.raises(ValueError, match=f"{name}: expected a positive whole number"):
            bn.reduce(draws, **{name: 0})
    with pytest.raises(ValueError, match="samples: expected at least 7 for PSIS-LOO, got 6"):
        bn.reduce(draws, samples=6)


def test_the_smallest_within_a_standard_error_or_two_nats():
    noise = np.random.default_rng(0).normal(size=400)
    best, size = np.zeros(400), [3, 5, 7]
    # 10 nats below with a standard error of 20: as good
    assert decide([10 / 400 * np.ones(400) * -1 + noise, best + 5, best], size).chosen == 1
    uncertain = noise - noise.mean() - 10 / 400
    assert decide([uncertain, best - 1, best], size).chosen == 0
    # 1.5 and 2.5 nats below without any error
    assert decide([best - 2.5 / 400, best - 1.5 / 400, best], size).chosen == 1
    missing = np.full(400, np.nan)
    decision = decide([missing, best - 1, best], size)
    assert decision.chosen == 2
    assert decision.good.tolist() == [False, False, True]
    nothing = decide([missing, missing - np.inf], [3, 5])
    assert nothing.chosen == 1  # the whole network
    assert not nothing.good.any()
    assert np.isnan(nothing.loss).all()


def test_bisection_asks_where_the_answer_changes():
    for first in range(9):
        asked = []

        def good(place, first=first, asked=asked):
            asked.append(place)
            return place >= first

        bisect(8, good)
        assert len(asked) <= 4
        assert first == 8 or first in asked
        assert first == 0 or first - 1 in asked
