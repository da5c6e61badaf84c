"""An estimate judged by forecasts: rows of a series, each predicted by the rows before it.

See `bayesneuron.reduction.future`, which weighs the draws from one origin to the next.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.past import earlier_rows
from bayesneuron.diagnostics.again import (
    Again,
    near_again,
    way_to_make,
    why_not_again,
)
from bayesneuron.draws._predict import predict
from bayesneuron.draws.evaluate import likelihood_scale
from bayesneuron.draws.loo import Loo, good_k
from bayesneuron.draws.network import network_if_known, network_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import data_of, sites_of_draws
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.reduction.future import (
    SHARE,
    Forecasts,
    Future,
    leave_future_out,
    origins_of,
)

FEWEST = 10  # windows to predict, below which a standard error says nothing

Refit = Callable[[Any, Any], xr.DataTree]


def check_refit(
    estimates: Mapping[str, xr.DataTree], refit: Refit | Mapping[str, Refit] | None
) -> dict[str, Refit | None]:
    """How each estimate is made anew from fewer rows, by name; None where its method says how.

    Raises
    ------
    ValueError
        If that is not known for one, or a name is not among the estimates.
    """
    needed = [name for name, draws in estimates.items() if way_to_make(draws) is None]
    if refit is not None and not isinstance(refit, Mapping) and len(needed) > 1:
        raise ValueError(f"refit: expected a function for each of {needed}, by name, got one")
    by_name = refit if isinstance(refit, Mapping) else dict.fromkeys(needed or estimates, refit)
    unknown = sorted(set(by_name) - set(estimates))
    if unknown:
        raise ValueError(f"refit: expected names among {list(estimates)}, got {unknown}")
    ways = {name: by_name.get(name) for name in estimates}
    for name in needed:
        if ways[name] is None:
            method = provenance_of(estimates[name]).method
            raise ValueError(
                f"refit: expected a function of x and y that returns draws for {name!r}, such as "
                f"functools.partial(bn.{method}, model), got none"
            )
    return ways


def past_of(draws: xr.DataTree) -> tuple[np.ndarray, bool]:
    """Number of first rows from which each row is predicted, and whether rows overlap."""
    x, y = data_of(draws)
    earlier = earlier_rows(x, y)
    return (np.arange(len(x)), False) if earlier is None else (earlier, True)


def why_not_ahead(draws: xr.DataTree, *, model: Model | None = None) -> str | None:
    """Why draws of overlapping windows are not judged by forecasts unless it is asked for.

    Parameters
    ----------
    draws : DataTree
        With their log likelihoods.
    model : Model, optional
    """
    network = network_if_known(draws, model)
    if network is None or "log_likelihood" not in draws.children:
        return "the model is not known"
    if len(origins_of(past_of(draws)[0])) < FEWEST:
        return f"under {FEWEST} windows to predict"
    return why_not_again(draws)


def not_ahead(
    estimates: Mapping[str, xr.DataTree],
    models: Mapping[str, Model | None],
    cv: str | None,
    *,
    held_out: bool = False,
) -> dict[str, str]:
    """Why estimates are not judged by forecasts, by name; empty where they are.

    Estimates whose rows do not overlap are not among them, unless forecasts are asked for.
    """
    if cv == "lfo":
        return dict.fromkeys(estimates, "")
    overlapping = [
        name
        for name, draws in estimates.items()
        if "observed_data" in draws.children and past_of(draws)[1]
    ]
    if cv == "loo" or held_out:
        return dict.fromkeys(overlapping, "cv='loo'" if cv == "loo" else "test data given")
    return {name: why_not_ahead(estimates[name], model=models[name]) or "" for name in overlapping}


def lfo_of(
    draws: xr.DataTree,
    *,
    model: Model | None = None,
    refit: Refit | None = None,
    again: Again | None = None,
    most: int | None = None,
) -> Future:
    """Rows of the later half whose targets do not overlap, each predicted by the rows before it.

    Parameters
    ----------
    draws : DataTree
        With their data.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    refit : callable, optional
        Draws from x and y of the first rows.
    again : callable, optional
        The same without `refit`; by default as `again.way_to_make` has it.
    most : int, optional
        Refits at most, spread over the rows; by default at a tenth of the rows.
    """
    model = network_of(draws, model)
    x, y = data_of(draws)
    arrays = as_arrays(model, x, y)
    again = again or way_to_make(draws)

    def fit(rows: int) -> Forecasts:
        if refit is not None or again is None:
            assert refit is not None  # `check_refit`
            past = refit(x[:rows], y[:rows])
        else:
            past = again(model, draws, x, y, rows)
        ahead = predict(past, x, y, model=model)
        mean = np.asarray(ahead["predictions"]["mean"], float)
        log_likelihood = np.asarray(ahead["log_likelihood"]["y"], float)
        return Forecasts(log_likelihood, mean.reshape(-1, *mean.shape[2:]))

    first = {k: v[0] for k, v in sites_of_draws(draws).items()}
    power = float(provenance_of(draws).details.get("temper", 1.0))
    power = power * likelihood_scale(model, first, *arrays)
    earlier = past_of(draws)[0]
    origins = origins_of(earlier)
    span = max(int(origins[-1] - origins[0]), 1)
    share = SHARE if most is None else min(SHARE, (most - 1) / span)
    return leave_future_out(fit, earlier, origins, power=power, share=share)


def lfo_score(draws: xr.DataTree, *, model: Model | None = None, most: int | None = None) -> Loo:
    """The same by the sampler that made the draws, from them: the score of a mode without ESS."""
    future = lfo_of(draws, model=model, again=near_again, most=most)
    size = draws["posterior"].sizes
    return Loo(
        elpd=future.elpd, se=future.se, pointwise=future.pointwise,
        pareto_k=future.pareto_k, good_k=good_k(size["chain"] * size["draw"]), bad_k=future.bad_k,
        ess=np.full(len(future.pointwise), np.nan),
    )  # fmt: skip


def lfo_columns(future: Future) -> dict[str, float]:
    """The same as columns of a table."""
    return {
        "elpd_lfo": future.elpd,
        "lfo_se": future.se,
        "lfo_rows": float(len(future.pointwise)),
        "lfo_bad_k": float(future.bad_k),
        "refits": float(len(future.sampled)),
    }
