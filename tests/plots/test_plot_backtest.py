"""The figure of a backtest shows the scores by step, and the level where there is one."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bayesneuron as bn


@pytest.fixture(scope="module")
def tested(quick):
    series = bn.datasets.noisy_sine(length=60).assign_attrs(units="V")
    return bn.backtest(quick["laplace"], series, horizon=2, origins=2, references=())


@pytest.mark.slow
def test_lines_are_the_scores_by_step_in_their_units(tested):
    ax = plt.figure().add_subplot()
    assert bn.plot.backtest(tested, ax=ax) is ax
    network, persistence = ax.get_lines()
    np.testing.assert_allclose(
        network.get_ydata(), tested.by_step["rmse"].sel(forecaster="network")
    )
    assert persistence.get_label() == "persistence"
    assert ax.get_ylabel() == "RMSE (V)"
    assert ax.get_xlabel() == "step"


def test_there_is_room_for_a_title(tested):
    ax = bn.plot.backtest(tested)
    title, figure = ax.set_title("a title"), ax.figure
    figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert not legend.overlaps(title.get_window_extent())
    assert not legend.overlaps(ax.xaxis.label.get_window_extent())


def test_coverage_has_the_level_and_the_log_score_its_unit(tested):
    ax = bn.plot.backtest(tested, "coverage_90")
    assert ax.get_lines()[-1].get_ydata()[0] == 0.9
    assert bn.plot.backtest(tested, "log_score").get_ylabel() == "log score (nats)"


def test_wrong_arguments_are_refused(tested):
    with pytest.raises(ValueError, match=r"score: expected one of .*crps"):
        bn.plot.backtest(tested, "mse")
    with pytest.raises(ValueError, match="tested: expected a Backtest"):
        bn.plot.backtest(tested.forecasts)
