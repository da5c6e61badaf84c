"""Laplace draws that predict otherwise than merged ones say so."""

import re
import warnings

import jax
import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.app.smaller import smaller
from bayesneuron.diagnostics.mixtures.stretches import interleave, pick
from bayesneuron.draws.evaluate import run_draws
from bayesneuron.draws.linearised import predictions_of
from bayesneuron.numerics.warn import StatisticalWarning
from bayesneuron.reduction import projected as projection
from bayesneuron.reduction.through_network import LARGE, lost, networks_of

X, Y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
LOSES = "linearised network; through the network itself, as merged draws do, they lose"


@pytest.fixture(scope="module")
def linearised():
    return bn.laplace(MODEL, X, Y, samples=100, starts=4)


@pytest.fixture(scope="module")
def plain():
    return bn.laplace(MODEL, X, Y, samples=100, starts=4, linearise=False)


def log_density(draws):
    """Mean log density of a row under all draws."""
    values = bn.complete(draws)["log_likelihood"]["y"].to_numpy().reshape(-1, len(Y))
    return np.log(np.exp(values).mean(axis=0)).mean()


@pytest.mark.slow
def test_the_loss_is_the_difference_of_both_log_densities(linearised, plain):
    each = [bn.complete(draws)["log_likelihood"]["y"].to_numpy() for draws in (linearised, plain)]
    before, after = (np.log(np.exp(values.reshape(100, -1)).mean(axis=0)).mean() for values in each)
    loss = lost(linearised, MODEL, np.asarray(X), np.asarray(Y))
    np.testing.assert_allclose(loss, before - after, rtol=1e-9)
    assert loss > LARGE
    assert lost(plain, MODEL, np.asarray(X), np.asarray(Y)) == 0.0


def calls(verb):
    return {
        "merge": lambda draws: bn.merge(draws, [0, 1, 2, 3])[1],
        "prune": lambda draws: bn.prune(draws, [0, 1, 2, 3])[1],
        "reduce": lambda draws: bn.reduce(draws, score="merged", test=(X, Y)).at(3).draws,
    }[verb]


@pytest.mark.parametrize("verb", ["merge", "prune", "reduce"])
def test_what_is_merged_predicts_as_linearised_draws_do(linearised, plain, verb):
    call = calls(verb)
    with pytest.warns(StatisticalWarning, match=f"{verb}: draws of laplace were projected"):
        merged = call(linearised)
    before, after = (log_density(draws) for draws in (linearised, merged))
    assert abs(after - before) < 0.05  # 1.3 without the projection
    finding = next(f for f in bn.diagnose(merged).findings if "projected" in f.evidence)
    assert finding.cause == "no posterior"
    call(plain)


def test_projected_neurons_have_the_numbers_of_aligned_ones(linearised):
    tree = bn.align(linearised)
    sites, projected, _ = networks_of(tree, MODEL, np.asarray(X), np.asarray(Y))
    assert projected
    np.testing.assert_allclose(sites["hidden_weight"].std(axis=0), 0.0, atol=1e-12)
    rows, mean = sites["hidden_weight"][0], tree.posterior["hidden_weight"].mean(("chain", "draw"))
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(mean, axis=1)
    assert np.all(((rows * mean.to_numpy()).sum(axis=1) / norms)[:2] > 0.9)  # two are needed
    tree["reference"] = xr.DataTree(tree["reference"].to_dataset().isel(hidden=[1, 0, 2, 3]))
    other = networks_of(tree, MODEL, np.asarray(X), np.asarray(Y)).sites
    for name, axes in MODEL.layout.sites.items():
        if "hidden" in axes:
            one, two = (np.moveaxis(s[name], axes.index("hidden") + 1, 0) for s in (sites, other))
            np.testing.assert_array_equal(two[[1, 0]], one[[0, 1]])


@pytest.mark.parametrize("verb", ["merge", "prune", "reduce"])
def test_what_cannot_be_projected_is_not_to_be_trusted(linearised, verb, monkeypatch):
    monkeypatch.setattr("bayesneuron.reduction.through_network.projected", lambda *_: None)
    with pytest.warns(StatisticalWarning, match=f"{verb}: draws of laplace .*{LOSES}"):
        calls(verb)(linearised)


def test_many_output_weights_are_not_projected(linearised, monkeypatch):
    monkeypatch.setattr(projection, "MOST", 4)
    assert projection.projected(bn.align(linearised), MODEL, np.asarray(X), np.asarray(Y)) is None


@pytest.mark.parametrize(
    ("activation", "options"),
    [("tanh", {}), ("relu", {"likelihood": "heteroscedastic"}), ("tanh", {"skip": True})],
)
def test_a_projection_onto_all_free_outputs_is_exact(activation, options):
    """With as many neurons as rows the readout takes any value at them."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    model = bn.load(
        "mlp", inputs=2, hidden=(24,), outputs=1, activation=activation, prior="normal", **options
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticalWarning)
        draws = bn.laplace(model, x, y, samples=20, starts=2)
    sites = projection.projected(bn.align(draws), model, x, y)
    assert sites is not None
    number, key = np.arange(20), jax.random.key(0)
    lines = predictions_of(draws, model, x, y, keep=("mean",), key=key, number=number)
    nets = run_draws(model, sites, x, y, keep=("mean",), key=key, number=number)
    error = np.abs(nets["mean"] - lines["mean"]).max()
    assert error < 0.05 * lines["mean"].std(axis=0).mean()


def test_parts_of_linearised_draws_predict_as_they_did(linearised):
    whole = bn.predict(linearised, X[:5]).predictions["mean"].to_numpy()
    parts = [pick(linearised, np.array([[0, 1]]), mode) for mode in (0, 1)]
    for mode, part in enumerate(parts):
        mean = bn.predict(part, X[:5]).predictions["mean"].to_numpy()
        np.testing.assert_allclose(mean, whole[:, 50 * mode : 50 * (mode + 1)], rtol=1e-12)
    mixed = interleave(parts, np.array([0.5, 0.5]), 1)
    assert bn.predict(mixed, X[:5]).predictions["mean"].shape == whole.shape


@pytest.mark.slow
def test_the_verdict_says_so_first(linearised, monkeypatch):
    with pytest.warns(StatisticalWarning, match="projected onto the output weights"):
        reduction = bn.reduce(linearised, score="merged", test=(X, Y))
    assert "; draws of laplace were projected" in repr(reduction).split("\n")[0]
    assert "Draws of laplace were projected" in smaller(reduction, "", "")[0]
    monkeypatch.setattr("bayesneuron.reduction.through_network.projected", lambda *_: None)
    with pytest.warns(StatisticalWarning, match=LOSES):
        reduction = bn.reduce(linearised, score="merged", test=(X, Y))
    assert repr(reduction).startswith("Reduction, not to be trusted: draws of laplace")
    assert re.match(r"\*\*Not to be trusted\*\*: draws of laplace", smaller(reduction, "", "")[0])
    with warnings.catch_warnings():  # chains this short disagree
        warnings.simplefilter("ignore", StatisticalWarning)
        own = bn.reduce(linearised, score="own", samples=50, test=(X, Y), sizes=[1])
    assert own.lost == 0.0
