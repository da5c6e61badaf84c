"""Checks shared by the methods that reduce inputs."""

from typing import Any

import numpy as np

from bayesneuron.numerics.arrays import as_numbers, check_all_finite
from bayesneuron.numerics.checks import is_whole


def as_matrix(name: str, values: Any, width: int | None = None) -> np.ndarray:
    """A finite (observation, column) array of floats.

    Raises
    ------
    ValueError
        If it is not one, or has not `width` columns.
    """
    matrix = as_numbers(name, values)
    if matrix.ndim != 2 or matrix.size == 0 or (width is not None and matrix.shape[1] != width):
        raise ValueError(
            f"{name}: expected shape (observation, {width or 'input'}), got {matrix.shape}"
        )
    matrix = matrix.astype(float)
    check_all_finite(name, matrix)
    return matrix


def check_size(dims: int, most: int) -> None:
    """Raise ValueError unless `dims` is a whole number from 1 to `most`."""
    if not is_whole(dims) or not 1 <= dims <= most:
        raise ValueError(f"dims: expected a whole number from 1 to {most}, got {dims}")
