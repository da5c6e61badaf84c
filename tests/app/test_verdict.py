"""The verdict names every result that is not to be trusted, and why, before anything else."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.app.ranges import notes_on_range
from bayesneuron.app.summary import SCORED
from bayesneuron.app.verdict import (
    Verdict,
    assess,
    held_out_errors,
    notes_on_errors,
    notes_on_method,
    verdict_line,
)
from bayesneuron.diagnostics._diagnose import Diagnosis
from bayesneuron.diagnostics.findings import Finding
from bayesneuron.reduction.result import Scored

GOOD = {"rhat": 1.0, "rhat_function": 1.0, "bad_k": 0.0, "pareto_k": 0.3, "coverage": 0.9}
SLOW = Finding("slow mixing", ("hidden[0]",), "R-hat 1.3", "Draw longer.")
TWINS = Finding("ambiguous match", ("hidden[1]",), "40% of draws", "Reduce.", serious=False)
NO_POSTERIOR = Finding("no posterior", (), "no width", "Use NUTS.", serious=False)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"rhat": np.nan, "rhat_function": np.nan, "pareto_k": np.nan, "bad_k": np.nan}, None),
        ({"rhat": 1.02}, "R-hat is 1.020 for weights and 1.000 for predictions, above 1.01"),
        ({"rhat": np.nan, "rhat_function": 1.3}, "nan for weights and 1.300 for predictions"),
        ({"bad_k": 3.0}, "Pareto k is too large in 3 of 70 windows"),
        ({"pareto_k": 0.9}, "Pareto k is 0.90, above 0.7"),
        ({"coverage": 0.79}, "90% intervals hold 79% of the 40 held-out values: too narrow"),
        ({"coverage": 0.98}, "90% intervals hold 98% of the 40 held-out values: too wide"),
        ({"coverage": 0.80}, None),
        ({"coverage": 0.97}, None),
        ({"coverage": np.nan}, None),
    ],
)
def test_a_method_has_a_note_for_each_thing_that_is_wrong(change, expected):
    notes = list(notes_on_method("nuts", GOOD | change, 70, 40))
    if expected is None:
        assert notes == []
    else:
        assert len(notes) == 1
        assert notes[0].startswith("nuts: ")
        assert expected in notes[0]


def test_errors_above_a_reference_are_named():
    table = pd.DataFrame(
        {"rmse": [718.0, 80.0, 60.0, 81.5, 70.0]},
        index=["svi", "laplace", "nuts", "persistence", "linear autoregression"],
    )
    assert list(notes_on_errors(table, "m")) == [
        "svi: worse than persistence: 718 against 81.5 m",
        "svi: worse than linear autoregression: 718 against 70 m",
        "laplace: worse than linear autoregression: 80 against 70 m",
    ]


def test_the_range_of_held_out_data_is_judged_channel_by_channel():
    train = np.array([[0.0, 0.0], [1.0, 100.0]])
    assert list(notes_on_range(train, train)) == []
    assert list(notes_on_range(train, np.array([[1.04, 50.0]]))) == [], "as noise alone would"
    (note,) = notes_on_range(train, np.array([[0.5, 50.0], [0.5, -40.0]]))
    assert "channel 1 reach from -40 to 50" in note
    assert "by up to 40 (40% of the training range)" in note


def test_a_line_starts_with_what_is_serious():
    report = Diagnosis("nuts", (SLOW, TWINS), None)
    assert verdict_line("nuts", report) == (
        "nuts: NOT fit to report. Slow mixing (hidden[0]): R-hat 1.3. Minor: ambiguous match."
    )
    assert verdict_line("svi", Diagnosis("svi", (), None)) == "svi: fit to report."
    line = verdict_line("bootstrap", Diagnosis("bootstrap", (TWINS, NO_POSTERIOR), None))
    assert line == "bootstrap: fit to report, but not as a posterior. Minor: ambiguous match."


def test_one_cause_in_many_neurons_is_one_remark():
    few = [
        Finding("too few draws", tuple(f"{layer}[{i}]" for i in range(3)), f"{layer}: 9", "More.")
        for layer in ("hidden", "output")
    ]
    stuck = Finding("slow mixing", (), "stuck", "More.")
    assert verdict_line("nuts", Diagnosis("nuts", (*few, stuck), None)) == (
        "nuts: NOT fit to report. Too few draws (hidden[0], hidden[1], hidden[2], output[0] and "
        "2 more): hidden: 9; slow mixing (whole network): stuck."
    )


def test_text_begins_with_the_worst_and_says_everything_once():
    errors = pd.DataFrame(
        {"rmse": [1.0, 2.0], "to_persistence": [0.5, 1.0], "to_linear": 1.0,
         "coverage": [0.9, np.nan]},
        index=["svi", "persistence"],
    )  # fmt: skip
    reports = {"svi": Diagnosis("svi", (), None), "nuts": Diagnosis("nuts", (SLOW,), None)}
    verdict = Verdict(reports, errors, ("svi: worse",), "m")
    verdicts, pointer, table, notes = verdict.blocks()
    assert "findings.csv" in pointer
    assert verdicts.splitlines()[0].startswith("- nuts: NOT fit to report")
    assert verdicts.splitlines()[1] == "- svi: fit to report."
    assert "RMSE (m)" in table
    assert [v.strip() for v in table.splitlines()[5].split("|")][2:6] == ["2", "1.00", "1.00", "–"]
    assert notes == "- note: svi: worse"
    assert verdict.findings()["cause"].to_dict() == {"nuts": "slow mixing"}
    assert repr(verdict) == str(verdict) == "\n\n".join(verdict.blocks())
    for text in ("NOT fit to report", "<table", "svi: worse"):
        assert text in verdict._repr_html_()


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_a_network_is_set_beside_references_on_the_same_windows():
    """Held out of a ramp: outside the training range, where a network is no use."""
    ramp = xr.DataArray(np.arange(60.0) ** 2, dims="time", attrs={"units": "m"})
    early, late = bn.split(ramp, test_size=0.3)
    train = bn.windows(early, 3)
    test = bn.windows(late, 3, standardize=train[0])
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    draws = bn.laplace(model, *train, samples=200, starts=2, seed=0)
    methods = bn.compare({"laplace": draws}, test=test).methods
    verdict = assess({"laplace": draws}, methods, train, test, late)
    table = verdict.errors
    assert list(table.index) == ["laplace", "persistence", "linear autoregression"]
    steps = np.diff(late)[2:]
    assert table.loc["persistence", "rmse"] == pytest.approx(np.sqrt((steps**2).mean()))
    assert table.loc["linear autoregression", "rmse"] == pytest.approx(0, abs=1e-6)
    assert table["to_persistence"].tolist()[1] == 1.0
    text = str(verdict)
    assert text.startswith("- laplace: ")
    assert "laplace: worse than persistence" in text
    assert "held-out data reach from 1764 to 3481 m, training data from 0 to 1681" in text


def test_references_know_the_channels_of_a_window():
    values = np.random.default_rng(0).normal(size=(40, 2)).cumsum(axis=0) * [1.0, 100.0]
    train = bn.windows(values[:30], 3, 2)
    test = bn.windows(values[30:], 3, 2, standardize=train[0])
    methods = pd.DataFrame({"rmse": [1.0], "coverage": [0.9]}, index=["nuts"])
    errors = held_out_errors(methods, train, test, bn.as_series(values[30:]))
    last = np.concatenate([values[32:38], values[32:38]], axis=1)
    ahead = np.concatenate([values[33:39], values[34:40]], axis=1)
    assert errors.loc["persistence", "rmse"] == pytest.approx(np.sqrt(((last - ahead) ** 2).mean()))


def test_every_way_to_score_a_reduction_has_words():
    assert set(SCORED) == set(get_args(Scored))
