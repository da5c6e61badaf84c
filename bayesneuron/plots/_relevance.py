"""Which neurons of a layer matter, and how certain that is."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from bayesneuron.numerics.checks import check_type
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    LABELLED,
    color,
    columns_of,
    dress,
    legend_below,
    legend_size,
    marker,
    name_rows,
    new_axes,
    set_title,
    title_size,
    wrapped,
)
from bayesneuron.structure import Relevance

VERDICTS = ("live", "irrelevant", "duplicate", "constant", "dead", "redundant", "off")


def relevance(
    result: Relevance,
    *,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Share of the output variance of every neuron, largest on top, marked by verdict.

    Parameters
    ----------
    result : Relevance
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes
        Medians over draws and 90% intervals; what a duplicate repeats is written beside it.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from bayesneuron.structure import relevance as relevance_of
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> ax = relevance(relevance_of(bn.laplace(model, x, y, samples=50, starts=4), x))
    """
    check_type("result", result, Relevance, "bn.relevance")
    shown = chosen_neurons(neurons, result.names)
    order = result.order[np.isin(result.order, shown)]
    n = len(order)
    drawn = new_axes(ax, size=(5.0, min(1.6 + 0.22 * n, 10.0)))
    low, median, high = np.quantile(result.share[:, order], [0.05, 0.5, 0.95], axis=0)
    words = np.array([result.verdict[i].split()[0] for i in order])
    small = 4.5 if n <= 20 else 3.5 if n <= LABELLED else 2.0  # points: rows may be 3 high
    drawn.axvline(0, color=GREY, lw=0.8)
    drawn.axvline(1 / len(result.order), color=GREY, lw=0.8, ls="--", label="equal share")
    for k, word in enumerate(VERDICTS):
        rows = np.flatnonzero(words == word)
        if len(rows):
            drawn.errorbar(
                median[rows], rows, xerr=[median[rows] - low[rows], high[rows] - median[rows]],
                fmt=marker(k), ms=small, lw=1.2 if n <= LABELLED else 0.7,
                color=color(k), label=f"{word} ({len(rows)})",
                mfc=color(k) if word == "live" else "white",
            )  # fmt: skip
    for row, i in enumerate(order):
        if words[row] == "duplicate" and n <= LABELLED:
            drawn.annotate(
                f"= {result.verdict[i].removeprefix('duplicate of ')}", (high[row], row),
                xytext=(5, 0), textcoords="offset points", va="center", fontsize=7, color=GREY,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
    name_rows(drawn, [result.names[i] for i in order])
    drawn.set_ylim(n - 0.4, -0.6)
    label = "share of the variance that the next layer receives"
    drawn.set_xlabel(wrapped(drawn, label, size=title_size()))
    set_title(drawn, f"Relevance of the {result.layer} neurons: median and 90% interval")
    if columns_of(drawn, 4) < 4:  # no room beside the rows
        legend_below(drawn, points=44)
    else:
        drawn.legend(
            fontsize=legend_size(), frameon=False, loc="lower left", bbox_to_anchor=(1.0, 0.0)
        )
    return dress(drawn, title, legend)
