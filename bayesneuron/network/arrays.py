"""Data at the boundary: checked once against the model, plain arrays inside."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from bayesneuron.network.check_layout import check_layout
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import Site, sites_of


def as_arrays(model: Model, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Check the data against the model; return them as float64 (classes: int64) arrays.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like
        Of the shape of the model's observed site; (observation,) is accepted for one output.

    Raises
    ------
    ValueError
        If a value is not finite, the row numbers differ, or y has not the model's shape.
    """
    inputs, targets = as_inputs(model, x), np.asarray(y)
    if targets.ndim == 0 or len(targets) != len(inputs):
        raise ValueError(f"y: expected {len(inputs)} rows as in x, got shape {targets.shape}")
    _check_finite("y", targets)
    observed = _output(model, inputs.shape)
    if targets.shape != observed.shape:
        if targets.size != np.prod(observed.shape):
            raise ValueError(
                f"y: expected shape {observed.shape} for model {model.name}, got {targets.shape}"
            )
        targets = targets.reshape(observed.shape)
    if not jnp.issubdtype(observed.dtype, jnp.integer):
        return inputs, targets.astype(float)
    if not np.array_equal(targets, targets.astype(int)) or targets.min() < 0:
        raise ValueError("y: expected class numbers 0, 1, … for this likelihood, got other values")
    return inputs, targets.astype(int)


def as_inputs(model: Model, x: Any) -> np.ndarray:
    """Check `x` alone, as for a prediction.

    Raises
    ------
    ValueError
        If x is not a finite (observation, input) array that the model takes, or the layout is not
        that of the model.
    """
    inputs = np.asarray(x)
    if inputs.ndim != 2 or inputs.size == 0:
        raise ValueError(f"x: expected shape (observation, input), got {inputs.shape}")
    _check_finite("x", inputs)
    _output(model, inputs.shape)
    check_layout(model, inputs.shape[1])
    return inputs.astype(float)


def _check_finite(name: str, values: np.ndarray) -> None:
    if not np.issubdtype(values.dtype, np.number) and values.dtype != bool:
        raise ValueError(f"{name}: expected numbers, got dtype {values.dtype}")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise ValueError(
            f"{name}: expected finite values, got {len(bad)} others, first at {tuple(bad[0])}"
        )


def _output(model: Model, shape: tuple[int, ...]) -> Site:
    try:
        return sites_of(model, shape)["y"]
    except KeyError:
        raise ValueError(f"{model.name}: expected an observed site 'y', found none") from None
    except TypeError as error:  # shapes that do not multiply, met inside the model
        reason = str(error).splitlines()[0]
        raise ValueError(f"{model.name} cannot take x of shape {shape}: {reason}") from None
