"""Compiled programs are let go before they exhaust the memory maps of the process.

XLA gives every compiled program several memory maps of its own, and JAX keeps a program for every
shape of data it has met. Linux allows a process 65,530 maps by default. A loop over some eighty
series of different lengths reaches that, and the process is then killed within the compiler.
"""

import time
from pathlib import Path

import jax

_MAPS = Path("/proc/self/maps")
_LIMIT = Path("/proc/sys/vm/max_map_count")
_SECONDS = 1.0  # between two counts
_last_count = -_SECONDS


def memory_maps() -> int:
    """How many memory maps this process has; zero where the system does not say."""
    try:
        with _MAPS.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError:
        return 0


def release_compiled(*, share: float = 0.5) -> bool:
    """Clear JAX's caches of compiled programs if `share` of the allowed memory maps is in use.

    Results do not change. Programs still in use are compiled again.
    """
    global _last_count
    if time.monotonic() - _last_count < _SECONDS:
        return False
    _last_count = time.monotonic()
    try:
        allowed = int(_LIMIT.read_text())
    except (OSError, ValueError):
        return False
    if memory_maps() < share * allowed:
        return False
    jax.clear_caches()
    return True
