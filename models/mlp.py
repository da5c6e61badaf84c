"""Multilayer perceptron of any depth, for regression or classification."""

from collections.abc import Sequence

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
    hidden: Sequence[int],
    outputs: int,
    activation: str = "tanh",
    likelihood: str = "gaussian",
    prior_scale: float = 1.0,
    fan_in: bool = True,
    noise: float | None = None,
) -> None:
    """h_0 = x, h_l = σ(W_l h_{l-1} + b_l); the last layer is linear.

    `hidden` are the widths of the hidden layers, none for a (generalised) linear model. The
    likelihood is ``gaussian``, with inferred noise scale unless `noise` fixes it, or
    ``categorical``: y are class indices, the last layer outputs the logits and ``mean`` is the
    class probabilities.
    """
    names = _names(hidden)
    check_positive(
        inputs=inputs, outputs=outputs, **{f"hidden[{i}]": n for i, n in enumerate(hidden)}
    )
    check_scale(prior_scale=prior_scale, noise=1.0 if noise is None else noise)
    if likelihood not in ("gaussian", "categorical"):
        raise ValueError(f"likelihood: expected 'gaussian' or 'categorical', got {likelihood!r}")
    widths = [inputs, *hidden, outputs]
    h = x
    for depth, name in enumerate(names):
        rows, columns = widths[depth + 1], widths[depth]
        scale = prior_scale / columns**0.5 if fan_in else prior_scale
        prior = dist.Normal(0, scale).expand([rows, columns]).to_event(2)
        w = numpyro.sample(f"{name}_weight", prior)
        b = numpyro.sample(f"{name}_bias", dist.Normal(0, prior_scale).expand([rows]).to_event(1))
        h = h @ w.T + b
        if name != "output":
            h = function_of(activation)(h)
            numpyro.deterministic(f"{name}_activation", h)

    if likelihood == "categorical":
        numpyro.deterministic("mean", jax.nn.softmax(h))
        observed = dist.Categorical(logits=h)
    else:
        sd = numpyro.sample("noise", dist.HalfNormal(1.0)) if noise is None else jnp.asarray(noise)
        numpyro.deterministic("mean", h)
        observed = dist.Normal(h, sd).to_event(1)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", observed, obs=y)


def layout(*, hidden: Sequence[int], activation: str = "tanh") -> Layout:
    """Layers hidden1, hidden2, …, output, each with a weight matrix and a bias."""
    names = _names(hidden)
    sites: dict[str, tuple[str, ...]] = {}
    for name, below in zip(names, ["input", *names[:-1]], strict=True):
        sites |= {f"{name}_weight": (name, below), f"{name}_bias": (name,)}
    widths = {name: ("hidden", depth) for depth, name in enumerate(names[:-1])}
    return Layout(sites, layers=dict.fromkeys(names[:-1], activation), widths=widths)


def _names(hidden: Sequence[int]) -> list[str]:
    if not isinstance(hidden, Sequence) or isinstance(hidden, str):
        raise ValueError(f"hidden: expected widths of layers, such as (8, 4), got {hidden!r}")
    return [f"hidden{depth + 1}" for depth in range(len(hidden))] + ["output"]
