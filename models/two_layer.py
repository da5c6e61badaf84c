"""Two-layer network, f(x) = σ_out(W1ᵀ σ(W2ᵀ x + b1) + b2 + A x), A only with ``skip``."""

import jax
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
    likelihood: str = "gaussian",
    prior: str | None = None,
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
    skip: bool = False,
) -> None:
    """Regress y on x. Weights are stored (receiving, sending), so W2ᵀ is `hidden_weight`.

    Under the ``normal`` prior weights are N(0, prior_scale² / fan-in), or N(0, prior_scale²) with
    ``fan_in=False``; biases N(0, prior_scale²). Under the ``hierarchical`` prior each layer learns
    its scale, under the ``horseshoe`` what each hidden neuron sends as well:
    `bayesneuron.network.priors.neuron_scale`. `bayesneuron.network.likelihoods.observe` defines the
    likelihoods. The noise scale is HalfNormal(1) unless `noise` fixes it. With `skip` a direct
    linear path A x is added to the sums, before σ_out: `bayesneuron.network.priors.direct`.
    """
    check_positive(inputs=inputs, hidden=hidden, outputs=outputs)
    check_scale(prior_scale=prior_scale)
    check_likelihood(likelihood, noise=noise, output=output)
    prior = default_prior(likelihood) if prior is None else prior
    last = output_width(outputs, likelihood)
    s2 = layer_scale("hidden", prior, prior_scale=prior_scale)
    w2 = weights("hidden_weight", s2, hidden, inputs, fan_in=fan_in)
    b1 = bias("hidden_bias", s2, hidden)
    of_sums = {"prior_scale": prior_scale, "gain": output_gain(likelihood, prior)}
    s1 = layer_scale("output", prior, **of_sums)
    sent = neuron_scale("hidden", prior, hidden, prior_scale=prior_scale)
    w1 = weights("output_weight", s1, last, hidden, fan_in=fan_in, sent=sent)
    b2 = bias("output_bias", s1, last)

    h = function_of(activation)(x @ w2.T + b1)
    numpyro.deterministic("hidden_activation", h)
    sums = h @ w1.T + b2
    if skip:
        sums = sums + direct(x, prior, last, **of_sums, fan_in=fan_in)
    observe(sums, y, likelihood=likelihood, noise=noise, output=output)


def layout(*, activation: str = "tanh", prior: str | None = None, skip: bool = False) -> Layout:
    """Hidden neurons are rows of `hidden_weight` and columns of `output_weight`."""
    scales = scale_sites("hidden", prior)
    return Layout(
        sites={
            "hidden_weight": ("hidden", "input"),
            "hidden_bias": ("hidden",),
            "output_weight": ("output", "hidden"),
            "output_bias": ("output",),
            **direct_sites(skip),
            **scales,
        },
        layers={"hidden": activation},
        scales=tuple(scales),
        widths={"hidden": "hidden"},
    )
