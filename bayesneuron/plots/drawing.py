"""Colours and markers that are distinct in grey print and to the colour-blind; saving."""

import io
import textwrap
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from bayesneuron.numerics.checks import check_choice
from bayesneuron.numerics.files import check_path, write_whole
from bayesneuron.plots.arguments import check_axes, check_dress

# Okabe and Ito, "Color universal design", 2008; the yellow left out, too light in print
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
GREY = "#777777"
FONTS: dict[Any, Any] = {"pdf.fonttype": 42, "ps.fonttype": 42}  # TrueType: journals refuse Type 3
FORMATS = ("pdf", "png", "svg", "eps", "pgf")
COLUMN: ContextVar[float | None] = ContextVar("COLUMN", default=None)  # inches, of plot.style
_DPI = 300  # of what is no vector
AUTO = "auto"  # the title that a figure gives itself
LABELLED = 64  # rows of neurons: above, only every few are named


def color(i: int) -> str:
    """The i-th colour; they repeat."""
    return COLORS[i % len(COLORS)]


def marker(i: int) -> str:
    """The i-th marker."""
    return MARKERS[i % len(MARKERS)]


def line(i: int) -> Any:
    """The i-th line style."""
    return LINES[i % len(LINES)]


def legend_below(ax: Any, *, points: float = 34, handles: Any = None, **options: Any) -> Any:
    """A legend in the middle of the figure, so many points under the axes, however high they are.

    Points leave room for numbers and one line of label; columns are as many as fit.
    """
    figure = ax.get_figure(root=True)
    under = ax.transAxes + ScaledTranslation(0, -points / 72, figure.dpi_scale_trans)
    shown = ax.get_legend_handles_labels()[0] if handles is None else handles
    labels = [str(handle.get_label()) for handle in shown]
    entry = (0.55 * max(map(len, labels), default=1) + 4.2) * legend_size() / 72  # inches
    columns = int(np.clip(_width(ax) // entry, 1, max(len(shown), 1)))
    alone = len(figure.axes) == 1
    return ax.legend(
        handles=shown, loc="upper center", bbox_to_anchor=(0.5, 0.0),
        bbox_transform=blended_transform_factory(figure.transFigure, under) if alone else under,
        ncols=columns, fontsize=legend_size(), frameon=False,
        columnspacing=1.2, borderaxespad=0.2, **options,
    )  # fmt: skip


def new_axes(ax: Axes | None, *, size: tuple[float, float] = (5.0, 3.8), **options: Any) -> Any:
    """`ax` itself, or the axes of a new figure."""
    if ax is not None:
        check_axes(ax)
        return ax
    drawn = plt.subplots(figsize=in_column(size), layout="constrained", **options)[1]
    if COLUMN.get() is not None and "projection" in options.get("subplot_kw", {}):
        smaller(drawn)
    return drawn


def smaller(ax: Any) -> None:
    """Leave a margin about a figure in space: its labels are not part of the layout."""
    ax.set_box_aspect(None, zoom=0.78)


def in_column(size: tuple[float, float]) -> tuple[float, float]:
    """A size in inches, or what it becomes in the column of `bayesneuron.plot.style`.

    Examples
    --------
    >>> in_column((5.0, 3.8))
    (5.0, 3.8)
    """
    width = COLUMN.get()
    if width is None:
        return size
    return width, size[1] * min(max(width / size[0], 0.8), 1.0)


def set_title(ax: Any, text: str, **options: Any) -> None:
    """A title in as many lines as the figure's width takes."""
    ax.set_title(wrapped(ax, text, size=title_size()), fontsize=title_size(), **options)


def dress(ax: Any, title: str | None, legend: bool | str, *, shared: Any = None) -> Any:
    """Give a drawn figure the title and the legend that were asked for, and return it.

    Parameters
    ----------
    ax : Axes, or sequence of Axes
    title : str or None
        ``"auto"`` keeps the figure's own; None leaves it out.
    legend : bool or str
        True keeps the figure's own, False leaves it out; a location of Matplotlib moves it.
    shared : Legend, optional
        Of the figure, beside those of the axes.

    Raises
    ------
    ValueError
        If the title is no text, or there is no such location.
    """
    check_dress(title, legend)
    first = np.ravel(ax)[0]
    if title != AUTO:
        first.set_title("")
        if title:
            set_title(first, title)
    for own in [one.get_legend() for one in np.ravel(ax)] + [shared]:
        if own is None or legend is True:
            continue
        if legend is False:
            own.remove()
        else:
            own.set_bbox_to_anchor(None)
            own.set_loc(legend if legend != "best" or own is not shared else "lower center")
    return ax


def title_size() -> float:
    """Of titles in points: smaller in a column of print."""
    return 10 if COLUMN.get() is None else 8


def legend_size() -> float:
    """Of legends in points: smaller in a column of print."""
    return 8 if COLUMN.get() is None else 7


def wrapped(ax: Any, text: str, *, size: float, share: float = 0.8) -> str:
    """Text in lines that fit into a share of the width of its figure, at a size in points."""
    room = max(10, int(share * _width(ax) * 72 / (0.55 * size)))  # beside names of rows
    return "\n".join(textwrap.fill(line, room) for line in text.split("\n"))


def columns_of(ax: Any, most: int, labels: Sequence[str] = ()) -> int:
    """Columns of a legend as wide as the figure of `ax`, at most so many.

    `labels` are by default those of what is drawn in `ax`.
    """
    names = labels or ax.get_legend_handles_labels()[1]
    longest = max((len(name) for name in names), default=1)
    entry = (longest + 6) * 0.5 * legend_size() / 72  # with its handle, in inches
    return int(min(max(_width(ax) // entry, 1), most))


def _width(ax: Any) -> float:
    return float(ax.get_figure(root=True).get_size_inches()[0])


def name_rows(ax: Axes, names: Sequence[str]) -> list[int]:
    """Name the neurons along y, one per row, only every few of many; return the rows named."""
    n = len(names)
    rows = list(range(0, n, -(-n // LABELLED)))
    ax.set_yticks(rows, [names[row] for row in rows], fontsize=row_size(n))
    return rows


def row_size(count: int) -> int:
    """Size of letters beside so many rows, in points."""
    return 8 if count <= 20 else 6


def save_figure(
    figure: Figure | Axes, path: str | Path, *, formats: Sequence[str] = ("pdf", "png")
) -> list[Path]:
    """Write a figure, by default as PDF (vector) and PNG, each atomically.

    Fonts are embedded as Type 42 (TrueType). Within `bayesneuron.plot.style` the page is exactly
    as wide as the column; elsewhere margins are cut off.

    Parameters
    ----------
    figure : Figure or Axes
    path : str or Path
        Without suffix, which each format appends.
    formats : sequence of str
        Of ``pdf``, ``png``, ``svg``, ``eps`` and ``pgf`` (needs LaTeX).

    Returns
    -------
    list of Path

    Raises
    ------
    ValueError
        If `figure` is none, or a format is unknown.

    Examples
    --------
    >>> import tempfile, matplotlib.pyplot as plt
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [p.suffix for p in save_figure(plt.figure(), f"{folder}/empty")]
    ['.pdf', '.png']
    """
    if not isinstance(figure, Figure | Axes):
        raise ValueError(f"figure: expected a Figure or Axes, got {type(figure).__name__}")
    check_path("path", path)
    if isinstance(formats, str):
        formats = (formats,)
    for name in formats:
        check_choice("formats", name, FORMATS)
    drawn = figure if isinstance(figure, Figure) else figure.get_figure(root=True)
    assert drawn is not None
    box = "tight" if COLUMN.get() is None else None
    written = []
    with plt.rc_context({**FONTS, "svg.hashsalt": "bayesneuron"}):
        for name in formats:
            page = io.BytesIO()
            drawn.savefig(page, format=name, dpi=_DPI, bbox_inches=box, metadata=_stamp(name))
            written.append(write_whole(Path(f"{path}.{name}"), page.getvalue()))
    return written


def _stamp(name: str) -> dict[str, None] | None:
    """No time in the file: the same draws, the same bytes."""
    dated = {"pdf": "CreationDate", "svg": "Date"}
    return {dated[name]: None} if name in dated else None
