"""Recurrent network, h_t = σ(W h_{t-1} + V x_t), s_{t+1} = σ_out(w_oᵀ h_t), h_0 = 0."""

import jax
import jax.numpy as jnp
import numpyro

from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.network.layout import Layout
from bayesneuron.network.likelihoods import check_likelihood, observe, output_width
from bayesneuron.network.priors import (
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
from bayesneuron.numerics.checks import check_positive, check_scale


def model(
    x: jax.Array,
    y: jax.Array | None = None,
    *,
    inputs: int = 1,
    hidden: int,
    outputs: int = 1,
    channels: int = 1,
    exogenous: int = 0,
    covariates: int = 0,
    targets: int | None = None,
    activation: str = "tanh",
    output: str = "tanh",
    likelihood: str = "gaussian",
    prior: str | None = None,
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
    skip: bool = False,
) -> None:
    """Read a window sample by sample and forecast the samples that follow it.

    x is (observation, history · channels), the channels of a sample side by side. At each step the
    network reads `inputs` consecutive samples of all channels, so the state is updated
    ``history - inputs + 1`` times. With the default tanh output the series must lie within
    (-1, 1). `outputs` counts values: steps of the horizon times channels, or times `targets` where
    only so many channels are forecast. Beside the window x may hold so many `exogenous` series and
    `covariates` (`bayesneuron.windows`): at each step the network reads the exogenous values of the
    samples that follow, as many as the horizon, and all covariates. Counts, 0 or 1, and classes
    need ``output="identity"``. With `skip` a linear function of what is read at the last
    step is added to the sums, before σ_out. Priors and likelihoods are those of
    `bayesneuron.network.priors` and `bayesneuron.network.likelihoods.observe`.
    """
    check_positive(hidden=hidden)
    reading = Reading.of(
        "rnn", outputs, inputs=inputs, channels=channels, exogenous=exogenous,
        covariates=covariates, targets=targets,
    )  # fmt: skip
    check_scale(prior_scale=prior_scale)
    check_likelihood(likelihood, noise=noise, output=output)
    prior = default_prior(likelihood) if prior is None else prior
    if activation == "identity":
        raise ValueError("rnn activation: expected a nonlinear one (tanh, relu, …), got 'identity'")
    lags = steps_of("rnn", x, reading)
    s2 = layer_scale("hidden", prior, prior_scale=prior_scale)
    sent = neuron_scale("hidden", prior, hidden, prior_scale=prior_scale)
    v = weights("input_weight", s2, hidden, lags.shape[-1], fan_in=fan_in)
    w = weights("hidden_weight", s2, hidden, hidden, fan_in=fan_in, sent=sent)
    of_sums = {"prior_scale": prior_scale, "gain": output_gain(likelihood, prior)}
    s1 = layer_scale("output", prior, **of_sums) if sent is None else 1.0
    last = output_width(outputs, likelihood)
    wo = weights("output_weight", s1, last, hidden, fan_in=fan_in, sent=sent)

    sigma = function_of(activation)

    def step(h: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = sigma(h @ w.T + drive)
        return h, h

    # a forecast sets the first of these two to the second of the samples before
    state = numpyro.deterministic("state", jnp.zeros((x.shape[0], hidden), x.dtype))
    h, states = jax.lax.scan(step, state, lags @ v.T)
    numpyro.deterministic("next_state", h)
    numpyro.deterministic("hidden_activation", jnp.swapaxes(states, 0, 1))
    sums = h @ wo.T
    if skip:
        sums = sums + direct(lags[-1], prior, last, **of_sums, fan_in=fan_in)
    observe(sums, y, likelihood=likelihood, noise=noise, output=output)


def layout(*, activation: str = "tanh", prior: str | None = None, skip: bool = False) -> Layout:
    """One layer, on both axes of the recurrent matrix: its symmetry acts on both together."""
    scales = scale_sites("hidden", prior)
    return Layout(
        sites={
            "input_weight": ("hidden", "input"),
            "hidden_weight": ("hidden", "hidden"),
            "output_weight": ("output", "hidden"),
            **direct_sites(skip),
            **scales,
        },
        layers={"hidden": activation},
        scales=tuple(scales),
        widths={"hidden": "hidden"},
    )
