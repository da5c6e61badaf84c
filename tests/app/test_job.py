"""The job as a value: what it prints, and what its report says of it."""

from dataclasses import replace

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.app.figures import _forecast
from bayesneuron.app.folder import summary
from bayesneuron.app.job import run_job
from bayesneuron.app.settings import Settings


@pytest.fixture(scope="module")
def result():
    series = bn.datasets.noisy_sine(length=160, noise=0.1, period=20).assign_attrs(units="V")
    options = {"laplace": {"samples": 100, "starts": 2}}
    settings = Settings(
        history=4, hidden=2, methods=("laplace",), options=options, score="merged", prior="normal"
    )
    return run_job("sine", series, settings)


@pytest.mark.slow
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
    sections = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert sections == [
        "What to believe",
        "Data and network",
        "Methods compared",
        "Figures",
        "The neurons",
        "The neurons together",
        "Reduced network",
        "Settings and versions",
        "Files",
    ]
    assert text.index("## Methods compared") < text.index("### Several steps ahead")
    assert "Windows are as they are: a linear autoregression forecasts" in text
    assert "tanh, with a direct linear path, normal prior" in text
    assert "(0.7" in text, "the scale of standardisation, in words of the series"
    assert "\n\n\n" not in text


def test_forecasts_worse_than_persistence_are_said_so_on_the_first_line(result):
    tested = result.backtest
    assert tested.forecasts.sizes["step"] == 10
    assert tested.forecasts["origin"].values[0] == 128, "the held-out part"
    assert "| 10 steps ahead, forecast by | RMSE (V) |" in summary(result, {})
    data = tested.forecasts.copy(deep=True)
    data["mean"][{"forecaster": 0}] = data["observed"] + 7.0
    bad = replace(result, backtest=replace(tested, forecasts=data))
    line = "Forecasts of laplace 10 steps ahead are worse than persistence"
    assert summary(bad, {}).split("\n\n")[2].startswith(f"**{line}")
    assert repr(bad).split("\n\n")[1].startswith(line)
    assert line in bad._repr_html_()
    assert line not in summary(replace(result, backtest=None), {})
    assert "backtest.csv" not in summary(replace(result, backtest=None), {})


def test_the_report_takes_the_layer_from_the_model(result):
    assert result.layer == result.model.layout.hidden[0]
    assert set(result.structure.table().index) == {f"{result.layer}[{i}]" for i in range(2)}


@pytest.mark.slow
def test_a_series_that_grows_is_reported_in_its_own_units():
    """Transformed, differenced: the table of errors and the figure are of samples."""
    series = np.exp(0.02 * np.arange(120) + 0.2 * np.sin(np.arange(120))) * 100
    options = {"laplace": {"samples": 50, "starts": 2}}
    settings = Settings(
        history=4, hidden=2, methods=("laplace",), options=options, score="merged", prior="normal",
        transform="log", difference=1, local=None,
    )  # fmt: skip
    grown = run_job("growth", bn.as_series(series).assign_attrs(units="V"), settings)
    steps = np.diff(series[96:])[4:]
    error = grown.verdict.errors.loc["persistence", "rmse"]
    assert error == pytest.approx(np.sqrt((steps**2).mean()))
    assert grown.comparison.methods["rmse"]["laplace"] < error
    text = summary(grown, {})
    assert "The network sees: log, first difference." in text
    assert "RMSE of log, first difference" in text
    assert "RMSE (V)" in text
    drawn = _forecast(grown)
    observed = next(line for line in drawn.lines if line.get_label() == "observed")
    np.testing.assert_allclose(observed.get_ydata(), series[96 + 5 :])
