"""Elman network with biases, stacked to any depth.

    h ← σ(V x + U h + b),

h zero before the first sample: `torch.nn.RNN`, and `SimpleRNN` of Keras. Two biases of PyTorch are
one here, their sum. `rnn` is one such layer without biases.

References
----------
Elman, "Finding structure in time", Cognitive Science 1990.
"""

from collections.abc import Callable, Sequence

import jax

from bayesneuron.network.gated import CANDIDATE, Cell, States, Sums, gated_layout, run_gated
from bayesneuron.network.layout import Layout


def _step(read: Sums, own: Sums, states: States, sigma: Callable[[jax.Array], jax.Array]) -> States:
    del states
    return (sigma(read[CANDIDATE] + own[CANDIDATE]),)


CELL = Cell("elman", (), 1, False, _step)  # a candidate without gates


def model(
    x: jax.Array,
    y: jax.Array | None = None,
    *,
    inputs: int = 1,
    hidden: int | Sequence[int],
    outputs: int = 1,
    channels: int = 1,
    exogenous: int = 0,
    covariates: int = 0,
    targets: int | None = None,
    activation: str = "tanh",
    output: str = "identity",
    likelihood: str = "gaussian",
    prior: str | None = None,
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
    skip: bool = False,
) -> None:
    """Read a window sample by sample, as `rnn` does, and forecast the samples that follow it.

    The options are those of `lstm`. The state before the first sample and after the last is h of
    every layer, side by side.
    """
    run_gated(
        CELL, x, y, inputs=inputs, hidden=hidden, outputs=outputs, channels=channels,
        exogenous=exogenous, covariates=covariates, targets=targets, activation=activation,
        output=output, likelihood=likelihood, prior=prior, prior_scale=prior_scale, fan_in=fan_in,
        noise=noise, skip=skip,
    )  # fmt: skip


def layout(
    *,
    hidden: int | Sequence[int],
    activation: str = "tanh",
    prior: str | None = None,
    skip: bool = False,
) -> Layout:
    """Every unit with its row and its column of the recurrent matrix."""
    return gated_layout(CELL, hidden=hidden, activation=activation, prior=prior, skip=skip)
