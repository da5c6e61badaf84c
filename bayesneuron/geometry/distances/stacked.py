"""Roots of covariances in stacks of any shape."""

import numpy as np

from bayesneuron.numerics.covariance import roots


def stacked_roots(cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A and A⁺ for S = A Aᵀ, each (..., k, k), and whether S has full rank, (...).

    Examples
    --------
    >>> root, inverse, full = stacked_roots(np.diag([4.0, 0.0]))
    >>> root.max(), inverse.max(), bool(full)
    (np.float64(2.0), np.float64(0.5), False)
    """
    k = cov.shape[-1]
    root, inverse = roots(cov.reshape(-1, k, k))
    # the column of a null direction is zero
    full = (np.abs(root).max(axis=1) > 0).all(axis=-1)
    return root.reshape(cov.shape), inverse.reshape(cov.shape), full.reshape(cov.shape[:-2])
