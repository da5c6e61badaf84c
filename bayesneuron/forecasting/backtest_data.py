"""All forecasts of a backtest in one dataset, beside what came."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import by_recording
from bayesneuron.forecasting.at_origins import Settings
from bayesneuron.forecasting.judged import Judged
from bayesneuron.forecasting.rolling import Rolling, recordings_of
from bayesneuron.forecasting.spread import QUANTILES


def side_by_side(
    roll: Rolling,
    batches: list[np.ndarray],
    judged: list[dict[str, Judged]],
    known: xr.DataArray,
    settings: Settings,
) -> xr.Dataset:
    """The `forecasts` of a `Backtest`, origins in the order of the series.

    Parameters
    ----------
    roll : Rolling
    batches : list of ndarray of int
        Numbers of the origins that each fit served.
    judged : list of dict of str to Judged
        By fit, then by forecaster.
    known : DataArray
        The first training part.
    settings : Settings
    """
    names = [name for name in judged[0] if all(name in one for one in judged)]
    order = np.argsort(np.concatenate(batches))
    dims = ("forecaster", "origin", "step", "channel")

    def joined(field: str, axis: int = 0) -> np.ndarray:
        rows = [np.concatenate([getattr(j[name], field) for j in judged], axis) for name in names]
        return np.take(np.stack(rows), order, axis + 1)

    values: dict[str, Any] = {
        name: (dims, joined(name)) for name in ("mean", "sd", "crps", "log_score")
    }
    values["quantiles"] = (("forecaster", "quantile", *dims[1:]), joined("quantiles", 1))
    values["diverged"] = (dims[:3], joined("diverged"))
    values["observed"] = (dims[1:], roll.observed(settings.horizon))
    values["mase_scale"] = (dims[3:], _mase_scale(known, settings.period or 1))
    coords: dict[str, Any] = {
        "forecaster": names,
        "origin": roll.places,
        "step": np.arange(1, settings.horizon + 1),
        "quantile": list(QUANTILES),
        "recording_number": ("origin", roll.recording),
    }
    series = roll.series
    if "recording" in series.coords:
        coords["recording"] = ("origin", series["recording"].values[roll.places])
    if "time" in series.coords:
        at = roll.places[:, None] + np.arange(settings.horizon)
        coords["time"] = (("origin", "step"), series["time"].values[at])
    if "channel" in series.coords:
        coords["channel"] = series["channel"].values
    units = str(series.attrs.get("units", ""))
    data = xr.Dataset(values, coords, {"units": units} if units else {})
    return data if series.ndim == 2 else data.isel(channel=0, drop=True)


def _mase_scale(known: xr.DataArray, period: int) -> np.ndarray:
    """Mean absolute error of (seasonal) persistence (Hyndman and Koehler 2006), (channel,)."""
    values = known.values.reshape(len(known), -1)
    pieces = by_recording(values, recordings_of(known)[1])
    off = np.concatenate([np.abs(piece[period:] - piece[:-period]) for piece in pieces])
    scale = off.mean(axis=0)
    return np.where(scale > 0, scale, np.nan)
