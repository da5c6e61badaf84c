"""Neurons of many weights, seen in the plane or space of their principal components."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayesneuron.numerics.checks import check_within
from bayesneuron.plots._basis import basis_of
from bayesneuron.plots._ellipsoids import draw_ellipsoid
from bayesneuron.plots._posteriors import Estimates, posteriors_of
from bayesneuron.plots._regions import draw_ellipse, finish, flat_region
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.crowd import POINT, THIN, crowded, name_crowd
from bayesneuron.plots.drawing import (
    AUTO,
    COLUMN,
    color,
    dress,
    legend_below,
    line,
    marker,
    new_axes,
)


def projection(
    source: Estimates,
    *,
    dims: int = 2,
    layer: str | None = None,
    weights: Sequence[int | str] | None = None,
    level: float = 0.9,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Regions of one layer's neurons by several methods, projected to two or three dimensions.

    The projected covariance B D Bᵀ is exact. Colours show methods, and markers neurons.

    Parameters
    ----------
    source : Comparison, or mapping of method to NeuronPosterior
        From `bayesneuron.compare`; or posteriors of one layer, aligned to one reference.
    dims : {2, 3}
    layer : str, optional
        Of a `Comparison`; by default the only hidden one.
    weights : sequence, optional
        Coordinates to draw; by default principal components of the pooled neurons.
    level : float
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional
        Three-dimensional for ``dims=3``.

    Raises
    ------
    ValueError
        If dims is neither 2 nor 3.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> ax = bn.plot.projection({"laplace": post})
    """
    check_within("dims", dims, 2, 3)
    posteriors = posteriors_of(source, layer)
    options: dict[str, Any] = {"subplot_kw": {"projection": "3d"}} if dims == 3 else {}
    drawn = new_axes(ax, **options)
    basis = basis_of(posteriors.values(), dims, weights)
    first = next(iter(posteriors.values()))
    layer = first.layer
    names = first.names
    shown = chosen_neurons(neurons, names)
    crowd = crowded(shown)
    for m, post in enumerate(posteriors.values()):
        shadow = flat_region(post, basis, level)
        for i in shown:
            if dims == 3:
                draw_ellipsoid(drawn, shadow, i, color=color(m))
            else:
                thin = {"lw": THIN} if crowd else {}
                draw_ellipse(drawn, shadow, i, color=color(m), linestyle=line(m), **thin)
            drawn.plot(
                *shadow.center[i][:, None], marker(m if crowd else i), color=color(m),
                ms=POINT if crowd else 4, mew=0 if crowd else None,
            )  # fmt: skip
    if dims == 2:
        finish(drawn, basis, f"{level:.0%} regions of the {layer} neurons")
    else:
        for axis, label in zip("xyz", basis.labels, strict=True):
            getattr(drawn, f"set_{axis}label")(label, fontsize=8)
        drawn.set_box_aspect((1, 1, 1), zoom=0.85)  # room for the labels
    entries = [
        Line2D([], [], color=color(m), linestyle=line(m), label=k) for m, k in enumerate(posteriors)
    ]
    if crowd:
        shadow = flat_region(first, basis, level)
        name_crowd(drawn, shadow, shown, every=neurons is not None, handles=entries)
        return dress(drawn, title, legend)
    entries += [
        Line2D([], [], color="0.3", marker=marker(i), linestyle="", label=names[i]) for i in shown
    ]
    if COLUMN.get() is not None:  # no room beside
        legend_below(drawn, handles=entries)
    else:
        side = (1.0 if dims == 2 else 1.1, 0.5)
        drawn.legend(
            handles=entries, fontsize=8, frameon=False, loc="center left", bbox_to_anchor=side
        )
    return dress(drawn, title, legend)
