"""The first observations alone, by arrays and a program that are those of all."""

from typing import Any

import numpy as np


def past_powers(temper: float, x: Any, past: int) -> np.ndarray:
    """Power of the likelihood of each observation, zero from the `past` first on.

    Examples
    --------
    >>> past_powers(0.5, np.zeros((4, 1)), 3).tolist()
    [0.5, 0.5, 0.5, 0.0]
    """
    return temper * (np.arange(len(x)) < past)
