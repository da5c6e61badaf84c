"""The job as a value: what it prints, and what its report says of it."""

import pytest

import bayesneuron as bn
from bayesneuron.app.job import Settings, run_job
from bayesneuron.app.report import summary


@pytest.fixture(scope="module")
def result():
    series = bn.datasets.noisy_sine(length=160, noise=0.1, period=20).assign_attrs(units="V")
    options = {"laplace": {"samples": 100, "starts": 2}}
    settings = Settings(history=4, hidden=2, methods=("laplace",), options=options, score="merged")
    return run_job("sine", series, settings)


def test_a_result_prints_what_to_believe_first(result):
    text = repr(result)
    assert text.startswith("sine, network 4-2-1: what to believe\n\n- laplace: ")
    assert "RMSE (V)" in text
    assert "persistence" in text
    assert "Neurons by laplace: 2" in text
    assert len(text.splitlines()) < 40
    page = result._repr_html_()
    assert page.startswith("<p>sine, network 4-2-1: what to believe</p>")
    assert page.count("<table") == 2
    assert "hidden[1]" in page


def test_the_summary_names_only_figures_that_were_drawn(result):
    text = summary(result, {"reconstruction": "the forecast"})
    assert text.count("![") == 1
    assert text.index("what to believe".capitalize()) < text.index("![the forecast]")
    assert text.index("![the forecast]") < text.index("## Data and network")
    sections = [line for line in text.splitlines() if line.startswith("## ")]
    assert sections[:5] == [
        "## What to believe",
        "## Data and network",
        "## Methods compared",
        "## The neurons together",
        "## Reduced network",
    ]
    assert "(0.7" in text, "the scale of standardisation, in words of the series"
    assert "\n\n\n" not in text


def test_the_report_takes_the_layer_from_the_model(result):
    assert result.layer == result.model.layout.hidden[0]
    assert set(result.structure.table().index) == {f"{result.layer}[{i}]" for i in range(2)}
