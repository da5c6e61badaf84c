"""The three curves by which delay and width of windows are chosen."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bayesneuron.data.embedding_result import FALSE, Embedding
from bayesneuron.numerics.checks import check_choice, check_type
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    legend_size,
    line,
    marker,
    new_axes,
    set_title,
)

CURVES = ("delay", "false", "cao")


def embedding(
    source: Embedding,
    curve: str = "delay",
    *,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw what speaks for a delay or a width.

    Parameters
    ----------
    source : Embedding
        From `bayesneuron.embedding`.
    curve : {"delay", "false", "cao"}
        Mutual information and autocorrelation by delay; share of false neighbours by width; Cao's
        E1 and E2 by width, with E2 of Gaussian series (grey band: all of them).
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the source is no such result, or there is no such curve.

    Examples
    --------
    >>> import numpy as np
    >>> import bayesneuron as bn
    >>> wave = np.sin(0.16 * np.arange(600))
    >>> ax = embedding(bn.embedding(wave, max_delay=12, max_width=4, surrogates=0), "false")
    >>> ax.get_ylabel()
    'false neighbours (share)'
    """
    check_type("source", source, Embedding, "bayesneuron.embedding")
    check_choice("curve", curve, CURVES)
    drawn = new_axes(ax)
    draw = {"delay": _delay, "false": _false, "cao": _cao}[curve]
    draw(drawn, source)
    drawn.xaxis.set_major_locator(MaxNLocator(integer=True))
    if drawn.get_legend_handles_labels()[0]:
        drawn.legend(fontsize=legend_size(), frameon=False)
    return dress(drawn, title, legend)


def _delay(ax: Axes, source: Embedding) -> None:
    _curve(ax, source.delays, source.information, 0, "mutual information (nats)")
    _curve(ax, source.delays, source.autocorrelation, 1, "autocorrelation")
    ax.axhline(source.chance, color=GREY, lw=0.8, ls=":", label="information by chance")
    _chosen(ax, source.delay, f"delay {source.delay}")
    ax.set_xlabel("delay (samples)")
    ax.set_ylabel("nats; correlation")
    set_title(ax, "Delay")


def _false(ax: Axes, source: Embedding) -> None:
    _curve(ax, source.widths, source.false_neighbours, 0, "")
    ax.axhline(FALSE, color=GREY, lw=0.8, ls=":")
    _chosen(ax, source.width_by_false_neighbours, "at most 1%")
    ax.set_ylim(0, 1)
    ax.set_xlabel("width (entries)")
    ax.set_ylabel("false neighbours (share)")
    set_title(ax, "False nearest neighbours")


def _cao(ax: Axes, source: Embedding) -> None:
    if len(source.null_e2):
        low, high = source.null_e2.min(axis=0), source.null_e2.max(axis=0)
        ax.fill_between(
            source.widths, low, high, color=GREY, alpha=0.3, lw=0, label="E2, Gaussian series"
        )
    _curve(ax, source.widths, source.e1, 0, "E1")
    _curve(ax, source.widths, source.e2, 1, "E2")
    _chosen(ax, source.width_by_cao, "E1 settles")
    ax.set_ylim(bottom=0)
    ax.set_xlabel("width (entries)")
    ax.set_ylabel("ratio")
    set_title(ax, "Cao's ratios")


def _curve(ax: Axes, x: np.ndarray, y: Sequence[float] | np.ndarray, i: int, label: str) -> None:
    few = len(x) <= 30
    ax.plot(x, y, color=color(i), ls=line(i), marker=marker(i) if few else "", ms=3.5, lw=1.4,
            label=label or None)  # fmt: skip


def _chosen(ax: Axes, at: int | None, label: str) -> None:
    if at is not None:
        ax.axvline(at, color="black", lw=0.8, ls="--", label=label)
