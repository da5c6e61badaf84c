"""Seconds that JAX spends on tracing and compiling.

Nested and overlapping intervals count once. Imports JAX and nothing of the package, since the
peers' scripts, which run in other environments, import it too.
"""

import time

import jax

_intervals: list[tuple[float, float]] = []


def _note(event: str, seconds: float, **_: object) -> None:
    if event.startswith("/jax/core/compile"):
        now = time.perf_counter()
        _intervals.append((now - seconds, now))


jax.monitoring.register_event_duration_secs_listener(_note)


def compiling() -> float:
    """Seconds since the process began."""
    total, covered = 0.0, -1.0
    for start, end in sorted(_intervals):
        total += max(0.0, end - max(start, covered))
        covered = max(covered, end)
    return total
