"""Windows in the units of the series, whatever was done to it before the network saw it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data import as_series
from bayesneuron.data.recursion import Recursion, to_samples
from bayesneuron.data.row import row_of
from bayesneuron.data.transform import transform_of
from bayesneuron.draws._predict import predict
from bayesneuron.forecasting.references import rmse

Pair = tuple[xr.DataArray, xr.DataArray]
Part = tuple[Pair, xr.DataArray]  # windows, and the series that they were cut from


def in_units(
    methods: pd.DataFrame, estimates: Mapping[str, xr.DataTree], test: Part, train: Part
) -> pd.DataFrame:
    """The table of methods with errors and coverage of samples instead of what the network sees.

    Where powers were taken, a forecast is the mean over draws of what they expect, undone.
    """
    methods = methods.copy()
    for prefix, (pair, series) in {"": test, "train_": train}.items():
        truth = in_samples(pair[1], pair[1], series)
        for method, draws in estimates.items():
            new = predict(draws, *pair)["predictions"]
            mean, y = (in_samples(new[k], pair[1], series) for k in ("mean", "y"))
            low, high = np.quantile(y, [0.05, 0.95], axis=(0, 1))
            methods.loc[method, f"{prefix}rmse"] = rmse(mean.mean(axis=(0, 1)), truth)
            held = ((low <= truth) & (truth <= high)).mean()
            methods.loc[method, f"{prefix}coverage"] = held
    return methods


def in_samples(outputs: Any, y: xr.DataArray, series: Any) -> np.ndarray:
    """What outputs of a network, or targets, are in samples of the series.

    Parameters
    ----------
    outputs : array_like, shape (..., observation, output)
    y : DataArray
        Targets from `bayesneuron.windows` of the same rows.
    series : array_like
        What the windows were cut from, all channels: differences and local scales need the
        samples before.

    Returns
    -------
    ndarray, shape (..., observation, output)
        In the units of the series.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> series = [1.0, 2.0, 4.0, 9.0, 16.0, 32.0]
    >>> x, y = windows(series, history=2, transform="log", difference=1)
    >>> in_samples(y, y, series).ravel().round(9).tolist()
    [9.0, 16.0, 32.0]
    """
    values, recent = np.asarray(outputs, float), samples_read(y, series)
    row, done = row_of(y), transform_of(y)
    recursion = (
        Recursion.of(y.attrs["center"], y.attrs["scale"], recent.shape[2], done)
        if row.plain
        else Recursion.of_row(row, done)
    )
    flat = values.reshape(-1, *values.shape[-2:])
    return np.stack([to_samples(recursion, one, recent) for one in flat]).reshape(values.shape)


def samples_read(y: xr.DataArray, series: Any) -> np.ndarray:
    """The samples that windows were made of, (observation, time, channel)."""
    data = as_series(series)
    values = data.values.reshape(len(data), -1)
    at = np.arange(transform_of(y).samples(y.attrs["history"]))
    return values[y["first_sample"].values[:, None] + at]


def as_observed(y: xr.DataArray, series: Any) -> xr.DataArray:
    """The targets as samples of the series, in its units."""
    samples = y.copy(data=in_samples(y, y, series))
    attrs = {k: v for k, v in y.attrs.items() if k != "transform"}
    ones = np.ones(y.shape[1])
    return samples.drop_attrs().assign_attrs({**attrs, "center": 0 * ones, "scale": ones})
