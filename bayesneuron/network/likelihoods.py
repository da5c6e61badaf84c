"""Observation models: how targets scatter around what a network puts out."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from bayesneuron.network.activation_functions import activation as function_of
from bayesneuron.numerics.checks import check_choice, check_scale

LIKELIHOODS = (
    "gaussian", "heteroscedastic", "student_t", "poisson", "bernoulli", "categorical",
)  # fmt: skip

_LARGEST = 80.0  # of a log rate: within single precision


def output_width(outputs: int, likelihood: str) -> int:
    """Numbers that the last layer puts out for `outputs` targets.

    Examples
    --------
    >>> output_width(2, "gaussian"), output_width(2, "heteroscedastic")
    (2, 4)
    """
    return 2 * outputs if likelihood == "heteroscedastic" else outputs


def check_likelihood(likelihood: str, *, noise: object = None, output: str = "identity") -> None:
    """Raise ValueError unless there is such a likelihood, and the other options fit it."""
    check_choice("likelihood", likelihood, LIKELIHOODS)
    check_scale(noise=1.0 if noise is None else noise)
    if noise is not None and likelihood not in ("gaussian", "student_t"):
        raise ValueError(
            f"noise: expected none with likelihood={likelihood!r}, which has no noise scale, "
            f"got {noise!r}"
        )
    if output != "identity" and likelihood in ("poisson", "bernoulli", "categorical"):
        raise ValueError(
            f"output: expected 'identity' with likelihood={likelihood!r}, which has its own link, "
            f"got {output!r}"
        )


def observe(
    h: jax.Array,
    y: jax.Array | None,
    *,
    likelihood: str = "gaussian",
    noise: float | None = None,
    output: str = "identity",
) -> None:
    """Sample the targets ``y`` given the last layer's sums, and record their ``mean``.

    ===================  =======================================  ==========================
    likelihood           targets, given sums h                    mean
    ===================  =======================================  ==========================
    ``gaussian``         N(σ_out(h), noise²)                      σ_out(h)
    ``heteroscedastic``  N(σ_out(h), exp(2 g)), sums (h, g)       σ_out(h)
    ``student_t``        Student t: dof, σ_out(h), scale noise    σ_out(h)
    ``poisson``          counts, Poisson(exp h)                   exp h
    ``bernoulli``        0 or 1, P(y = 1) = logistic(h)           logistic(h)
    ``categorical``      class numbers, P(y) = softmax(h)         softmax(h)
    ===================  =======================================  ==========================

    The site ``noise`` is HalfNormal(1) unless `noise` fixes it. The degrees of freedom ``dof`` are
    Gamma(2, 0.1), after Juárez and Steel (2010).

    Parameters
    ----------
    h : array, shape (observation, `output_width`)
    y : array, shape (observation, output), or (observation,) for classes
    likelihood, noise, output
        As checked by `check_likelihood`; `output` names σ_out.
    """
    if likelihood == "categorical":
        mean, observed = jax.nn.softmax(h), dist.Categorical(logits=h)
    elif likelihood == "bernoulli":
        mean, observed = jax.nn.sigmoid(h), dist.Bernoulli(logits=h).to_event(1)
    elif likelihood == "poisson":
        mean = jnp.exp(jnp.clip(h, -_LARGEST, _LARGEST))
        observed = dist.Poisson(mean).to_event(1)
    elif likelihood == "heteroscedastic":
        location, log_sd = jnp.split(h, 2, axis=-1)
        mean = function_of(output)(location)
        observed = dist.Normal(mean, jnp.exp(log_sd)).to_event(1)
    else:
        known = numpyro.sample("noise", dist.HalfNormal(1.0)) if noise is None else noise
        sd = jnp.asarray(known)
        mean = function_of(output)(h)
        if likelihood == "gaussian":
            observed = dist.Normal(mean, sd).to_event(1)
        else:
            dof = jnp.asarray(numpyro.sample("dof", dist.Gamma(2.0, 0.1)))
            observed = dist.StudentT(dof, mean, sd).to_event(1)
    assert isinstance(observed, dist.Distribution)
    numpyro.deterministic("mean", mean)
    with numpyro.plate("observation", h.shape[0]):
        numpyro.sample("y", observed, obs=y)
