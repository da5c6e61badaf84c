"""Colours and markers that are distinct in grey print and to the colour-blind; saving."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayesneuron.numerics.files import check_path, write_whole
from bayesneuron.plots.arguments import check_axes

# Okabe and Ito, "Color universal design", 2008; the yellow left out, too light in print
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
GREY = "#777777"
LABELLED = 60  # rows of neurons: above, only every few are named


def color(i: int) -> str:
    """The i-th colour; they repeat."""
    return COLORS[i % len(COLORS)]


def marker(i: int) -> str:
    """The i-th marker."""
    return MARKERS[i % len(MARKERS)]


def line(i: int) -> Any:
    """The i-th line style."""
    return LINES[i % len(LINES)]


def name_neurons(ax: Any, centers: Any, *, size: float = 8, **legend: Any) -> None:
    """A legend of the neurons drawn, or their numbers at `centers` where colours do not suffice."""
    if len(centers) <= len(COLORS):
        ax.legend(fontsize=size, frameon=False, **legend)
    else:
        number_neurons(ax, centers, size=size - 1)


def number_neurons(ax: Any, centers: Any, *, size: float = 7) -> None:
    """Write each neuron's number beside its center."""
    for i, center in enumerate(centers):
        ax.text(*center, f" {i}", fontsize=size)


def new_axes(ax: Axes | None, *, size: tuple[float, float] = (5.0, 3.8), **options: Any) -> Any:
    """`ax` itself, or the axes of a new figure."""
    if ax is not None:
        check_axes(ax)
        return ax
    return plt.subplots(figsize=size, layout="constrained", **options)[1]


def name_rows(ax: Axes, names: Sequence[str]) -> list[int]:
    """Name the neurons along y, one per row, only every few of many; return the rows named."""
    n = len(names)
    rows = list(range(0, n, -(-n // LABELLED)))
    ax.set_yticks(rows, [names[row] for row in rows], fontsize=row_size(n))
    return rows


def row_size(count: int) -> int:
    """Size of letters beside so many rows, in points."""
    return 8 if count <= 20 else 6


def save_figure(figure: Figure | Axes, path: str | Path) -> list[Path]:
    """Write a figure as PDF (vector) and PNG, each atomically.

    Parameters
    ----------
    figure : Figure or Axes
    path : str or Path
        Without suffix; ``.pdf`` and ``.png`` are appended.

    Returns
    -------
    list of Path

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
    drawn = figure if isinstance(figure, Figure) else figure.get_figure(root=True)
    assert drawn is not None
    written = []
    for suffix in (".pdf", ".png"):
        stamp = {"CreationDate": None} if suffix == ".pdf" else {}  # same draws, same bytes
        page = io.BytesIO()
        drawn.savefig(page, format=suffix[1:], dpi=200, bbox_inches="tight", metadata=stamp)
        written.append(write_whole(Path(f"{path}{suffix}"), page.getvalue()))
    return written
