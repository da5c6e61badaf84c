"""One check for each kind of argument: what is no count, seed, share or choice is refused alike."""

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.inference import Adam, Newton
from bayesneuron.numerics import checks

NO_NUMBERS = [None, "1", [1], {}, float("nan"), float("inf"), True, 1 + 0j]
NO_COUNTS = [*NO_NUMBERS, 0, -1, 1.5, 3.0, 10**30]
NO_SEEDS = [*NO_NUMBERS, -1, 1.5, 2**63, 2**70]
NO_PROBABILITIES = [*NO_NUMBERS, 0, 1, -0.1, 2]
NO_POSITIVE = [*NO_NUMBERS, 0, -1, 10**400]
NO_CHOICES = [None, {}, [], 3, "nosuch", np.zeros(2)]
ESTIMATORS = {"laplace": bn.laplace, "nuts": bn.nuts, "svi": bn.svi, "bootstrap": bn.bootstrap}
OPTIONS = [
    ("laplace", "samples", NO_COUNTS),
    ("laplace", "starts", NO_COUNTS[1:]),
    *(("nuts", name, NO_COUNTS) for name in ("chains", "samples", "warmup", "starts", "thinning")),
    ("nuts", "max_tree_depth", NO_COUNTS),
    ("nuts", "precision", NO_CHOICES),
    *(("svi", name, NO_COUNTS) for name in ("samples", "steps", "particles", "rank", "starts")),
    ("bootstrap", "replicates", NO_COUNTS),
    ("bootstrap", "chunk", NO_COUNTS[1:]),
    *((name, "seed", NO_SEEDS) for name in ESTIMATORS),
    *((name, "temper", NO_POSITIVE) for name in ESTIMATORS),
    ("svi", "learning_rate", NO_POSITIVE),
    ("nuts", "target_accept", [v for v in NO_PROBABILITIES if v is not None]),
    ("bootstrap", "fraction", [v for v in NO_PROBABILITIES if v != 1 or v is True]),
    ("nuts", "start", NO_CHOICES[1:]),
    ("bootstrap", "start", NO_CHOICES),
    ("laplace", "bandwidth", [-1, 1.5, "1", True, float("nan")]),
    ("nuts", "mass", NO_CHOICES),
    ("svi", "family", NO_CHOICES),
    ("laplace", "covariance", NO_CHOICES),
    ("laplace", "structure", NO_CHOICES),
    ("bootstrap", "scheme", NO_CHOICES),
]


@pytest.mark.parametrize(("method", "option", "values"), OPTIONS)
def test_options_of_estimators(method, option, values, two_layer, sine):
    for value in values:
        with pytest.raises(ValueError, match=f"{option}: expected"):
            ESTIMATORS[method](two_layer, *sine, **{option: value})


@pytest.mark.parametrize("value", NO_SEEDS)
def test_a_seed_is_the_same_everywhere(value, two_layer, sine):
    draws = bn.prior(two_layer, sine[0], samples=3)
    x = np.asarray(sine[0])
    calls = [
        lambda: bn.prior(two_layer, x, seed=value),
        lambda: bn.predict(draws, x, seed=value),
        lambda: bn.relevance(draws, x, seed=value),
        lambda: bn.communities(np.eye(4), seed=value),
        lambda: bn.refit(draws, *sine, seed=value),
        lambda: bn.reduce(draws, *sine, seed=value),
        lambda: bn.bag(bn.laplace, two_layer, *sine, seed=value),
        lambda: bn.calibration.simulate(two_layer, x, seed=value),
        lambda: bn.calibration.calibrate(bn.laplace, two_layer, x, seed=value),
        lambda: bn.datasets.noisy_sine(seed=value),
        lambda: bn.inputs.autoencoder(x, 1, seed=value),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"seed: expected a whole number, 0 <= seed < 2\*\*63"):
            call()


@pytest.mark.parametrize("seed", [0, 2**63 - 1, np.int64(3), np.uint8(3)])
def test_seeds(seed, two_layer, sine):
    assert bn.prior(two_layer, sine[0], samples=3, seed=seed).posterior.sizes["draw"] == 3
    checks.check_seed(seed)


@pytest.mark.parametrize("value", NO_PROBABILITIES)
def test_levels(value):
    draws = np.random.default_rng(0).normal(size=(30, 2, 4, 4))
    with pytest.raises(ValueError, match="level: expected a probability"):
        bn.compare({"a": xr.DataTree()}, level=value)
    with pytest.raises(ValueError, match="level: expected"):
        bn.graph({}, weight="posterior", level=value)
    if value != 1 or value is True:
        with pytest.raises(ValueError, match="level: expected a share"):
            bn.communities(draws[:, 0], level=value, kind="similarities")


@pytest.mark.parametrize("value", NO_POSITIVE)
def test_learning_rates(value):
    with pytest.raises(ValueError, match="learning_rate: expected a positive number"):
        Adam(learning_rate=value)


@pytest.mark.parametrize("value", NO_COUNTS)
def test_steps(value):
    for call in (lambda: Adam(epochs=value), lambda: Adam(batch=value), lambda: Newton(value)):
        with pytest.raises(ValueError, match="expected a positive whole number"):
            call()


@pytest.mark.parametrize(
    "options", [{"noise": -1}, {"noise": 0}, {"noise": "a"}, {"prior_scale": -1}, {"hidden": 0}]
)
@pytest.mark.parametrize("name", ["two_layer", "mlp", "rnn", "nonlinear_pca"])
def test_options_of_shipped_models(name, options):
    sizes = {"inputs": 3, "hidden": 2, "outputs": 1} | options
    if name == "mlp":
        sizes["hidden"] = (sizes["hidden"],)
    with pytest.raises(ValueError, match=f"{next(iter(options))}.*: expected a positive"):
        bn.prior(bn.load(name, **sizes), np.zeros((2, 3)), samples=2)


SITES = {"W": np.ones((5, 2, 3)), "V": np.ones((5, 1, 2))}
LAYOUT = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.full((5, 2, 3), np.nan), "W: expected finite values, got 30 others"),
        (np.where(np.arange(30).reshape(5, 2, 3) == 8, np.inf, 1.0), r"first at \(1, 0, 2\)"),
        (np.full((5, 2, 3), "a"), "W: expected numbers"),
        (np.full((5, 2, 3), 1j), "W: expected numbers, got complex"),
        (np.ma.masked_equal(np.eye(3), 0), "W: expected no masked values"),
        (np.ones((0, 2, 3)), "W: expected at least one draw"),
    ],
)
def test_weights_from_elsewhere(value, message):
    with pytest.raises(ValueError, match=message):
        bn.from_arrays(SITES | {"W": value}, layout=LAYOUT)


@pytest.mark.parametrize("name", ["chain", "draw"])
def test_names_that_a_tree_uses_itself(name):
    layout = bn.Layout({"W": (name, "input"), "V": ("output", name)}, {name: "tanh"})
    with pytest.raises(ValueError, match="expected other names of sites and layers"):
        bn.from_arrays(SITES, layout=layout)
    with pytest.raises(ValueError, match="expected other names of sites and layers"):
        bn.from_arrays(SITES | {name: np.ones(5)}, layout=LAYOUT)
