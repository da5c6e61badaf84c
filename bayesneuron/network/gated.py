"""What gated recurrent networks share: their layers, the weights of their gates, the reading.

Unit i of a layer has a row i in every input weight, recurrent weight and bias, of its candidate
and of each of its gates; a column i in every recurrent weight; and its weights into what reads the
layer. A permutation moves all of them together.

A change of sign turns row i of the candidate, so that the odd σ turns the candidate, and with it
the state of unit i: a state is a sum of candidates and earlier states, each times a gate. What
reads the unit must turn back: column i of every recurrent weight, those of gates included, and its
weights upwards. Rows of the gates stay as they are, since a gate must not change. Likewise for a
positively homogeneous σ and a positive factor. The layout says so by `Layout.gates`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpyro

from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.network.layout import Layout
from bayesneuron.network.likelihoods import check_likelihood, observe, output_width
from bayesneuron.network.priors import (
    bias,
    default_prior,
    direct,
    direct_sites,
    layer_scale,
    neuron_scale,
    output_gain,
    scale_sites,
    weights,
)
from bayesneuron.network.steps import Reading, steps_of
from bayesneuron.numerics.checks import check_positive, check_scale, is_whole

CANDIDATE = "candidate"

Sums = Mapping[str, jax.Array]  # of the candidate and each gate, (observation, unit)
States = tuple[jax.Array, ...]  # the first is h, what others read; each (observation, unit)
Hidden = int | Sequence[int]


class Cell(NamedTuple):
    """One step of a gated layer.

    Attributes
    ----------
    name : str
        Of the network.
    gates : tuple of str
    states : int
        Numbers that a unit carries on.
    recurrent_bias : bool
        Whether the candidate has a second bias, beside what it reads of the layer itself.
    step : callable
        ``step(read, own, states, σ)``: the states after a sample, from the sums over inputs and
        over the layer itself.
    """

    name: str
    gates: tuple[str, ...]
    states: int
    recurrent_bias: bool
    step: Callable[[Sums, Sums, States, Callable[[jax.Array], jax.Array]], States]

    @property
    def parts(self) -> tuple[str, ...]:
        """The candidate and the gates."""
        return (CANDIDATE, *self.gates)


def run_gated(
    cell: Cell,
    x: jax.Array,
    y: jax.Array | None,
    *,
    inputs: int,
    hidden: Hidden,
    outputs: int,
    channels: int,
    exogenous: int,
    covariates: int,
    targets: int | None,
    activation: str,
    output: str,
    likelihood: str,
    prior: str | None,
    prior_scale: float,
    fan_in: bool,
    noise: float | None,
    skip: bool,
) -> None:
    """Sample the weights, read the window and observe what follows it.

    The states of all layers travel side by side, (observation, states · units): h and what else a
    unit carries on of the first layer, then of the next.
    """
    names, widths = _names(hidden), _widths(hidden)
    reading = Reading.of(
        cell.name, outputs, inputs=inputs, channels=channels, exogenous=exogenous,
        covariates=covariates, targets=targets,
    )  # fmt: skip
    check_positive(**{f"hidden[{i}]": n for i, n in enumerate(widths)})
    check_scale(prior_scale=prior_scale)
    check_likelihood(likelihood, noise=noise, output=output)
    prior = default_prior(likelihood) if prior is None else prior
    if activation == "identity":
        raise ValueError(
            f"{cell.name} activation: expected a nonlinear one (tanh, relu, …), got 'identity'"
        )
    lags = seen = steps_of(cell.name, x, reading)
    # a forecast sets this to `next_state` of the samples before
    before = jnp.zeros((x.shape[0], cell.states * sum(widths)), x.dtype)
    carried, after, sent = numpyro.deterministic("state", before), [], None
    for name, width in zip(names, widths, strict=True):
        scale, below = layer_scale(name, prior, prior_scale=prior_scale), sent
        sent = neuron_scale(name, prior, width, prior_scale=prior_scale)
        read, own, level = {}, {}, {}
        for part in cell.parts:
            site = f"{name}_{part}"
            read[part] = weights(
                f"{site}_weight", scale, width, seen.shape[-1], fan_in=fan_in, sent=below
            )
            own[part] = weights(f"{site}_recurrent", scale, width, width, fan_in=fan_in, sent=sent)
            level[part] = bias(f"{site}_bias", scale, width)
        inner = jnp.zeros(width)
        if cell.recurrent_bias:
            inner = bias(f"{name}_{CANDIDATE}_recurrent_bias", scale, width)
        size = cell.states * width
        first, carried = jnp.split(carried, [size], axis=-1)
        drive = {part: seen @ read[part].T + level[part] for part in cell.parts}
        seen, last = _scan(cell, drive, own, inner, first, function_of(activation))
        after.append(last)
        numpyro.deterministic(f"{name}_activation", jnp.swapaxes(seen, 0, 1))
    numpyro.deterministic("next_state", jnp.concatenate(after, axis=-1))
    of_sums = {"prior_scale": prior_scale, "gain": output_gain(likelihood, prior)}
    scale = layer_scale("output", prior, **of_sums)
    rows = output_width(outputs, likelihood)
    wo = weights("output_weight", scale, rows, widths[-1], fan_in=fan_in, sent=sent)
    sums = seen[-1] @ wo.T + bias("output_bias", scale, rows)
    if skip:
        sums = sums + direct(lags[-1], prior, rows, **of_sums, fan_in=fan_in)
    observe(sums, y, likelihood=likelihood, noise=noise, output=output)


def _scan(
    cell: Cell,
    drive: Sums,
    own: Sums,
    inner: jax.Array,
    first: jax.Array,
    sigma: Callable[[jax.Array], jax.Array],
) -> tuple[jax.Array, jax.Array]:
    """Outputs h after every step, (step, observation, unit), and all states after the last."""
    matrix = jnp.concatenate([own[part] for part in cell.parts]).T  # one product for all gates

    def step(states: States, read: Sums) -> tuple[States, jax.Array]:
        sums = jnp.split(states[0] @ matrix, len(cell.parts), axis=-1)
        back = dict(zip(cell.parts, sums, strict=True))
        back[CANDIDATE] = back[CANDIDATE] + inner
        states = cell.step(read, back, states, sigma)
        return states, states[0]

    start = tuple(jnp.split(first, cell.states, axis=-1))
    last, seen = jax.lax.scan(step, start, dict(drive))
    return seen, jnp.concatenate(last, axis=-1)


def gated_layout(
    cell: Cell, *, hidden: Hidden, activation: str, prior: str | None, skip: bool
) -> Layout:
    """Of every layer the candidate and the gates, each with its own sites."""
    names = _names(hidden)
    sites: dict[str, tuple[str, ...]] = {}
    scales: dict[str, tuple[str, ...]] = {}
    gates: list[str] = []
    for name, below in zip(names, ("input", *names[:-1]), strict=True):
        for part in cell.parts:
            site = f"{name}_{part}"
            new = {
                f"{site}_weight": (name, below),
                f"{site}_recurrent": (name, name),
                f"{site}_bias": (name,),
            }
            sites |= new
            gates += new if part in cell.gates else ()
        if cell.recurrent_bias:
            sites[f"{name}_{CANDIDATE}_recurrent_bias"] = (name,)
        scales |= scale_sites(name, prior)
    sites |= {"output_weight": ("output", names[-1]), "output_bias": ("output",)}
    sites |= direct_sites(skip)
    several = isinstance(hidden, Sequence)
    return Layout(
        sites={**sites, **scales},
        layers=dict.fromkeys(names, activation),
        scales=tuple(scales),
        gates=tuple(gates),
        widths={n: ("hidden", i) if several else "hidden" for i, n in enumerate(names)},
    )


def _widths(hidden: Hidden) -> tuple[int, ...]:
    return tuple(hidden) if isinstance(hidden, Sequence) else (hidden,)


def _names(hidden: Hidden) -> tuple[str, ...]:
    """``hidden`` for a number of units; hidden1, hidden2, … for those of stacked layers."""
    if is_whole(hidden):
        return ("hidden",)
    if isinstance(hidden, str) or not isinstance(hidden, Sequence) or not hidden:
        raise ValueError(
            "hidden: expected a number of units, or one for each layer, such as (8, 4), "
            f"got {hidden!r}"
        )
    return tuple(f"hidden{depth + 1}" for depth in range(len(hidden)))
