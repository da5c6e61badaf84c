"""Nonlinear PCA, f(x) = σ_out(wᵀ σ(Wᵀ x + b1) + b2) with orthonormal W and w."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.network.activation_functions import symmetry_of
from bayesneuron.network.layout import Layout
from bayesneuron.network.stiefel import StiefelAmbient, polar
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
    noise: float | None = None,
) -> None:
    """Reconstruct x (autoencoder: y = x) or forecast y, through orthonormal directions.

    Rows of `hidden_weight` are orthonormal if ``hidden <= inputs``, its columns otherwise. The
    same holds for `output_weight`, a unit vector if there is one output. Both are uniform on their
    Stiefel manifolds: they are the polar factors of the free matrices `hidden_free`, `output_free`.
    """
    check_positive(inputs=inputs, hidden=hidden, outputs=outputs)
    check_scale(prior_scale=prior_scale, noise=1.0 if noise is None else noise)
    if activation == "identity":
        raise ValueError("nonlinear_pca activation: expected a nonlinear one, got 'identity'")
    z2 = numpyro.sample("hidden_free", StiefelAmbient(hidden, inputs))
    w2 = numpyro.deterministic("hidden_weight", polar(z2))
    b1 = numpyro.sample("hidden_bias", dist.Normal(0, prior_scale).expand([hidden]).to_event(1))
    z1 = numpyro.sample("output_free", StiefelAmbient(outputs, hidden))
    w1 = numpyro.deterministic("output_weight", polar(z1))
    b2 = numpyro.sample("output_bias", dist.Normal(0, prior_scale).expand([outputs]).to_event(1))
    sd = numpyro.sample("noise", dist.HalfNormal(1.0)) if noise is None else jnp.asarray(noise)

    h = function_of(activation)(x @ w2.T + b1)
    numpyro.deterministic("hidden_activation", h)
    mean = numpyro.deterministic("mean", function_of(output)(h @ w1.T + b2))
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, sd).to_event(1), obs=y)


def layout(*, activation: str = "tanh") -> Layout:
    """Orthonormality rules out scales: the symmetries left are permutations and signs."""
    kind = "none" if symmetry_of(activation) == "scale" else activation
    return Layout(
        sites={
            "hidden_weight": ("hidden", "input"),
            "hidden_bias": ("hidden",),
            "output_weight": ("output", "hidden"),
            "output_bias": ("output",),
            "hidden_free": ("hidden", "input"),
            "output_free": ("output", "hidden"),
        },
        layers={"hidden": kind},
        auxiliary=("hidden_free", "output_free"),
        widths={"hidden": "hidden"},
    )
