"""Gated recurrent unit, stacked to any depth.

    r = s(V_r x + U_r h + b_r),  z = s(V_z x + U_z h + b_z),
    n = σ(V_n x + b_n + r (U_n h + a_n)),  h ← (1 - z) n + z h,

products unit by unit, s the logistic function, h zero before the first sample. The order of gates
in the weights of PyTorch is r, z, n: `reset_gate`, `update_gate`, `candidate`; in those of Keras
z, r, n, the matrices transposed (``reset_after=True``, its default). The second bias of the
candidate, a_n, is inside the reset: ``candidate_recurrent_bias``. Two biases of a gate are one
here, their sum.

If row k of V_n, U_n, b_n and a_n changes sign, then so do n_k, σ being odd, and h_k, a weighted
mean of n_k and the h_k before; column k of all three U and the weights into what reads the layer
turn it back. See `bayesneuron.network.gated`.

References
----------
Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
translation", EMNLP 2014.
"""

from collections.abc import Callable, Sequence

import jax

from bayesneuron.network.gated import CANDIDATE, Cell, States, Sums, gated_layout, run_gated
from bayesneuron.network.layout import Layout


def _step(read: Sums, own: Sums, states: States, sigma: Callable[[jax.Array], jax.Array]) -> States:
    gate = lambda name: jax.nn.sigmoid(read[name] + own[name])
    candidate = sigma(read[CANDIDATE] + gate("reset_gate") * own[CANDIDATE])
    update = gate("update_gate")
    return ((1 - update) * candidate + update * states[0],)


CELL = Cell("gru", ("reset_gate", "update_gate"), 1, True, _step)


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
    """Every unit with its gates: they are permuted together, and only the candidate is flipped."""
    return gated_layout(CELL, hidden=hidden, activation=activation, prior=prior, skip=skip)
