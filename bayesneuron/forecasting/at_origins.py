"""One fit of a network, and of its references, judged at the origins that it serves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import by_recording
from bayesneuron.forecasting._forecast import forecast
from bayesneuron.forecasting.beside import known_at_starts
from bayesneuron.forecasting.held_out import entries_of
from bayesneuron.forecasting.judged import Judged, judge_normal, judge_samples
from bayesneuron.forecasting.known_ahead import KnownAhead, check_whole
from bayesneuron.forecasting.origins import origins_of
from bayesneuron.forecasting.own_order import own_autoregression
from bayesneuron.forecasting.peers import Ahead, seasonal_persistence, statsforecast_model
from bayesneuron.forecasting.references import noisy_autoregression, references_ahead
from bayesneuron.forecasting.rolling import Rolling, recordings_of, stacked
from bayesneuron.forecasting.rows_ahead import rows_of_windows
from bayesneuron.forecasting.sizes import (
    Sizes,
    recursion_of,
    row_of_draws,
    sizes_of,
    targets_of_draws,
    training_data,
)
from bayesneuron.forecasting.spread import has_diverged
from bayesneuron.forecasting.ssa_forecast import ssa_forecast
from bayesneuron.network.model import Model
from bayesneuron.numerics.warn import collected

PATHS = 1000  # of the autoregression
NETWORK = "network"
NOTHING = KnownAhead()


@dataclass(frozen=True)
class Settings:
    """What is the same for all fits.

    Attributes
    ----------
    horizon : int
    references : tuple of str
    period : int or None
        Samples in a season; None where there is none.
    paths : int or None
        Of each draw.
    seed : int
    """

    horizon: int
    references: tuple[str, ...]
    period: int | None
    paths: int | None
    seed: int


def judge_at(
    draws: xr.DataTree,
    model: Model,
    roll: Rolling,
    batch: np.ndarray,
    known: xr.DataArray,
    settings: Settings,
    known_ahead: KnownAhead = NOTHING,
) -> dict[str, Judged]:
    """Network and references at the origins of a batch, by name.

    Parameters
    ----------
    draws : DataTree
    model : Model
    roll : Rolling
    batch : ndarray of int
        Numbers of the origins.
    known : DataArray
        What the references are fitted to.
    settings : Settings
    known_ahead : KnownAhead

    Returns
    -------
    dict of str to Judged
        Of the channels that the network forecasts.

    Raises
    ------
    ValueError
        As `bayesneuron.forecast`.
    """
    observed, pasts = roll.observed(settings.horizon)[batch], roll.pasts(batch)
    pieces = by_recording(known.values.reshape(len(known), -1), recordings_of(known)[1])
    sizes = sizes_of(draws, model, origins_of(stacked(roll.series, roll, batch, None)))
    check_whole(known_ahead, settings.horizon, sizes.horizon)
    span = None if sizes.recurrent else sizes.span
    history = stacked(roll.series, roll, batch, span)
    ahead_of = known_ahead.at_origins(roll, batch, span, settings.horizon)
    own = targets_of_draws(draws, observed.shape[2])
    every, observed = np.concatenate(pieces)[:, own], observed[..., own]
    low, high = every.min(axis=0), every.max(axis=0)

    def sampled(samples: np.ndarray, mean: np.ndarray | None = None) -> Judged:
        return judge_samples(samples, has_diverged(samples, low, high), observed, mean)

    options = {"paths": settings.paths, "model": model, "seed": settings.seed}
    with collected():  # of paths that diverged, which `backtest` counts itself
        ahead = forecast(draws, history, settings.horizon, **options, **ahead_of)
    noisy = entries_of(ahead["forecast"]["y"])  # pyright: ignore[reportArgumentType]
    judged = {NETWORK: sampled(noisy.reshape(-1, *noisy.shape[3:]))}
    for name in settings.references:
        if name == "autoregression":
            data = training_data(draws)
            if data is not None:
                paths = _autoregression(draws, data, history, sizes, settings, ahead_of)
                judged[name] = sampled(*paths)
        else:
            mean, sd = _normal(name, pieces, pasts, settings)
            judged[name] = judge_normal(Ahead(mean[..., own], sd[..., own]), observed)
    return judged


def _normal(
    name: str, pieces: Sequence[np.ndarray], pasts: Sequence[np.ndarray], settings: Settings
) -> Ahead:
    period, horizon = settings.period or 1, settings.horizon
    forecasters: Mapping[str, Callable[[], Ahead]] = {
        "persistence": lambda: seasonal_persistence(pieces, pasts, horizon),
        "seasonal": lambda: seasonal_persistence(pieces, pasts, horizon, period),
        "own_autoregression": lambda: own_autoregression(pieces, pasts, horizon),
        "ssa": lambda: ssa_forecast(pieces, pasts, horizon),
    }
    if name in forecasters:
        return forecasters[name]()
    return statsforecast_model(name, pieces, pasts, horizon, period)


def _autoregression(
    draws: xr.DataTree,
    data: tuple[np.ndarray, np.ndarray],
    history: xr.DataArray,
    sizes: Sizes,
    settings: Settings,
    ahead_of: Mapping[str, Any],
) -> tuple[np.ndarray, np.ndarray]:
    """Noisy paths, (path, origin, step, target), and the continuation without noise."""
    steps = settings.horizon
    origins = origins_of(history)
    recent = np.stack([past[-sizes.history :] for past in origins.samples])
    recursion = recursion_of(draws, recent.shape[2])
    known = known_at_starts(row_of_draws(draws), history, origins, sizes, steps, **ahead_of)
    beside = None
    if known is not None:
        beside = rows_of_windows(known, sizes, -(-steps // sizes.horizon), recursion.transform)
    options: dict[str, Any] = {"paths": PATHS, "seed": settings.seed, "beside": beside}
    paths = noisy_autoregression(data, recent, recursion, steps, **options)
    return paths, references_ahead(data, recent, recursion, steps, beside)["autoregression"]
