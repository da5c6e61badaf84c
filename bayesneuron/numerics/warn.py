"""Warnings about statistical failure, which is data in the result and no error."""

import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parents[1])


class StatisticalWarning(UserWarning):
    """An estimate is not what it seems; its result shows where and by how much."""


def warn_once(message: str) -> None:
    """Warn the caller of the public function; one message per call, not one per draw."""
    warnings.warn(message, StatisticalWarning, skip_file_prefixes=(_PACKAGE,))
