"""How the network of a backtest is fitted to what is known, and judged, again and again."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from bayesneuron.data import windows as cut_windows
from bayesneuron.draws.network import network_of
from bayesneuron.forecasting.at_origins import NETWORK, Settings, judge_at
from bayesneuron.forecasting.judged import Judged
from bayesneuron.forecasting.known_ahead import KnownAhead
from bayesneuron.forecasting.rolling import Rolling
from bayesneuron.forecasting.sizes import targets_of_draws
from bayesneuron.inference.by_name import METHODS
from bayesneuron.network.model import Model
from bayesneuron.network.travelling import Travelling
from bayesneuron.numerics.checks import check_choice, check_positive, check_type
from bayesneuron.numerics.warn import collected

OPTIONS = (
    "history", "horizon", "stride", "target", "standardize", "transform", "difference", "local",
    "delay",
)  # fmt: skip

Fit = Callable[[xr.DataArray, xr.DataArray], xr.DataTree]


def fit_of(source: Any, method: str, options: Mapping[str, Any] | None, seed: int) -> Fit:
    """The function (x, y) -> draws of a model with one of our estimators, or the user's own.

    Raises
    ------
    ValueError
        If it is neither, a function of other arguments, or the method is unknown.
    """
    if isinstance(source, Model):
        check_choice("method", method, METHODS)
        return partial(METHODS[method], source, **{"seed": seed, **(options or {})})
    if not callable(source):
        raise ValueError(
            "source: expected draws, a model (bn.load) or a function (x, y) -> draws, got "
            f"{type(source).__name__}"
        )
    if options:
        raise ValueError(
            f"options: expected none with a function, which has its own, got {sorted(options)}"
        )
    try:
        inspect.signature(source).bind(None, None)
    except TypeError as error:
        raise ValueError(
            f"source: expected a function of x and y alone, such as lambda x, y: bn.svi(model, x, "
            f"y), got {getattr(source, '__name__', source)} ({error})"
        ) from None
    return Travelling(source)


def check_windows(windows: Mapping[str, Any] | None) -> dict[str, Any]:
    """The arguments of `bayesneuron.windows`, by which a fit sees what is known and no more.

    Raises
    ------
    ValueError
        If there is no history, an argument is unknown, or a scaling comes from elsewhere.
    """
    given = windows if isinstance(windows, Mapping) else {}
    if "history" not in given or set(given) - set(OPTIONS):
        raise ValueError(
            "windows: expected the arguments of bn.windows to fit with, at least history, of "
            f"{list(OPTIONS)}, got {list(given) or windows!r}"
        )
    target = given.get("target")
    if isinstance(target, str) and target == "reconstruct":
        raise ValueError(f"windows: expected the arguments of forecasts, got target={target!r}")
    standardize = given.get("standardize", True)
    if not isinstance(standardize, bool | np.bool_ | str):
        raise ValueError(
            "windows: expected standardize to be measured at each fit (True, False or a word), got "
            f"{type(standardize).__name__}, which may have seen the future"
        )
    return dict(given)


def every_of(refit: Any) -> int | None:
    """Rounds of origins that a fit serves; None for all of them.

    Raises
    ------
    ValueError
        If it is neither a truth value nor a count.

    Examples
    --------
    >>> [every_of(refit) for refit in (False, True, 5)]
    [None, 1, 5]
    """
    if isinstance(refit, bool | np.bool_):
        return 1 if refit else None
    check_positive(refit=refit)
    return int(refit)


def fitted(fit: Fit, known: xr.DataArray, windows: Mapping[str, Any]) -> xr.DataTree:
    """Draws from the windows of what is known.

    Raises
    ------
    ValueError
        As `bayesneuron.windows`, or if the function returns something else.
    """
    draws = fit(*cut_windows(known, **windows))
    check_type("source", draws, xr.DataTree, "a function (x, y) -> draws")
    return draws


class FitJudged(NamedTuple):
    """One fit at the origins that it serves.

    Attributes
    ----------
    fields : dict of str to ndarray
        Of the forecasters, by name and field of `Judged`.
    targets : ndarray of int
        Channels that the network forecasts.
    messages : ndarray of str
        What was warned of.
    """

    fields: dict[str, np.ndarray]
    targets: np.ndarray
    messages: np.ndarray

    def by_forecaster(self, references: tuple[str, ...]) -> dict[str, Judged]:
        """The forecasters that are there, the network first."""
        names = [n for n in (NETWORK, *references) if f"{n}/mean" in self.fields]
        return {n: Judged(*(self.fields[f"{n}/{k}"] for k in Judged._fields)) for n in names}


def fit_and_judge(
    source: Fit | xr.DataTree,
    model: Model | None,
    roll: Rolling,
    batch: np.ndarray,
    at: np.ndarray,
    settings: Settings,
    beside: KnownAhead,
    windows: Mapping[str, Any],
) -> FitJudged:
    """Fit to the samples `at`, unless draws are given, and judge at the origins of the batch."""
    series = roll.series
    known = series.isel(time=at)
    with collected() as messages:
        draws = source
        if not isinstance(draws, xr.DataTree):
            draws = fitted(source, known, {**windows, **beside.at_samples(at)})  # pyright: ignore
        judged = judge_at(draws, network_of(draws, model), roll, batch, known, settings, beside)
    targets = targets_of_draws(draws, series.shape[1] if series.ndim == 2 else 1)
    fields = {f"{n}/{k}": v for n, own in judged.items() for k, v in own._asdict().items()}
    return FitJudged(fields, np.asarray(targets), np.array(messages, str))
