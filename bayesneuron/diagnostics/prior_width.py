"""Whether draws pull at the width of a fixed normal prior, layer by layer.

With d weights w_i ~ N(0, s² σ_i²) of a layer and S = Σ w_i² / σ_i², Jensen's inequality bounds what
a change of scale gains in evidence from draws at s = 1 alone, without any held-out data:

    log Z(s) - log Z(1) = log E[p(w | s) / p(w | 1)] ≥ E[log p(w | s) - log p(w | 1)]

with E over the posterior. The bound is highest at s² = E[S] / d, where it is

    ½ (E[S] - d - d log (E[S] / d)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpyro import distributions as dist

from bayesneuron.draws.network import network_if_known
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run


@dataclass(frozen=True)
class PriorWidth:
    """How wide the prior of a layer's incoming weights would have to be.

    Attributes
    ----------
    layer : str
    scale : float
        Factor by which the scale of the prior would best change, above 1 for a wider one.
    gain : float
        Least gain of log evidence at that scale, in nats.
    """

    layer: str
    scale: float
    gain: float


def prior_widths(draws: xr.DataTree, *, model: Model | None = None) -> tuple[PriorWidth, ...]:
    """Of every layer whose incoming weights have a normal prior of fixed scale around zero.

    Empty where the model is not known, or the draws carry no inputs.
    """
    known = network_if_known(draws, model)
    if known is None or "constant_data" not in draws.children:
        return ()
    sites = sites_of_draws(draws)
    x = jnp.asarray(np.asarray(draws["constant_data"]["x"])[:1])
    trace = run(known, {k: jnp.asarray(v[0]) for k, v in sites.items()}, x)
    squares: dict[str, list[tuple[float, int]]] = {}
    for name in known.layout.sites:
        sd = _fixed_sd(trace.get(name, {}))
        if sd is None or name in known.layout.auxiliary:
            continue
        z = np.asarray(sites[name], float) / sd
        mean = np.square(z).reshape(len(z), -1).sum(axis=1).mean()
        squares.setdefault(known.layout.receiver(name), []).append((float(mean), z[0].size))
    return tuple(width_of(layer, *map(sum, zip(*v, strict=True))) for layer, v in squares.items())


def width_of(layer: str, squares: float, count: int) -> PriorWidth:
    """From E[S] and d.

    Examples
    --------
    >>> width_of("output", 40.0, 10)
    PriorWidth(layer='output', scale=2.0, gain=8.068528194400547)
    """
    ratio = max(squares / count, np.finfo(float).tiny)
    return PriorWidth(layer, float(ratio**0.5), float(squares - count - count * np.log(ratio)) / 2)


def _fixed_sd(site: Mapping[str, Any]) -> np.ndarray | None:
    """Standard deviations of a normal prior around zero that is not learnt; None of any other."""
    if site.get("type") != "sample" or "scale" in site["infer"]:
        return None
    prior = site["fn"]
    while hasattr(prior, "base_dist"):
        prior = prior.base_dist
    if not isinstance(prior, dist.Normal) or np.any(np.asarray(prior.loc) != 0):
        return None
    sd = np.asarray(prior.scale, float)
    return np.broadcast_to(sd, np.shape(site["value"]))
