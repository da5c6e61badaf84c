"""Origins that roll through a series, and what is known at each of them.

The origin i is the place of the first sample that is forecast: all samples before i are known. The
k-th origins of all recordings make a round. A fit serves one or several rounds, and is to what
comes before the first of them in every recording.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.recordings import recording_lengths, recording_of
from bayesneuron.data.times import as_times
from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_positive, is_whole


@dataclass(frozen=True)
class Rolling:
    """Origins in a series.

    Attributes
    ----------
    series : DataArray
        From `bayesneuron.as_series`.
    places : ndarray of int, shape (origin,)
        In the series, increasing.
    begins : ndarray of int, shape (recording,)
        First sample of every recording.
    """

    series: xr.DataArray
    places: np.ndarray
    begins: np.ndarray

    @property
    def recording(self) -> np.ndarray:
        """Number of the recording of each origin."""
        return np.searchsorted(self.begins, self.places, side="right") - 1

    @property
    def rounds(self) -> np.ndarray:
        """Which of the origins of its recording each is, from 0."""
        own = self.recording
        first = np.searchsorted(own, own)
        return np.arange(len(own)) - first

    def pasts(self, chosen: np.ndarray) -> list[np.ndarray]:
        """The samples of the recording before each of the chosen origins, (time, channel)."""
        values = self.series.values.reshape(len(self.series), -1)
        starts = self.begins[self.recording[chosen]]
        return [values[a:b] for a, b in zip(starts, self.places[chosen], strict=True)]

    def observed(self, horizon: int) -> np.ndarray:
        """What came, (origin, step, channel)."""
        values = self.series.values.reshape(len(self.series), -1)
        return values[self.places[:, None] + np.arange(horizon)]

    def batches(self, every: int | None) -> Iterator[np.ndarray]:
        """Origins that one fit serves: all, or those of `every` rounds."""
        rounds = self.rounds
        every = int(rounds.max()) + 1 if every is None else every
        for first in range(0, int(rounds.max()) + 1, every):
            yield np.flatnonzero((rounds >= first) & (rounds < first + every))

    def known(self, batch: np.ndarray, longest: int | None = None) -> xr.DataArray:
        """The series at `known_at`."""
        return self.series.isel(time=self.known_at(batch, longest))

    def known_at(self, batch: np.ndarray, longest: int | None = None) -> np.ndarray:
        """Places of the samples to fit to.

        Of every recording those before its first origin of the batch.

        A recording whose origins are all earlier gives what comes before its last one; one without
        origins gives all of it if it comes before those with origins, else nothing.

        Parameters
        ----------
        batch : ndarray of int
        longest : int, optional
            Keep so many samples of each recording, the latest.
        """
        rounds, own = self.rounds, self.recording
        first, ends = rounds[batch].min(), [*self.begins[1:], len(self.series)]
        kept = []
        for r, (begin, end) in enumerate(zip(self.begins, ends, strict=True)):
            places = self.places[own == r]
            if len(places):
                end = places[min(first, len(places) - 1)]
            elif r > own.min():
                end = begin
            begin = begin if longest is None else max(begin, end - longest)
            kept.append(np.arange(int(begin), int(end)))
        return np.concatenate(kept)


def stacked(
    series: xr.DataArray, roll: Rolling, batch: np.ndarray, span: int | None, ahead: int = 0
) -> xr.DataArray:
    """The past of every origin as a recording of its own, and so many samples ahead of it.

    Parameters
    ----------
    series : DataArray
        That of `roll`, or one of the same samples.
    roll : Rolling
    batch : ndarray of int
    span : int or None
        Samples of the past at most, the last ones; None for all.
    ahead : int
    """
    starts, ends = roll.begins[roll.recording[batch]], roll.places[batch]
    if span is not None:
        starts = np.maximum(starts, ends - span)
    at = [np.arange(a, b + ahead) for a, b in zip(starts, ends, strict=True)]
    labels = np.repeat(np.arange(len(batch)), ends + ahead - starts)
    return series.isel(time=np.concatenate(at)).assign_coords(recording=("time", labels))


def recordings_of(series: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """First samples and lengths of the recordings."""
    lengths = recording_lengths(recording_of(series), len(series))
    return np.cumsum(lengths) - lengths, lengths


def rolling(
    series: xr.DataArray, origins: Any, horizon: int, seen: np.ndarray | None, test_size: float
) -> Rolling:
    """Place the origins.

    Parameters
    ----------
    series : DataArray
    origins : int, or array_like of int or of time stamps
        How many in each recording, evenly spaced; or the first sample of each forecast.
    horizon : int
        Samples that must be there from each origin on.
    seen : ndarray of int, shape (recording,), or None
        Samples at the start of every recording that may not be forecast; None where not known.
    test_size : float
        Share of every recording to forecast, where what was seen is not known.

    Raises
    ------
    ValueError
        If an origin is no sample of the series, was trained on, or is too close to the end.

    Examples
    --------
    >>> from bayesneuron.data import as_series
    >>> rolling(as_series(np.arange(100.0)), 5, 4, None, 0.2).places.tolist()
    [80, 84, 88, 92, 96]
    """
    begins, lengths = recordings_of(series)
    least = [math.floor((1 - test_size) * n) for n in lengths] if seen is None else seen
    least = np.maximum(np.asarray(least, int), 1)
    if is_whole(origins):
        check_positive(origins=origins)
        places = _even(begins, lengths, least, int(origins), horizon)
        return Rolling(series, places, begins)
    places = np.unique(_places(series, origins))
    own = np.searchsorted(begins, places, side="right") - 1
    ends = (begins + lengths)[own]
    late = places + horizon > ends
    if late.any():
        raise ValueError(
            f"origins: expected {horizon} samples (horizon) from each one on, got "
            f"{places[late][0]} in a recording that ends before {ends[late][0]}"
        )
    first = (begins + (1 if seen is None else least))[own]
    early = places < first
    if early.any():
        raise ValueError(
            f"origins: expected places from {first[early][0]} on, after what was trained on, got "
            f"{places[early][0]}"
        )
    return Rolling(series, places, begins)


def _even(
    begins: np.ndarray, lengths: np.ndarray, least: np.ndarray, count: int, horizon: int
) -> np.ndarray:
    most = lengths - horizon
    fit = most >= least
    if not fit.any():
        raise ValueError(
            f"origins: expected at least {horizon} samples (horizon) after those trained on, got "
            f"{int((lengths - least).max())}; train on an earlier part (bn.split), or give a model "
            "and windows= to be fitted"
        )
    rows = [
        begin + np.unique(np.linspace(low, high, min(count, high - low + 1)).round().astype(int))
        for begin, low, high in zip(begins[fit], least[fit], most[fit], strict=True)
    ]
    return np.concatenate(rows)


def _places(series: xr.DataArray, origins: Any) -> np.ndarray:
    values = pd.Index(np.atleast_1d(origins)).to_numpy()  # time stamps as datetime64
    if values.dtype.kind in "iu":
        places = as_numbers("origins", values)
        wrong = (places < 1) | (places >= len(series))
        if places.ndim != 1 or not len(places) or wrong.any():
            raise ValueError(
                f"origins: expected places from 1 to {len(series) - 1}, got {places[wrong][:3]}"
            )
        return places
    stamps = as_times(series["time"].values) if "time" in series.coords else None
    wanted = as_times(values)
    if stamps is None or wanted is None or stamps.dtype.kind != "M" or wanted.dtype.kind != "M":
        raise ValueError(
            "origins: expected a count, places in the series, or time stamps of a series that has "
            f"them, got {values.dtype} of shape {values.shape}"
        )
    places = np.flatnonzero(np.isin(stamps, wanted))
    missing = wanted[~np.isin(wanted, stamps)]
    if len(missing):
        raise ValueError(f"origins: expected time stamps of the series, got {missing[0]}")
    return places
