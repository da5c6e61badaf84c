"""A function that estimates a network, as bags and calibration call it."""

import inspect
from collections.abc import Mapping
from typing import Any


def check_estimator(estimate: Any, options: Mapping[str, Any]) -> None:
    """Raise ValueError unless ``estimate(model, x, y, seed=..., **options)`` can be called.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> check_estimator(bn.laplace, {"samples": 5})
    """
    if not callable(estimate):
        raise ValueError(f"estimate: expected a function such as bn.laplace, got {estimate!r}")
    try:
        inspect.signature(estimate).bind(None, None, None, seed=0, **options)
    except TypeError as error:
        raise ValueError(
            "estimate: expected a function (model, x, y, *, seed) of these options, such as "
            f"bn.laplace, got {error}"
        ) from None
