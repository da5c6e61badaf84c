"""The mixture of the neurons' normal laws as a surface over a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import multivariate_normal

from bayesneuron.plots.basis import basis_of
from bayesneuron.plots.regions import flat_region
from bayesneuron.plots.style import color, marker, name_neurons, new_axes
from bayesneuron.posterior import NeuronPosterior

GRID = 60


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
    drawn = new_axes(ax, subplot_kw={"projection": "3d"})
    basis = basis_of([post], 2, weights)
    shadow = flat_region(post, basis, 0.99)
    reach = np.abs(shadow.axes()).sum(axis=2)
    low, high = (shadow.center - reach).min(axis=0), (shadow.center + reach).max(axis=0)
    x, y = np.meshgrid(*(np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True)))
    plane = np.stack([x, y], axis=-1)
    laws = zip(shadow.center, shadow.cov, strict=True)
    density = np.mean(
        [multivariate_normal(m, c, allow_singular=True).pdf(plane) for m, c in laws], axis=0
    )
    drawn.plot_surface(
        x, y, density, cmap="cividis", linewidth=0, antialiased=True, rcount=GRID, ccount=GRID
    )
    floor = -0.25 * density.max()
    drawn.contour(x, y, density, levels=8, zdir="z", offset=floor, cmap="cividis", linewidths=0.8)
    for i, center in enumerate(shadow.center):
        drawn.plot(
            *center[:, None],
            floor,
            marker(i),
            color=color(i),
            mec="white",
            label=f"{post.layer}[{i}]",
        )
    drawn.set_zticks([t for t in drawn.get_zticks() if 0 <= t <= density.max()])
    drawn.set_zlim(floor, density.max() * 1.05)
    drawn.set_xlabel(basis.labels[0], fontsize=8)
    drawn.set_ylabel(basis.labels[1], fontsize=8)
    drawn.set_zlabel("density", fontsize=8)
    drawn.tick_params(labelsize=7)
    drawn.set_title(f"Mixture of the {post.layer} neurons", fontsize=10)
    centers = np.insert(shadow.center, 2, floor, axis=1)
    name_neurons(drawn, centers, loc="upper left")
    return drawn
