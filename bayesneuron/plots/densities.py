"""Densities of draws, for figures."""

import numpy as np
from arviz_stats.base.array import array_stats


def density_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points over the range of the draws and the density there, by ArviZ's kernel estimate.

    The estimate is reflected at the ends of the range, so that norms have no mass below zero.

    Parameters
    ----------
    values : ndarray, shape (draw,)

    Examples
    --------
    >>> points, height = density_of(np.random.default_rng(0).normal(size=500))
    >>> bool(abs(points[height.argmax()]) < 0.5)
    True
    """
    if np.ptp(values) <= 1e-9 * max(1.0, np.abs(values).max()):  # draws that never move
        at, width = float(values[0]), 1e-3 * max(1.0, abs(float(values[0])))
        return np.array([at - width, at, at + width]), np.array([0.0, 1.0, 0.0])
    points, height, _ = array_stats.kde(np.asarray(values, float))
    return points, height
