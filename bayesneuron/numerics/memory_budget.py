"""A budget of memory as a number of bytes, and what fits into it."""

import numbers
import re
from typing import Any

UNITS = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
MOST = 2**63 - 1  # bytes
EXPECTED = "memory: expected a positive number of bytes, or a text such as '2 GB' or '500 MiB'"
_TEXT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")


def bytes_of(memory: Any) -> int:
    """Bytes of a budget: a whole number of them, or a text with a unit.

    Raises
    ------
    ValueError
        If it is anything else, not positive, of an unknown unit, or 2⁶³ or more.

    Examples
    --------
    >>> bytes_of("2 GB"), bytes_of("1.5KiB"), bytes_of(4096)
    (2000000000, 1536, 4096)
    >>> bytes_of("2 gigs")
    Traceback (most recent call last):
        ...
    ValueError: memory: expected a unit of ['B', 'kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', \
'TiB'], got '2 gigs'
    """
    size = 0
    if isinstance(memory, str):
        if (parts := _TEXT.fullmatch(memory.strip())) is None:
            raise ValueError(f"{EXPECTED}, got {memory!r}")
        known = {unit.lower(): factor for unit, factor in UNITS.items()}
        factor = known.get(parts[2].lower())
        if factor is None:
            raise ValueError(f"memory: expected a unit of {list(UNITS)}, got {memory!r}")
        size = float(parts[1]) * factor
    elif isinstance(memory, numbers.Integral) and not isinstance(memory, bool):
        size = int(memory)
    if not 1 <= size <= MOST:
        raise ValueError(f"{EXPECTED}, got {memory!r}")
    return int(size)


def readable(size: float) -> str:
    """A number of bytes as it is read.

    Examples
    --------
    >>> readable(7.2e9), readable(345_678), readable(12)
    ('7.2 GB', '345.7 kB', '12 Bytes')
    """
    from jinja2.filters import do_filesizeformat  # for refusals alone

    return do_filesizeformat(size)
