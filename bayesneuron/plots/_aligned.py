"""Draws of neurons before and after alignment, in one plane."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.alignment import align
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import spread
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.plots._basis import basis_of
from bayesneuron.plots._regions import flat_region
from bayesneuron.plots.arguments import check_axes, chosen_layer, chosen_neurons
from bayesneuron.plots.crowd import MUTED, crowded, stand_apart
from bayesneuron.plots.drawing import (
    AUTO,
    COLORS,
    color,
    columns_of,
    dress,
    in_column,
    legend_size,
    marker,
    set_title,
)

MOST, FEWEST = 200, 12  # draws shown per neuron
LEVEL = 0.9  # of the regions that neurons to be coloured are outside of
IN_ALL = 2000  # draws of all neurons that can still be distinguished


def aligned(
    draws: xr.DataTree,
    *,
    layer: str | None = None,
    weights: Sequence[int | str] | None = None,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Draws of all neurons as an estimator gave them, and aligned.

    Colours and markers show a neuron's number in its draw. Before alignment this number means
    nothing, and all neurons share one cloud; afterwards each has its own. Of more than seven
    neurons, seven have colours, those that stand apart first; the others are grey.

    Parameters
    ----------
    draws : DataTree
        As an estimator gave them, not aligned.
    layer : str, optional
        By default the first hidden one.
    weights : pair of int or str, optional
        Coordinates to draw; by default the first two principal components of the aligned neurons.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
    title : str or None
        Of the first panel; by default what it shows.
    legend : bool or str
        Whether, or where.
    ax : sequence of two Axes, optional

    Returns
    -------
    sequence of Axes
        As drawn, and aligned, on one scale. At most 200 draws are shown, evenly spaced.

    Raises
    ------
    ValueError
        If a layer, weight or neuron is unknown, or the draws are aligned already.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> before, after = bn.plot.aligned(bn.laplace(model, x, y, samples=50, starts=2))
    """
    check_draws(draws)
    provenance = provenance_of(draws)
    layout = provenance.layout
    layer = chosen_layer(layer, layout.hidden)
    if provenance.aligned:
        raise ValueError("aligned: expected draws that are not aligned yet, got aligned ones")
    post = posteriors_of(align(draws))[layer]
    basis = basis_of([post], 2, weights)
    raw = coordinates(layout, sites_of(draws, layout), layer).values
    names = post.names
    shown = chosen_neurons(neurons, names)
    figure = None
    if ax is None:
        size = in_column((7.0, 3.4))
        options: dict[str, Any] = {"sharex": True, "sharey": True, "layout": "constrained"}
        figure, panels = plt.subplots(1, 2, figsize=size, **options)
        ax = list(panels)
    check_axes(ax, 2)
    some = spread(len(raw), int(np.clip(IN_ALL / len(shown), FEWEST, MOST)))
    coloured = shown
    if crowded(shown):
        apart = stand_apart(flat_region(post, basis, LEVEL), shown)
        coloured = np.sort(shown[np.argsort(~apart, kind="stable")[: len(COLORS)]])
    others = np.setdiff1d(shown, coloured)
    few = spread(len(raw), int(np.clip(IN_ALL / 4 / len(coloured), FEWEST, MOST)))
    picked, alpha = (few, 0.7) if others.size else (some, 0.35)
    for one, heading, values in zip(ax, ("as drawn", "aligned"), (raw, post.by_draw), strict=True):
        points = values[picked] @ basis.matrix.T
        for k, i in enumerate(coloured):
            look = i if others.size == 0 else k
            one.plot(
                *points[:, i].T, marker(look), ls="", ms=2.5, color=color(look), alpha=alpha,
                mew=0, label=names[i], rasterized=True, zorder=3,
            )  # fmt: skip
        if others.size:
            one.plot(
                *(values[some][:, others] @ basis.matrix.T).reshape(-1, 2).T, ".", ls="", ms=1.6,
                color=MUTED, alpha=0.6, mew=0, label=f"{len(others)} others", rasterized=True,
                zorder=1,
            )  # fmt: skip
        set_title(one, heading)
        one.set_xlabel(basis.labels[0].replace(" of variance", ""))
    ax[0].set_ylabel(basis.labels[1].replace(" of variance", ""))
    named = None
    looks: dict[str, Any] = {"fontsize": legend_size(), "frameon": False, "markerscale": 2}
    if figure is None:
        ax[1].legend(**looks)
    else:
        handles = ax[0].get_legend_handles_labels()[0]
        named = figure.legend(
            handles=handles, loc="outside lower center",
            ncols=columns_of(ax[0], len(handles)), **looks,
        )  # fmt: skip
    return dress(ax, title, legend, shared=named)
