"""Between samples in the units of the series and numbers of the network, within a recursion.

The one place to undo what windows did to the samples. Both functions run inside compiled programs.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.data.row import Row
from bayesneuron.data.transform import Transform, inputs_of, samples_of

jax.tree_util.register_static(Transform)  # a part of compiled programs, not of their data
NONE = Transform()


class Recursion(NamedTuple):
    """How a network reads and writes samples.

    Attributes
    ----------
    center, scale : array, shape (channel,)
        Of the standardisation: value = (sample - center) / scale.
    transform : Transform
        Of the samples before that.
    targets : array of int, shape (target,), or None
        Channels that the network writes; None for all.
    written : Transform
        Of these.
    """

    center: Any
    scale: Any
    transform: Transform = NONE
    targets: Any = None
    written: Transform = NONE

    @classmethod
    def of(cls, center: Any, scale: Any, channels: int, transform: Transform = NONE) -> "Recursion":
        """From the scaling that travels with targets, the channels of a sample side by side."""
        known = (np.ravel(np.asarray(v, float)) for v in (center, scale))
        center, scale = (v[:channels] if v.size > 1 else v.repeat(channels) for v in known)
        return cls(center, scale, transform)

    @classmethod
    def of_row(cls, row: Row, transform: Transform) -> "Recursion":
        """From what rows are made of, and the transform that travels with targets."""
        center, scale = (np.array(v) for v in (row.channels.center, row.channels.scale))
        targets = np.array(row.targets) if row.some else None
        return cls(center, scale, replace(transform, power=row.power), targets, transform)


def to_inputs(recursion: Recursion, recent: Any, beside: Any = None) -> Any:
    """What the network reads of the last samples.

    Parameters
    ----------
    recursion : Recursion
    recent : array, shape (row, difference + time, channel)
        Samples, oldest first, in the units of the series; at a delay, more by its gaps.
    beside : array, shape (row, column), or None
        Columns beside the window, standardised.

    Returns
    -------
    array, shape (row, time * channel + column)

    Examples
    --------
    >>> recursion = Recursion.of(1.0, 2.0, channels=2)
    >>> to_inputs(recursion, np.array([[[1.0, 3.0], [5.0, 7.0]]])).tolist()
    [[0.0, 1.0, 2.0, 3.0]]
    """
    values = inputs_of(recursion.transform, recent, _module(recent))
    values = (values - recursion.center) / recursion.scale
    window = values.reshape(len(recent), -1)
    return window if beside is None else _module(window).concatenate([window, beside], axis=1)


def to_samples(recursion: Recursion, outputs: Any, recent: Any) -> Any:
    """The samples that outputs of the network stand for.

    Parameters
    ----------
    recursion : Recursion
    outputs : array, shape (row, horizon * target)
    recent : array, shape (row, time, channel)
        The samples that the network read before.

    Returns
    -------
    array, shape (row, horizon, target)

    Examples
    --------
    >>> recursion = Recursion.of(1.0, 2.0, channels=1)
    >>> to_samples(recursion, np.array([[0.0, 1.0]]), np.zeros((1, 3, 1))).tolist()
    [[[1.0], [3.0]]]
    """
    center, scale, transform, targets, written = recursion
    if targets is not None:
        recent, center, scale = recent[..., targets], center[targets], scale[targets]
        transform = written
    values = outputs.reshape(len(recent), -1, recent.shape[-1]) * scale + center
    return samples_of(transform, values, recent, _module(values))


def _module(array: Any) -> Any:
    return np if isinstance(array, np.ndarray) else jnp
