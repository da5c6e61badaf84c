"""Coverage of regions, method by method."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bayesneuron.numerics.checks import check_probability, check_share
from bayesneuron.plots.arguments import check_columns
from bayesneuron.plots.drawing import AUTO, GREY, color, dress, marker, new_axes


def coverage(
    table: pd.DataFrame,
    *,
    level: float = 0.9,
    band: float = 0.03,
    rows: str = "method",
    colors: str = "architecture",
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Share of true neurons inside their regions, with intervals.

    Parameters
    ----------
    table : DataFrame
        From `bayesneuron.calibration.coverage`, with columns `rows` and, where there are several,
        `colors`; ``coverage``, ``low``, ``high``.
    level : float
        Nominal coverage of the regions.
    band : float
        Half-width of the grey band around it.
    rows, colors : str
        Columns shown as rows of the figure, and as colours.
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
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd, bayesneuron as bn
    >>> table = pd.DataFrame({"method": ["a", "b"], "coverage": [0.9, 0.5], "low": [0.85, 0.4],
    ...                       "high": [0.94, 0.6]})
    >>> coverage(table).get_xlabel()
    'share of true neurons in their 90% region'
    """
    check_probability(level=level)
    check_share(band=band)
    shares = ("coverage", "low", "high")
    check_columns("table", table, (rows, *shares), numeric=shares)
    share, low, high = (table[c].to_numpy(float) for c in shares)
    if not ((low <= share) & (share <= high)).all():
        raise ValueError("table: expected low <= coverage <= high in each row, got others")
    names = list(dict.fromkeys(table[rows]))
    parts = [("", table)] if colors not in table else list(table.groupby(colors, sort=False))
    drawn = new_axes(ax, size=(6.0, 1.2 + 0.3 * len(names)))
    drawn.axvspan(level - band, min(1.0, level + band), color=GREY, alpha=0.2, lw=0)
    drawn.axvline(level, color=GREY, lw=0.8)
    for i, (name, part) in enumerate(parts):
        count = f" ({_span(part['sets'].to_numpy())} data sets)" if "sets" in part else ""
        place = np.array([names.index(row) for row in part[rows]], float)
        place += (i - (len(parts) - 1) / 2) * 0.5 / len(parts)
        share, low, high = (part[c].to_numpy(float) for c in ("coverage", "low", "high"))
        drawn.errorbar(
            share, place, xerr=[share - low, high - share], fmt=marker(i), ms=4.5, lw=1.2,
            color=color(i), label=f"{name}{count}" if name else None,
        )  # fmt: skip
    drawn.set_yticks(np.arange(len(names)), names, fontsize=8)
    drawn.set_ylim(len(names) - 0.5, -0.5)
    drawn.set_xlabel(f"share of true neurons in their {level:.0%} region")
    drawn.set_ylabel(rows)
    if len(parts) > 1:
        drawn.legend(
            fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0),
            ncols=min(len(parts), 2),
        )  # fmt: skip
    return dress(drawn, title, legend)


def _span(sets: np.ndarray) -> str:
    """One number of data sets, or the smallest and the largest."""
    return f"{sets.min()} to {sets.max()}" if sets.min() < sets.max() else f"{sets.max()}"
