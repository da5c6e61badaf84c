"""An estimate judged by forecasts: rows of a series, each predicted by the rows before it.

See `bayesneuron.reduction.future`, which weighs the draws from one origin to the next.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.past import earlier_rows
from bayesneuron.draws._predict import predict
from bayesneuron.draws.evaluate import likelihood_scale
from bayesneuron.draws.loo import Loo, good_k
from bayesneuron.draws.network import network_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import data_of, sites_of_draws
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.reduction.future import Forecasts, Future, leave_future_out, origins_of
from bayesneuron.reduction.own import own_posterior

SAMPLES = 300  # draws of every chain of a posterior of the past
CHAINED = ("nuts",)  # methods whose draws are of the posterior, so that NUTS samples it anew

Refit = Callable[[Any, Any], xr.DataTree]


def check_refit(
    estimates: Mapping[str, xr.DataTree], refit: Refit | Mapping[str, Refit] | None
) -> dict[str, Refit | None]:
    """How each estimate is made anew from fewer rows, by name.

    Raises
    ------
    ValueError
        If that is not known for one, or a name is not among the estimates.
    """
    methods = {name: provenance_of(draws).method for name, draws in estimates.items()}
    needed = [name for name, method in methods.items() if method not in CHAINED]
    if refit is not None and not isinstance(refit, Mapping) and len(needed) > 1:
        raise ValueError(f"refit: expected a function for each of {needed}, by name, got one")
    by_name = refit if isinstance(refit, Mapping) else dict.fromkeys(needed or estimates, refit)
    unknown = sorted(set(by_name) - set(estimates))
    if unknown:
        raise ValueError(f"refit: expected names among {list(estimates)}, got {unknown}")
    ways = {name: by_name.get(name) for name in estimates}
    for name in needed:
        if ways[name] is None:
            raise ValueError(
                f"refit: expected a function of x and y that returns draws for {name!r}, such as "
                f"functools.partial(bn.{methods[name]}, model), got none"
            )
    return ways


def past_of(draws: xr.DataTree) -> tuple[np.ndarray, bool]:
    """Number of first rows from which each row is predicted, and whether rows overlap."""
    x, y = data_of(draws)
    earlier = earlier_rows(x, y)
    return (np.arange(len(x)), False) if earlier is None else (earlier, True)


def lfo_of(draws: xr.DataTree, *, model: Model | None = None, refit: Refit | None = None) -> Future:
    """Rows of the later half whose targets do not overlap, each predicted by the rows before it.

    Parameters
    ----------
    draws : DataTree
        With their data.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    refit : callable, optional
        Draws from x and y of the first rows. By default four chains of NUTS from `draws`.
    """
    model = network_of(draws, model)
    x, y = data_of(draws)
    arrays = as_arrays(model, x, y)
    seed = provenance_of(draws).seed or 0

    def fit(rows: int) -> Forecasts:
        past = (
            own_posterior(model, draws, x, y, samples=SAMPLES, seed=seed, rows=rows)
            if refit is None
            else refit(x[:rows], y[:rows])
        )
        ahead = predict(past, x, y, model=model)
        mean = np.asarray(ahead["predictions"]["mean"], float)
        log_likelihood = np.asarray(ahead["log_likelihood"]["y"], float)
        return Forecasts(log_likelihood, mean.reshape(-1, *mean.shape[2:]))

    first = {k: v[0] for k, v in sites_of_draws(draws).items()}
    power = float(provenance_of(draws).details.get("temper", 1.0))
    power = power * likelihood_scale(model, first, *arrays)
    earlier = past_of(draws)[0]
    return leave_future_out(fit, earlier, origins_of(earlier), power=power)


def lfo_score(draws: xr.DataTree, *, model: Model | None = None, refit: Refit | None = None) -> Loo:
    """The same as a score of the draws; effective numbers are not known."""
    future = lfo_of(draws, model=model, refit=refit)
    size = draws["posterior"].sizes
    return Loo(
        elpd=future.elpd, se=future.se, pointwise=future.pointwise,
        pareto_k=future.pareto_k, good_k=good_k(size["chain"] * size["draw"]), bad_k=future.bad_k,
        ess=np.full(len(future.pointwise), np.nan),
    )  # fmt: skip
