"""Wall-clock time of a call."""

import time
from collections.abc import Callable


def timed[T](call: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and the result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def timed_twice[T](call: Callable[[], T]) -> tuple[list[float], T]:
    """Seconds of a first call, which compiles, and of a second one; the second's result."""
    cold, _ = timed(call)
    warm, result = timed(call)
    return [cold, warm], result
