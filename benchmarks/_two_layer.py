"""The log density of the package's two-layer tanh network, written out for peers that lack it."""

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

NAMES = ("hidden_weight", "hidden_bias", "output_weight", "output_bias", "noise")


def log_density(free: dict, x: jax.Array, y: jax.Array) -> jax.Array:
    """`free` holds the weights and the logarithm of the noise scale."""
    w2, b1, w1, b2, log_sd = (free[k] for k in NAMES)
    sd = jnp.exp(log_sd)
    mean = jnp.tanh(x @ w2.T + b1) @ w1.T + b2
    prior = (
        norm.logpdf(w2, 0, 1 / w2.shape[1] ** 0.5).sum()
        + norm.logpdf(b1).sum()
        + norm.logpdf(w1, 0, 1 / w1.shape[1] ** 0.5).sum()
        + norm.logpdf(b2).sum()
        + jnp.log(2.0) + norm.logpdf(sd) + log_sd
    )  # fmt: skip
    return prior + norm.logpdf(y, mean, sd).sum()
