"""The main job: estimate one network on one series by all methods, compare, and reduce it."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from bayesneuron.app.summary import Structure, structure
from bayesneuron.data import split, windows
from bayesneuron.diagnostics._compare import Comparison, compare
from bayesneuron.inference import bootstrap, laplace, nuts, svi
from bayesneuron.network.model import Model, load
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.warn import StatisticalWarning

METHODS: dict[str, Callable[..., xr.DataTree]] = {
    "bootstrap": bootstrap,
    "svi": svi,
    "laplace": laplace,
    "nuts": nuts,
}

FEWEST = 2  # windows: a spread needs two


@dataclass(frozen=True)
class Settings:
    """What the job does; the methods' own options by method name."""

    history: int = 10
    horizon: int = 1
    stride: int = 1
    hidden: int = 3
    activation: str = "tanh"
    test: float = 0.2
    seed: int = 0
    methods: tuple[str, ...] = tuple(METHODS)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What came of it.

    `dense` are the held-out windows at every sample, for figures; `best` is the estimate that
    `structure` and the figures of a single one show; `notes` are the statistical warnings, one
    line each.
    """

    name: str
    settings: Settings
    model: Model
    train: tuple[xr.DataArray, xr.DataArray]
    test: tuple[xr.DataArray, xr.DataArray]
    dense: tuple[xr.DataArray, xr.DataArray]
    estimates: dict[str, xr.DataTree]
    comparison: Comparison
    best: str
    structure: Structure
    notes: tuple[str, ...]
    seconds: float


def run_job(
    name: str, series: Any, settings: Settings, *, say: Callable[[str], None] = lambda text: None
) -> Result:
    """Split the series in time, train on the first part, compare and reduce by the last.

    Parameters
    ----------
    name : str
        Of the series, for the report.
    series : DataArray or array_like
    settings : Settings
    say : callable
        Told one line a step.

    Raises
    ------
    ValueError
        If the series or a setting is not valid; before anything is estimated.
    """
    unknown = [m for m in settings.methods if m not in METHODS]
    if unknown or not settings.methods:
        raise ValueError(f"methods: expected some of {list(METHODS)}, got {unknown or 'none'}")
    check_positive(hidden=settings.hidden)
    if settings.seed < 0:
        raise ValueError(f"seed: expected 0 or more, got {settings.seed}")
    cut: dict[str, Any] = {
        "history": settings.history,
        "horizon": settings.horizon,
        "stride": settings.stride,
    }
    try:
        windows(series, **cut)  # the whole series first, so that messages speak of it
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    early, late = split(series, test=settings.test)
    try:
        x, y = windows(early, **cut)
        held_out = windows(late, **cut, standardize=x)
        dense = windows(late, settings.history, settings.horizon, standardize=x)
        if min(len(x), len(held_out[0])) < FEWEST:
            raise ValueError(
                f"windows: expected at least {FEWEST} to train on and to test on, got {len(x)} and "
                f"{len(held_out[0])} with stride {settings.stride}"
            )
    except ValueError as error:
        raise ValueError(f"{name}, with the last {settings.test:.0%} held out: {error}") from None
    model = load(
        "two_layer",
        inputs=x.shape[1],
        hidden=settings.hidden,
        outputs=y.shape[1],
        activation=settings.activation,
    )
    say(f"{name}: {len(x)} windows, network {x.shape[1]}-{settings.hidden}-{y.shape[1]}")
    began = time.perf_counter()
    estimates: dict[str, xr.DataTree] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StatisticalWarning)
        for method in settings.methods:
            start = time.perf_counter()
            given = settings.options.get(method, {})
            estimates[method] = METHODS[method](model, x, y, seed=settings.seed, **given)
            say(f"{name}: {method} done in {time.perf_counter() - start:.1f} s")
        start = time.perf_counter()
        found = compare(estimates, test=held_out)
        best = "nuts" if "nuts" in estimates else next(iter(estimates))
        seen = structure(found.aligned[best], (x, y), held_out, seed=settings.seed)
        say(f"{name}: comparison and reduction done in {time.perf_counter() - start:.1f} s")
    told = [w for w in caught if issubclass(w.category, StatisticalWarning)]
    for other in (w for w in caught if w not in told):
        warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return Result(
        name=name,
        settings=settings,
        model=model,
        train=(x, y),
        test=held_out,
        dense=dense,
        estimates=estimates,
        comparison=found,
        best=best,
        structure=seen,
        notes=tuple(dict.fromkeys(str(w.message) for w in told)),
        seconds=time.perf_counter() - began,
    )
