"""A sampler's output before and after alignment, for one weight."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.alignment import align
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import names_of_inputs
from bayesneuron.numerics.checks import check_within
from bayesneuron.plots.arguments import check_axes, chosen_layer, chosen_weight
from bayesneuron.plots.drawing import AUTO, color, columns_of, dress, in_column, legend_size, line

BINS = 20


def trace(
    draws: xr.DataTree,
    *,
    layer: str | None = None,
    neuron: int = 0,
    weight: int | str | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Trace and rank plot of one weight, as drawn and aligned.

    Parameters
    ----------
    draws : DataTree
        As an estimator gave them, not aligned.
    layer : str, optional
        By default the first hidden one.
    neuron : int
        Its number, in the order of the draws above and in the aligned order below.
    weight : int or str, optional
        By default the aligned neuron's largest.
    title : str or None
        By default of the first panel, the neuron and weight.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : sequence of four Axes, optional
        Trace and ranks as drawn, trace and ranks aligned.

    Returns
    -------
    sequence of Axes

    Raises
    ------
    ValueError
        If a layer, neuron or weight is unknown, or the draws are aligned already.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.nuts(model, x, y, chains=2, samples=50, warmup=50)
    >>> axes = bn.plot.trace(draws)
    """
    check_draws(draws)
    provenance = provenance_of(draws)
    layout = provenance.layout
    layer = chosen_layer(layer, layout.hidden)
    if provenance.aligned:
        raise ValueError("trace: expected draws that are not aligned yet, got aligned ones")
    inputs = names_of_inputs(draws)
    raw = coordinates(layout, sites_of(draws, layout), layer, inputs=inputs)
    aligned = coordinates(layout, sites_of(align(draws), layout), layer, inputs=inputs)
    n = raw.values.shape[1]
    check_within("neuron", neuron, 0, n - 1)
    if weight is None:
        place = int(np.abs(aligned.values[:, neuron].mean(axis=0)).argmax())
    else:
        place = chosen_weight(weight, raw.weights)
    if ax is None:
        size = in_column((7.0, 4.2))
        grid = plt.subplots(2, 2, figsize=size, layout="constrained", width_ratios=(2, 1))[1]
        ax = list(grid.ravel())
    check_axes(ax, 4)
    chains = draws["posterior"].sizes["chain"]
    both = (("as drawn", raw.values), ("aligned", aligned.values))
    gap = " " if columns_of(ax[0], 5, [state for state, _ in both]) > 3 else "\n"
    for row, (state, values) in enumerate(both):
        series = values[:, neuron, place].reshape(chains, -1)
        _trace(ax[2 * row], series, f"{layer}[{neuron}], {raw.weights[place]}:{gap}{state}")
        _ranks(ax[2 * row + 1], series)
    ax[2].sharey(ax[0])
    ax[1].set_ylim(0, 1.35 * ax[1].get_ylim()[1])
    ax[1].legend(fontsize=7, frameon=False, ncols=columns_of(ax[1], 6) // 3, loc="upper center")
    for i in (2, 3):
        ax[i].set_xlabel(("draw", "rank of all draws")[i - 2])
    return dress(ax, title, legend)


def _trace(ax: Axes, series: np.ndarray, title: str) -> None:
    for c, one in enumerate(series):
        ax.plot(one, lw=0.4, color=color(c), rasterized=True)
    ax.set_title(title, fontsize=legend_size() + 1)
    ax.set_ylabel("weight", fontsize=legend_size() + 1)


def _ranks(ax: Axes, series: np.ndarray) -> None:
    """Share of each chain's draws in each twentieth of the pooled ranks: flat when mixed."""
    ranks = series.ravel().argsort(kind="stable").argsort(kind="stable").reshape(series.shape)
    edges = np.linspace(0, series.size, BINS + 1)
    for c, one in enumerate(ranks):
        share = np.histogram(one, edges)[0] / len(one) * BINS
        ax.stairs(share, edges, color=color(c), linestyle=line(c), lw=1.1, label=f"chain {c}")
    ax.axhline(1.0, color="0.5", lw=0.8)
    ax.set_ylabel("relative frequency", fontsize=legend_size() + 1)
    ax.set_title("ranks by chain", fontsize=legend_size() + 1)
