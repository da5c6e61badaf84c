"""The tree of co-membership, with the partition marked."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.cluster.hierarchy import dendrogram as tree_of
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from bayesneuron.numerics.checks import check_type
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    legend_below,
    marker,
    name_rows,
    new_axes,
    set_title,
)
from bayesneuron.structure.partitions.result import Communities

MOST = 7  # communities with a colour of their own


def dendrogram(
    communities: Communities,
    *,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Average linkage of neurons by how often they share a community.

    Two branches meet where the mean probability that their neurons are in different communities
    is read off. The marker of a neuron is its community in the representative partition, which
    need not be a cut of the tree.

    Parameters
    ----------
    communities : Communities
        From `bayesneuron.communities`.
    neurons : sequence of int or str, optional
        Those that are drawn, by index or by name. By default all.
    title : str or None
        By default the number of communities, and whether they are significant.
    legend : bool or str
        Whether, or where.
    ax : Axes, optional

    Returns
    -------
    Axes
        Branches of one community have its colour. Of more than 60 neurons only every few are
        named.

    Raises
    ------
    ValueError
        If there is one neuron only, or `neurons` are not of these.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> partitions = np.array([[0, 0, 1, 1], [0, 0, 0, 1]])
    >>> ax = bn.plot.dendrogram(bn.communities(partitions))
    """
    check_type("communities", communities, Communities, "bn.communities")
    shown = chosen_neurons(neurons, communities.names)
    labels, n = communities.labels[shown], len(shown)
    if n < 2:
        name = "communities" if neurons is None else "neurons"
        raise ValueError(f"{name}: expected several neurons, got one")
    apart = 1 - communities.comembership[np.ix_(shown, shown)]
    apart = (apart + apart.T) / 2
    np.fill_diagonal(apart, 0.0)
    links = linkage(squareform(np.clip(apart, 0.0, 1.0), checks=False), method="average")
    tree = tree_of(links, no_plot=True, no_labels=True)
    order = np.array(tree["leaves"])
    drawn: Axes = new_axes(ax, size=(5.0, min(1.4 + 0.16 * n, 9.0)))
    of_branch = _communities_of_branches(links, labels)
    rank = _ranks(communities.labels)
    for rows, height, owner in _branches(links, order, of_branch):
        face = GREY if owner is None or rank[owner] >= MOST else color(rank[owner])
        drawn.plot(height, rows, color=face, lw=1.1, clip_on=False)
    for c in sorted(np.unique(labels).tolist(), key=lambda c: rank[c]):
        rows, k = np.flatnonzero(labels[order] == c), rank[c]
        few = k < MOST
        drawn.plot(
            np.zeros(len(rows)), rows, marker(k) if few else "o", ls="", ms=4 if n <= 32 else 2.5,
            color=color(k) if few else GREY, clip_on=False, zorder=3,
            label=f"community {c} ({len(rows)})" if few else None,
        )  # fmt: skip
    name_rows(drawn, [communities.names[i] for i in shown[order]])
    drawn.tick_params(axis="y", length=0, pad=6)
    drawn.set_ylim(n - 0.4, -0.6)
    drawn.set_xlim(0, 1.02)
    drawn.set_xlabel("probability of different communities")
    drawn.spines[["top", "right", "left"]].set_visible(False)
    legend_below(drawn)
    verdict = (
        " (not significant)"
        if communities.significant is False and communities.labels.any()
        else ""
    )
    count = len(np.unique(labels))
    several = f"{count} communities" if count > 1 else "one community"
    set_title(drawn, f"{several} of {n} neurons{verdict}")
    return dress(drawn, title, legend)


def _ranks(labels: np.ndarray) -> dict[int, int]:
    """Place of each community, the largest first, as `graph` colours them; alone: beyond all."""
    names, first, count = np.unique(labels, return_index=True, return_counts=True)
    places = sorted(range(len(names)), key=lambda i: (-count[i], first[i]))
    alone = {i for i in places if count[i] == 1 and len(names) > 1}
    return {int(names[i]): MOST if i in alone else k for k, i in enumerate(places)}


def _communities_of_branches(links: np.ndarray, labels: np.ndarray) -> list[int | None]:
    """The one community under each node of the tree, leaves first; None of several."""
    owner: list[int | None] = [int(c) for c in labels]
    for left, right in links[:, :2].astype(int):
        owner.append(owner[left] if owner[left] == owner[right] else None)
    return owner


def _branches(
    links: np.ndarray, order: np.ndarray, owner: list[int | None]
) -> list[tuple[list[float], list[float], int | None]]:
    """Rows and heights of every merge, as a bracket of four points, and its community."""
    n = len(order)
    row = np.empty(2 * n - 1)
    height = np.zeros(2 * n - 1)
    row[order] = np.arange(n)
    drawn = []
    for k, (left, right, at) in enumerate(links[:, :3]):
        a, b = int(left), int(right)
        row[n + k], height[n + k] = (row[a] + row[b]) / 2, at
        drawn.append(
            ([row[a], row[a], row[b], row[b]], [height[a], at, at, height[b]], owner[n + k])
        )
    return drawn
