"""Checks of plain arguments, each saying what was expected and what was got."""

import math
import numbers
from collections.abc import Sequence
from typing import Any


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


def check_positive(**counts: int) -> None:
    """Raise ValueError unless every count is a positive whole number."""
    for name, value in counts.items():
        if not is_whole(value) or value < 1:
            raise ValueError(f"{name}: expected a positive whole number, got {value}")


def check_not_negative(**values: float) -> None:
    """Raise ValueError unless every value is a finite number of at least 0."""
    for name, value in values.items():
        number = isinstance(value, numbers.Real) and math.isfinite(value)
        if not number or value < 0:
            raise ValueError(f"{name}: expected a finite number of at least 0, got {value}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name}: expected one of {list(choices)}, got {value!r}")
