"""The report in words: every planted fault is named, and a sound estimate passes."""

import numpy as np
import pytest
import xarray as xr
from test_modes import CENTRES, LAYOUT, chains

import bayesneuron as bn
from bayesneuron.diagnostics.findings import CAUSES
from bayesneuron.draws import complete
from bayesneuron.inference import Adam


def causes(report):
    return {f.cause: f for f in report.findings}


def test_sound_chains_pass():
    report = bn.diagnose(chains([(0,), (0,), (0,), (0,)], draws=400))
    assert report.converged, report
    assert "fit to report" in repr(report)
    assert "fit to report" in report._repr_html_()
    assert report.modes.verdict == "one mode (no search for other optima)"


def test_modes_are_named():
    report = bn.diagnose(chains([(0,), (1,), (0,), (1,)], draws=400))
    finding = causes(report)["mode"]
    assert finding.serious
    assert "2 modes" in finding.evidence
    assert not report.converged
    assert report.table()["serious"].iloc[0]
    assert "<table" in report._repr_html_()


def test_slow_chains_name_the_neuron():
    tree = chains([(0,), (0,)], copies=False, draws=400)
    tree.posterior["W"][1, :, 0, 0] += 0.08
    finding = causes(bn.diagnose(tree))["slow mixing"]
    assert finding.neurons == ("hidden[0]",)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_a_flat_direction_is_one_that_predictions_do_not_see():
    x, y = bn.windows(bn.datasets.noisy_sine(length=80), history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    draws = complete(bn.nuts(model, x, y, chains=4, samples=2000, starts=4))
    draws.posterior["hidden_weight"][:2] *= 1.3  # predictions are kept as they were
    findings = causes(bn.diagnose(draws))
    assert "flat direction" in findings
    assert findings["flat direction"].neurons == ("hidden[0]",)
    assert "hidden[0] is free along" in findings["flat direction"].evidence


def test_few_draws_say_how_many_would_do():
    report = bn.diagnose(chains([(0,), (0,)], draws=100))
    finding = causes(report)["too few draws"]
    assert finding.serious
    assert "samples=" in finding.advice


def test_sampler_trouble_is_reported():
    tree = chains([(0,), (0,)], draws=400)
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(2, 400)), axis=1)  # small steps, wide range
    stats = {
        "energy": walk,
        "diverging": np.arange(800).reshape(2, 400) < 9,
        "reached_max_treedepth": np.ones((2, 400), bool),
    }
    tree["sample_stats"] = xr.DataTree(
        xr.Dataset({k: (("chain", "draw"), v) for k, v in stats.items()})
    )
    findings = causes(bn.diagnose(tree))
    assert {"divergence", "tree depth", "energy"} <= set(findings)
    assert findings["divergence"].evidence.startswith("9 of 800")


def test_twins_are_ambiguous():
    rng = np.random.default_rng(0)
    w = np.ones((2, 300, 2, 2)) + rng.normal(0, 0.3, (2, 300, 2, 2))
    v = np.ones((2, 300, 1, 2)) + rng.normal(0, 0.3, (2, 300, 1, 2))
    findings = causes(bn.diagnose(bn.from_arrays({"W": w, "V": v}, layout=LAYOUT, chains=True)))
    assert findings["ambiguous match"].neurons == ("hidden[0]", "hidden[1]")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("method", ["bootstrap", "svi", "laplace"])
def test_independent_estimates_are_judged_by_their_own_statistics(method):
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    options = {"bootstrap": {"replicates": 30, "optimizer": Adam(epochs=3), "start": "best"},
               "svi": {"samples": 100, "steps": 40, "starts": 4},
               "laplace": {"samples": 100, "starts": 4}}[method]  # fmt: skip
    draws = getattr(bn, method)(model, x, y, **options)
    sound = dict(draws.attrs)
    draws.attrs |= {"failed": [], "pareto_k": 0.2, "singular": 0, "converged": 1}
    assert not {f.cause for f in bn.diagnose(draws).findings if f.serious}
    fault = {"bootstrap": {"failed": list(range(9))}, "svi": {"pareto_k": 1.4, "family": "neuron"},
             "laplace": {"singular": 3, "pareto_k": 1.4}}[method]  # fmt: skip
    draws.attrs |= fault
    named = {"bootstrap": "failed replicate", "svi": "poor fit", "laplace": "flat direction"}
    report = bn.diagnose(draws)
    assert causes(report)[named[method]].serious
    assert ("poor fit" in causes(report)) == (method != "bootstrap")
    assert ("no posterior" in causes(report)) == (method == "bootstrap")
    assert not report.converged
    assert set(report.table()["cause"]) <= set(CAUSES)
    assert sound["method"] == method


def test_draws_without_a_layout_are_refused():
    tree = bn.from_arrays({k: np.stack([v] * 20) for k, v in CENTRES[0].items()}, layout=LAYOUT)
    del tree.attrs["layout"]
    with pytest.raises(ValueError, match="layout"):
        bn.diagnose(tree)


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_a_handful_of_draws_is_judged_too():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    few = bn.nuts(model, x, y, chains=2, samples=20, warmup=20, starts=2)
    assert not bn.diagnose(few).converged
    assert "pareto_k" not in bn.laplace(model, x, y, samples=10, starts=2).attrs


def test_draws_without_density_do_not_hide_a_bad_fit():
    from bayesneuron.inference.importance import pareto_shape

    log_q = np.zeros(1000)
    assert pareto_shape(np.where(np.arange(1000) < 50, 0.0, -np.inf), log_q) == np.inf
    assert np.isnan(pareto_shape(log_q[:10], log_q[:10]))
    assert pareto_shape(log_q, log_q) == 0
