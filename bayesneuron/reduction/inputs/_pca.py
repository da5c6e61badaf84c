"""Principal components of the inputs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayesneuron.numerics import display
from bayesneuron.reduction.inputs.check import as_matrix, check_size

if TYPE_CHECKING:
    from sklearn import decomposition


@dataclass(frozen=True, eq=False)
class PCA:
    """Projection on the leading principal components, by scikit-learn.

    Attributes
    ----------
    fitted : sklearn.decomposition.PCA

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    >>> bn.inputs.pca(x, 1).transform(x).shape
    (3, 1)
    """

    fitted: "decomposition.PCA"

    @property
    def center(self) -> np.ndarray:
        """Mean of the inputs, (input,)."""
        return np.asarray(self.fitted.mean_)

    @property
    def components(self) -> np.ndarray:
        """Orthonormal rows, (dims, input)."""
        return np.asarray(self.fitted.components_)

    @property
    def variance(self) -> np.ndarray:
        """Variance of the data along each component, (dims,)."""
        return np.asarray(self.fitted.explained_variance_)

    @property
    def share(self) -> np.ndarray:
        """Share of each component in the total variance, (dims,)."""
        return np.asarray(self.fitted.explained_variance_ratio_)

    def transform(self, x: Any) -> np.ndarray:
        """Features z = (x - center) componentsᵀ, (observation, dims)."""
        return np.asarray(self.fitted.transform(as_matrix("x", x, len(self.center))))

    def inverse(self, z: Any) -> np.ndarray:
        """The inputs that features stand for, (observation, input)."""
        return np.asarray(self.fitted.inverse_transform(as_matrix("z", z, len(self.components))))

    def table(self) -> pd.DataFrame:
        """One row per component: its variance, its share, and the share up to it."""
        return pd.DataFrame(
            {"variance": self.variance, "share": self.share, "cumulative": self.share.cumsum()},
            index=pd.RangeIndex(1, len(self.share) + 1, name="component"),
        )

    def _head(self) -> str:
        d, inputs = self.components.shape
        return f"PCA: {d} of {inputs} components, {self.share.sum():.1%} of the variance"

    def __repr__(self) -> str:
        return display.show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return display.html(self._head(), self.table())


def pca(x: Any, dims: int) -> PCA:
    """Reduce inputs to their leading principal components.

    Parameters
    ----------
    x : array_like, shape (observation, input)
    dims : int
        Number of components.

    Returns
    -------
    PCA

    Raises
    ------
    ValueError
        If x is not a finite table or dims is not between 1 and the smaller side of it.

    References
    ----------
    Pearson 1901; Hotelling 1933 (scikit-learn).

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    >>> line = pca(x, 1)
    >>> line.share.round(6).tolist(), bool(np.allclose(line.inverse(line.transform(x)), x))
    ([1.0], True)
    """
    from sklearn import decomposition

    values = as_matrix("x", x)
    check_size(dims, min(values.shape))
    return PCA(decomposition.PCA(int(dims), svd_solver="full").fit(values))
