"""Where an observed statistic stands among those of its null distribution."""

from typing import Any

import numpy as np

TIE = 1e-12  # statistics this close are equal but for rounding


def upper_p_value(observed: Any, null: np.ndarray) -> Any:
    """(1 + #{null >= observed}) / (1 + b) over the first axis of b samples; NaN without samples.

    The observed statistic counts among the samples, so that the test is exact for any b (Davison
    and Hinkley, Bootstrap Methods and their Application, 1997, section 4.2).

    Parameters
    ----------
    observed : array_like, shape (...)
    null : ndarray, shape (b, ...)

    Returns
    -------
    ndarray of shape (...), or a scalar. NaN where the observed statistic is.

    Examples
    --------
    >>> float(upper_p_value(3.0, np.array([1.0, 2.0, 4.0])))
    0.5
    """
    observed = np.asarray(observed, float)
    if not len(null):
        return np.full(observed.shape, np.nan)[()]
    share = (1 + (null >= observed - TIE).sum(axis=0)) / (1 + len(null))
    return np.where(np.isnan(observed), np.nan, share)[()]
