"""Warnings about statistical failure, which is data in the result and no error."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_PACKAGE = str(Path(__file__).parents[1])


class StatisticalWarning(UserWarning):
    """An estimate is not what it seems; its result shows where and by how much.

    Examples
    --------
    >>> issubclass(StatisticalWarning, UserWarning)
    True
    """


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


@contextmanager
def collected() -> Iterator[list[str]]:
    """A list of what the block would warn of, instead of warnings.

    Of this thread alone: the filters of `warnings` belong to the whole process, and threads that
    change them at once leave them changed.

    Examples
    --------
    >>> with collected() as messages:
    ...     warn_once("lost")
    >>> messages
    ['lost']
    """
    messages: list[str] = []
    token = _COLLECTED.set(messages)
    try:
        yield messages
    finally:
        _COLLECTED.reset(token)


_COLLECTED: ContextVar[list[str] | None] = ContextVar("collected", default=None)


def warn_once(message: str) -> None:
    """Warn the caller of the public function; one message per call, not one per draw."""
    messages = _COLLECTED.get()
    if messages is not None:
        messages.append(message)
        return
    warnings.warn(message, StatisticalWarning, skip_file_prefixes=(_PACKAGE,))
