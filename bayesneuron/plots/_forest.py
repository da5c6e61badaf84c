"""One neuron's weights, method by method."""

import numpy as np
from matplotlib.axes import Axes

from bayesneuron.numerics.checks import check_probability, check_within
from bayesneuron.plots._posteriors import Estimates, posteriors_of
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    legend_size,
    marker,
    new_axes,
    set_title,
)

MOST = 40  # weights drawn


def forest(
    source: Estimates,
    neuron: int = 0,
    *,
    layer: str | None = None,
    level: float = 0.9,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Median and central interval of every weight of a neuron, methods side by side.

    Parameters
    ----------
    source : Comparison, or mapping of method to NeuronPosterior
        From `bayesneuron.compare`; or posteriors of one layer, aligned to one reference.
    neuron : int
    layer : str, optional
        Of a `Comparison`; by default the only hidden one.
    level : float
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes
        At most the 40 weights of largest mean, where the neuron has more.

    Raises
    ------
    ValueError
        If there is no such neuron.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> ax = bn.plot.forest({"laplace": post}, neuron=1)
    """
    posteriors = posteriors_of(source, layer)
    first = next(iter(posteriors.values()))
    check_within("neuron", neuron, 0, len(first.mean) - 1)
    sizes = {post.mean.shape for post in posteriors.values()}
    if len(sizes) > 1:
        raise ValueError(f"source: expected neurons of one layer and size, got shapes {sizes}")
    size = np.mean([np.abs(p.mean[neuron]) for p in posteriors.values()], axis=0)
    shown = np.sort(np.argsort(-size, kind="stable")[:MOST])
    drawn = new_axes(ax, size=(5.0, 1.2 + 0.22 * len(shown)))
    check_probability(level=level)
    tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
    drawn.axvline(0, color=GREY, lw=0.8)
    for m, (name, post) in enumerate(posteriors.items()):
        low, median, high = np.quantile(post.by_draw[:, neuron][:, shown], tails, axis=0)
        offset = (m - (len(posteriors) - 1) / 2) * 0.7 / len(posteriors)
        drawn.errorbar(
            median, np.arange(len(shown)) + offset, xerr=[median - low, high - median],
            fmt=marker(m), ms=3.5, lw=1.2, color=color(m), label=name,
        )  # fmt: skip
    drawn.set_yticks(np.arange(len(shown)), [first.weights[i] for i in shown], fontsize=8)
    drawn.invert_yaxis()
    drawn.set_xlabel("weight (standardised data)")
    more = f", {len(shown)} largest of {len(size)} weights" if len(shown) < len(size) else ""
    set_title(drawn, f"{first.layer}[{neuron}]: median and {level:.0%} interval{more}")
    drawn.legend(fontsize=legend_size(), frameon=False, loc="best")
    return dress(drawn, title, legend)
