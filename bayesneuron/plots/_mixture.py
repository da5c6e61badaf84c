"""The mixture of the neurons' normal distributions as a surface over a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy.stats import multivariate_normal

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.plots._basis import basis_of
from bayesneuron.plots._regions import flat_region
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.crowd import crowded, name_crowd
from bayesneuron.plots.drawing import AUTO, color, dress, marker, new_axes, set_title

GRID, PEAK = 40, 15  # lines over the whole plane, and over each neuron
LINES = 150  # of both, along each axis: more cannot be distinguished
LEVEL = 0.9  # of the regions that neurons to be labelled are outside of
CUT = 4.0  # medians of the peaks: a narrow (dead) neuron above would flatten all others


def mixture(
    post: NeuronPosterior,
    *,
    weights: Sequence[int | str] | None = None,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Density p(w) = (1/n) Σ_i N(w; e_i, D_i) of a neuron picked at random, over two coordinates.

    Parameters
    ----------
    post : NeuronPosterior
    weights : pair of int or str, optional
        Coordinates of the plane; by default the first two principal components.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``, all of them labelled; by default all
        are drawn.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional
        Three-dimensional.

    Returns
    -------
    Axes
        Of more than seven neurons those are labelled that stand apart, as in
        `bayesneuron.plot.regions`. Peaks above four times the median peak, such as those of dead
        neurons, are cut; the title says how many.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> ax = bn.plot.mixture(post)
    """
    check_posterior("post", post)
    names = post.names
    shown = chosen_neurons(neurons, names)
    drawn = new_axes(ax, subplot_kw={"projection": "3d"})
    basis = basis_of([post], 2, weights)
    shadow = flat_region(post, basis, 0.99, kind="normal")
    center, cov = shadow.center[shown], shadow.cov[shown]
    reach = np.abs(shadow.axes()[shown]).sum(axis=2)
    low, high = (center - reach).min(axis=0), (center + reach).max(axis=0)
    sd = np.sqrt(np.einsum("nii->ni", cov))
    x, y = np.meshgrid(*(_grid(*one) for one in zip(low, high, center.T, sd.T, strict=True)))
    normals = [
        multivariate_normal(m, c, allow_singular=True) for m, c in zip(center, cov, strict=True)
    ]
    density = np.mean([normal.pdf(np.stack([x, y], axis=-1)) for normal in normals], axis=0)
    peaks = np.mean([np.atleast_1d(normal.pdf(center)) for normal in normals], axis=0)
    top = min(max(density.max(), peaks.max()), CUT * float(np.median(peaks)))
    cut = int((peaks > top).sum())
    density = np.minimum(density, top)
    drawn.computed_zorder = False  # by depth, a marker behind the whole surface would be hidden
    drawn.plot_surface(
        x, y, density, cmap="cividis", linewidth=0, antialiased=True, rcount=len(x), ccount=len(x.T)
    )
    floor = -0.25 * top
    drawn.contour(
        x, y, density, levels=8, zdir="z", offset=floor, cmap="cividis", linewidths=0.8, zorder=0
    )
    above = np.minimum(peaks, top) + 0.04 * top
    if not crowded(shown):
        for one, (px, py), height in zip(shown, center, above, strict=True):
            drawn.plot(
                [px], [py], height, marker(one), color=color(one), mec="white", zorder=3,
                label=names[one],
            )  # fmt: skip
    drawn.set_zticks([t for t in drawn.get_zticks() if 0 <= t <= top])
    drawn.set_zlim(floor, top * 1.1)
    drawn.set_xlabel(basis.labels[0], fontsize=8)
    drawn.set_ylabel(basis.labels[1], fontsize=8)
    drawn.set_zlabel("density", fontsize=8)
    drawn.set_box_aspect(None, zoom=0.85)  # with room for the labels
    drawn.tick_params(labelsize=7)
    for axis in (drawn.xaxis, drawn.yaxis):
        axis.set_major_locator(MaxNLocator(5))
    more = f"; {cut} peak{'s' * (cut != 1)} cut" if cut else ""
    set_title(drawn, f"Mixture of {len(shown)} {post.layer} neurons{more}")
    if crowded(shown):
        tops = np.column_stack([shadow.center, np.zeros(len(names))])
        tops[shown, 2] = above
        inner = flat_region(post, basis, LEVEL)
        name_crowd(drawn, inner, shown, every=neurons is not None, at=tops)
    else:
        drawn.legend(fontsize=8, frameon=False, loc="upper left")
    return dress(drawn, title, legend)


def _grid(low: float, high: float, centers: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Points along an axis, dense around each neuron, which may be far narrower than the plane."""
    own = centers + np.linspace(-3, 3, PEAK)[:, None] * sd
    every = np.unique(
        np.clip(np.concatenate([np.linspace(low, high, GRID), own.ravel()]), low, high)
    )
    return every[spread(len(every), LINES)]
