"""Warnings about statistical failure, which is data in the result and no error."""

import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parents[1])


class StatisticalWarning(UserWarning):
    """An estimate is not what it seems; its result shows where and by how much."""


def statistical(caught: list[warnings.WarningMessage]) -> list[str]:
    """The statistical warnings among those caught, each message once; others are passed on.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", StatisticalWarning)
    ...     for _ in range(2):
    ...         warnings.warn("lost", StatisticalWarning)
    >>> statistical(caught)
    ['lost']
    """
    own = [w for w in caught if issubclass(w.category, StatisticalWarning)]
    for other in (w for w in caught if w not in own):
        warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return list(dict.fromkeys(str(w.message) for w in own))


def warn_once(message: str) -> None:
    """Warn the caller of the public function; one message per call, not one per draw."""
    warnings.warn(message, StatisticalWarning, skip_file_prefixes=(_PACKAGE,))
