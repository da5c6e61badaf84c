"""Double precision, switched on inside a call and never globally."""

from collections.abc import Callable
from functools import wraps

import jax

from bayesneuron.numerics.compiled import release_compiled


def double[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` with JAX's 64-bit types, leaving the caller's setting as it was.

    These are the calls that compile, so each first makes room for compiled programs.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        release_compiled()
        with jax.enable_x64(True):
            return function(*args, **kwargs)

    return wrapper
