"""Error against complexity."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bayesneuron.plots.arguments import check_columns
from bayesneuron.plots.drawing import AUTO, COLORS, GREY, LINES, MARKERS, dress, new_axes
from bayesneuron.reduction import Reduction

FEW = 8  # sizes up to which each has its tick


def curve(
    source: Reduction | pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    x: str = "neurons",
    y: str = "error",
    label: str | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Error against the number of neurons or parameters, one line per method.

    Parameters
    ----------
    source : Reduction, DataFrame, or mapping of name to DataFrame
        Rows with columns `x` and `y`; several rows with one `x` (seeds) give their mean and a
        band of one standard error. The first method of a mapping is drawn as the main one.
    x, y : str
        Columns, such as ``parameters``, ``elpd``.
    label : str, optional
        Of the y axis, with its units.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd, bayesneuron as bn
    >>> table = pd.DataFrame({"neurons": [1, 2, 4], "error": [0.5, 0.2, 0.1]})
    >>> bn.plot.curve({"merge": table}).get_xlabel()
    'neurons'
    """
    chosen: float | None = None
    sizes: set[float] = set()
    if isinstance(source, Reduction):
        check_columns("source", source.curve, (x, y))
        chosen = float(source.curve.loc[source.curve["chosen"], x].to_numpy()[0])
        tables: Mapping[str, pd.DataFrame] = {"merge": source.curve}
    elif isinstance(source, pd.DataFrame):
        tables = {"": source}
    else:
        tables = source
    if not isinstance(tables, Mapping) or not tables:
        got = "none" if isinstance(tables, Mapping) else type(source).__name__
        raise ValueError(f"source: expected a Reduction, a DataFrame or several by name, got {got}")
    for table in tables.values():
        check_columns("source", table, (x, y), numeric=(x, y))
        if table[x].to_numpy(float).min() <= 0:
            raise ValueError(f"source, {x}: expected sizes above 0, got {table[x].min()}")
    drawn = new_axes(ax, size=(6.5, 4.0))
    for i, (name, table) in enumerate(tables.items()):
        summary = table.groupby(x)[y].agg(["mean", "sem"]).reset_index()
        size, mean, error = (np.nan_to_num(np.asarray(summary[c], float)) for c in summary)
        sizes |= set(size.tolist())
        shade, main = COLORS[i % len(COLORS)], i == 0
        drawn.plot(
            size, mean, color=shade, ls=LINES[(i // len(COLORS)) % len(LINES)],
            marker=MARKERS[i % len(MARKERS)], ms=5 if main else 3.5, lw=2.4 if main else 1.1,
            label=name, zorder=3 if main else 2,
        )  # fmt: skip
        drawn.fill_between(size, mean - error, mean + error, color=shade, alpha=0.15, lw=0)
    if chosen is not None:
        drawn.axvline(chosen, color=GREY, lw=1, ls=":")
        least = chosen == min(sizes)  # no room on its left
        drawn.annotate(
            "chosen", (chosen, 1), xycoords=("data", "axes fraction"),
            xytext=(3 if least else -3, -10), ha="left" if least else "right",
            textcoords="offset points", fontsize=8, color=GREY,
        )  # fmt: skip
    drawn.set_xscale("log", base=2)
    if len(sizes) <= FEW:
        drawn.set_xticks(sorted(sizes))
    drawn.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    drawn.set_xlabel(x)
    drawn.set_ylabel(label or y)
    if len(tables) > 1:
        drawn.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return dress(drawn, title, legend)
