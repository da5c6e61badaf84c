"""A site's axis over neurons brought to the front, and put back: the one place that moves axes.

`axis` counts the site's own axes, as `Layout.axes` gives them; `lead` axes stand before these
(one of draws, by default) and stay where they are. For NumPy and JAX arrays.
"""

import jax
import numpy as np


def neurons_first[A: (np.ndarray, jax.Array)](values: A, axis: int, lead: int = 1) -> A:
    """Bring the neurons along `axis` directly behind the leading axes.

    Examples
    --------
    >>> neurons_first(np.zeros((9, 2, 5)), 1).shape  # 9 draws, 5 neurons of 2 weights each
    (9, 5, 2)
    """
    order = list(range(values.ndim))
    order.insert(lead, order.pop(lead + axis))
    return values.transpose(order)


def neurons_back[A: (np.ndarray, jax.Array)](values: A, axis: int, lead: int = 1) -> A:
    """Undo `neurons_first`.

    Examples
    --------
    >>> neurons_back(np.zeros((9, 5, 2)), 1).shape
    (9, 2, 5)
    """
    order = list(range(values.ndim))
    order.insert(lead + axis, order.pop(lead))
    return values.transpose(order)


def rows_of[A: (np.ndarray, jax.Array)](values: A, axis: int, lead: int = 1) -> A:
    """One row per neuron along `axis`: all that the site holds of it, flat.

    Examples
    --------
    >>> rows_of(np.zeros((9, 3, 5, 2)), 1).shape
    (9, 5, 6)
    """
    moved = neurons_first(values, axis, lead)
    return moved.reshape(*moved.shape[: lead + 1], -1)


def combine(matrix: np.ndarray, values: np.ndarray, axis: int) -> np.ndarray:
    """Replace the neurons along `axis` by combinations of them, draw by draw.

    Parameters
    ----------
    matrix : ndarray, shape (draw, m, neuron)
    values : ndarray, shape (draw, ...)
        A site.
    axis : int

    Returns
    -------
    ndarray
        With m neurons along `axis`.
    """
    moved = neurons_first(values, axis)
    combined = matrix @ moved.reshape(*moved.shape[:2], -1)
    return neurons_back(combined.reshape(*combined.shape[:2], *moved.shape[2:]), axis)
