"""What draws of a network say about new inputs."""

import json
from functools import partial
from typing import Any

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpyro import handlers

from bayesneuron.arrays import as_arrays, as_inputs
from bayesneuron.model import Model, load
from bayesneuron.precision import double

_BATCH = 64  # draws evaluated at once


@double
def predict(
    draws: xr.DataTree, x: Any, y: Any = None, *, model: Model | None = None, seed: int = 0
) -> xr.DataTree:
    """Evaluate the network at new inputs for every draw.

    Parameters
    ----------
    draws : DataTree
        From an estimator, aligned or not.
    x : array_like, shape (observation, input)
        In the units of the training inputs: standardised if those were.
    y : array_like, optional
        What was observed there, to have its log likelihood as well.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    seed : int
        Of the predicted observations.

    Returns
    -------
    DataTree
        Group ``predictions``, dims (chain, draw, observation, output): ``mean``, the network's
        output, and ``y``, a new observation with its noise. With `y` also groups
        ``log_likelihood`` and ``observed_data``. The root attributes are those of `draws`.

    Raises
    ------
    ValueError
        If the model cannot be made again from the draws and is not given, x does not fit, or
        a site of the model is missing (weights without a noise scale).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=2)
    >>> bn.predict(draws, x[:5]).predictions["mean"].shape
    (1, 20, 5, 1)
    """
    model = model or model_of(draws)
    if y is None:
        inputs, targets = jnp.asarray(as_inputs(model, x)), None
    else:
        inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    latent = _latent(model, inputs)
    missing = sorted(set(latent) - set(draws["posterior"].data_vars))
    if missing:
        raise ValueError(f"predict: expected sites {latent} in the draws, missing {missing}")
    sites = {k: np.asarray(draws["posterior"][k]) for k in latent}
    shape = next(iter(sites.values())).shape[:2]
    flat = {k: jnp.asarray(v.reshape(-1, *v.shape[2:])) for k, v in sites.items()}
    keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), 5), shape[0] * shape[1])
    found = {
        k: np.asarray(v).reshape(*shape, *v.shape[1:])
        for k, v in _evaluate(model, flat, keys, inputs, targets).items()
    }
    dims = ["observation", "output"]
    groups: dict[str, Any] = {"predictions": {k: found[k] for k in ("mean", "y")}}
    tree = az.from_dict(groups, dims={"mean": dims, "y": dims[: found["y"].ndim - 2]})
    if targets is not None:
        scored = az.from_dict({"log_likelihood": {"y": found["log_lik"]}}, dims={"y": dims[:1]})
        seen = az.from_dict(
            {"observed_data": {"y": np.asarray(targets)}}, dims={"y": dims[: targets.ndim]}
        )
        tree["log_likelihood"] = scored["log_likelihood"]
        tree["observed_data"] = seen["observed_data"]
    tree.attrs = dict(draws.attrs)
    return tree


def model_of(draws: xr.DataTree) -> Model:
    """The shipped model that `draws` were made with.

    Raises
    ------
    ValueError
        If it was not a shipped one.
    """
    if not draws.attrs.get("shipped"):
        name = draws.attrs.get("model", "unknown")
        raise ValueError(
            f"draws of model {name!r}: expected model= as well, it is not a shipped one"
        )
    return load(draws.attrs["model"], **json.loads(draws.attrs["options"]))


def _latent(model: Model, x: jax.Array) -> list[str]:
    trace = handlers.trace(handlers.seed(model.function, 0)).get_trace(x[:1], None)
    return [k for k, s in trace.items() if s["type"] == "sample" and k != "y"]


@partial(jax.jit, static_argnums=0)
def _evaluate(
    model: Model,
    sites: dict[str, jax.Array],
    keys: jax.Array,
    x: jax.Array,
    y: jax.Array | None,
) -> dict[str, jax.Array]:
    def one(pair: tuple[dict[str, jax.Array], jax.Array]) -> dict[str, jax.Array]:
        values, key = pair
        seeded = handlers.seed(handlers.substitute(model.function, data=values), key)
        trace = handlers.trace(seeded).get_trace(x, None)
        found = {"mean": trace["mean"]["value"], "y": trace["y"]["value"]}
        if y is not None:
            found["log_lik"] = trace["y"]["fn"].log_prob(y).reshape(len(x), -1).sum(-1)
        return found

    return jax.lax.map(one, (sites, keys), batch_size=_BATCH)
