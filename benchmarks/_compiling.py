"""Seconds that JAX spends on tracing and compiling; imports JAX and nothing of the package.

Nested and overlapping spells count once. Peers' scripts, which run elsewhere, import it too.
"""

import time

import jax

_spells: list[tuple[float, float]] = []


def _note(event: str, seconds: float, **_: object) -> None:
    if event.startswith("/jax/core/compile"):
        now = time.perf_counter()
        _spells.append((now - seconds, now))


jax.monitoring.register_event_duration_secs_listener(_note)


def compiling() -> float:
    """Since the process began."""
    total, reached = 0.0, -1.0
    for start, end in sorted(_spells):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
