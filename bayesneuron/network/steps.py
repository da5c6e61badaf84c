"""A window as a recurrent network reads it, step by step."""

import jax
import jax.numpy as jnp

from bayesneuron.numerics.checks import check_positive


def steps_of(network: str, x: jax.Array, *, inputs: int, channels: int) -> jax.Array:
    """What the network reads at each step, (step, observation, inputs · channels).

    Parameters
    ----------
    network : str
        Its name, for the error.
    x : array, shape (observation, history · channels)
        The channels of a sample side by side.
    inputs : int
        Samples read at each step. There are ``history - inputs + 1`` steps.
    channels : int

    Raises
    ------
    ValueError
        If the window is shorter than one step, or no whole number of samples.

    Examples
    --------
    >>> steps_of("rnn", jnp.arange(4.0)[None], inputs=2, channels=1)[:, 0].tolist()
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    """
    check_positive(inputs=inputs, channels=channels)
    history, rest = divmod(x.shape[-1], channels)
    if rest or history < inputs:
        raise ValueError(
            f"{network}: expected a history of at least inputs={inputs} samples of {channels} "
            f"channel{'s' * (channels > 1)}, got {x.shape[-1]} values"
        )
    starts = range(0, (history - inputs + 1) * channels, channels)
    return jnp.stack([x[:, t : t + inputs * channels] for t in starts])
