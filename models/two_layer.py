"""Two-layer network, f(x) = σ_out(W1ᵀ σ(W2ᵀ x + b1) + b2)."""

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
    inputs: int,
    hidden: int,
    outputs: int,
    activation: str = "tanh",
    output: str = "identity",
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
) -> None:
    """Regress y on x. Weights are stored (receiving, sending), so W2ᵀ is `hidden_weight`.

    Weights are N(0, prior_scale² / fan-in), or N(0, prior_scale²) with ``fan_in=False``;
    biases N(0, prior_scale²). The noise scale is HalfNormal(1) unless `noise` fixes it.
    """
    check_positive(inputs=inputs, hidden=hidden, outputs=outputs)
    check_scale(prior_scale=prior_scale, noise=1.0 if noise is None else noise)
    s = prior_scale
    s2, s1 = (s / inputs**0.5, s / hidden**0.5) if fan_in else (s, s)
    w2 = numpyro.sample("hidden_weight", dist.Normal(0, s2).expand([hidden, inputs]).to_event(2))
    b1 = numpyro.sample("hidden_bias", dist.Normal(0, s).expand([hidden]).to_event(1))
    w1 = numpyro.sample("output_weight", dist.Normal(0, s1).expand([outputs, hidden]).to_event(2))
    b2 = numpyro.sample("output_bias", dist.Normal(0, s).expand([outputs]).to_event(1))
    sd = numpyro.sample("noise", dist.HalfNormal(1.0)) if noise is None else jnp.asarray(noise)

    h = function_of(activation)(x @ w2.T + b1)
    numpyro.deterministic("hidden_activation", h)
    mean = numpyro.deterministic("mean", function_of(output)(h @ w1.T + b2))
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, sd).to_event(1), obs=y)


def layout(*, activation: str = "tanh") -> Layout:
    """Hidden neurons are rows of `hidden_weight` and columns of `output_weight`."""
    return Layout(
        sites={
            "hidden_weight": ("hidden", "input"),
            "hidden_bias": ("hidden",),
            "output_weight": ("output", "hidden"),
            "output_bias": ("output",),
        },
        layers={"hidden": activation},
        widths={"hidden": "hidden"},
    )
