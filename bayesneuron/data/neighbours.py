"""Neighbours on a trajectory: do they stay neighbours when the windows get one sample longer?"""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

FAR = 15.0  # Kennel's R_tol: the new samples differ by so many times the old distance
SPREAD = 2.0  # Kennel's A_tol: the new distance, in standard deviations of the series
FEW = 8  # neighbours looked at before all points are
TOUCHING = 1e-10  # standard deviations below which two points are the same, but for rounding
ROWS = 200


def follow_neighbours(
    pieces: Sequence[np.ndarray],
    widths: np.ndarray,
    delay: int,
    *,
    theiler: int,
    most: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False neighbours, and Cao's two means, by width.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time,)
        Recordings; a point and its neighbour may lie in different ones.
    widths : ndarray of int
        1, 2, … of the windows.
    delay : int
    theiler : int
        Points of one recording no further apart in time are no neighbours.
    most : int
        Points whose neighbours are followed, drawn at random where there are more.
    rng : Generator

    Returns
    -------
    false : ndarray, shape (width,)
        Share of nearest (Euclidean) neighbours that are false by either criterion of Kennel.
    growth, step : ndarray, shape (width,)
        Cao's E(d): mean ratio of the distances to the nearest (maximum norm) neighbour at widths
        d + 1 and d; and E*(d): mean distance of the new samples.

    References
    ----------
    Kennel, Brown, Abarbanel, "Determining embedding dimension for phase-space reconstruction using
    a geometrical construction", Phys. Rev. A 1992, eqs. 4 and 5; Cao, "Practical method for
    determining the minimum embedding dimension of a scalar time series", Physica D 1997, eqs. 1 to
    6; Theiler, Phys. Rev. A 1986.

    Examples
    --------
    >>> wave = np.sin(0.16 * np.arange(500))
    >>> false, *_ = follow_neighbours(
    ...     [wave], np.array([1, 2]), 10, theiler=10, most=200, rng=np.random.default_rng(0)
    ... )
    >>> bool(false[0] > 0.3), float(false[1])  # a sine goes up and down through each value
    (True, 0.0)
    """
    spread = float(np.concatenate(pieces).std())
    false, growth, step = (np.full(len(widths), np.nan) for _ in range(3))
    for i, width in enumerate(widths):
        points, new, recording, time = _points(pieces, int(width), delay)
        at = np.arange(len(points))
        if len(at) > most:
            at = np.sort(rng.choice(len(at), most, replace=False))
        tree = KDTree(points)
        apart = {}
        for norm in (2.0, np.inf):
            # Cao divides by distances, so points that touch are passed over; two that touch and
            # part are false neighbours
            least = TOUCHING * spread if norm == np.inf else -1.0
            near, far = _nearest(tree, at, recording, time, theiler, least, norm)
            found = near >= 0
            apart[norm] = far[found], np.abs(new[at[found]] - new[near[found]])
        old, added = apart[2.0]
        if len(old):
            floor = np.maximum(old, TOUCHING * spread)
            false[i] = ((added > FAR * floor) | (np.hypot(old, added) > SPREAD * spread)).mean()
        old, added = apart[np.inf]
        if len(old):
            growth[i], step[i] = (np.maximum(old, added) / old).mean(), added.mean()
    return false, growth, step


def _points(
    pieces: Sequence[np.ndarray], width: int, delay: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Windows that have a next sample; that sample; recording; and time of the first sample."""
    parts = []
    for number, piece in enumerate(pieces):
        count = len(piece) - width * delay
        if count > 0:
            view = np.lib.stride_tricks.sliding_window_view(piece, width * delay + 1)[:, ::delay]
            parts.append((view[:, :-1], view[:, -1], np.full(count, number), np.arange(count)))
    points, new, recording, time = (np.concatenate(p) for p in zip(*parts, strict=True))
    return np.ascontiguousarray(points), new, recording, time


def _nearest(
    tree: KDTree,
    at: np.ndarray,
    recording: np.ndarray,
    time: np.ndarray,
    theiler: int,
    touching: float,
    norm: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest point to each, apart in time and in space, -1 for none; and its distance."""
    points = np.asarray(tree.data)

    def apart(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        same = recording[rows][:, None] == recording[others]
        return ~same | (np.abs(time[rows][:, None] - time[others]) > theiler)

    distance, other = tree.query(points[at], k=min(FEW, len(points)), p=norm)
    distance, other = distance.reshape(len(at), -1), other.reshape(len(at), -1)
    fits = apart(at, other) & (distance > touching)
    first = fits.argmax(axis=1)[:, None]
    near = np.take_along_axis(other, first, axis=1)[:, 0]
    far = np.take_along_axis(distance, first, axis=1)[:, 0]
    left = np.flatnonzero(~fits.any(axis=1))
    metric = "chebyshev" if norm == np.inf else "euclidean"
    for start in range(0, len(left), ROWS):  # the few whose near points are all of their own time
        rows = left[start : start + ROWS]
        every = cdist(points[at[rows]], points, metric)
        every[~apart(at[rows], np.arange(len(points))[None]) | (every <= touching)] = np.inf
        near[rows], far[rows] = every.argmin(axis=1), every.min(axis=1)
    near[~np.isfinite(far)] = -1
    return near, far
