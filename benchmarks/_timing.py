"""Wall-clock and CPU time of a call."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds of a call: by the clock, and of the processor, all threads together."""

    wall: float
    cpu: float


def costed[T](call: Callable[[], T]) -> tuple[Cost, T]:
    """Cost, and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu), result


def costed_twice[T](call: Callable[[], T]) -> tuple[list[Cost], T]:
    """Costs of a first call, which compiles, and of a second one; the second's result."""
    cold, _ = costed(call)
    warm, result = costed(call)
    return [cold, warm], result


def timed[T](call: Callable[[], T]) -> tuple[float, T]:
    """Seconds by the clock, and the result."""
    cost, result = costed(call)
    return cost.wall, result


def timed_twice[T](call: Callable[[], T]) -> tuple[list[float], T]:
    """Seconds of a first call, which compiles, and of a second one; the second's result."""
    costs, result = costed_twice(call)
    return [cost.wall for cost in costs], result
