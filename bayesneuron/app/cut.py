"""How the job cuts a series into windows to train on and windows held out."""

import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import xarray as xr

from bayesneuron.app.seen import choose_local
from bayesneuron.app.settings import AUTO, Settings
from bayesneuron.data import split, windows
from bayesneuron.data.exogenous import as_exogenous, check_same_samples
from bayesneuron.data.series import as_series
from bayesneuron.numerics.warn import StatisticalWarning

REMEDY = "take a shorter --history, a larger --test or, if --missing split cut it, interpolate"
FEWEST = 2  # windows: a spread needs two

Pair = tuple[xr.DataArray, xr.DataArray]


class Cut(NamedTuple):
    """Windows and targets, and the parts of the series that they come from.

    Attributes
    ----------
    train, test : pair of DataArray
        Trained on, and held out.
    dense : pair of DataArray
        Held out, at every sample.
    early, late : DataArray
    """

    train: Pair
    test: Pair
    dense: Pair
    early: xr.DataArray
    late: xr.DataArray


def decided(
    name: str, series: Any, settings: Settings, exogenous: Any = None
) -> tuple[Settings, str]:
    """Settings without anything left to the data, and in words how that was decided."""
    if settings.local != AUTO:
        return settings, ""
    plain = replace(settings, local=None)
    with warnings.catch_warnings():  # the windows that are used will repeat them
        warnings.simplefilter("ignore", StatisticalWarning)
        cut_windows(name, series, plain, exogenous)  # so that errors are about all of it
        early, _, known, _ = _parts(series, exogenous, settings.test)
        choice = choose_local(early, **plain.cut, **known)
    return replace(settings, local=choice.local), choice.words


def cut_windows(name: str, series: Any, settings: Settings, exogenous: Any = None) -> Cut:
    """All windows of the job.

    Raises
    ------
    ValueError
        If a window cannot be cut, or there are too few.
    """
    cut = {**settings.cut, "local": settings.local}
    later = {k: cut[k] for k in ("history", "horizon", "stride", "target")}
    try:
        windows(series, **cut, exogenous=exogenous)  # the whole series first
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    early, late, known, to_come = _parts(series, exogenous, settings.test)
    try:
        with warnings.catch_warnings():  # which would repeat those of the whole series
            warnings.simplefilter("ignore", StatisticalWarning)
            train = windows(early, **cut, **known)
            held_out = {"standardize": train[0], **to_come}
            test = windows(late, **later, **held_out)
            dense = windows(late, **{**later, "stride": 1}, **held_out)
        if min(len(train[0]), len(test[0])) < FEWEST:
            raise ValueError(
                f"windows: expected at least {FEWEST} to train on and to test on, got "
                f"{len(train[0])} and {len(test[0])} with stride {settings.stride}"
            )
    except ValueError as error:
        held = f"{name}, with the last {settings.test:.0%} held out: {error}"
        raise ValueError(f"{held}; {REMEDY}") from None
    return Cut(train, test, dense, early, late)


def _parts(
    series: Any, exogenous: Any, test: float
) -> tuple[xr.DataArray, xr.DataArray, dict[str, Any], dict[str, Any]]:
    """Both parts of the series, and of what is known ahead as an argument of `windows`."""
    early, late = split(series, test_size=test)
    if exogenous is None:
        return early, late, {}, {}
    known = as_exogenous(exogenous)
    check_same_samples(as_series(series), known)
    first, second = split(known, test_size=test)
    return early, late, {"exogenous": first}, {"exogenous": second}
