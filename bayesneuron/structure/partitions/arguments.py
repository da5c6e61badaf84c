"""What partitions are made from, checked: symmetric similarities and whole-number labels."""

from typing import Any

import numpy as np

from bayesneuron.numerics.arrays import as_finite, as_numbers, shape_of


def symmetric(name: str, values: Any, *, stacked: bool = False) -> np.ndarray:
    """Finite symmetric similarities (n, n) or, if `stacked`, (..., n, n).

    A search that follows gains of one half of an asymmetric matrix need not end.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> symmetric("similarity", [[1, 2], [2, 1]])
    array([[1., 2.],
           [2., 1.]])
    """
    axes = ("...", "n", "n") if stacked else ("n", "n")
    array = as_finite(name, values, *axes)
    if array.shape[-1] != array.shape[-2]:
        raise ValueError(f"{name}: expected square matrices, got shape {array.shape}")
    asymmetry = np.abs(array - np.swapaxes(array, -1, -2))
    if not (asymmetry <= 1e-8 + 1e-5 * np.abs(array)).all():
        raise ValueError(f"{name}: expected symmetric matrices, got others")
    return array


def as_labels(name: str, values: Any, *axes: str) -> np.ndarray:
    """Whole-number labels with these axes, none of them empty.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> as_labels("partitions", [[0, 0, 1]], "draw", "n")
    array([[0, 0, 1]])
    """
    array = as_numbers(name, values)
    if array.ndim != len(axes) or array.size == 0 or array.dtype.kind not in "biu":
        raise ValueError(
            f"{name}: expected integers {shape_of(axes)}, got {array.dtype} {array.shape}"
        )
    return array.astype(int)
