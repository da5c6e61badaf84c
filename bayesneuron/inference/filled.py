"""Rows of power zero, which fill data up to the length of a compiled program.

A program is compiled for one number of rows. Data that grow, as from origin to origin of a
backtest, would have it compiled anew each time. Copies of the first row fill them up; their
likelihood is raised to the power zero, so that they count for nothing.
"""

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.inference.past import past_powers
from bayesneuron.inference.scales import KRONECKER
from bayesneuron.network.density import Density
from bayesneuron.numerics.checks import check_positive

Filled = tuple[jax.Array, jax.Array, float | np.ndarray]


def can_fill(dens: Density) -> bool:
    """Whether rows of power zero leave a fit as it is, but for rounding.

    Beyond so many free numbers scales are set by a structure that counts rows.
    """
    return dens.size <= KRONECKER


def filled(
    dens: Density,
    x: jax.Array,
    y: jax.Array,
    temper: float,
    pad_to: int | None,
    *,
    can: bool = True,
) -> Filled:
    """x, y and the power of the likelihood of every row; as they are without `pad_to`.

    Parameters
    ----------
    dens : Density
        On x and y.
    x, y : Array
    temper : float
        Power of the rows that there are.
    pad_to : int or None
        Number of rows to fill up to.
    can : bool
        Whether the fit is of a kind that can be filled up.

    Raises
    ------
    ValueError
        If there are more rows, or the fit cannot be filled up.
    """
    if pad_to is None:
        return x, y, temper
    check_positive(pad_to=pad_to)
    if not (can and can_fill(dens) and pad_to >= len(x)):
        raise ValueError(
            f"pad_to: expected at least the {len(x)} rows of x, at most {KRONECKER} free numbers "
            f"and, of Laplace, the full Hessian; got {pad_to} and {dens.size} numbers"
        )
    more = [jnp.asarray(v) for v in with_copies(np.asarray(x), np.asarray(y), pad_to)]
    return more[0], more[1], past_powers(temper, more[0], len(x))


def with_copies(x: np.ndarray, y: np.ndarray, pad_to: int | None) -> tuple[np.ndarray, np.ndarray]:
    """X and y with copies of their first rows behind them; as they are without `pad_to`.

    Raises
    ------
    ValueError
        If there are more rows.
    """
    if pad_to is None:
        return x, y
    check_positive(pad_to=pad_to)
    if pad_to < len(x):
        raise ValueError(f"pad_to: expected at least the {len(x)} rows of x, got {pad_to}")
    at = np.where(np.arange(pad_to) < len(x), np.arange(pad_to), 0)
    return x[at], y[at]
