"""What each mode of a posterior weighs, and how well it predicts."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from bayesneuron.diagnostics.mixtures.result import Modes
from bayesneuron.numerics.checks import check_type
from bayesneuron.plots.arguments import check_axes
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    in_column,
    legend_below,
    legend_size,
    marker,
    set_title,
    title_size,
    wrapped,
)

PARTS = (("mass", "mass"), ("stacking", "stacking weight"), ("share", "share of draws"))


def modes(
    result: Modes,
    *,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Weight of every mode, with its error, and the predictive density that it reaches.

    Parameters
    ----------
    result : Modes
        From `bayesneuron.modes`.
    title : str or None
        Of the first panel; by default the verdict.
    legend : bool or str
        Whether, or where.
    ax : sequence of two Axes, optional

    Returns
    -------
    sequence of Axes
        Left, the weights that are known: mass by bridge sampling with one standard error, by
        stacking, and the share of draws where chains moved. Right, the expected log predictive
        density less that of the best mode, in nats. The number of chains stands beside each mode;
        chains that are stuck have no density.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> draws = bn.nuts(model, x, y, warmup=100, samples=100, chains=2)
    >>> weights, densities = bn.plot.modes(bn.modes(draws))
    """
    check_type("result", result, Modes, "bn.modes")
    table = result.table()
    n = len(table)
    if ax is None:
        size = in_column((6.4, 1.6 + 0.35 * n))
        ax = list(plt.subplots(1, 2, figsize=size, layout="constrained", sharey=True)[1])
    check_axes(ax, 2)
    left, right = ax
    known = [(name, label) for name, label in PARTS if np.isfinite(table[name]).any()]
    for k, (name, label) in enumerate(known):
        weight = table[name].to_numpy(float)
        error = weight * np.nan_to_num(table["mass_error"].to_numpy(float)) * (name == "mass")
        rows = np.arange(n) + (k - (len(known) - 1) / 2) * 0.22
        span = [np.minimum(error, weight), np.minimum(error, 1 - weight).clip(0)]
        left.errorbar(
            weight, rows, xerr=span, fmt=marker(k), ms=5, lw=1.2, color=color(k), label=label,
            mfc=color(k) if k == 0 else "white", clip_on=False, zorder=3,
        )  # fmt: skip
    left.set_xlim(0, 1)
    left.set_xlabel("weight")
    elpd = table["elpd"].to_numpy(float)
    best = np.nanmax(elpd) if np.isfinite(elpd).any() else 0.0
    right.plot(elpd - best, np.arange(n), "D", ms=5, color=color(3))
    right.axvline(0, color=GREY, lw=0.8)
    words = {"loo": "leave-one-out", "lfo": "leave-future-out"}[result.scored]
    label = f"{words} elpd less that of the best (nats)"
    right.set_xlabel(wrapped(right, label, size=title_size(), share=0.36))
    for row in np.flatnonzero(~np.isfinite(elpd)):
        word = "stuck" if result.stuck[row] else "not known"
        right.annotate(
            word, (0.5, row), xycoords=("axes fraction", "data"), ha="center", va="center",
            fontsize=legend_size(), color=GREY,
        )  # fmt: skip
    if not np.isfinite(elpd).any() or np.ptp(elpd[np.isfinite(elpd)]) < 1e-9:
        right.set_xlim(-1, 1)
    chains = table["chains"].tolist()
    names = [f"mode {m}\n({c} chain{'s' * (c != 1)})" for m, c in enumerate(chains)]
    left.set_yticks(range(n), names)
    left.set_ylim(n - 0.5, -0.5)
    legend_below(left)
    for one in ax:
        one.grid(axis="y", color="#DDDDDD", lw=0.6)
        one.set_axisbelow(True)
    set_title(left, result.verdict.split(" (")[0])
    return dress(ax, title, legend)
