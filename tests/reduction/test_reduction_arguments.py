"""What is asked of a reduction is said, or refused before any work."""

import numpy as np
import pytest

import bayesneuron as bn


@pytest.fixture
def draws(quick):
    return quick["laplace"]


@pytest.mark.parametrize(
    ("free", "message"),
    [
        (
            {"hiden_weight": False},
            r"expected some of the sites \['hidden_bias'.*got \['hiden_weight'\]",
        ),
        ({"hidden_weight": 7.0}, "expected True or False"),
        ({"hidden_weight": np.nan}, "expected True or False"),
        ({"hidden_weight": "a"}, "expected numbers"),
        ({"hidden_weight": np.ones((9, 9), bool)}, "expected shape"),
        (3, "expected a mask by site"),
    ],
)
def test_masks_of_a_refit(draws, free, message):
    with pytest.raises(ValueError, match=f"free.*: {message}" if free != 3 else message):
        bn.refit(draws, optimizer=bn.Adam(epochs=1), free=free)


def test_a_refit_that_diverges_is_an_error(draws):
    with pytest.raises(ValueError, match="refit: expected finite weights, got none"):
        bn.refit(draws, optimizer=bn.Adam(epochs=1, learning_rate=1e30))


def test_flags(draws):
    for value in ("no", 1, None):
        with pytest.raises(ValueError, match="compensate: expected True or False"):
            bn.prune(draws, keep=[0], compensate=value)
        with pytest.raises(ValueError, match="prior: expected True or False"):
            bn.refit(draws, prior=value)


@pytest.mark.parametrize("partition", ["hidden", ["hidden", "hidden"], {"nosuch": [0, 1]}])
def test_a_layer_is_no_partition(draws, partition):
    with pytest.raises(ValueError, match="partition: expected"):
        bn.merge(draws, partition)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": 2}, "sizes: expected a list"),
        ({"test": np.zeros((3, 3))}, r"test: expected a pair \(x, y\)"),
        ({"test": (np.zeros((3, 4)), None)}, r"test: expected a pair \(x, y\)"),
        ({"method": "merging"}, "method: expected a function"),
        ({"method": lambda task, sizes, seed=0: None}, "method: expected the sites of sizes"),
        ({"method": lambda task, sizes, seed=0: {1: {}}}, "expected all sites, missing"),
    ],
)
def test_options_of_reduce(draws, options, message):
    with pytest.raises(ValueError, match=message):
        bn.reduce(draws, **{"sizes": [1], **options})


def test_baselines_check_their_task(draws, two_layer, sine):
    x, y = (np.asarray(v) for v in sine)
    sites = {k: v.to_numpy()[0] for k, v in draws["posterior"].data_vars.items()}
    spoiled = {k: v * np.nan for k, v in sites.items()}
    good = bn.results.Task(two_layer, sites, "hidden", x, y)
    tasks = [
        None,
        bn.results.Task(two_layer, {}, "hidden", x, y),
        bn.results.Task(two_layer, sites, "nosuch", x, y),
        bn.results.Task(two_layer, spoiled, "hidden", x, y),
        bn.results.Task(two_layer, sites, "hidden", x * np.nan, y),
    ]
    for name in ("random", "magnitude", "obd", "kmeans_euclidean", "folding"):
        for task in tasks:
            with pytest.raises(ValueError, match="expected"):
                getattr(bn.baselines, name)(task, [1])
        with pytest.raises(ValueError, match="seed: expected"):
            getattr(bn.baselines, name)(good, [1], seed=-1)
