"""Reconstruction error against the number of components."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bayesneuron.data._ssa import SSA
from bayesneuron.plots.arguments import check_columns
from bayesneuron.plots.drawing import AUTO, color, dress, line, marker, new_axes, set_title

NAMES = {"rmse": "series", "test_rmse": "test series"}


def components(
    source: SSA | pd.DataFrame,
    *,
    label: str = "SSA",
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Error of the first m components, one line per curve.

    Another error, such as a network's, is drawn over it by ``ax.axhline(error)``.

    Parameters
    ----------
    source : SSA or DataFrame
        An analysis, or its table `SSA.errors` (or one like it: ``components``, and any number
        of columns with errors).
    label : str
        Of the curves, before the name of the data.
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
        If the table has no column ``components`` or no other.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from bayesneuron.data._ssa import ssa
    >>> ax = components(ssa(bn.datasets.noisy_sine(length=80, period=12), 24))
    >>> ax.get_xlabel()
    'components'
    """
    table = source.errors() if isinstance(source, SSA) else source
    check_columns("source", table, ("components",))
    curves = [str(c) for c in table.columns if c != "components"]
    if "components" not in table or not curves:
        raise ValueError(
            f"components: expected columns 'components' and errors, got {list(table.columns)}"
        )
    drawn = new_axes(ax)
    first = len(drawn.lines)  # a second call goes on with the next colours
    few = len(table) <= 40
    for i, name in enumerate(curves, start=first):
        drawn.plot(
            table["components"],
            table[name],
            color=color(i),
            linestyle=line(i),
            marker=marker(i) if few else "",
            ms=3.5,
            lw=1.4,
            label=f"{label}, {NAMES.get(name, name)}",
        )
    units = table.attrs.get("units", "")
    drawn.set_xlabel("components")
    drawn.set_ylabel(f"RMSE ({units})" if units else "RMSE")
    drawn.set_ylim(bottom=0)
    drawn.xaxis.set_major_locator(MaxNLocator(integer=True))
    set_title(drawn, "Reconstruction error")
    drawn.legend(fontsize=8, frameon=False)
    return dress(drawn, title, legend)
