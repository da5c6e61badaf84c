"""Recurrent network, h_t = σ(W h_{t-1} + V x_t), s_{t+1} = σ_out(w_oᵀ h_t), h_0 = 0."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.network.layout import Layout
from bayesneuron.numerics.checks import check_positive, check_scale


def model(
    x: jax.Array,
    y: jax.Array | None = None,
    *,
    inputs: int = 1,
    hidden: int,
    outputs: int = 1,
    channels: int = 1,
    activation: str = "tanh",
    output: str = "tanh",
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
) -> None:
    """Read a window sample by sample and forecast the samples that follow it.

    x is (observation, history · channels), the channels of a sample side by side. At each step the
    network reads `inputs` consecutive samples of all channels, so the state is updated
    ``history - inputs + 1`` times. With the default tanh output the series must lie within
    (-1, 1). `outputs` counts values: steps of the horizon times channels.
    """
    check_positive(inputs=inputs, hidden=hidden, outputs=outputs, channels=channels)
    check_scale(prior_scale=prior_scale, noise=1.0 if noise is None else noise)
    if activation == "identity":
        raise ValueError("rnn activation: expected a nonlinear one (tanh, relu, …), got 'identity'")
    history, rest = divmod(x.shape[-1], channels)
    if rest or history < inputs:
        raise ValueError(
            f"rnn: expected a history of at least inputs={inputs} samples of {channels} "
            f"channel{'s' * (channels > 1)}, got {x.shape[-1]} values"
        )
    width = inputs * channels
    s = prior_scale
    sv, sw = (s / width**0.5, s / hidden**0.5) if fan_in else (s, s)
    v = numpyro.sample("input_weight", dist.Normal(0, sv).expand([hidden, width]).to_event(2))
    w = numpyro.sample("hidden_weight", dist.Normal(0, sw).expand([hidden, hidden]).to_event(2))
    wo = numpyro.sample("output_weight", dist.Normal(0, sw).expand([outputs, hidden]).to_event(2))
    sd = numpyro.sample("noise", dist.HalfNormal(1.0)) if noise is None else jnp.asarray(noise)

    starts = range(0, (history - inputs + 1) * channels, channels)
    lags = jnp.stack([x[:, t : t + width] for t in starts])  # (step, observation, width)
    sigma = function_of(activation)

    def step(h: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = sigma(h @ w.T + drive)
        return h, h

    h, states = jax.lax.scan(step, jnp.zeros((x.shape[0], hidden), x.dtype), lags @ v.T)
    numpyro.deterministic("hidden_activation", jnp.swapaxes(states, 0, 1))
    mean = numpyro.deterministic("mean", function_of(output)(h @ wo.T))
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, sd).to_event(1), obs=y)


def layout(*, activation: str = "tanh") -> Layout:
    """One layer, on both axes of the recurrent matrix: its symmetry acts on both together."""
    return Layout(
        sites={
            "input_weight": ("hidden", "input"),
            "hidden_weight": ("hidden", "hidden"),
            "output_weight": ("output", "hidden"),
        },
        layers={"hidden": activation},
        widths={"hidden": "hidden"},
    )
