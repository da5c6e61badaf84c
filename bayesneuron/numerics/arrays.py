"""Arrays as they come from outside: taken as they are, or refused, but never altered silently."""

from typing import Any

import numpy as np

_KINDS = {"c": "complex numbers", "m": "time differences", "M": "dates"}


def as_numbers(name: str, values: Any) -> np.ndarray:
    """`values` as an array of real numbers, or of truth values.

    Raises
    ------
    ValueError
        If a value is masked, or they are not real numbers: NumPy would make numbers of masked
        values, of complex ones and of time differences.

    Examples
    --------
    >>> as_numbers("x", [1, 2.5])
    array([1. , 2.5])
    """
    parts = [values, *values] if isinstance(values, list | tuple) else [values]
    masked = sum(int(np.ma.count_masked(v)) for v in parts if isinstance(v, np.ma.MaskedArray))
    if masked:
        raise ValueError(
            f"{name}: expected no masked values, got {masked}; fill or drop them (numpy.ma)"
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array of numbers, got {error}") from None
    if array.dtype.kind not in "biuf":
        got = _KINDS.get(array.dtype.kind, f"dtype {array.dtype}")
        raise ValueError(f"{name}: expected numbers, got {got}")
    return array
