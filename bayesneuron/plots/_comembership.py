"""Which neurons share a community, and with what probability."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from bayesneuron.numerics.checks import check_type
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import AUTO, dress, new_axes, set_title
from bayesneuron.structure.partitions.result import Communities

NAMED = 40  # neurons named on the axes; more would not be legible
FEW = 12  # communities with names in letters of 8 points


def comembership(
    communities: Communities,
    *,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    ax: Axes | None = None,
) -> Axes:
    """Probability that two neurons share a community, ordered by community.

    Parameters
    ----------
    communities : Communities
        Within a community the most stable members come first; lines separate communities.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
    title : str or None
        By default the figure's own.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import bayesneuron as bn
    >>> partitions = np.array([[0, 0, 1, 1], [0, 0, 0, 1]])
    >>> ax = comembership(bn.communities(partitions))
    """
    check_type("communities", communities, Communities, "bn.communities")
    drawn = new_axes(ax, size=(5.2, 4.4))
    labels = communities.labels
    shown = chosen_neurons(neurons, communities.names)
    order = shown[np.lexsort((-communities.stability[shown], labels[shown]))]
    n = len(order)
    image = drawn.imshow(
        communities.comembership[np.ix_(order, order)],
        vmin=0, vmax=1, cmap="viridis", interpolation="nearest",
    )  # fmt: skip
    for edge in np.flatnonzero(np.diff(labels[order])) + 0.5:
        drawn.axhline(edge, color="white", lw=1.2)
        drawn.axvline(edge, color="white", lw=1.2)
    bar = drawn.figure.colorbar(image, ax=drawn, fraction=0.046, pad=0.03)
    bar.set_label("probability of sharing a community")
    drawn.set_xlabel("neuron, by community")
    drawn.set_ylabel("neuron, by community")
    if n <= NAMED:
        size = 8 if n <= NAMED // 2 else 6
        rows = range(0, n, _step(drawn, n, size))
        named = [communities.names[order[row]] for row in rows]
        drawn.set_xticks(rows, named, rotation=90, fontsize=size)
        drawn.set_yticks(rows, named, fontsize=size)
    else:
        drawn.set_xticks([])
        ends = np.flatnonzero(np.diff(labels[order], append=-1)) + 1
        starts = np.r_[0, ends[:-1]]
        middles = (starts + ends - 1) / 2
        size = 8 if len(middles) <= FEW else 6
        kept = _with_room(middles, _step(drawn, n, size))
        drawn.set_yticks(
            middles[kept],
            [f"{labels[order[starts[k]]]} ({ends[k] - starts[k]})" for k in kept],
            fontsize=size,
        )
        drawn.set_ylabel("community (its size)")
    verdict = " (not significant)" if communities.significant is False and labels.any() else ""
    count = f"{labels.max() + 1} communities" if labels.any() else "one community"
    set_title(drawn, f"{count} of {n} neurons{verdict}")
    return dress(drawn, title, True)


def _with_room(places: np.ndarray, apart: int) -> list[int]:
    """Which of sorted places have a name: each at least so many rows after the one before.

    >>> _with_room(np.array([0.0, 1.0, 3.0, 4.0]), 2)
    [0, 2]
    """
    kept: list[int] = []
    for k, place in enumerate(places):
        if not kept or place - places[kept[-1]] >= apart:
            kept.append(k)
    return kept


def _step(ax: Axes, n: int, size: int) -> int:
    """Every so many of n rows has room for its name, in letters of `size` points."""
    box = ax.get_window_extent()
    room = 72 * min(box.width, box.height) / ax.figure.dpi / n  # points of a row
    return max(1, math.ceil(1.1 * size / room))
