"""Figures as wide as a column of print."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt

from bayesneuron.numerics.checks import check_choice
from bayesneuron.plots.drawing import COLUMN, FONTS

MM = 1 / 25.4
WIDTHS = {  # inches of one column and of the page, by the guides for authors
    "generic": (3.3, 6.9),
    "aps": (3.375, 7.0),
    "elsevier": (90 * MM, 190 * MM),
    "icml": (3.25, 6.75),
    "ieee": (3.5, 7.16),
    "jmlr": (6.0, 6.0),
    "nature": (89 * MM, 183 * MM),
    "neurips": (5.5, 5.5),
    "pnas": (87 * MM, 178 * MM),
}
COLUMNS = ("single", "double")
PRINT: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 4.0,
    "figure.constrained_layout.use": True,  # panels of the caller's own, too
}


@contextmanager
def style(column: str = "single", *, journal: str = "generic") -> Iterator[float]:
    """Draw for print: the exact width of a column, letters of 7 and 8 points, thin lines.

    A context for drawing and saving. Figures that are made in it are as wide as the column, and
    `bayesneuron.plot.save_figure` keeps that width. Axes of your own keep their size. Panels keep
    clear of each other (constrained layout).

    Parameters
    ----------
    column : {"single", "double"}
    journal : {"generic", "aps", "elsevier", "icml", "ieee", "jmlr", "nature", "neurips", "pnas"}
        Whose columns; ``generic`` has 3.3 and 6.9 inches. Check the guide for authors: widths
        change.

    Yields
    ------
    float
        The width in inches.

    Raises
    ------
    ValueError
        If there is no such column or journal.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=80), history=4)
    >>> model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=50, starts=2)
    >>> with style("single", journal="ieee") as width:
    ...     ax = bn.plot.regions(bn.neurons(draws)["hidden"])
    >>> width, float(ax.get_figure().get_size_inches()[0])
    (3.5, 3.5)
    """
    check_choice("column", column, COLUMNS)
    check_choice("journal", journal, WIDTHS)
    width = WIDTHS[journal][COLUMNS.index(column)]
    before = COLUMN.set(width)
    try:
        with plt.rc_context({**PRINT, **FONTS, "figure.figsize": (width, 0.75 * width)}):
            yield width
    finally:
        COLUMN.reset(before)
