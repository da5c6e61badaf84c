"""What the data added to the prior, neuron by neuron."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from bayesneuron.alignment._align import sites_of
from bayesneuron.diagnostics.findings.single_neurons import WIDE
from bayesneuron.draws._complete import complete
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.network.model import Model
from bayesneuron.plots.arguments import chosen_layer, chosen_neurons, chosen_weight
from bayesneuron.plots.densities import density_of
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    legend_below,
    name_rows,
    new_axes,
    row_size,
    set_title,
)

HEIGHT = 0.9  # of each density, in rows


def prior_posterior(
    draws: xr.DataTree,
    *,
    layer: str | None = None,
    weight: int | str | None = None,
    neurons: Sequence[int | str] | None = None,
    model: Model | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Posterior and prior densities of the norm, or of one weight, of every neuron.

    A priori all neurons of a layer are alike, so they share one prior. Beside each row stands how
    wide the neuron's posterior is against aligned prior draws, per dimension
    (`results.NeuronPosterior.null_ratio`); above 0.9, where `bayesneuron.diagnose` finds *no
    information*, the posterior is hatched.

    Parameters
    ----------
    draws : DataTree
        From an estimator.
    layer : str, optional
        By default the first hidden one.
    weight : int or str, optional
        A coordinate of the neurons, by place or name; by default the norm of all.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
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
        One row per neuron, each density as high as the others. Weights are in the scales in
        which they were drawn.

    Raises
    ------
    ValueError
        If a layer, weight or neuron is unknown, or the prior cannot be drawn from.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> ax = bn.plot.prior_posterior(bn.laplace(model, x, y, samples=50, starts=2))
    """
    check_draws(draws)
    layout = provenance_of(draws).layout
    layer = chosen_layer(layer, layout.receiving)
    draws = complete(draws, "prior", model=model)
    post = posteriors_of(draws)[layer]
    ratio, post = post.null_ratio, post.raw or post
    prior = coordinates(layout, sites_of(draws, layout, "prior"), layer).values
    names = post.names
    shown = chosen_neurons(neurons, names)
    before, after, what = _values(prior, post.by_draw, post.weights, weight)
    n = len(shown)
    drawn = new_axes(ax, size=(5.0, min(1.4 + 0.3 * n, 9.0)))
    grid, expected = density_of(before.ravel())
    span = [*np.quantile(before, [0.005, 0.995]), *np.quantile(after[:, shown], [0.0, 1.0])]
    for row, i in enumerate(shown):
        wide = ratio[i] > WIDE
        x, height = density_of(after[:, i])
        drawn.fill_between(
            x, row, row - HEIGHT * height / height.max(), zorder=2 * row, lw=0.8,
            facecolor=(color(0), 0.45) if not wide else "white", edgecolor=color(0),
            hatch="//////" if wide else None,
        )  # fmt: skip
        drawn.plot(
            grid, row - HEIGHT * expected / expected.max(), color=color(1), lw=1.0,
            ls="--", zorder=2 * row + 1,
        )  # fmt: skip
        drawn.axhline(row, color=GREY, lw=0.4, zorder=2 * row)
    for row in name_rows(drawn, [names[i] for i in shown]):
        drawn.text(
            1.02, row, f"{ratio[shown[row]]:.2g}", va="center", fontsize=row_size(n),
            transform=drawn.get_yaxis_transform(),
        )  # fmt: skip
    drawn.set_xlim(min(span[::2]), max(span[1::2]))
    drawn.set_ylim(n - 0.6, -1.1)
    drawn.set_xlabel(what)
    drawn.spines[["top", "right", "left"]].set_visible(False)
    drawn.tick_params(axis="y", length=0)
    handles = [
        Patch(facecolor=(color(0), 0.45), edgecolor=color(0), label="posterior"),
        Patch(facecolor="none", edgecolor=color(1), ls="--", label="prior"),
    ]
    if (ratio[shown] > WIDE).any():
        handles.append(
            Patch(facecolor="white", edgecolor=color(0), hatch="//////", label="no information")
        )
    legend_below(drawn, handles=handles)
    drawn.annotate(
        "width /\nprior", (1.02, 1.0), xycoords="axes fraction", fontsize=6, va="bottom",
        linespacing=1.0, annotation_clip=False,
    )  # fmt: skip
    set_title(drawn, f"Prior and posterior of the {layer} neurons")
    return dress(drawn, title, legend)


def _values(
    prior: np.ndarray, posterior: np.ndarray, names: tuple[str, ...], weight: int | str | None
) -> tuple[np.ndarray, np.ndarray, str]:
    """One number per draw and neuron, before and after, and what it is."""
    if weight is None:
        before, after = (np.linalg.norm(v, axis=2) for v in (prior, posterior))
        return before, after, f"norm of the neuron's {len(names)} weights"
    place = chosen_weight(weight, names)
    return prior[:, :, place], posterior[:, :, place], f"weight {names[place]}"
