"""Running a model: the only place where its sites are traced.

`run` gives the sites of one network with their values, `sites_of` the shapes and kinds of the
sites of all of them, without computing any.
"""

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from numpyro import handlers
from numpyro.distributions import constraints

from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_type

Trace = dict[str, dict[str, Any]]
Values = Mapping[str, Any] | Callable[[dict[str, Any]], Any]
Shaped = jax.ShapeDtypeStruct


# deterministic sites of a recurrent network, (observation, ...): its state before the first sample
# of x and after the last
STATE, NEXT_STATE = "state", "next_state"

TRACING = threading.RLock()  # NumPyro keeps one stack of handlers for all threads


class Site(NamedTuple):
    """What is known of a site before any value is.

    kind : str
        ``latent``, ``observed``, ``deterministic``, or NumPyro's own word (``plate``).
    shape, dtype
        Of its value.
    support
        Constraint of a sample site; None otherwise.
    scaled : bool
        Whether its log probability is scaled (`numpyro.handlers.scale`).
    in_units : bool
        Whether estimators work on it in units of a learnt scale, ``infer={"scale": ...}``.
    only_weights : bool
        Whether the data depend on it through the weights alone, ``infer={"only_weights": True}``.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: Any
    support: Any = None
    scaled: bool = False
    in_units: bool = False
    only_weights: bool = False


def run(
    model: Model, values: Values, x: Any, y: Any = None, *, key: jax.Array | None = None
) -> Trace:
    """Run `model` on data with the sites in `values` set, and return the trace.

    Parameters
    ----------
    model : Model
    values : mapping of str to array, or callable
        Sites that are set; the others are drawn, and deterministic ones computed. A function
        returns the value of a site from NumPyro's description of it, None where it is not set.
    x, y : array
        Without y the site ``y`` is drawn.
    key : array, optional
        Random key of the sites that are drawn; by default a fixed one.

    Returns
    -------
    dict of str to dict
        NumPyro's sites: ``type``, ``value`` and, of sample sites, the distribution ``fn``.
    """
    key = jax.random.key(0) if key is None else key
    if callable(values):
        placed = handlers.substitute(model.function, substitute_fn=values)
    else:
        placed = handlers.substitute(model.function, data=dict(values))
    seeded = handlers.seed(placed, key)
    with TRACING, handlers.block():  # an enclosing inference must not see the sites a second time
        return handlers.trace(seeded).get_trace(x, y)


def log_prob(site: Mapping[str, Any]) -> jax.Array:
    """Log probability of a sample site's value, with the scale that NumPyro's handlers give it."""
    value = site["fn"].log_prob(site["value"])
    return value if site["scale"] is None else site["scale"] * value


def sites_of(
    model: Model, x: tuple[int, ...] | Shaped, y: Shaped | None = None
) -> Mapping[str, Site]:
    """Every site of `model` on data of one shape, in the order of the model; nothing is computed.

    Parameters
    ----------
    model : Model
    x : tuple of int, or ShapeDtypeStruct
        Shape (observation, input), of floats by default.
    y : ShapeDtypeStruct, optional
        Without it the site ``y`` counts as latent.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> sites_of(model, (5, 3))["hidden_activation"].shape
    (5, 2)
    """
    return _sites(model, tuple(x) if isinstance(x, tuple) else x, y, jax.config.jax_enable_x64)


def latent_of(sites: Mapping[str, Site]) -> dict[str, Site]:
    """The sites that draws of the network hold: latent ones, without the targets."""
    return {name: site for name, site in sites.items() if site.kind == "latent" and name != "y"}


def needed_of(sites: Mapping[str, Site]) -> set[str]:
    """Names of the latent sites without which there is no likelihood: not scales of the prior."""
    return {name for name, site in latent_of(sites).items() if not site.only_weights}


def single(support: Any) -> Any:
    """The constraint on each number of a site, from that on all of them."""
    while isinstance(support, constraints.independent):
        support = support.base_constraint
    return support


@lru_cache(maxsize=512)  # tracing costs as much as a small estimate
def _sites(
    model: Model, x: tuple[int, ...] | Shaped, y: Shaped | None, x64: bool
) -> Mapping[str, Site]:
    del x64  # a part of the key
    check_type("model", model, Model, "bn.load")
    row = jnp.zeros(x) if isinstance(x, tuple) else jnp.zeros(x.shape, x.dtype)
    target = None if y is None else jnp.zeros(y.shape, y.dtype)
    sites: dict[str, Site] = {}

    def look(x: jax.Array, y: jax.Array | None) -> None:
        sites.update(_described(run(model, {}, x, y)))

    try:
        jax.eval_shape(look, row, target)
    except ValueError:  # the model's own words
        raise
    except Exception as error:  # whatever stops a user's model
        reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        columns = model.options.get("inputs")
        if model.shipped and columns is not None and columns != row.shape[-1]:
            reason = f"expected {columns} columns, as its option inputs={columns} says"
        raise ValueError(f"{model.name} cannot take x of shape {row.shape}: {reason}") from error
    supports = [site.support for site in sites.values()]
    if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(supports)):
        # a support that depends on a value (a bound that is itself drawn): one is needed
        sites = _described(_anywhere(model, sites, row, target))
    return MappingProxyType(sites)


def _described(trace: Trace) -> dict[str, Site]:
    return {
        name: Site(
            _kind(site),
            tuple(np.shape(site["value"])),
            getattr(site["value"], "dtype", None),
            site["fn"].support if site["type"] == "sample" else None,
            site.get("scale") is not None,
            "scale" in site.get("infer", {}),
            bool(site.get("infer", {}).get("only_weights", False)),
        )
        for name, site in trace.items()
        if "value" in site
    }


def _kind(site: Mapping[str, Any]) -> str:
    if site["type"] != "sample":
        return site["type"]
    return "observed" if site["is_observed"] else "latent"


def _anywhere(model: Model, sites: Mapping[str, Site], x: jax.Array, y: jax.Array | None) -> Trace:
    """A trace at some value of the right shape for every latent site.

    Sampling them would compile one small program per site, seconds in all. Numbers between 0.5
    and 1 lie in most supports, and matrices of them have full rank.
    """
    rng = np.random.default_rng(0)
    latent = sorted(name for name, site in sites.items() if site.kind == "latent")
    values = {k: jnp.asarray(rng.uniform(0.5, 1.0, sites[k].shape), sites[k].dtype) for k in latent}
    try:
        return run(model, values, x, y)
    except ValueError:  # a support that holds no such value
        return run(model, {}, x, y)


def sampler(
    model: Model, draws: int, piece: int | None = None
) -> Callable[..., dict[str, jax.Array]]:
    """A function of a key, one row of inputs and a number that draws all sites from the prior.

    Of so many draws, which a key determines, it makes the `piece` that begins at the number; by
    default all.
    """

    def sample(key: jax.Array, row: jax.Array, first: int | jax.Array = 0) -> dict[str, jax.Array]:
        def one(key: jax.Array) -> dict[str, jax.Array]:
            trace = run(model, {}, row, key=key)
            return {
                k: s["value"] for k, s in trace.items() if s["type"] in ("sample", "deterministic")
            }

        keys = jax.random.split(key, draws) if draws > 1 else key[None]
        return jax.lax.map(one, jax.lax.dynamic_slice_in_dim(keys, first, piece or draws))

    return sample
