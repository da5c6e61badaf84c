"""Checks of plain arguments, each saying what was expected and what was got.

One check for each kind: counts, seeds, probabilities, real numbers, choices and flags.
"""

import math
import numbers
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from bayesneuron.numerics.memory import available_memory
from bayesneuron.numerics.memory_budget import readable

MOST = 2**31 - 1  # more than any count that fits into memory


def is_whole(value: Any) -> bool:
    """Whether `value` is a whole number: an integer, or a float without a fraction.

    Examples
    --------
    >>> [is_whole(v) for v in (2, 2.0, 1.7, float("nan"), True, "2")]
    [True, True, False, False, False, False]
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return float(value).is_integer()


def check_positive(**counts: Any) -> None:
    """Raise ValueError unless every count is an integer of at least 1, below 2³¹."""
    for name, value in counts.items():
        if not _is_integer(value, 1, MOST):
            raise ValueError(f"{name}: expected a positive whole number{_of(value)}")


def check_count(**counts: Any) -> None:
    """Raise ValueError unless every count is an integer of at least 0, below 2³¹."""
    for name, value in counts.items():
        if not _is_integer(value, 0, MOST):
            raise ValueError(f"{name}: expected a whole number, 0 or more{_of(value)}")


def check_seed(seed: Any) -> None:
    """Raise ValueError unless `seed` is an integer in [0, 2⁶³)."""
    if not _is_integer(seed, 0, 2**63 - 1):
        raise ValueError(f"seed: expected a whole number, 0 <= seed < 2**63, got {seed!r}")


def sklearn_seed(seed: int) -> int:
    """A seed that scikit-learn takes, which holds 32 bits: itself where it is that short."""
    return seed if seed < 2**32 else int(np.random.SeedSequence(seed).generate_state(1)[0])


def check_probability(**values: Any) -> None:
    """Raise ValueError unless every value is in (0, 1)."""
    for name, value in values.items():
        if not _is_finite(value) or not 0 < value < 1:
            raise ValueError(f"{name}: expected a probability in (0, 1), got {value!r}")


def check_share(**values: Any) -> None:
    """Raise ValueError unless every value is in (0, 1]."""
    for name, value in values.items():
        if not _is_finite(value) or not 0 < value <= 1:
            raise ValueError(f"{name}: expected a share in (0, 1], got {value!r}")


def check_finite(**values: Any) -> None:
    """Raise ValueError unless every value is a finite number."""
    for name, value in values.items():
        if not _is_finite(value):
            raise ValueError(f"{name}: expected a finite number, got {value!r}")


def check_positive_real(**values: Any) -> None:
    """Raise ValueError unless every value is a finite number above 0."""
    for name, value in values.items():
        if not _is_finite(value) or not value > 0:
            raise ValueError(f"{name}: expected a positive number, got {value!r}")


def check_scale(**values: Any) -> None:
    """Raise ValueError unless every value is a finite number above 0, or an array of such."""
    for name, value in values.items():
        array = np.asarray(value) if not isinstance(value, str | bool) and value is not None else 0
        number = np.asarray(array).dtype.kind in "iuf"
        if not number or not (np.isfinite(array) & (np.asarray(array) > 0)).all():
            raise ValueError(f"{name}: expected a positive number, got {value!r}")


def check_not_negative(**values: Any) -> None:
    """Raise ValueError unless every value is a finite number of at least 0."""
    for name, value in values.items():
        if not _is_finite(value) or value < 0:
            raise ValueError(f"{name}: expected a finite number of at least 0, got {value!r}")


def check_flag(**values: Any) -> None:
    """Raise ValueError unless every value is True or False: any other word would count as True."""
    for name, value in values.items():
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name}: expected True or False, got {value!r}")


def check_type(name: str, value: Any, kind: type, remedy: str = "") -> None:
    """Raise ValueError unless `value` is of this class; `remedy` says where one comes from."""
    if not isinstance(value, kind):
        whence = f" ({remedy})" if remedy else ""
        raise ValueError(f"{name}: expected a {kind.__name__}{whence}, got {type(value).__name__}")


def check_pair(name: str, value: Any) -> None:
    """Raise ValueError unless `value` is a pair (x, y)."""
    if not isinstance(value, tuple | list) or len(value) != 2 or any(v is None for v in value):
        kinds = (
            ", ".join(type(v).__name__ for v in value) if isinstance(value, tuple | list) else ""
        )
        got = f"({kinds})" if kinds else type(value).__name__
        raise ValueError(f"{name}: expected a pair (x, y), got {got}")


def check_within(name: str, value: Any, least: int, most: int) -> None:
    """Raise ValueError unless `value` is an integer from `least` to `most`."""
    if not _is_integer(value, least, most):
        raise ValueError(f"{name}: expected a whole number from {least} to {most}, got {value!r}")


def check_memory(
    name: str, count: int, numbers_each: int, *, remedy: str = "ask for fewer"
) -> None:
    """Raise ValueError if `count` results of so many numbers do not fit into the free memory."""
    needed, most = 8 * count * numbers_each, available_memory()
    if needed > most:
        raise ValueError(
            f"{name}: expected at most {most // (8 * numbers_each)}, which fit into "
            f"{most / 2**30:.3g} GiB of memory, got {count}, which take {needed / 2**30:.3g} GiB; "
            f"{remedy}"
        )


def check_square(name: str, what: str, size: int, remedy: str) -> None:
    """Raise ValueError if a matrix of so many rows and columns, and its inverse, do not fit.

    Its eigenvectors, its root and a copy take about three times its own memory.
    """
    own, free = 8 * size**2, available_memory()
    if 4 * own > free:
        raise ValueError(
            f"{name}: {what} of {size:,} free numbers needs {readable(own)} for itself and "
            f"about 3 times as much to invert; {readable(free)} are available; {remedy}"
        )


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    choices = list(choices)
    if not isinstance(value, Hashable) or value not in choices:
        raise ValueError(f"{name}: expected one of {choices}, got {value!r}{near(value, choices)}")


def near(value: Any, choices: Iterable[str]) -> str:
    """A question for a choice that differs from `value` in its capitals alone; else nothing."""
    lower = value.lower() if isinstance(value, str) else ""
    return f" (is it {lower!r}?)" if lower in choices else ""


def _is_integer(value: Any, least: int, most: int) -> bool:
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and least <= int(value) <= most


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond any float
        return False


def _of(value: Any) -> str:
    large = isinstance(value, numbers.Integral) and int(value) > MOST
    return f"{' below 2**31' if large else ''}, got {value!r}"
