"""Labels of more neurons than there are colours: none covers another label or a mean."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation
from mpl_toolkits.mplot3d import proj3d

from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.plots.drawing import COLORS, color, legend_below, legend_size

MUTED, STRONG = "#8C9BA5", color(0)  # of neurons without and with a label
THIN = 0.6  # points, of outlines
FULL = 16  # outlines that are drawn opaque; more are paler, the more there are
POINT = 2.0  # points, of means
SIZE = 7.0  # points, of letters
GAP = 2.5  # points between a mean and its label
RINGS = (1.0, 1.7, 2.6, 3.8, 5.5, 8.0, 11.0, 15.0)  # distances to try, in label boxes
SIDES = (0, 4, 2, 6, 1, 7, 3, 5)  # eighths of a turn: right and left first


def crowded(shown: Sequence[int] | np.ndarray) -> bool:
    """Whether there are more neurons than colours, so that a colour names none.

    Examples
    --------
    >>> crowded(range(7)), crowded(range(8))
    (False, True)
    """
    return len(shown) > len(COLORS)


def opacity(count: int) -> float:
    """Of each of so many outlines.

    Examples
    --------
    >>> opacity(8), opacity(64), opacity(500)
    (1.0, 0.25, 0.15)
    """
    return min(max(FULL / count, 0.15), 1.0)


def name_crowd(
    ax: Any,
    region: Region,
    shown: np.ndarray,
    *,
    every: bool,
    at: np.ndarray | None = None,
    handles: Sequence[Any] = (),
) -> np.ndarray:
    """Label neurons beside their means, and say how many are labelled.

    Parameters
    ----------
    ax : Axes
    region : Region
        Of all neurons, in the directions drawn.
    shown : ndarray of int
        The neurons drawn.
    every : bool
        Whether all of them are labelled, as those that a user asks for. Otherwise those are whose
        mean is in no other neuron's region and whose region holds no other mean, where there is
        room.
    at : ndarray, shape (neuron, dim), optional
        Where neurons are drawn; by default at their means.
    handles : sequence of Artist
        What the legend shows beside.

    Returns
    -------
    ndarray of int
        The neurons labelled.
    """
    handles = list(handles)
    _legend(ax, [*handles, _note(len(shown), len(shown))])  # has its room already
    wanted = np.ones(len(shown), bool) if every else stand_apart(region, shown)
    centers = (region.center if at is None else at)[shown]
    named = shown[label(ax, centers, shown, wanted, every=every)]
    if len(named) < len(shown):
        handles.append(_note(len(named), len(shown)))
    if handles:
        _legend(ax, handles)
    else:
        ax.get_legend().remove()
    return named


def _legend(ax: Any, handles: list[Any]) -> None:
    """Under a plane; in the corner of a box, which is free."""
    if hasattr(ax, "get_zlim"):
        ax.legend(handles=handles, fontsize=legend_size(), frameon=False, loc="upper left")
    else:
        legend_below(ax, handles=handles)


def stand_apart(region: Region, shown: np.ndarray) -> np.ndarray:
    """Which neurons have their mean in no other's region, and no other mean in theirs.

    Examples
    --------
    >>> means = np.array([[0.0, 0.0], [0.5, 0.0], [9.0, 0.0]])
    >>> circles = Region(means, np.tile(np.eye(2), (3, 1, 1)), np.ones(3), 0.9, "normal")
    >>> stand_apart(circles, np.arange(3)).tolist()
    [False, False, True]
    """
    own = Region(
        region.center[shown], region.cov[shown], region.radius[shown], region.level, region.kind
    )
    holds = own.contains(own.center[:, None]) & np.isfinite(own.radius)
    np.fill_diagonal(holds, False)
    return ~(holds.any(axis=0) | holds.any(axis=1))


def label(
    ax: Any, centers: np.ndarray, numbers: np.ndarray, wanted: np.ndarray, *, every: bool
) -> list[int]:
    """Write numbers beside points; the rows that have one.

    A label covers no point and no label before it. With `every`, one without room goes farther
    away, at the end of a line; in space, where there are no such lines, it may cover others.
    """
    flat = centers.shape[1] == 2
    points, box = _in_points(ax, centers)
    rings = RINGS if every and flat else RINGS[: 2 if every else 1]
    boxes = np.empty((0, 4))
    named = []
    for row in np.flatnonzero(wanted):
        half = np.array([0.32 * SIZE * len(str(numbers[row])), 0.4 * SIZE])
        places = _places(points[row], half, rings)
        frames = np.hstack([places - half - 0.5, places + half + 0.5])
        outside = ((frames[:, :2] < box[:2]) | (frames[:, 2:] > box[2:])).any(axis=1)
        over = _overlaps(frames, boxes) + outside
        covered = over + _overlaps(frames, np.hstack([points, points]))
        best = int(np.argmin(covered if not covered.all() else over))
        if covered[best] and not every:
            continue
        _write(ax, centers[row], str(numbers[row]), places[best] - points[row], best >= len(SIDES))
        boxes = np.vstack([boxes, frames[best]])
        named.append(int(row))
    return named


def region_entry(level: float) -> Line2D:
    """Of the legend: an outline around a mean."""
    return _entry(f"{level:.0%} region and mean", "-")


def mean_entry() -> Line2D:
    """Of the legend: a mean alone."""
    return _entry("mean", "")


def _entry(text: str, line: str) -> Line2D:
    return Line2D([], [], color=MUTED, lw=1.0, ls=line, marker="o", ms=POINT + 0.5, label=text)


def _note(named: int, shown: int) -> Line2D:
    text = f"{named} of {shown} labelled"
    if not named:
        text = f"none of {shown} stands apart; neurons= picks some"
    return Line2D([], [], ls="", label=text)


def _in_points(ax: Any, centers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where centers are on the page and the box of the axes, as the figure will be laid out."""
    figure = ax.get_figure(root=True)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    _ = ax.viewLim  # limits are found now, not when the figure is drawn
    ax.apply_aspect()
    if centers.shape[1] == 3:
        x, y, z = centers.T
        seen = proj3d.proj_transform(x, y, z, ax.get_proj())
        centers = np.column_stack(seen[:2])
    scale = 72 / figure.dpi
    return ax.transData.transform(centers) * scale, np.array(ax.bbox.extents) * scale


