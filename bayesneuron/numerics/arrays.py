"""Arrays as they come from outside: taken as they are, or refused, but never altered silently."""

from typing import Any

import numpy as np
import xarray as xr

LARGEST = 1e150  # squares of larger numbers, and sums of them, are infinite
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
    if holds_trees(values):
        raise ValueError(f"{name}: expected an array of numbers, got {described(values)}")
    parts = [values, *values] if isinstance(values, list | tuple) else [values]
    masked = sum(int(np.ma.count_masked(v)) for v in parts if isinstance(v, np.ma.MaskedArray))
    if masked:
        raise ValueError(
            f"{name}: expected no masked values, got {masked}; fill or drop them (numpy.ma)"
        )
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected an array of numbers, got {error}") from None
    if array.dtype.kind not in "biuf":
        got = _KINDS.get(array.dtype.kind, f"{type(values).__name__} of dtype {array.dtype}")
        raise ValueError(f"{name}: expected numbers, got {got}")
    return array


def holds_trees(values: Any) -> bool:
    """Whether they are, or list, a tree or a Dataset, of which NumPy makes no array."""
    parts = [values, *values] if isinstance(values, list | tuple) else [values]
    return any(isinstance(part, xr.DataTree | xr.Dataset) for part in parts)


def described(values: Any) -> str:
    """The type for a message; of a list also that of what it holds.

    Examples
    --------
    >>> described([xr.Dataset()]), described(None)
    ('list of Dataset', 'NoneType')
    """
    name = type(values).__name__
    if not isinstance(values, list | tuple) or not values:
        return name
    return f"{name} of {'/'.join(sorted({type(part).__name__ for part in values}))}"


def as_finite(name: str, values: Any, *axes: str) -> np.ndarray:
    """`values` as finite double-precision numbers with these axes, none of them empty.

    Parameters
    ----------
    name : str
        Of the argument.
    values : array_like
    *axes : str
        What each axis is; ``"..."`` as the first stands for any number of leading axes.

    Raises
    ------
    ValueError
        As `as_numbers`, or if the axes differ, one is empty, or a number is NaN or infinite.

    Examples
    --------
    >>> as_finite("means", [[1, 2]], "neuron", "k")
    array([[1., 2.]])
    """
    array = as_numbers(name, values)
    lead = axes[:1] == ("...",)
    fits = array.ndim >= len(axes) - 1 if lead else array.ndim == len(axes)
    if not fits or array.size == 0:
        raise ValueError(f"{name}: expected shape {shape_of(axes)}, got {array.shape}")
    array = array.astype(float)
    check_all_finite(name, array)
    return array


def as_covariances(name: str, values: Any, *axes: str) -> np.ndarray:
    """`values` as symmetric matrices without a negative eigenvalue, their last two axes alike.

    Raises
    ------
    ValueError
        As `as_finite`, or if they are no covariances. An eigenvalue may be negative by rounding,
        10⁻⁸ of the largest.

    Examples
    --------
    >>> as_covariances("cov", [[2, 1], [1, 2]], "k", "k").shape
    (2, 2)
    """
    array = as_finite(name, values, *axes)
    if array.shape[-1] != array.shape[-2]:
        raise ValueError(f"{name}: expected square matrices, got shape {array.shape}")
    size = np.abs(array).max(axis=(-2, -1), keepdims=True)
    scaled = array / np.where(size > 0, size, 1.0)
    if np.abs(scaled - np.swapaxes(scaled, -1, -2)).max() > 1e-6:
        raise ValueError(f"{name}: expected symmetric matrices, got others")
    least = float(np.linalg.eigvalsh(scaled)[..., 0].min())
    if least < -1e-8:
        raise ValueError(
            f"{name}: expected covariances, got a negative eigenvalue, {least:.2g} of the size"
        )
    return array


def shape_of(axes: tuple[str, ...]) -> str:
    """Axes as a message names them.

    Examples
    --------
    >>> shape_of(("draw", "neuron")), shape_of(("draw",))
    ('(draw, neuron)', '(draw,)')
    """
    return f"({', '.join(axes)}{',' * (len(axes) == 1)})"


def check_all_finite(name: str, values: np.ndarray) -> None:
    """Raise ValueError unless every number and its square are finite."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = tuple(bad[0].tolist())
        raise ValueError(f"{name}: expected finite values, got {len(bad)} others, first at {place}")
    if values.dtype.kind == "f" and values.size and not float(np.abs(values).max()) <= LARGEST:
        raise ValueError(
            f"{name}: expected values up to {LARGEST:g} in size, got {np.abs(values).max():g}"
        )
