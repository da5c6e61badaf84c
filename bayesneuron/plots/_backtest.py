"""A score of a backtest against how far ahead forecasts are."""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bayesneuron.forecasting.backtest_result import WORDS, Backtest
from bayesneuron.numerics.checks import check_choice, check_type
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    columns_of,
    dress,
    legend_size,
    line,
    marker,
    new_axes,
)

LABELS = {
    "rmse": "RMSE", "mae": "mean absolute error", "mase": "MASE", "crps": "CRPS",
    "log_score": "log score", "coverage_50": "within the 50% band",
    "coverage_90": "within the 90% band", "width_90": "width of the 90% band",
}  # fmt: skip
IN_UNITS = ("rmse", "mae", "crps", "width_90")
LEVELS = {"coverage_50": 0.5, "coverage_90": 0.9, "mase": 1.0}


def backtest(
    tested: Backtest,
    score: str = "rmse",
    *,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """A score by step, the network beside its references.

    Parameters
    ----------
    tested : Backtest
        From `bayesneuron.backtest`.
    score : str
        ``rmse``, ``mae``, ``mase``, ``crps``, ``log_score``, ``coverage_50``, ``coverage_90`` or
        ``width_90``. A dotted line shows the level of bands, and where MASE is one.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no such score.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=80)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> draws = bn.prior(model, series[:3].values[None], samples=50)
    >>> tested = bn.backtest(draws, series, horizon=3, origins=5, references=())
    >>> bn.plot.backtest(tested, "crps").get_ylabel()
    'CRPS'
    """
    check_type("tested", tested, Backtest, "bn.backtest")
    check_choice("score", score, LABELS)
    values = tested.by_step[score]
    drawn = new_axes(ax, size=(5.0, 3.4))
    for i, name in enumerate(values["forecaster"].values):
        drawn.plot(
            values["step"], values.sel(forecaster=name), color=color(i), ls=line(i),
            marker=marker(i), ms=3.5, lw=2.0 if i == 0 else 1.2, zorder=3 if i == 0 else 2,
            label=str(WORDS.get(name, name)).removeprefix("the "),
        )  # fmt: skip
    if score in LEVELS:
        drawn.axhline(LEVELS[score], color=GREY, ls=":", lw=1.5)
    units = str(values.attrs.get("units", "") or tested.forecasts.attrs.get("units", ""))
    unit = {"log_score": " (nats)"}.get(score, "")
    if score in IN_UNITS and units:
        unit = f" ({units})"
    drawn.set_ylabel(f"{LABELS[score]}{unit}")
    drawn.set_xlabel("step")
    if score.startswith("coverage"):
        drawn.set_ylim(0, 1.02)
    elif score != "log_score":
        drawn.set_ylim(bottom=0)
    drawn.xaxis.set_major_locator(MaxNLocator(integer=True))
    if values.sizes["step"] == 1:
        drawn.set_xticks([1])
    drawn.legend(  # below, where no title is
        fontsize=legend_size(), frameon=False, ncols=columns_of(drawn, 3),
        loc="upper center", bbox_to_anchor=(0.5, -0.17),
    )  # fmt: skip
    return dress(drawn, title, legend)
