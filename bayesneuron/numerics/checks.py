"""Checks of plain arguments, each saying what was expected and what was got."""

from collections.abc import Sequence


def check_positive(**counts: int) -> None:
    """Raise ValueError unless every count is a positive whole number."""
    for name, value in counts.items():
        if isinstance(value, bool) or value != int(value) or value < 1:
            raise ValueError(f"{name}: expected a positive whole number, got {value}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name}: expected one of {list(choices)}, got {value!r}")
