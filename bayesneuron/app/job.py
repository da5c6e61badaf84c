"""The main job: estimate one network on one series by all methods, compare, and reduce it."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import xarray as xr

from bayesneuron.app.advice import findings_for_command, warned
from bayesneuron.app.ahead import judge_ahead
from bayesneuron.app.cost import check_fits, time_it_takes
from bayesneuron.app.cut import Pair, cut_windows, decided
from bayesneuron.app.held_out import in_units
from bayesneuron.app.resume import Kept, identity
from bayesneuron.app.settings import AUTO, METHODS, Settings
from bayesneuron.app.summary import Structure, structure
from bayesneuron.app.verdict import Verdict, assess
from bayesneuron.data.transform import LOCAL, transform_of
from bayesneuron.diagnostics._compare import Comparison, compare
from bayesneuron.draws import complete
from bayesneuron.forecasting.backtest_result import Backtest
from bayesneuron.network.model import Model, load
from bayesneuron.network.priors import PRIORS
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_probability,
    check_seed,
)
from bayesneuron.numerics.display import html
from bayesneuron.numerics.warn import StatisticalWarning, statistical

FEW = "made with --quick, with far too few draws to report; run again without it"
REMEDY = "Other windows may help: --difference, --local, --transform (docs/series)."


@dataclass(frozen=True)
class Result:
    """What the job gives.

    Attributes
    ----------
    name : str
        Of the series.
    settings : Settings
        As they were used: what was left to the data is decided.
    model : Model
    chosen : str
        How windows were chosen, one line; empty where the settings say it.
    train, test : pair of DataArray
        Windows and targets, trained on and held out.
    dense : pair of DataArray
        The held-out windows at every sample, for figures.
    late : DataArray
        The part of the series that is held out, in its own units.
    estimates : mapping of str to DataTree
        By method, as drawn.
    verdict : Verdict
        What to believe of them.
    comparison : Comparison
    best : str
        The method whose draws `structure` and the figures of a single estimate show.
    structure : Structure
    backtest : Backtest or None
        Of the draws of `best`, several steps ahead; None where too few samples are held out.
    warnings : tuple of str
        Statistical warnings, one line each.
    seconds : float
    """

    name: str
    settings: Settings
    model: Model
    chosen: str
    train: Pair
    test: Pair
    dense: Pair
    late: xr.DataArray
    estimates: dict[str, xr.DataTree]
    verdict: Verdict
    comparison: Comparison
    best: str
    structure: Structure
    backtest: Backtest | None
    warnings: tuple[str, ...]
    seconds: float

    @property
    def layer(self) -> str:
        """The hidden layer whose neurons are reported."""
        return self.model.layout.hidden[0]

    @property
    def network(self) -> str:
        """Its shape, such as ``10-3-1``."""
        (x, y), hidden = self.train, self.settings.hidden
        return f"{x.shape[1]}-{hidden}-{y.shape[1]}"

    @property
    def units(self) -> str:
        """Of the series; empty where they are not known."""
        return str(self.train[1].attrs.get("units", ""))

    @property
    def seen(self) -> str:
        """What was done to the series before the network sees it; empty where nothing was."""
        return transform_of(self.train[1]).words

    @property
    def error_seen(self) -> str:
        """RMSE with units, as the head of a column of errors of what the network puts out."""
        units = f" ({self.units})" if self.units else ""
        return f"RMSE of {self.seen}" if self.seen else f"RMSE{units}"

    @property
    def caution(self) -> str:
        """One line where forecasts fed back are worse than the plainest references, else empty."""
        tested = self.backtest
        if tested is None or not tested.worse:
            return ""
        steps = tested.forecasts.sizes["step"]
        ahead = f"{steps} step{'s' * (steps > 1)} ahead"
        return f"Forecasts of {self.best} {ahead} are {tested.verdict}. {REMEDY}"

    def __repr__(self) -> str:
        blocks = (self._head(), self.caution, repr(self.verdict), repr(self.structure))
        return "\n\n".join(filter(None, blocks))

    def _repr_html_(self) -> str:
        parts = (self.verdict, self.structure)
        head = "\n".join(filter(None, (self._head(), self.caution)))
        return html(head, pd.DataFrame()) + "".join(part._repr_html_() for part in parts)

    def _head(self) -> str:
        return f"{self.name}, network {self.network}: what to believe"


def run_job(
    name: str,
    series: Any,
    settings: Settings,
    *,
    exogenous: Any = None,
    progress: Callable[[str], None] = lambda text: None,
    kept: Kept | None = None,
) -> Result:
    """Split the series in time, train on the first part, compare and reduce by the last.

    Parameters
    ----------
    name : str
        Of the series, for the report.
    series : DataArray or array_like
    settings : Settings
    exogenous : DataArray or array_like, optional
        Series that are known ahead, of the same samples.
    progress : callable
        Called with one line per step.
    kept : Kept, optional
        Where draws are written as each method ends; those that are there already are read.

    Raises
    ------
    ValueError
        If the series or a setting is not valid, what methods are compared by does not fit into the
        memory, or `kept` is of another run; before anything is estimated.
    """
    _check(settings)
    with warnings.catch_warnings(record=True) as of_series:
        warnings.simplefilter("always", StatisticalWarning)
        settings, chosen = decided(name, series, settings, exogenous)
        train, test, dense, early, late = cut_windows(name, series, settings, exogenous)
    check_fits(settings, train)
    x, y = train
    model = load(
        "two_layer",
        inputs=x.shape[1],
        hidden=settings.hidden,
        outputs=y.shape[1],
        activation=settings.activation,
        skip=settings.skip,
        prior=settings.prior,
    )
    progress(f"{name}: {len(x)} windows, network {x.shape[1]}-{settings.hidden}-{y.shape[1]}")
    if long := time_it_takes(model, settings, train):
        progress(f"{name}: {long}")
    began = time.perf_counter()
    if kept is not None:
        same = identity(settings, series, exogenous, train)
        kept.begin(same, {m: repr(settings.options.get(m, {})) for m in settings.methods})
    estimates: dict[str, xr.DataTree] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StatisticalWarning)
        for method in settings.methods:
            estimates[method] = _estimated(name, method, model, train, settings, kept, progress)
        start = time.perf_counter()
        progress(f"{name}: comparison ...")
        completed = {method: complete(draws) for method, draws in estimates.items()}
        comparison = compare(completed, test=test)
        if transform_of(train[1]).words:
            methods = in_units(comparison.methods, completed, (test, late), (train, early))
            comparison = replace(comparison, methods=methods)
        progress(f"{name}: diagnosis ...")
        verdict = assess(completed, comparison.methods, train, test, late)
        diagnoses = {m: findings_for_command(of) for m, of in verdict.diagnoses.items()}
        verdict = replace(verdict, diagnoses=diagnoses)
        if settings.quick:
            verdict = replace(verdict, notes=(FEW, *verdict.notes))
        progress(f"{name}: graph, communities and smaller networks ...")
        best = "nuts" if "nuts" in estimates else next(iter(estimates))
        together = structure(
            comparison.aligned[best], train, test, seed=settings.seed, score=settings.score
        )
        progress(f"{name}: forecasts ...")
        tested = judge_ahead(
            estimates[best], series,
            horizon=settings.horizon, test=settings.test, seed=settings.seed, exogenous=exogenous,
        )  # fmt: skip
        progress(
            f"{name}: comparison, diagnosis, forecasts and reduction done in "
            f"{time.perf_counter() - start:.1f} s"
        )
    return Result(
        name=name,
        settings=settings,
        chosen=chosen,
        model=model,
        train=train,
        test=test,
        dense=dense,
        late=late,
        estimates=estimates,
        verdict=verdict,
        comparison=comparison,
        best=best,
        structure=together,
        backtest=tested,
        warnings=warned([*of_series, *caught]),
        seconds=time.perf_counter() - began + (kept.before if kept else 0.0),
    )


def _estimated(
    name: str,
    method: str,
    model: Model,
    train: Pair,
    settings: Settings,
    kept: Kept | None,
    progress: Callable[[str], None],
) -> xr.DataTree:
    """The draws of one method, with its warnings: read where they are done, else made and kept."""
    start = time.perf_counter()
    draws = None if kept is None else kept.read(method)
    if draws is not None:
        assert kept is not None
        messages = list(kept.done[method]["warnings"])
        progress(f"{name}: {method} read, done before")
    else:
        options = settings.options.get(method, {})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", StatisticalWarning)
            draws = METHODS[method](model, *train, seed=settings.seed, **options)
        messages, seconds = statistical(caught), time.perf_counter() - start
        if kept is not None:
            kept.keep(method, draws, options=repr(options), seconds=seconds, warnings=messages)
        progress(f"{name}: {method} done in {seconds:.1f} s")
    for message in messages:
        warnings.warn(message, StatisticalWarning, stacklevel=2)
    return draws


def _check(settings: Settings) -> None:
    unknown = [m for m in settings.methods if m not in METHODS]
    if unknown or not settings.methods:
        raise ValueError(f"methods: expected some of {list(METHODS)}, got {unknown or 'none'}")
    check_positive(hidden=settings.hidden)
    check_choice("local", settings.local or "none", (AUTO, "none", *LOCAL))
    check_choice("prior", settings.prior, PRIORS)
    check_probability(test=settings.test)
    check_seed(settings.seed)
