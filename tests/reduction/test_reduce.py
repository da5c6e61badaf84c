"""The curve over sizes: what is scored, what is chosen, and the network of every size."""

import numpy as np
import pytest
from conftest import data_for, estimate, network
from reduction_cases import plant

import bayesneuron as bn
from bayesneuron.reduction import leader_merging

pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")


def by_merged(*args, **options):
    """The curve of merged draws; posteriors of the sizes' own are in test_own_sizes.py."""
    return bn.reduce(*args, score="merged", **options)


@pytest.mark.slow
def test_reduce_finds_how_many_neurons_there_are():
    """Two neurons made the data; a network of two, widened by copies, is reduced to them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = np.tanh(2 * x[:, :1]) - np.tanh(2 * x[:, 1:]) + 0.05 * rng.normal(size=(200, 1))
    model = bn.load("two_layer", inputs=2, hidden=2, outputs=1)
    draws = bn.align(bn.laplace(model, x, y, samples=100, starts=10))
    sites = {k: np.asarray(v)[0] for k, v in draws.posterior.data_vars.items()}
    wide, planted = model, sites
    for source, sign in ((0, 1.0), (1, -1.0), (0, -1.0)):
        wide, planted = plant(wide, planted, "hidden", source, sign, x)
    many = bn.from_arrays(planted, layout=wide.layout)
    for test in (None, (x[:50], y[:50])):
        reduced = by_merged(many, x, y, test=test, model=wide)
        assert reduced.widths == {"hidden": 2}
        assert reduced.scored == ("loo" if test is None else "test")
        assert reduced.curve["chosen"].sum() == 1
        assert reduced.curve["hidden"].is_monotonic_increasing
        row = reduced.curve[reduced.curve["chosen"]].iloc[0]
        assert row["parameters"] == 2 * 2 + 2 + 2 + 1
        assert row["loss"] <= max(row["loss_se"], 2.0)
        assert reduced.draws.posterior["hidden_weight"].shape == (1, 100, 2, 2)


@pytest.mark.slow
def test_layers_are_reduced_together():
    model = network("mlp")
    x, y = data_for("mlp")
    draws = bn.laplace(model, x, y, samples=60, starts=2)
    reduced = by_merged(draws, sizes=[(1, 1), (2, 1)])
    assert reduced.curve[["hidden1", "hidden2"]].to_numpy().tolist() == [[1, 1], [2, 1], [3, 2]]
    one = by_merged(draws, layer="hidden2", sizes=[1])
    assert one.curve["hidden2"].tolist() == [1, 2]
    with pytest.raises(ValueError, match="sizes: expected one whole number per layer"):
        by_merged(draws, sizes=[3])


@pytest.fixture(scope="module")
def two_layers():
    x, y = data_for("mlp")
    return bn.align(bn.laplace(network("mlp"), x, y, samples=70, starts=2, linearise=False)), x, y


def densities(draws, x, y):
    """Log density of every observation in every draw."""
    return np.asarray(bn.predict(draws, x, y).log_likelihood["y"])[0]


def mixed(log_density):
    return (np.logaddexp.reduce(log_density) - np.log(len(log_density))).sum()


def by_simulated_targets(task, sizes, *, seed=0):
    return bn.baselines.obd(task, sizes, seed=seed, curvature="fisher")


METHODS = {
    "leaders": leader_merging,
    "random": bn.baselines.random,
    "clusters of each draw": bn.baselines.kmeans_euclidean,
    "clusters of all draws": bn.baselines.kmeans_wasserstein,
    "simulated targets": by_simulated_targets,
}


@pytest.mark.parametrize("method", METHODS)
def test_a_row_scores_the_network_of_its_size(two_layers, method):
    """Judged on some of the draws, whatever the method decides for all of them or draws by lot."""
    draws, x, y = two_layers
    judged = np.linspace(0, 69, 20).round().astype(int)
    reduction = by_merged(
        draws, test=(x[:15], y[:15]), sizes=[(2, 1)], most=20, method=METHODS[method], seed=3
    )
    full, small = (densities(d, x[:15], y[:15]) for d in (draws, reduction.at((2, 1)).draws))
    elpd = mixed(full) + mixed(small[judged]) - mixed(full[judged])
    assert reduction.curve["elpd"].tolist() == pytest.approx([elpd, mixed(full)], rel=1e-6)


def test_the_network_of_every_size_on_the_curve(two_layers):
    draws, _, _ = two_layers
    reduction = by_merged(draws, sizes=[(2, 1), (1, 1)])
    for size in ((2, 1), (1, 1), (3, 2)):
        small, fewer = reduction.at(size)
        assert tuple(small.options["hidden"]) == size
        assert fewer.posterior.sizes["draw"] == 70
        named = dict(zip(("hidden1", "hidden2"), size, strict=True))
        assert reduction.at(named) is reduction.at(size)
    chosen = reduction.at(reduction.widths)
    assert chosen.model is reduction.model
    assert chosen.draws is reduction.draws
    for size in (2, (2, 2), (2, 1.5), {"hidden1": 2}, {"hidden1": 2, "output": 1}, None, "two"):
        with pytest.raises(ValueError, match=r"on the curve, .*\(2, 1\), \(1, 1\), \(3, 2\)"):
            reduction.at(size)


def test_one_layer_is_asked_for_by_a_number(two_layers):
    draws, _, _ = two_layers
    reduction = by_merged(draws, layer="hidden1", sizes=[1, 1, 2])
    assert reduction.curve["hidden1"].tolist() == [1, 2, 3]
    assert tuple(reduction.at(2).model.options["hidden"]) == (2, 2)
    assert reduction.at({"hidden1": 2}) is reduction.at(2)
    with pytest.raises(ValueError, match=r"on the curve, \['hidden1'\] in \[1, 2, 3\]; got 4"):
        reduction.at(4)


@pytest.mark.slow
def test_the_full_network_scores_as_in_a_comparison():
    x, y = data_for("two_layer")
    model = network("two_layer")
    draws = bn.laplace(model, x, y, samples=400, starts=4, linearise=False)
    row = bn.compare({"laplace": draws}).methods.loc["laplace"]
    full = by_merged(draws, sizes=[1], most=60).curve.iloc[-1]
    assert full["elpd"] == pytest.approx(row["elpd_loo"], abs=1e-3)
    assert full["se"] == pytest.approx(row["elpd_se"], rel=0.02)
    assert full["bad_k"] == row["bad_k"]


@pytest.mark.slow
def test_the_control_variate_takes_out_the_error_of_few_draws():
    """Scores from few draws are nearer to those from all than without the full network."""
    x, y = data_for("two_layer")
    model = bn.load("two_layer", inputs=4, hidden=4, outputs=1)
    draws = bn.align(bn.laplace(model, x, y, samples=400, starts=4, linearise=False))
    every = by_merged(draws, sizes=[3], test=(x, y), most=400).curve["elpd"]
    full, errors = densities(draws, x, y), []
    for most in (5, 8, 10, 12, 15, 20):
        few = by_merged(draws, sizes=[3], test=(x, y), most=most).curve["elpd"]
        judged = np.linspace(0, 399, most).round().astype(int)
        alone = few[0] - mixed(full) + mixed(full[judged])
        errors.append([few[0] - every[0], alone - every[0]])
        assert few[1] == pytest.approx(every[1], rel=1e-6)
    controlled, uncontrolled = np.square(errors).mean(axis=0)
    assert controlled < 0.5 * uncontrolled


def test_a_reduction_prints_on_one_screen(two_layers):
    draws, _, _ = two_layers
    reduction = by_merged(draws, layer="hidden1")
    lines = repr(reduction).splitlines()
    assert lines[0].startswith("Reduction: hidden1 from 3 to ")
    assert len(lines) < 25
    assert "<table" in reduction._repr_html_()
    assert reduction.table().equals(reduction.curve)


def test_wrong_sizes_are_refused_at_once(two_layers):
    draws, _, _ = two_layers
    for sizes in ([1.7], [0], [4], [(1, 1)], [], [np.nan], ["a"]):
        with pytest.raises(ValueError, match="sizes: expected"):
            by_merged(draws, layer="hidden1", sizes=sizes)
    for most in (0, -1, 2.5, np.nan):
        with pytest.raises(ValueError, match="most: expected a positive whole number"):
            by_merged(draws, most=most)


@pytest.mark.slow
def test_a_noise_scale_is_asked_for_before_anything_is_reduced():
    def never(*_, **__):
        raise AssertionError("reduced")

    x, y = bn.windows(bn.datasets.noisy_sine(length=40), 3)
    free, known = (
        bn.load("two_layer", inputs=3, hidden=2, outputs=1, **o) for o in ({}, {"noise": 0.2})
    )
    draws = bn.prior(free, x, samples=20)
    weights = {k: v.values[0] for k, v in draws.posterior.items() if k != "noise"}
    bare = bn.from_arrays(weights, model=free)
    with pytest.raises(ValueError, match=r"missing \['noise'\]: give noise= to load"):
        bn.reduce(bare, x, y, method=never)
    with pytest.raises(ValueError, match="give noise= to load"):
        bn.refit(bare, x, y)
    assert len(bn.reduce(bare, x, y, model=known).curve) == 2


def test_tempered_draws_are_scored_as_compare_scores_them(two_layer, sine):
    draws = estimate("laplace", two_layer, *sine, temper=0.5, samples=200, linearise=False)
    reduction = by_merged(draws)
    compared = bn.compare({"tempered": draws}).methods["elpd_loo"].iloc[0]
    assert reduction.curve["elpd"].iloc[-1] == pytest.approx(compared, rel=1e-9)
