"""A function on its way to another process of the same run, wherever it was defined."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import cloudpickle


@dataclass(frozen=True)
class Travelling:
    """A function with its options. It arrives as the function itself, the options bound.

    Pickle sends a function by its name, which a worker does not find for one of a notebook, a
    script or a model file. cloudpickle sends such a function by its code. Nothing of this is
    written to a file or read from one.
    """

    function: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *args: Any, **more: Any) -> Any:
        """Where it has not left: the same call."""
        return self.function(*args, **self.options, **more)

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (cloudpickle.dumps(self.function), dict(self.options))


def _arrived(content: bytes, options: dict[str, Any]) -> Callable[..., Any]:
    return partial(_function(content), **options)


@lru_cache(maxsize=64)
def _function(content: bytes) -> Callable[..., Any]:
    """The same function for the same bytes, so that a compiled program is used again."""
    return cloudpickle.loads(content)
