"""Forecasts as stochastic series of darts."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.draws._activations import spread
from bayesneuron.forecasting._to_pandas import (
    check_forecast,
    index_of,
    kept_paths,
    starts_of,
    variables_of,
)
from bayesneuron.numerics.checks import check_positive

MOST = 1000  # samples of a series of darts


def to_darts(
    ahead: xr.DataTree, *, samples: int = MOST, like: pd.Series | pd.DataFrame | None = None
) -> Any:
    """Turn a forecast into a series of darts, whose samples are the noisy paths.

    Parameters
    ----------
    ahead : DataTree
        From `bayesneuron.forecast`.
    samples : int
        Paths at most, evenly spaced; those that diverged are left out.
    like : Series or DataFrame, optional
        The series that was continued: its frequency, and its name or its columns.

    Returns
    -------
    darts.TimeSeries, or list of them
        One for each start where there are several.

    Raises
    ------
    ValueError
        If this is no forecast, or all paths of a start diverged.
    ImportError
        If darts is not installed.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> y = bn.datasets.noisy_sine(length=60)
    >>> model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, *bn.windows(y, history=4), samples=50, starts=2)
    >>> bn.to_darts(bn.forecast(draws, y, 3)).n_samples  # doctest: +SKIP
    1000
    """
    check_forecast(ahead)
    check_positive(samples=samples)
    from darts import TimeSeries  # pyright: ignore[reportMissingImports]

    series = []
    for one in starts_of(ahead):
        paths = kept_paths(one)
        paths = paths[np.isfinite(paths).all(axis=(1, 2))]
        if not len(paths):
            raise ValueError("ahead: expected paths that stay in range, got none")
        paths = paths[spread(len(paths), samples)]
        index = index_of(one, like)
        if isinstance(index, pd.PeriodIndex):  # darts has none
            index = index.to_timestamp()
        if not isinstance(index, pd.DatetimeIndex):
            index = pd.RangeIndex(int(index[0]), int(index[0]) + len(index))
        names = [str(name) for name in variables_of(one, like)]
        values = np.moveaxis(paths, 0, -1)  # (step, variable, sample)
        series.append(TimeSeries.from_times_and_values(index, values, columns=names))
    return series if "start" in ahead["summary"].dims else series[0]
