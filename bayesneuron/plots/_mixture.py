"""The mixture of the neurons' normal distributions as a surface over a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import multivariate_normal

from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.plots._basis import basis_of
from bayesneuron.plots._regions import flat_region
from bayesneuron.plots.drawing import color, marker, name_neurons, new_axes, set_title

GRID, PEAK = 40, 15  # lines over the whole plane, and over each neuron


def mixture(
    post: NeuronPosterior,
    *,
    weights: Sequence[int | str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Density p(w) = (1/n) Σ_i N(w; e_i, D_i) of a neuron picked at random, over two coordinates.

    Parameters
    ----------
    post : NeuronPosterior
    weights : pair of int or str, optional
        Coordinates of the plane; by default the first two principal components.
    ax : Axes, optional
        Three-dimensional.

    Returns
    -------
    Axes
    """
    check_posterior("post", post)
    drawn = new_axes(ax, subplot_kw={"projection": "3d"})
    basis = basis_of([post], 2, weights)
    shadow = flat_region(post, basis, 0.99, kind="normal")
    reach = np.abs(shadow.axes()).sum(axis=2)
    low, high = (shadow.center - reach).min(axis=0), (shadow.center + reach).max(axis=0)
    sd = np.sqrt(np.einsum("nii->ni", shadow.cov))
    x, y = np.meshgrid(*(_grid(*one) for one in zip(low, high, shadow.center.T, sd.T, strict=True)))
    normals = [
        multivariate_normal(m, c, allow_singular=True)
        for m, c in zip(shadow.center, shadow.cov, strict=True)
    ]
    density = np.mean([normal.pdf(np.stack([x, y], axis=-1)) for normal in normals], axis=0)
    peaks = np.mean([np.atleast_1d(normal.pdf(shadow.center)) for normal in normals], axis=0)
    drawn.computed_zorder = False  # by depth, a marker behind the whole surface would be hidden
    drawn.plot_surface(
        x,
        y,
        density,
        cmap="cividis",
        linewidth=0,
        antialiased=True,
        rcount=len(x),
        ccount=len(x.T),
    )
    floor = -0.25 * density.max()
    drawn.contour(
        x, y, density, levels=8, zdir="z", offset=floor, cmap="cividis", linewidths=0.8, zorder=0
    )
    for i, center in enumerate(shadow.center):
        drawn.plot(
            *center[:, None],
            peaks[i] + 0.04 * density.max(),  # above the peak
            marker(i),
            color=color(i),
            mec="white",
            zorder=3,
            label=f"{post.layer}[{i}]",
        )
    drawn.set_zticks([t for t in drawn.get_zticks() if 0 <= t <= density.max()])
    drawn.set_zlim(floor, density.max() * 1.1)
    drawn.set_xlabel(basis.labels[0], fontsize=8)
    drawn.set_ylabel(basis.labels[1], fontsize=8)
    drawn.set_zlabel("density", fontsize=8)
    drawn.tick_params(labelsize=7)
    set_title(drawn, f"Mixture of the {post.layer} neurons")
    centers = np.column_stack([shadow.center, peaks])
    name_neurons(drawn, centers, loc="upper left")
    return drawn


def _grid(low: float, high: float, centers: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Points along an axis, dense around each neuron, which may be far narrower than the plane."""
    own = centers + np.linspace(-3, 3, PEAK)[:, None] * sd
    return np.unique(
        np.clip(np.concatenate([np.linspace(low, high, GRID), own.ravel()]), low, high)
    )