def _places(point: np.ndarray, half: np.ndarray, rings: Sequence[float]) -> np.ndarray:
    """Centers of label boxes around a point, the best first."""
    angle = np.array(SIDES) * np.pi / 4
    side = np.column_stack([np.cos(angle), np.sin(angle)])
    return np.vstack([point + ring * side * (half + GAP) for ring in rings])


def _overlaps(frames: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """How many boxes (left, low, right, high) each frame meets."""
    one, other = frames[:, None], boxes[None]
    meets = (one[..., :2] < other[..., 2:]) & (one[..., 2:] > other[..., :2])
    return meets.all(axis=2).sum(axis=1)


def _write(ax: Any, center: np.ndarray, text: str, offset: np.ndarray, far: bool) -> None:
    look: dict[str, Any] = {
        "fontsize": SIZE, "ha": "center", "va": "center_baseline", "zorder": 6, "clip_on": True,
        "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.3},
    }  # fmt: skip
    if len(center) == 3:
        right, up = offset / 72
        inches = ScaledTranslation(right, up, ax.figure.dpi_scale_trans)
        ax.text(*center, text, transform=ax.transData + inches, **look)
        return
    line = {"arrowstyle": "-", "lw": 0.4, "color": "black", "shrinkA": 0, "shrinkB": 0}
    ax.annotate(
        text, center, xytext=offset, textcoords="offset points",
        arrowprops=line if far else None, **look,
    )  # fmt: skip
