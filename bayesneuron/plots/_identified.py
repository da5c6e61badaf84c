"""What of each neuron the data determine."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from bayesneuron.geometry import Identified
from bayesneuron.numerics.checks import check_type
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import (
    AUTO,
    color,
    columns_of,
    dress,
    legend_size,
    name_rows,
    new_axes,
    row_size,
    set_title,
    title_size,
    wrapped,
)

# dark, middle and light: distinct in grey print too
PARTS = (
    ("identified", color(0), ""),
    ("others can compensate", color(5), "////"),
    ("free", "#E5E5E5", ""),
)


def identified(
    result: Identified,
    *,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """The trace of every neuron's covariance, split by what moves predictions over the data.

    Parameters
    ----------
    result : Identified
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
        One bar per neuron, in the order of the layer. Beside it the effective number of
        directions that the data determine, others free to compensate, of all its directions.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from bayesneuron.geometry import identified as identified_of
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> parts = identified_of(bn.laplace(model, x, y, samples=50, starts=4))
    >>> ax = identified(parts["hidden"])
    """
    check_type("result", result, Identified, "such as bn.identified(draws)['hidden']")
    shown = chosen_neurons(neurons, result.names)
    n, k = len(shown), result.unit.shape[1]
    drawn = new_axes(ax, size=(5.0, min(1.5 + 0.22 * n, 10.0)))
    rows, start = np.arange(n), np.zeros(n)
    for (label, face, hatch), share in zip(
        PARTS, np.nan_to_num(result.shares[shown].T), strict=True
    ):
        drawn.barh(
            rows, share, left=start, height=0.8, color=face, hatch=hatch, label=label,
            edgecolor="white", linewidth=0.0 if n > 20 else 0.5,
        )  # fmt: skip
        start = start + share
    counts = np.trace(result.marginal, axis1=1, axis2=2)[shown]
    for row in name_rows(drawn, [result.names[i] for i in shown]):
        drawn.text(1.01, row, f"{counts[row]:.1f} of {k}", va="center", fontsize=row_size(n))
    drawn.set_ylim(n - 0.4, -0.6)
    drawn.set_xlim(0, 1.15)
    drawn.set_xticks(np.linspace(0, 1, 5))
    label = "share of the neuron's posterior variance (prior units)"
    drawn.set_xlabel(wrapped(drawn, label, size=title_size()))
    columns = columns_of(drawn, 3)
    set_title(drawn, f"What the data say of the {result.layer} neurons", pad=72 / columns)
    drawn.legend(
        fontsize=legend_size(), frameon=False, ncols=columns,
        loc="lower left", bbox_to_anchor=(-0.02, 1.0),
        borderaxespad=0.2, columnspacing=1.2, handlelength=1.4,
    )  # fmt: skip
    drawn.spines[["top", "right"]].set_visible(False)
    return dress(drawn, title, legend)
