"""Multilayer perceptron of any depth, for regression or classification."""

from collections.abc import Sequence

import jax
import numpyro

from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.network.layout import Layout
from bayesneuron.network.likelihoods import check_likelihood, observe, output_width
from bayesneuron.network.priors import (
    GAIN,
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
from bayesneuron.numerics.checks import check_positive, check_scale


def model(
    x: jax.Array,
    y: jax.Array | None = None,
    *,
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    activation: str = "tanh",
    output: str = "identity",
    likelihood: str = "gaussian",
    prior: str | None = None,
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
    skip: bool = False,
) -> None:
    """h_0 = x, h_l = σ(W_l h_{l-1} + b_l); σ_out, linear by default, follows the last layer.

    `hidden` are the widths of the hidden layers, none for a (generalised) linear model. With
    ``likelihood="categorical"`` y are class numbers, `outputs` is the number of classes and
    ``mean`` their probabilities; the other likelihoods are those of
    `bayesneuron.network.likelihoods.observe`, and `output` names σ_out. The priors are those of
    `bayesneuron.network.priors`. With `skip` a direct linear path A x is added to the sums of the
    last layer.
    """
    names = _names(hidden)
    check_positive(
        inputs=inputs, outputs=outputs, **{f"hidden[{i}]": n for i, n in enumerate(hidden)}
    )
    check_scale(prior_scale=prior_scale)
    check_likelihood(likelihood, noise=noise, output=output)
    prior = default_prior(likelihood) if prior is None else prior
    widths = [inputs, *hidden, output_width(outputs, likelihood)]
    gains = dict.fromkeys(names, GAIN) | {"output": output_gain(likelihood, prior)}
    h, sent = x, None
    for depth, name in enumerate(names):
        rows, columns = widths[depth + 1], widths[depth]
        scale = layer_scale(name, prior, prior_scale=prior_scale, gain=gains[name])
        w = weights(f"{name}_weight", scale, rows, columns, fan_in=fan_in, sent=sent)
        h = h @ w.T + bias(f"{name}_bias", scale, rows)
        if name != "output":
            h = function_of(activation)(h)
            numpyro.deterministic(f"{name}_activation", h)
            sent = neuron_scale(name, prior, rows, prior_scale=prior_scale)
    if skip:
        h = h + direct(
            x, prior, widths[-1], prior_scale=prior_scale, gain=gains["output"], fan_in=fan_in
        )
    observe(h, y, likelihood=likelihood, noise=noise, output=output)


def layout(
    *,
    hidden: Sequence[int],
    activation: str = "tanh",
    prior: str | None = None,
    skip: bool = False,
) -> Layout:
    """Layers hidden1, hidden2, …, output, each with a weight matrix and a bias."""
    names = _names(hidden)
    if skip and not hidden:
        raise ValueError("skip: expected hidden layers to pass by, got hidden=(), which is linear")
    sites: dict[str, tuple[str, ...]] = {}
    scales: dict[str, tuple[str, ...]] = {}
    for name, below in zip(names, ["input", *names[:-1]], strict=True):
        sites |= {f"{name}_weight": (name, below), f"{name}_bias": (name,)}
        scales |= scale_sites(name, prior) if name != "output" else {}
    widths = {name: ("hidden", depth) for depth, name in enumerate(names[:-1])}
    layers = dict.fromkeys(names[:-1], activation)
    sites |= direct_sites(skip)
    return Layout({**sites, **scales}, layers=layers, scales=tuple(scales), widths=widths)


def _names(hidden: Sequence[int]) -> list[str]:
    if not isinstance(hidden, Sequence) or isinstance(hidden, str):
        raise ValueError(f"hidden: expected widths of layers, such as (8, 4), got {hidden!r}")
    return [f"hidden{depth + 1}" for depth in range(len(hidden))] + ["output"]
