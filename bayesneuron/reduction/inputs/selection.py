"""Inputs that are relevant to the targets and not redundant, kept as they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayesneuron.numerics import display
from bayesneuron.reduction.inputs.check import as_matrix, check_size


@dataclass(frozen=True, eq=False)
class Selection:
    """A subset of the inputs.

    Attributes
    ----------
    chosen : ndarray of int, shape (dims,)
        Their places among the inputs, the most important first.
    weights : ndarray, shape (input,)
        Importance of every input: non-negative, with sum 1.

    Examples
    --------
    >>> selection = Selection(np.array([2, 0]), np.array([0.3, 0.1, 0.6]))
    >>> selection.transform(np.array([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 1.0]]
    """

    chosen: np.ndarray
    weights: np.ndarray

    def transform(self, x: Any) -> np.ndarray:
        """The chosen columns, (observation, dims). The others cannot be recovered from them."""
        return as_matrix("x", x, len(self.weights))[:, self.chosen]

    def table(self) -> pd.DataFrame:
        """One row per input, the chosen first: its weight, and whether it is chosen."""
        order = np.argsort(-self.weights, kind="stable")
        rest = order[~np.isin(order, self.chosen)]
        inputs = np.concatenate([self.chosen, rest])
        return pd.DataFrame(
            {"weight": self.weights[inputs], "chosen": np.arange(len(inputs)) < len(self.chosen)},
            index=pd.Index(inputs, name="input"),
        )

    def _head(self) -> str:
        return f"Selection of {len(self.chosen)} of {len(self.weights)} inputs"

    def __repr__(self) -> str:
        return display.show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return display.html(self._head(), self.table())


def qpfs_inputs(x: Any, y: Any, dims: int, *, alpha: float | None = None) -> Selection:
    """Keep `dims` inputs by quadratic programming feature selection.

    Most weights are zero at the optimum. If fewer than `dims` are positive, the program is solved
    again for the remaining inputs, and so on.

    Parameters
    ----------
    x : array_like, shape (observation, input)
    y : array_like, shape (observation,) or (observation, output)
        Numbers, or classes as whole numbers.
    dims : int
        Number of inputs to keep.
    alpha : float, optional
        Weight of relevance against redundancy, see `bayesneuron.baselines.qpfs`.

    Returns
    -------
    Selection

    Raises
    ------
    ValueError
        If x and y do not fit or are not finite, dims is not between 1 and the number of inputs, or
        alpha is not in [0, 1].

    References
    ----------
    Rodriguez-Lujan, Huerta, Elkan, Santa Cruz, "Quadratic programming feature selection", JMLR
    2010.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 4))
    >>> qpfs_inputs(x, x[:, 2] + 0.1 * rng.normal(size=200), 1).chosen.tolist()
    [2]
    """
    from bayesneuron.reduction.baselines._qpfs import qpfs

    values, targets = as_matrix("x", x), np.asarray(y)
    check_size(dims, values.shape[1])
    first = qpfs(values, targets, alpha=alpha)
    chosen: list[int] = []
    left, weights = np.arange(values.shape[1]), first
    while True:
        order = left[np.argsort(-weights, kind="stable")]
        chosen.extend(order[: int((weights > 0).sum())].tolist())
        if len(chosen) >= dims:
            return Selection(np.array(chosen[: int(dims)]), first)
        left = np.setdiff1d(left, chosen)
        weights = qpfs(values[:, left], targets, alpha=alpha)
