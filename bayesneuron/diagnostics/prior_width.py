"""Whether draws pull at the width of a fixed normal prior, layer by layer.

With d weights w_i ~ N(0, s² σ_i²) of a layer and S = Σ w_i² / σ_i², the evidence Z(s) has at s = 1
the derivatives

    ∂ log Z / ∂ log s = E[S] - d,    -∂² log Z / ∂ (log s)² = 2 E[S] - Var[S],

with moments over the posterior. Draws at s = 1 alone thus say what another scale would gain,
without any held-out data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats
from numpyro import distributions as dist

from bayesneuron.draws.network import network_if_known
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run

FARTHEST = 1.0  # in log s, to which an expansion around 1 is believed


@dataclass(frozen=True)
class PriorWidth:
    """What another scale of the prior of a layer's incoming weights would gain.

    Attributes
    ----------
    layer : str
    slope : float
        Of the log evidence in log s, above 0 where a wider prior is better.
    curvature : float
        Minus the second derivative, with two standard errors added for the number of draws.
    """

    layer: str
    slope: float
    curvature: float

    @property
    def change(self) -> float:
        """Best change of log s, at most `FARTHEST` either way."""
        best = self.slope / self.curvature if self.curvature > 0 else np.inf * self.slope
        return float(np.clip(best, -FARTHEST, FARTHEST))

    @property
    def gain(self) -> float:
        """Log evidence gained by it, in nats."""
        return self.slope * self.change - max(self.curvature, 0.0) * self.change**2 / 2


def prior_widths(draws: xr.DataTree, *, model: Model | None = None) -> tuple[PriorWidth, ...]:
    """Of every layer whose incoming weights have a normal prior of fixed scale around zero.

    Empty where the model is not known, or the draws carry no inputs.
    """
    known = network_if_known(draws, model)
    if known is None or "constant_data" not in draws.children:
        return ()
    posterior, layout = draws["posterior"], known.layout
    sites = {str(k): np.asarray(v) for k, v in posterior.data_vars.items()}
    x = jnp.asarray(np.asarray(draws["constant_data"]["x"])[:1])
    trace = run(known, {k: jnp.asarray(v[0, 0]) for k, v in sites.items()}, x)
    squares: dict[str, list[np.ndarray]] = {}
    count: dict[str, int] = {}
    for name in layout.sites:
        sd = _fixed_sd(trace.get(name, {}))
        if sd is None or name in layout.auxiliary:
            continue
        z = np.square(sites[name] / sd).reshape(*sites[name].shape[:2], -1)
        layer = layout.receiver(name)
        squares.setdefault(layer, []).append(z.sum(axis=2))
        count[layer] = count.get(layer, 0) + z.shape[2]
    return tuple(
        width_of(layer, sum(v, np.zeros(())), count[layer]) for layer, v in squares.items()
    )


def width_of(layer: str, squares: np.ndarray, count: int) -> PriorWidth:
    """From S by chain and draw, and d."""
    mean, variance = float(squares.mean()), float(squares.var())
    effective = float(np.asarray(array_stats.ess(squares, chain_axis=0, draw_axis=1)))
    error = variance * np.sqrt(2 / effective) if effective > 0 else np.inf
    return PriorWidth(layer, mean - count, 2 * mean - variance + 2 * error)


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
