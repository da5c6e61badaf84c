"""Missing samples: values that are not there, and time stamps that are skipped."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_lengths, recording_of
from bayesneuron.data.times import (
    Place,
    as_times,
    check_order,
    describe_gap,
    is_missing,
    relative_steps,
    uneven,
)

WAYS = ("raise", "drop", "interpolate", "split")
REMEDY = (
    "choose missing= of bn.as_series or bn.read_series (--missing in the shell): 'split' cuts "
    "there, 'interpolate' fills, 'drop' closes up"
)
MOST = 0.5  # of the samples may be interpolated
EDGES = (-32768.0, 32767.0, 65535.0, -2147483648.0, 2147483647.0, -999.25)
HUGE = 1e19  # fill values of netCDF and of other formats begin here


@dataclass(frozen=True)
class Code:
    """A number that looks like a code for missing values, and the range of all others."""

    value: float
    places: np.ndarray
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.value:.15g} in {len(self.places)} of the samples, far from all others "
            f"({self.low:.4g} to {self.high:.4g})"
        )


def suspected_code(values: np.ndarray) -> Code | None:
    """A value such as -9999 that stands far from all the others, or None.

    Examples
    --------
    >>> print(suspected_code(np.array([3.0, 5.0, -9999.0, 4.0])))
    -9999 in 1 of the samples, far from all others (3 to 5)
    >>> suspected_code(np.array([-9998.0, -9999.0, -9990.0, -9997.0])) is None
    True
    """
    for value in (values.min(), values.max()):
        others = values[values != value]
        if not _is_code(float(value)) or not len(others):
            continue
        low, high = others.min(), others.max()
        places = np.flatnonzero(values == value)
        share = 0.5 if len(places) == 1 else 0.1  # of the others' range, from it to the nearest
        far = max(share * (high - low), 0.1 * np.abs(others).max())
        if min(abs(low - value), abs(high - value)) > far:
            return Code(float(value), places, float(low), float(high))
    return None


def _is_code(value: float) -> bool:
    if value in EDGES or abs(value) >= HUGE:
        return True
    digits = re.sub(r"\D", "", f"{abs(value):.10g}".split("e")[0])
    return len(set(digits)) == 1 and (
        (digits[0] == "9" and len(digits) >= (2 if value < 0 else 3)) or len(digits) >= 4
    )


def resolve(data: xr.DataArray, missing: str, place: Place) -> xr.DataArray:
    """Apply one of `WAYS` to the missing samples of a series.

    Parameters
    ----------
    data : DataArray, dims (time,) or (time, channel)
    missing : str
    place : callable
        Where sample i is, in words.

    Raises
    ------
    ValueError
        If a value is infinite, time does not run forward, a recording has no label, or samples
        are missing and `missing` is ``"raise"``.
    """
    values = data.values.reshape(len(data), -1)
    infinite = np.flatnonzero(np.isinf(values).any(axis=1))
    if len(infinite):
        raise ValueError(
            f"series: expected finite values, got {len(infinite)} infinite, first "
            f"{place(int(infinite[0]))}"
        )
    _check_labels(data, place)
    bad = np.isnan(values).any(axis=1)
    if bad.all():
        raise ValueError(f"series: expected values, got {len(bad)} samples that are all missing")
    if missing == "raise" and bad.any():
        raise ValueError(
            f"series: expected finite values, got {bad.sum()} missing, first "
            f"{place(int(bad.argmax()))}: {REMEDY}"
        )
    times = as_times(data["time"].values) if "time" in data.coords else None
    if times is not None:
        data, times, bad = _stamped(data, times, bad, missing, place)
    lengths = recording_lengths(recording_of(data), len(data))
    steps = np.ones(len(data) - 1)
    if times is not None:
        check_order(times, lengths, place)
        if data.attrs.get("missing") != "drop":
            steps = relative_steps(times, lengths)
    gaps = uneven(steps)
    if missing == "raise":
        if gaps.any():
            first = int(gaps.argmax())
            assert times is not None
            raise ValueError(
                f"time: expected equal steps, got {gaps.sum()} of another length, first "
                f"{describe_gap(times, first)} {place(first + 1)}: {REMEDY}"
            )
        return data
    if not gaps.any() and not bad.any():
        return data
    if missing == "drop":
        return data.isel(time=~bad).assign_attrs(missing="drop")
    if missing == "split":
        return _split(data, bad, gaps, lengths)
    return _interpolated(data, times, bad, steps, lengths)


def _check_labels(data: xr.DataArray, place: Place) -> None:
    labels = recording_of(data)
    if labels is None:
        return
    none = np.array([label is None or label != label for label in labels.tolist()])
    if none.any():
        raise ValueError(
            f"recording: expected a label for every sample, got {none.sum()} without, first "
            f"{place(int(none.argmax()))}"
        )


def _stamped(
    data: xr.DataArray, times: np.ndarray, bad: np.ndarray, missing: str, place: Place
) -> tuple[xr.DataArray, np.ndarray, np.ndarray]:
    """Without samples that have neither a value nor a time; a value without a time is refused."""
    none = is_missing(times)
    refused = none if missing in ("raise", "interpolate") else none & ~bad
    if refused.any():
        raise ValueError(
            f"time: expected a time stamp for every sample, got {refused.sum()} without, first "
            f"{place(int(refused.argmax()))}"
        )
    if not none.any():
        return data, times, bad
    # the time stamps of the others say whether this leaves a hole
    return data.isel(time=~none), times[~none], bad[~none]


def _split(
    data: xr.DataArray, bad: np.ndarray, gaps: np.ndarray, lengths: np.ndarray
) -> xr.DataArray:
    """Without missing samples, each unbroken run a recording."""
    recording = np.repeat(np.arange(len(lengths)), lengths)
    cut = np.concatenate([[False], gaps | bad[:-1] | bad[1:] | (np.diff(recording) > 0)])
    _, piece = np.unique(np.cumsum(cut)[~bad], return_inverse=True)
    kept = data.isel(time=~bad).assign_attrs(missing="split")
    labels = recording_of(kept)
    if labels is not None:
        own = recording[~bad]
        first = np.full(len(lengths), len(piece))
        np.minimum.at(first, own, piece)
        part = piece - first[own]  # within its recording
        piece = np.array([f"{a} ({k})" if k else f"{a}" for a, k in zip(labels, part, strict=True)])
    return kept.assign_coords(recording=("time", piece))


def _interpolated(
    data: xr.DataArray,
    times: np.ndarray | None,
    bad: np.ndarray,
    steps: np.ndarray,
    lengths: np.ndarray,
) -> xr.DataArray:
    """On a straight line between the neighbours in the same recording; none beyond its ends."""
    whole = np.rint(steps)
    if (uneven(steps) & (np.abs(steps - whole) > 0.25)).any() or (whole < 1).any():
        raise ValueError(
            "time: expected gaps of whole steps to interpolate, got others: resample the series "
            "to equal steps first"
        )
    ends = np.cumsum(lengths)
    place = np.concatenate([[0], np.cumsum(whole)])  # of every sample, in steps
    pieces: list[np.ndarray] = []
    for start, end in zip(ends - lengths, ends, strict=True):
        known = start + np.flatnonzero(~bad[start:end])
        if len(known):
            pieces.append(np.arange(float(place[known[0]]), float(place[known[-1]]) + 1))
    target = np.concatenate(pieces)
    if len(target) - (~bad).sum() > MOST * len(target):
        raise ValueError(
            f"interpolate: expected at most half of the samples to be missing, got "
            f"{int(len(target) - (~bad).sum())} of {len(target)}"
        )
    values = data.values.reshape(len(data), -1)
    filled = np.stack(
        [np.interp(target, place[~bad], channel[~bad]) for channel in values.T], axis=1
    )
    nearest = np.searchsorted(place, target, side="right") - 1
    coords: dict[Any, Any] = {
        name: (c.dims, c.values if "time" not in c.dims else c.values[nearest])
        for name, c in data.coords.items()
        if name == "recording" or "time" not in c.dims
    }
    if times is not None:
        base = times[0]
        numbers = (times - base).astype(float)
        stamps = np.interp(target, place, numbers)
        unit = (times - base).dtype
        coords["time"] = base + (np.rint(stamps).astype(unit) if unit.kind == "m" else stamps)
    return xr.DataArray(
        filled.reshape(len(target), *data.shape[1:]),
        dims=data.dims,
        coords=coords,
        name=data.name,
        attrs={**data.attrs, "missing": "interpolate"},
    )
