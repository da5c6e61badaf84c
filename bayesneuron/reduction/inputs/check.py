"""Checks shared by the ways to reduce inputs."""

from typing import Any

import numpy as np


def as_matrix(name: str, values: Any, width: int | None = None) -> np.ndarray:
    """A finite (observation, column) array of floats.

    Raises
    ------
    ValueError
        If it is not one, or has not `width` columns.
    """
    found = np.asarray(values)
    if found.ndim != 2 or found.size == 0 or (width is not None and found.shape[1] != width):
        raise ValueError(
            f"{name}: expected shape (observation, {width or 'input'}), got {found.shape}"
        )
    found = found.astype(float)
    if not np.isfinite(found).all():
        raise ValueError(
            f"{name}: expected finite values, got {int((~np.isfinite(found)).sum())} others"
        )
    return found


def check_size(d: int, most: int) -> None:
    """Raise ValueError unless d is a whole number from 1 to `most`."""
    if isinstance(d, bool) or d != int(d) or not 1 <= d <= most:
        raise ValueError(f"d: expected a whole number from 1 to {most}, got {d}")
