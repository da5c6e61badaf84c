"""The judgement of forecasts from rolling origins, beside references."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.series import as_series
from bayesneuron.draws.network import network_of
from bayesneuron.forecasting.at_origins import NETWORK, Settings
from bayesneuron.forecasting.backtest_data import side_by_side
from bayesneuron.forecasting.backtest_result import WORDS, Backtest
from bayesneuron.forecasting.fitting import (
    Fit,
    FitJudged,
    check_windows,
    every_of,
    fit_and_judge,
    fit_of,
)
from bayesneuron.forecasting.known_ahead import check_whole, known_ahead
from bayesneuron.forecasting.origins import origins_of
from bayesneuron.forecasting.padding import paddings
from bayesneuron.forecasting.peers import STATSFORECAST, statsforecast_models
from bayesneuron.forecasting.rolling import Rolling, recordings_of, rolling
from bayesneuron.forecasting.season import period_of
from bayesneuron.forecasting.sizes import recursion_of, sizes_of
from bayesneuron.forecasting.spread import RANGES
from bayesneuron.forecasting.trained_on import trained_on, warn_without_scaling
from bayesneuron.inference.work import work_of
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_positive,
    check_probability,
    check_seed,
    check_within,
)
from bayesneuron.numerics.tasks import map_tasks
from bayesneuron.numerics.warn import StatisticalWarning, statistical, warn_once

REFERENCES = ("persistence", "seasonal", "autoregression", "ssa")


def backtest(
    source: Any,
    series: Any,
    *,
    horizon: int,
    origins: Any = 20,
    test_size: float = 0.2,
    refit: bool | int = False,
    windows: Mapping[str, Any] | None = None,
    exogenous: Any = None,
    covariates: Any = None,
    train_length: int | None = None,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    references: Sequence[str] = REFERENCES,
    period: int | None = None,
    paths: int | None = None,
    model: Model | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
) -> Backtest:
    """Forecast a series from many origins in its past, and judge the forecasts by what came.

    Nothing after an origin is used for its forecasts: not by the network, nor by its references,
    their fits or the scaling. Exogenous series, which are known ahead, are the exception.

    Parameters
    ----------
    source : DataTree, Model, or callable
        Draws, which forecast from every origin as they are. Or what is to be fitted: a model, by
        `method`, or a function ``fit(x, y) -> draws``.
    series : DataArray, Series, DataFrame or array_like, shape (time,) or (time, channel)
        In its own units. With recordings, each has origins of its own.
    horizon : int
        Steps ahead; with exogenous series a multiple of those in one output of the network.
    origins : int, or array_like of int or of time stamps
        How many, evenly spaced, in each recording; or the first samples of the forecasts. With
        draws they lie after the windows trained on, where these are found in the series: in later
        recordings, if the draws have seen whole recordings.
    test_size : float
        Share of every recording in which a number of origins lies; not used with draws whose
        windows are found.
    refit : bool or int
        Fit once, to what comes before the first origin (False); before each origin (True); or
        every so many origins.
    windows : mapping, optional
        Arguments of `bayesneuron.windows`, such as ``{"history": 12, "difference": 1}``; needed
        where something is fitted. Draws bring their own.
    exogenous : DataArray, Series, DataFrame or array_like, optional
        Series that are known ahead, at the samples of the series and perhaps at more: aligned by
        time stamps where both have them. The network knows them up to the end of each forecast, and
        so does the autoregression, whose columns they are as well.
    covariates : DataFrame, mapping or array_like, optional
        As in `bayesneuron.windows`.
    train_length : int, optional
        Fit to so many samples of each recording, the latest. Every fit then has the same shapes,
        and is compiled once. By default to all: Laplace with the full Hessian, SVI and
        NUTS are then padded by rows of power zero, and compiled again where the number of windows
        has doubled.
    method : {"laplace", "bootstrap", "svi", "nuts", "ensemble"}, optional
        For a model; by default Laplace.
    options : mapping, optional
        Of that estimator.
    references : sequence of str
        Of ``persistence`` (always there), ``seasonal`` (the last season repeated, where there is
        one), ``autoregression``, ``ssa``; ``own_autoregression``; and, with the package
        statsforecast, ``auto_arima`` and ``auto_ets``.
    period : int, optional
        Samples in a season, 1 for none. By default the attribute ``period`` of the series, the
        season that goes with its calendar, or a clear peak of the autocorrelation before the first
        origin.
    paths : int, optional
        As in `bayesneuron.forecast`.
    model : Model, optional
        Of draws, where it is not one of the shipped ones.
    seed : int
    executor : concurrent.futures.Executor, optional
        Runs the fits on its workers; by default they run here, one after another. The result is
        the same to the last bit.
    checkpoint : str or Path, optional
        A folder that keeps fits as they end, judged. The same call goes on from there after a
        stop.

    Returns
    -------
    Backtest
        ``verdict``, one line; ``table()``, ``by_step`` and ``forecasts``.

    Raises
    ------
    ValueError
        If an argument is not valid, an origin lies among the samples trained on or too close to the
        end, there are too few samples before the first one, the checkpoint is of another run, or
        statsforecast is not there.

    Warns
    -----
    StatisticalWarning
        As the estimator, once for all fits. If draws carry no scaling and none of the windows that
        they were trained on is in the series. If paths of the network diverge, as in
        `bayesneuron.forecast`.

    Notes
    -----
    References are fitted when the network is, to the same samples: ``autoregression`` by least
    squares to the windows of the network, with their transforms, fed back; ``own_autoregression``
    of the order with the least AICc, of neighbouring samples; ``ssa`` by recurrent
    forecasts, its rank chosen in the last quarter of what it is fitted to (Golyandina and
    Zhigljavsky 2020). Where that quarter of every recording is shorter than the horizon, it has one
    pattern and no bands. From every origin they go on from all samples before it. Their bands are
    normal with the errors within the samples fitted to, those of the autoregression are of noisy
    paths; statsforecast has its own.

    The CRPS of samples is the fair one (Zamo and Naveau 2018). The Diebold-Mariano test has the
    correction of Harvey, Leybourne and Newbold (1997).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=160, period=20)
    >>> x, y = bn.windows(series[:120], history=4)
    >>> draws = bn.laplace(bn.load("two_layer", inputs=4, hidden=2, outputs=1), x, y, samples=50)
    >>> tested = bn.backtest(draws, series, horizon=5, origins=10)
    >>> tested.forecasts["origin"].values[[0, -1]].tolist()
    [120, 155]
    >>> tested.table().index.tolist()
    ['network', 'persistence', 'seasonal', 'autoregression', 'ssa']
    """
    check_seed(seed)
    check_positive(horizon=horizon, **({} if paths is None else {"paths": paths}))
    check_positive(**({} if train_length is None else {"train_length": train_length}))
    check_probability(test_size=test_size)
    chosen, estimator = _references(references), "laplace" if method is None else method
    data = as_series(series)
    every, beside = every_of(refit), known_ahead(data, exogenous, covariates)
    if isinstance(source, xr.DataTree):
        _check_no_fit(
            refit=refit, windows=windows, train_length=train_length, options=options,
            method=method, executor=executor, checkpoint=checkpoint,
        )  # fmt: skip
        cut: dict[str, Any] = {}
        model = network_of(source, model)
        roll, at = _of_draws(source, model, data, origins, horizon, test_size)
        parts = [(np.arange(len(roll.places)), at)]
        fit: Fit | xr.DataTree = source
    else:
        fit, cut = fit_of(source, estimator, options, seed), check_windows(windows)
        check_whole(beside, horizon, cut.get("horizon", 1))
        model = source if isinstance(source, Model) else model
        roll = rolling(data, origins, horizon, None, test_size)
        parts = [(batch, roll.known_at(batch, train_length)) for batch in roll.batches(every)]
    known = data.isel(time=parts[0][1])
    season = _season(known, period, horizon, roll)
    named = tuple(name for name in chosen if name != "seasonal" or season is not None)
    settings = Settings(int(horizon), named, season, paths, seed)
    sources: list[Fit | xr.DataTree] = [fit]
    if not isinstance(fit, xr.DataTree):
        places = [at for _, at in parts]
        pads = paddings(source, estimator, options, roll, places, beside, cut)
        sources = [partial(fit, **pad) if pad else fit for pad in pads]
    work = work_of(
        executor, checkpoint, method="backtest", model=source, seed=seed, data=(data,),
        horizon=horizon, places=roll.places, begins=roll.begins, refit=refit, windows=cut,
        train_length=train_length, fit=(estimator, options), references=named, period=season,
        paths=paths, exogenous=beside.exogenous, covariates=beside.covariates,
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:  # what a fit of the user warns of itself
        warnings.simplefilter("always", StatisticalWarning)
        done = map_tasks(
            fit_and_judge,
            lambda k: (sources[k], model, roll, *parts[k], settings, beside, cut),
            range(len(parts)),
            work=work,
            returns=FitJudged,
        )
    judged, own = [part.by_forecaster(named) for part in done], done[-1].targets
    ours = dict.fromkeys(str(m) for part in done for m in part.messages)
    messages = [*ours, *statistical(caught)]
    if messages:
        more = f" (and {len(messages) - 1} more such warnings)" if len(messages) > 1 else ""
        warn_once(f"{messages[0]}{more}")
    if data.ndim == 2:
        roll, known = replace(roll, series=data.isel(channel=own)), known.isel(channel=own)
    forecasts = side_by_side(roll, [batch for batch, _ in parts], judged, known, settings)
    lost = forecasts["diverged"].sel(forecaster=NETWORK, step=horizon).mean().item()
    if lost:
        warn_once(
            f"backtest: {lost:.2%} of the network's paths left the range of what was known by more "
            f"than {RANGES:g} times its width; they are left out"
        )
    fits = 0 if isinstance(source, xr.DataTree) else len(parts)
    return Backtest(forecasts, fits, season)


def _references(references: Sequence[str]) -> tuple[str, ...]:
    several = isinstance(references, Iterable) and not isinstance(references, str)
    if not several or not set(references) <= set(WORDS):
        raise ValueError(f"references: expected some of {list(WORDS)}, got {references!r}")
    if set(references) & set(STATSFORECAST):
        statsforecast_models()  # before long work
    return tuple(name for name in WORDS if name in references or name == "persistence")


def _check_no_fit(**given: Any) -> None:
    named = [name for name, value in given.items() if value]
    if named:
        raise ValueError(
            f"{named[0]}: expected none with draws, which are not fitted again (give a model or a "
            f"function (x, y) -> draws), got {given[named[0]]!r}"
        )


def _of_draws(
    draws: xr.DataTree, model: Model, data: xr.DataArray, origins: Any, horizon: int, share: float
) -> tuple[Rolling, np.ndarray]:
    """Origins, and places of what references are fitted to: the samples that draws have seen."""
    start = origins_of(data)
    sizes, recursion = sizes_of(draws, model, start), recursion_of(draws, start.width)
    seen = trained_on(draws, data, sizes, recursion)
    least = None if seen is None else np.maximum(seen, sizes.history)
    roll = rolling(data, origins, horizon, least, share)
    if seen is None:
        warn_without_scaling(draws)
        return roll, roll.known_at(np.arange(len(roll.places)))
    at = [np.arange(begin, begin + n) for begin, n in zip(roll.begins, seen, strict=True)]
    return roll, np.concatenate(at)


def _season(known: xr.DataArray, period: int | None, horizon: int, roll: Rolling) -> int | None:
    """Samples in a season; an error where what is fitted to has no errors at every step."""
    longest = int(recordings_of(known)[1].max()) if len(known) else 0
    shortest = min(longest, *(len(p) for p in roll.pasts(np.arange(len(roll.places)))))
    if longest <= horizon:
        raise ValueError(
            f"origins: expected more than {horizon} samples (horizon) before the first one, got "
            f"{longest}"
        )
    if period is not None:
        check_within("period", period, 1, min(longest - horizon, shortest))
        return None if period == 1 else int(period)
    found = period_of(known)
    fits = found is not None and longest > found + horizon and shortest >= found
    return found if fits else None
