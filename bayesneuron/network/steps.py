"""A window as a recurrent network reads it, step by step."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from bayesneuron.numerics.checks import check_count, check_positive


class Reading(NamedTuple):
    """What a recurrent network reads at each step.

    A step that ends with sample t reads the channels of the last samples up to t, the exogenous
    series at t + 1, …, t + `ahead`, which the network would forecast there, and the covariates.

    Attributes
    ----------
    inputs, channels : int
        Samples, and channels of each.
    exogenous, covariates : int
        Columns beside the window.
    ahead : int
        Samples in one output, of which exogenous series are known.
    """

    inputs: int = 1
    channels: int = 1
    exogenous: int = 0
    covariates: int = 0
    ahead: int = 1

    @classmethod
    def of(
        cls,
        network: str,
        outputs: int,
        *,
        inputs: int,
        channels: int,
        exogenous: int,
        covariates: int,
        targets: int | None,
    ) -> "Reading":
        """From the options of a network; `targets` are as many as `channels` by default.

        Raises
        ------
        ValueError
            If a number is not valid, or outputs are no whole number of samples where exogenous
            series are read.
        """
        check_positive(inputs=inputs, outputs=outputs, channels=channels)
        check_count(exogenous=exogenous, covariates=covariates)
        targets = channels if targets is None else targets
        check_positive(targets=targets)
        ahead, rest = divmod(outputs, targets)
        if exogenous and rest:
            raise ValueError(
                f"{network}: expected outputs={outputs} of a whole number of samples of "
                f"targets={targets} channels, got {rest} left: targets= says how many channels are "
                "forecast"
            )
        return cls(inputs, channels, exogenous, covariates, ahead)


def steps_of(network: str, x: jax.Array, reading: Reading) -> jax.Array:
    """What the network reads at each step, (step, observation, column).

    Parameters
    ----------
    network : str
        Its name, for the error.
    x : array, shape (observation, input)
        Rows as `bayesneuron.windows` lays them out: windows, the channels of a sample side by side;
        exogenous series at the same samples and at those of the targets; covariates.
    reading : Reading
        There are ``history - inputs + 1`` steps.

    Raises
    ------
    ValueError
        If the window is shorter than one step, or no whole number of samples.

    Examples
    --------
    >>> steps_of("rnn", jnp.arange(4.0)[None], Reading(inputs=2))[:, 0].tolist()
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    >>> row = jnp.array([[1.0, 2.0, 10.0, 20.0, 30.0, 7.0]])  # s(t-1), s(t), u(t-1) to u(t+1), age
    >>> steps_of("rnn", row, Reading(exogenous=1, covariates=1))[:, 0].tolist()
    [[1.0, 20.0, 7.0], [2.0, 30.0, 7.0]]
    """
    inputs, channels, exogenous, covariates, ahead = reading
    columns = x.shape[-1]
    history, rest = divmod(columns - covariates - ahead * exogenous, channels + exogenous)
    if rest or history < inputs:
        beside = f" with {exogenous} exogenous series, {covariates} covariates" * (
            exogenous + covariates > 0
        )
        raise ValueError(
            f"{network}: expected a history of at least inputs={inputs} samples of {channels} "
            f"channel{'s' * (channels > 1)}{beside}, got {columns} values"
        )
    window, fixed = history * channels, columns - covariates
    steps = []
    for end in range(inputs, history + 1):
        parts = [x[:, (end - inputs) * channels : end * channels]]
        if exogenous:
            parts.append(x[:, window + end * exogenous : window + (end + ahead) * exogenous])
        if covariates:
            parts.append(x[:, fixed:])
        steps.append(jnp.concatenate(parts, axis=1) if len(parts) > 1 else parts[0])
    return jnp.stack(steps)
