"""Long short-term memory, stacked to any depth.

    i = s(V_i x + U_i h + b_i),  f = s(V_f x + U_f h + b_f),  o = s(V_o x + U_o h + b_o),
    g = σ(V_g x + U_g h + b_g),  c ← f c + i g,  h ← o σ(c),

products unit by unit, s the logistic function, c and h zero before the first sample. The order of
gates in the weights of PyTorch is i, f, g, o: `input_gate`, `forget_gate`, `candidate`,
`output_gate`; Keras has the same order and the matrices transposed. Two biases of one gate in
PyTorch are one here, their sum.

If row k of V_g, U_g and b_g changes sign, then so do g_k, c_k and, σ being odd, h_k; column k of
all four U and the weights into what reads the layer turn it back. See `bayesneuron.network.gated`.

References
----------
Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 1997; Gers, Schmidhuber
and Cummins, "Learning to forget", Neural Computation 2000.
"""

from collections.abc import Callable, Sequence

import jax

from bayesneuron.network.gated import CANDIDATE, Cell, States, Sums, gated_layout, run_gated
from bayesneuron.network.layout import Layout


def _step(read: Sums, own: Sums, states: States, sigma: Callable[[jax.Array], jax.Array]) -> States:
    gate = lambda name: jax.nn.sigmoid(read[name] + own[name])
    candidate = sigma(read[CANDIDATE] + own[CANDIDATE])
    cell = gate("forget_gate") * states[1] + gate("input_gate") * candidate
    return gate("output_gate") * sigma(cell), cell


CELL = Cell("lstm", ("input_gate", "forget_gate", "output_gate"), 2, False, _step)


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

    `hidden` is the number of units, or one for each of several stacked layers: a layer reads the h
    of the one below at the same step. `activation` is σ. The last h goes through a linear layer
    with a bias, then `output`; with `skip` a linear function of what is read at the last step is
    added before it. The state before the first sample and after the last is (h, c) of
    every layer, side by side. The prior of the forget gate's bias is centred at zero like any
    other, since learnt scales, evidence and the removal of units take zero as the network without
    the weight.
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
