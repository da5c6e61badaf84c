"""Forecasts as tables of pandas, in the columns of sktime if asked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pandas.tseries.frequencies import to_offset

from bayesneuron.data.series import as_series
from bayesneuron.data.times_after import usual_step
from bayesneuron.forecasting.origins import origins_of
from bayesneuron.forecasting.spread import quantiles_of
from bayesneuron.numerics.checks import check_probability, check_type
from bayesneuron.numerics.warn import warn_once

SUMMARY = ("mean", "sd")
ENDS = ("lower", "upper")


def to_pandas(
    ahead: xr.DataTree,
    *,
    coverage: float | Sequence[float] | None = None,
    alpha: float | Sequence[float] | None = None,
    like: pd.Series | pd.DataFrame | xr.DataArray | None = None,
) -> pd.DataFrame:
    """Turn a forecast into a table, one row per step, in the columns of sktime if asked.

    Parameters
    ----------
    ahead : DataTree
        From `bayesneuron.forecast`.
    coverage : float or sequence of float, optional
        Of central intervals: columns (variable, coverage, ``lower`` or ``upper``), as those of
        sktime's ``predict_interval``.
    alpha : float or sequence of float, optional
        Of quantiles: columns (variable, alpha), as those of sktime's ``predict_quantiles``.
    like : Series, DataFrame or DataArray, optional
        The series that was continued, up to where the forecast begins. The index goes on as its
        index does: with its frequency, as periods where it has these, in its time zone. Its name or
        its columns name the variables.

    Returns
    -------
    DataFrame
        By default with the columns ``mean``, ``sd`` and the quantiles ``0.05``, …, ``0.95``, under
        the name of the variable where there are several. Rows are times of the series, or steps
        where it has none; of several continuations, by (start, time).

    Raises
    ------
    ValueError
        If this is no forecast, both `coverage` and `alpha` are given or outside (0, 1), or `like`
        has another number of variables or ends where the forecast does not begin.

    Warns
    -----
    StatisticalWarning
        If paths diverged, with their number.

    Notes
    -----
    A path that diverges counts at every step before it does, as in the summary of the forecast. To
    leave it out there as well would choose paths by what they do later. From that step on it has no
    value to count, and intervals are those of the other paths, so too narrow.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayesneuron as bn
    >>> index = pd.period_range("2015-01", periods=60, freq="M")
    >>> y = pd.Series(bn.datasets.noisy_sine(length=60).values, index, name="sold")
    >>> model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, *bn.windows(y, history=4), samples=50, starts=2)
    >>> ahead = bn.forecast(draws, y, 3)
    >>> bn.to_pandas(ahead, like=y).index
    PeriodIndex(['2020-01', '2020-02', '2020-03'], dtype='period[M]', name='time')
    >>> bn.to_pandas(ahead, coverage=0.9, like=y).columns.tolist()
    [('sold', 0.9, 'lower'), ('sold', 0.9, 'upper')]
    """
    check_forecast(ahead)
    if coverage is not None and alpha is not None:
        raise ValueError("coverage, alpha: expected one of them, got both")
    if isinstance(like, xr.DataArray):
        like = like.to_pandas()
    if like is not None and not isinstance(like, pd.Series | pd.DataFrame):
        raise ValueError(f"like: expected a pandas Series or DataFrame, got {type(like).__name__}")
    name, given = ("alpha", alpha) if coverage is None else ("coverage", coverage)
    shares = [] if given is None else np.atleast_1d(given).tolist()
    for share in shares:
        check_probability(**{name: share})
    _warn_of_diverged(ahead)
    starts = starts_of(ahead)
    if like is not None:
        _check_end(starts, like)
    tables = [_table(one, shares, name, like) for one in starts]
    if "start" not in ahead["summary"].dims:
        return tables[0]
    labels = ahead["summary"]["recording" if "recording" in ahead["summary"].coords else "start"]
    return pd.concat(tables, keys=np.asarray(labels).tolist(), names=[str(labels.name)])


def check_forecast(ahead: Any) -> None:
    """Raise ValueError unless this is what `bayesneuron.forecast` returns."""
    check_type("ahead", ahead, xr.DataTree, "a forecast (bn.forecast)")
    if not {"forecast", "summary"} <= set(ahead.children):
        raise ValueError(
            f"ahead: expected a forecast (bn.forecast), got groups {sorted(ahead.children)}"
        )


def starts_of(ahead: xr.DataTree) -> list[xr.DataTree]:
    """The forecast of each start by itself."""
    if "start" not in ahead["summary"].dims:
        return [ahead]
    groups = {name: ahead[name].to_dataset() for name in ("forecast", "summary")}
    return [
        xr.DataTree.from_dict({name: group.isel(start=i) for name, group in groups.items()})
        for i in range(ahead["summary"].sizes["start"])
    ]


def kept_paths(ahead: xr.DataTree) -> np.ndarray:
    """Noisy paths of one start, (path, step, channel); NaN from the step on where they diverged."""
    group = ahead["forecast"].to_dataset()
    y = group["y"].where(group["step"] <= group["lasted"])
    if "channel" not in y.dims:
        y = y.expand_dims("channel", axis=-1)
    values = y.transpose("chain", "draw", "path", "step", "channel").values
    return values.reshape(-1, *values.shape[3:])


def index_of(ahead: xr.DataTree, like: pd.Series | pd.DataFrame | None = None) -> pd.Index:
    """Times of one continuation as an index, that goes on as the index of `like` does."""
    summary = ahead["summary"]
    if "time" not in summary.coords:
        return pd.Index(summary["step"].values, name="step")
    index = pd.Index(summary["time"].values, name="time")
    own = None if like is None else like.index
    if isinstance(own, pd.MultiIndex):
        own = own.get_level_values(-1)
    if not isinstance(index, pd.DatetimeIndex):
        return index
    if isinstance(own, pd.PeriodIndex):
        return index.to_period(own.freq)
    freq = getattr(own, "freq", None)
    if freq is None:
        freq = usual_step(index.to_numpy())
    zone = own.tz if isinstance(own, pd.DatetimeIndex) else None
    if zone is not None:
        index = index.tz_localize("UTC").tz_convert(zone)
    if freq is None:
        return index
    step: Any = pd.Timedelta(freq) if isinstance(freq, np.timedelta64) else freq
    try:
        return pd.DatetimeIndex(index, freq=to_offset(step))
    except ValueError:  # stamps off the steps of the calendar
        return index


def variables_of(ahead: xr.DataTree, like: pd.Series | pd.DataFrame | None) -> list[Any]:
    """Names of the variables."""
    summary = ahead["summary"]
    count = summary.sizes.get("channel", 1)
    own = np.atleast_1d(summary["channel"]).tolist() if "channel" in summary.coords else [0]
    if like is None:
        return own
    names = [like.name] if isinstance(like, pd.Series) else list(like.columns)
    if len(names) > count == 1 and own[0] in names:  # a channel of several, chosen
        return own
    if len(names) != count:
        raise ValueError(f"like: expected {count} variables, got {names}")
    return [0 if name is None else name for name in names]


def _table(
    ahead: xr.DataTree,
    shares: list[float],
    kind: str,
    like: pd.Series | pd.DataFrame | None,
) -> pd.DataFrame:
    index, names = index_of(ahead, like), variables_of(ahead, like)
    if not shares:
        return _summary(ahead, index, names)
    quantiles = kind == "alpha"
    levels = shares if quantiles else [(1 + s * c) / 2 for c in shares for s in (-1, 1)]
    values = np.moveaxis(quantiles_of(kept_paths(ahead), levels), 0, -1)  # (step, variable, level)
    ends = [(s,) for s in shares] if quantiles else [(c, e) for c in shares for e in ENDS]
    columns = pd.MultiIndex.from_tuples([(name, *end) for name in names for end in ends])
    return pd.DataFrame(values.reshape(len(index), -1), index, columns)


def _warn_of_diverged(ahead: xr.DataTree) -> None:
    lost = np.asarray(ahead["forecast"]["diverged"])
    if lost.any():
        warn_once(
            f"to_pandas: {lost.sum()} of {lost.size} paths diverged; each counts until it does"
        )


def _check_end(starts: Sequence[xr.DataTree], like: pd.Series | pd.DataFrame) -> None:
    """Raise ValueError unless forecasts begin at the step after `like`.

    Where there is one forecast, or one for each instance of a panel.
    """
    parts = [like.index]
    if isinstance(like.index, pd.MultiIndex):
        labels = like.index.get_level_values(0).unique()
        parts = [like.xs(label).index for label in labels]
    if len(parts) != len(starts):
        return
    for one, part in zip(starts, parts, strict=True):
        if "time" not in one["summary"].coords:
            continue
        stamps = as_series(pd.Series(np.arange(float(len(part))), part), missing="split")
        origins, first = origins_of(stamps), np.asarray(one["summary"]["time"])[0]
        known = origins.times(1)
        if origins.last is None or known is None:
            continue
        follows = origins.last[-1] < first
        if origins.sure:
            dated = known.dtype.kind == "M"
            follows = known[-1, 0] == first if dated else np.isclose(known[-1, 0], first, rtol=1e-9)
        if not follows:
            raise ValueError(
                f"like: expected the series that was continued, which ends a step before {first}, "
                f"got one that ends at {origins.last[-1]}"
            )


def _summary(ahead: xr.DataTree, index: pd.Index, names: list[Any]) -> pd.DataFrame:
    summary = ahead["summary"].to_dataset()
    if "channel" not in summary.dims:
        summary = summary.expand_dims("channel")
    tables = []
    for channel in range(len(names)):
        one = summary.isel(channel=channel)
        columns = {name: one[name].values for name in SUMMARY}
        levels = zip(
            one["quantile"].values, one["quantiles"].transpose("quantile", ...).values, strict=True
        )
        columns |= {float(level): values for level, values in levels}
        tables.append(pd.DataFrame(columns, index))
    return tables[0] if len(names) == 1 else pd.concat(tables, axis=1, keys=names)
