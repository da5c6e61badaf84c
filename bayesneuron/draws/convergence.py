"""R-hat and effective sample size of weights, as the draws stand, and of predictions."""

import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import sites_of_draws

POINTS = 200  # predictions looked at, evenly spaced


def convergence(draws: xr.DataTree) -> tuple[float, float]:
    """Largest R-hat and smallest bulk ESS over the layout's weights, as they stand.

    R-hat is NaN for a single chain. The ESS of draws that are independent by construction
    (bootstrap, SVI, Laplace) is their number; estimating it would only add noise.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> rng = np.random.default_rng(0)
    >>> w, v = rng.normal(size=(4, 500, 2, 3)), rng.normal(size=(4, 500, 1, 2))
    >>> draws = bn.from_arrays({"W": w, "V": v}, layout=layout, chains=True)
    >>> convergence(draws)[0] < 1.01
    True
    """
    provenance = provenance_of(draws)
    layout = provenance.layout
    if provenance.independent:
        return float("nan"), float(
            np.prod([draws["posterior"].sizes[d] for d in ("chain", "draw")])
        )
    sites = [s for s in layout.sites if s not in layout.auxiliary]
    return worst_of(*(np.asarray(draws["posterior"][s], float) for s in sites))


def convergence_of_function(draws: xr.DataTree) -> tuple[float, float]:
    """Largest R-hat and smallest bulk ESS over predictions at up to 200 places.

    A network whose predictions mix while its weights do not has flat directions: compare with
    `convergence`. NaN where the draws carry no predictions.
    """
    if "posterior_predictive" not in draws.children:
        return float("nan"), float("nan")
    mean = np.asarray(draws["posterior_predictive"]["mean"], float)
    if provenance_of(draws).independent:
        return float("nan"), float(mean.shape[0] * mean.shape[1])
    by_draw = mean.reshape(-1, *mean.shape[2:])
    return worst_of(spread_values(by_draw).reshape(*mean.shape[:2], -1))


def spread_values(mean: np.ndarray) -> np.ndarray:
    """Predictions at up to 200 places, (draw, place), of (draw, observation, ...)."""
    flat = mean.reshape(len(mean), -1)
    places = np.linspace(0, flat.shape[1] - 1, min(POINTS, flat.shape[1])).round().astype(int)
    return flat[:, places]


def worst_of(*arrays: np.ndarray) -> tuple[float, float]:
    """Largest R-hat and smallest bulk ESS over the values of arrays (chain, draw, ...)."""
    from arviz_stats.base.array import array_stats

    flat = np.concatenate([a.reshape(*a.shape[:2], -1) for a in arrays], axis=2)
    if flat.shape[1] < 4:
        return float("nan"), float("nan")
    # a coordinate that never moves (a unit vector's only weight) has no R-hat
    moving = flat[:, :, np.ptp(flat, axis=(0, 1)) > 0]
    if not moving.shape[2]:
        return float("nan"), float("nan")
    ess = array_stats.ess(moving, chain_axis=0, draw_axis=1)
    rhat = np.nan
    if moving.shape[0] > 1:
        rhat = np.max(array_stats.rhat(moving, chain_axis=0, draw_axis=1))
    return float(rhat), float(np.min(ess))


def distinct_draws(draws: xr.DataTree) -> int:
    """How many draws differ from each other in some site."""
    flat = [v.reshape(len(v), -1) for v in sites_of_draws(draws).values()]
    return len(np.unique(np.concatenate(flat, axis=1), axis=0))
