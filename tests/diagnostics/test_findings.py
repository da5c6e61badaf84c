"""Findings are functions of numbers: each is tested without a single draw of a network."""

from dataclasses import replace

import numpy as np
import pytest

from bayesneuron.diagnostics.ensemble_facts import Ensemble
from bayesneuron.diagnostics.facts import Facts, Fit, Sampler
from bayesneuron.diagnostics.findings import CAUSES, findings_of
from bayesneuron.diagnostics.mixing import Mixing

SOUND_FIT = Fit(
    draw_count=100,
    distinct=100,
    prior=False,
    failed=0,
    short_of_optimum=0.0,
    pareto_k=0.2,
    family=None,
    sampling_spread=False,
    unmeasured=False,
    singular=0,
    mode_reached=True,
)
SOUND_SAMPLER = Sampler(draw_count=1000, divergences=0, treedepth_share=0.0, bfmi=0.9)
SOUND_MIXING = Mixing(
    where="",
    names=("hidden[0]", "hidden[1]"),
    rhat=np.array([1.0, 1.001]),
    ess=np.array([900.0, 800.0]),
    rhat_function=1.002,
    draw_count=1000,
    distinct=1000,
    chain_length=250,
)

SOUND_ENSEMBLE = Ensemble(
    members=10, failed=0, slow=0, draw_count=1000, distinct=1000, divergences=0,
    energy_variance=np.nan, target=np.nan, rhat_function=1.005, warmup=1000, thinning=10,
)  # fmt: skip


def findings(*, fit=None, sampler=None, mixing=(), ensemble=None):
    return findings_of(Facts("any", None, fit, sampler, tuple(mixing), {}, ensemble=ensemble))


def test_sound_facts_give_no_finding():
    assert not findings(fit=SOUND_FIT, sampler=SOUND_SAMPLER, mixing=[SOUND_MIXING])
    assert not findings(fit=replace(SOUND_FIT, pareto_k=np.nan))
    assert not findings(sampler=Sampler(0, 0, np.nan, np.nan))


@pytest.mark.parametrize(
    ("change", "cause", "serious"),
    [
        ({"distinct": 1}, "too few draws", True),
        ({"prior": True}, "no posterior", True),
        ({"failed": 3}, "failed replicate", False),
        ({"failed": 9}, "failed replicate", True),
        ({"short_of_optimum": 0.02}, "failed replicate", False),
        ({"short_of_optimum": 0.2}, "failed replicate", True),
        ({"pareto_k": 0.9}, "poor fit", True),
        ({"sampling_spread": True}, "no posterior", False),
        ({"unmeasured": True}, "no posterior", False),
        ({"source_k": 0.9}, "poor fit", True),
        ({"singular": 2}, "flat direction", True),
        ({"mode_reached": False}, "failed replicate", True),
        ({"slope": 0.2}, "short training", False),
    ],
)
def test_every_fault_of_a_fit_has_its_cause(change, cause, serious):
    (finding,) = findings(fit=replace(SOUND_FIT, **change))
    assert (finding.cause, finding.serious) == (cause, serious)
    assert cause in CAUSES


@pytest.mark.parametrize(
    ("change", "cause", "serious"),
    [
        ({"divergences": 5}, "divergence", False),
        ({"divergences": 6}, "divergence", True),
        ({"treedepth_share": 0.5}, "tree depth", False),
        ({"bfmi": 0.1}, "energy", True),
    ],
)
def test_every_fault_of_a_sampler_has_its_cause(change, cause, serious):
    (finding,) = findings(sampler=replace(SOUND_SAMPLER, **change))
    assert (finding.cause, finding.serious) == (cause, serious)


@pytest.mark.parametrize(
    ("change", "cause", "serious"),
    [
        ({"distinct": 2}, "too few draws", True),
        ({"failed": 2}, "failed replicate", False),
        ({"failed": 11}, "failed replicate", True),
        ({"slow": 5}, "slow mixing", False),
        ({"slow": 6}, "slow mixing", True),
        ({"divergences": 5}, "divergence", False),
        ({"divergences": 6}, "divergence", True),
        ({"rhat_function": 1.3}, "no posterior", False),
        ({"rhat_function": np.nan}, "no posterior", False),
        ({"energy_variance": 0.1}, "sampler bias", False),
    ],
)
def test_every_fault_of_an_ensemble_has_its_cause(change, cause, serious):
    assert not findings(ensemble=SOUND_ENSEMBLE)
    (finding,) = findings(ensemble=replace(SOUND_ENSEMBLE, **change))
    assert (finding.cause, finding.serious) == (cause, serious)


def test_what_a_family_misses_depends_on_the_family():
    (finding,) = findings(fit=replace(SOUND_FIT, pareto_k=1.2, family="neuron"))
    assert "the family 'neuron'" in finding.evidence
    assert "full" in finding.advice


def test_disagreement_in_weights_alone_is_a_flat_direction():
    apart = replace(SOUND_MIXING, rhat=np.array([1.2, 1.0]))
    (finding,) = findings(mixing=[apart])
    assert finding.cause == "flat direction"
    assert finding.neurons == ("hidden[0]",)
    named = replace(apart, free_along=("0.80 input[0] - 0.60 bias", "–"))
    (finding,) = findings(mixing=[named])
    assert "hidden[0] is free along 0.80 input[0] - 0.60 bias" in finding.evidence
    (finding,) = findings(mixing=[replace(apart, rhat_function=1.1)])
    assert finding.cause == "slow mixing"
    (finding,) = findings(mixing=[replace(apart, rhat_function=np.nan)])
    assert finding.cause == "slow mixing", "without predictions nothing shows that they agree"


def test_few_effective_draws_say_how_many_would_do():
    (finding,) = findings(mixing=[replace(SOUND_MIXING, ess=np.array([900.0, 100.0]))])
    assert finding.cause == "too few draws"
    assert finding.neurons == ("hidden[1]",)
    assert finding.advice == "samples=1100 would do."


def test_serious_findings_come_first():
    sampler = replace(SOUND_SAMPLER, treedepth_share=0.5, bfmi=0.1)
    assert [f.cause for f in findings(sampler=sampler)] == ["energy", "tree depth"]
