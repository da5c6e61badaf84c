"""Where forecasts start: the samples before each, in the units of the series, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.scaling import unscale
from bayesneuron.data.series import as_series
from bayesneuron.data.times import as_times
from bayesneuron.data.times_after import Step, step_of_windows, times_after, usual_step
from bayesneuron.data.trajectory import channels_of, window_of
from bayesneuron.data.transform import transform_of

FEW = 2  # stamps, which show a step but no calendar
MANY = ("start", "series", "origin")  # dims along which there are several series


@dataclass(frozen=True)
class Origins:
    """Where forecasts start.

    Attributes
    ----------
    samples : tuple of ndarray, shape (time, channel)
        By start, in the units of the series.
    last : tuple of time stamps, or None
        Of the last sample of each start.
    step : str, timedelta64, float or None
        Between two samples.
    sure : bool
        Whether the step was seen often enough to tell months from days.
    several : bool
        Whether the result has a dim ``start``.
    labels : mapping of str to ndarray, shape (start,)
        Coordinates of the starts.
    channels : ndarray or None
        Names of the channels; None for a series with the dim time alone.
    units : str
    first : tuple of time stamps, or None
        Of the first sample of each start.
    """

    samples: tuple[np.ndarray, ...]
    last: tuple[Any, ...] | None
    step: Step | None
    several: bool
    sure: bool = True
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    channels: np.ndarray | None = None
    units: str = ""
    first: tuple[Any, ...] | None = None

    @property
    def width(self) -> int:
        """Channels of a sample."""
        return self.samples[0].shape[1]

    def of(self, targets: np.ndarray | None) -> "Origins":
        """The same starts with some of the channels alone; None for all."""
        if targets is None:
            return self
        names = None if self.channels is None else self.channels[targets]
        samples = tuple(samples[:, targets] for samples in self.samples)
        return replace(self, samples=samples, channels=names)

    def times(self, count: int, step: Step | None = None) -> np.ndarray | None:
        """Time stamps of the next `count` samples, (start, count), None where not known.

        `step` stands in where the samples do not show theirs well enough.
        """
        own, other = (self.step, step) if self.sure else (step, self.step)
        known = own if own is not None else other
        if self.last is None or known is None:
            return None
        return np.stack([times_after(last, known, count) for last in self.last])


def origins_of(history: Any) -> Origins:
    """The starts of a series, of several, of its recordings, or of windows.

    Raises
    ------
    ValueError
        As `bayesneuron.as_series`, or if these are the targets of windows, not the windows.
    """
    if isinstance(history, xr.DataArray):
        if "history" in history.attrs and "time" not in history.dims:
            return _of_windows(history)
        dim = next((d for d in MANY if d in history.dims), None)
        if dim is not None:
            return _of_many(history, dim)
    return _of_series(as_series(history))


def _of_windows(x: xr.DataArray) -> Origins:
    if x.ndim != 2 or x.dims[-1] != "input" or not len(x):
        raise ValueError(
            "history: expected a series, or windows (x of bn.windows, dims observation and input), "
            f"got dims {x.dims} and shape {x.shape}"
        )
    done = transform_of(x)
    if done.by_window:
        raise ValueError(
            f"history: expected the series itself, got windows that have lost its level ({done!r})"
        )
    if done.delay > 1:
        raise ValueError(
            "history: expected the series itself, got windows that leave out samples (delay "
            f"{done.delay})"
        )
    channels = channels_of(x)
    window = window_of(x, np.asarray(unscale(x.values, x), float))
    samples = window.reshape(len(x), -1, channels)
    stamped = "time" in x.coords and x["time"].dims == x.dims[:1]
    stamped = stamped and as_times(x["time"].values) is not None
    labels = {name: x[name].values for name in ("recording",) if name in x.coords}
    names = x.attrs.get("channels")
    plain = np.arange(channels) if channels > 1 else None
    return Origins(
        tuple(samples),
        tuple(x["time"].values) if stamped else None,
        step_of_windows(x),
        several=True,
        sure=False,
        labels=labels,
        channels=plain if names is None else np.asarray(names),
        units=str(x.attrs.get("units", "")),
    )


def _of_many(history: xr.DataArray, dim: str) -> Origins:
    others = [d for d in history.dims if d not in (dim, "time")]
    if "time" not in history.dims or len(others) > 1:
        raise ValueError(f"history: expected dims {dim}, time[, channel], got {history.dims}")
    parts = [
        _of_series(as_series(one.transpose("time", ...))) for one in history.transpose(dim, ...)
    ]
    if not parts or any(part.several for part in parts):
        raise ValueError(
            f"history: expected at least one entry along {dim} and no recordings within, got "
            f"{len(parts)} of {[len(part.samples) for part in parts]} recordings"
        )
    first = parts[0]
    last = None if first.last is None else tuple(part.last[0] for part in parts if part.last)
    labels = {"start": history[dim].values} if dim in history.coords else {}
    samples = tuple(part.samples[0] for part in parts)
    return Origins(samples, last, first.step, True, first.sure, labels, first.channels, first.units)


def _of_series(series: xr.DataArray) -> Origins:
    recording = recording_of(series)
    lengths = recording_lengths(recording, len(series))
    values = np.asarray(series.values, float).reshape(len(series), -1)
    ends, several = np.cumsum(lengths) - 1, len(lengths) > 1
    first, last, step, sure = None, None, None, int(lengths.max()) > FEW
    if "time" in series.coords and as_times(series["time"].values) is not None:
        times = series["time"].values
        first, last = tuple(times[ends + 1 - lengths]), tuple(times[ends])
        step = usual_step(max(by_recording(times, lengths), key=len))
    channels = None
    if series.ndim == 2:
        known = "channel" in series.coords
        channels = series["channel"].values if known else np.arange(values.shape[1])
    labels = {"recording": recording[ends]} if recording is not None else {}
    return Origins(
        tuple(by_recording(values, lengths)), last, step, several, sure, labels, channels,
        str(series.attrs.get("units", "")), first,
    )  # fmt: skip
