"""Fits to growing data by programs of few lengths: each length is compiled anew."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from bayesneuron.data import windows as cut_windows
from bayesneuron.forecasting.known_ahead import KnownAhead
from bayesneuron.forecasting.rolling import Rolling
from bayesneuron.inference.filled import can_fill
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.warn import collected

FILLED = ("laplace", "nuts", "svi")  # the others never draw rows that fill up: of any size
FULL = {"structure": "full", "covariance": "hessian"}


def padded_lengths(lengths: Sequence[int]) -> list[int]:
    """Lengths of programs: the longest, and halves of it that are long enough.

    Examples
    --------
    >>> padded_lengths([20, 90, 100])
    [25, 100, 100]
    """
    padded = []
    for length in lengths:
        program = max(lengths)
        while (half := -(-program // 2)) >= length and half < program:
            program = half
        padded.append(program)
    return padded


def paddings(
    model: Any,
    method: str,
    options: Mapping[str, Any] | None,
    roll: Rolling,
    at: Sequence[np.ndarray],
    beside: KnownAhead,
    windows: Mapping[str, Any],
) -> list[dict[str, int]]:
    """Options that pad each fit, none where the estimator does not pad.

    Parameters
    ----------
    model : Model or callable
    method : str
    options : mapping, optional
        Of the estimator.
    roll : Rolling
    at : sequence of ndarray of int
        Samples of each fit.
    beside : KnownAhead
    windows : mapping
        Arguments of `bayesneuron.windows`.
    """
    own = dict(options or {})
    none: list[dict[str, int]] = [{} for _ in at]
    if not isinstance(model, Model) or "pad_to" in own or len(at) < 2:
        return none
    if method == "laplace" and not FULL.items() <= {**FULL, **own}.items():
        return none
    with collected():  # of windows, which each fit cuts again
        cut = [
            cut_windows(roll.series.isel(time=places), **windows, **beside.at_samples(places))
            for places in at
        ]
    if method in FILLED and not _fills(model, *cut[0]):
        return none
    return [{"pad_to": length} for length in padded_lengths([len(x) for x, _ in cut])]


@double
def _fills(model: Model, x: Any, y: Any) -> bool:
    return can_fill(density(model, *(jnp.asarray(v) for v in as_training(model, x, y))))
