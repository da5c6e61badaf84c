"""What each hidden neuron answers to one input."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.alignment import aligned
from bayesneuron.draws._activations import layer_of, respond, spread
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.network import network_of
from bayesneuron.draws.tree import inputs_of, layout_of, names_of_inputs
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_probability, check_within
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import (
    AUTO,
    COLORS,
    GREY,
    color,
    dress,
    legend_below,
    line,
    new_axes,
    set_title,
)

POINTS = 60  # along the input
MOST = 300  # draws


def responses(
    draws: xr.DataTree,
    x: Any = None,
    *,
    input: int | str = 0,  # noqa: A002
    at: int | None = None,
    layer: str | None = None,
    neurons: Sequence[int | str] | None = None,
    level: float = 0.9,
    model: Model | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Activation of hidden neurons against one input, the others held.

    Parameters
    ----------
    draws : DataTree
        From an estimator; aligned first unless they are.
    x : array_like, shape (observation, input), optional
        Inputs, whose range and mean are taken; by default those that the draws carry.
    input : int or str
        Which input moves over its range in `x`, by place or name.
    at : int, optional
        Row of `x` at which the other inputs are held; by default they are at their means.
    layer : str, optional
        By default the only hidden one.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
    level : float
        Of the bands. Above seven neurons only medians are drawn, and the seven that move most have
        colours and names.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    title : str or None
        By default what is drawn.
    legend : bool or str
        Whether, or where.
    ax : Axes, optional

    Returns
    -------
    Axes
        Medians and central intervals over at most 300 draws, evenly spaced. Of a recurrent layer,
        after the last sample of the window.

    Raises
    ------
    ValueError
        If an input, row, layer or neuron is unknown, or the draws carry no data and none is given.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=50, starts=2)
    >>> bn.plot.responses(draws, input=2).get_xlabel()
    's(t) (as the network reads it)'
    """
    check_draws(draws)
    check_probability(level=level)
    model = network_of(draws, model)
    rows = as_inputs(model, inputs_of(draws, x)[0])
    layer = layer_of(layout_of(draws), layer)
    known = list(names_of_inputs(draws)) or [f"input[{i}]" for i in range(rows.shape[1])]
    place = _place(input, known)
    if at is not None:
        check_within("at", at, 0, len(rows) - 1)
    held = rows.mean(axis=0) if at is None else rows[at]
    moved = np.repeat(held[None], POINTS, axis=0)
    moved[:, place] = np.linspace(rows[:, place].min(), rows[:, place].max(), POINTS)
    sites = latent_sites(aligned(draws), model, rows)
    some = spread(len(next(iter(sites.values()))), MOST)
    values = respond(model, {k: v[some] for k, v in sites.items()}, moved)[layer]
    values = values.reshape(len(values), POINTS, -1, values.shape[-1])[:, :, -1]
    names = [f"{layer}[{i}]" for i in range(values.shape[-1])]
    shown = chosen_neurons(neurons, names)
    drawn: Axes = new_axes(ax)
    tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
    across = moved[:, place]
    few = len(shown) <= len(COLORS)
    spans = np.ptp(np.median(values, axis=0), axis=0)[shown]
    named = shown if few else np.sort(shown[np.argsort(-spans, kind="stable")[: len(COLORS)]])
    for i in shown:
        low, median, high = np.quantile(values[:, :, i], tails, axis=0)
        if i not in named:
            drawn.plot(across, median, color=GREY, lw=0.5, alpha=0.5)
            continue
        k = i if few else int(np.searchsorted(named, i))
        if few:
            drawn.fill_between(across, low, high, color=color(k), alpha=0.2, lw=0)
        drawn.plot(across, median, color=color(k), ls=line(k), lw=1.6, label=names[i])
    drawn.set_xlabel(f"{known[place]} (as the network reads it)")
    drawn.set_ylabel("activation")
    legend_below(drawn)
    what = f"median and {level:.0%} band" if few else "medians"
    others = "other inputs at their means" if at is None else f"other inputs as in row {at}"
    set_title(drawn, f"{len(shown)} {layer} neurons: {what}, {others}")
    return dress(drawn, title, legend)


def _place(which: int | str, known: list[str]) -> int:
    if isinstance(which, str):
        if which not in known:
            raise ValueError(f"input: expected one of {known}, got {which!r}")
        return known.index(which)
    check_within("input", which, 0, len(known) - 1)
    return int(which)
