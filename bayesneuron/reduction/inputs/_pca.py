"""Principal components of the inputs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesneuron.reduction.inputs.check import as_matrix, check_size


@dataclass(frozen=True)
class PCA:
    """Projection on the leading principal components.

    Attributes
    ----------
    center : ndarray, shape (input,)
    components : ndarray, shape (d, input)
        Orthonormal rows.
    variance : ndarray, shape (d,)
        Of the data along each.
    share : ndarray, shape (d,)
        Of the variance in all.
    """

    center: np.ndarray
    components: np.ndarray
    variance: np.ndarray
    share: np.ndarray

    def transform(self, x: Any) -> np.ndarray:
        """Features z = (x - center) componentsᵀ, (observation, d)."""
        return (as_matrix("x", x, len(self.center)) - self.center) @ self.components.T

    def inverse(self, z: Any) -> np.ndarray:
        """The inputs that features stand for, (observation, input)."""
        return as_matrix("z", z, len(self.components)) @ self.components + self.center


def pca(x: Any, d: int) -> PCA:
    """Reduce inputs to their d leading principal components.

    Parameters
    ----------
    x : array_like, shape (observation, input)
    d : int

    Returns
    -------
    PCA

    Raises
    ------
    ValueError
        If x is not a finite table or d is not between 1 and the smaller side of it.

    References
    ----------
    Pearson 1901; Hotelling 1933 (scikit-learn).

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    >>> found = pca(x, 1)
    >>> found.share.round(6).tolist(), bool(np.allclose(found.inverse(found.transform(x)), x))
    ([1.0], True)
    """
    from sklearn import decomposition

    values = as_matrix("x", x)
    check_size(d, min(values.shape))
    fitted: Any = decomposition.PCA(int(d), svd_solver="full").fit(values)
    share = fitted.explained_variance_ratio_
    return PCA(fitted.mean_, fitted.components_, fitted.explained_variance_, share)
