"""Training and test parts that do not overlap in time."""

import math
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.series import as_series
from bayesneuron.data.times import as_times
from bayesneuron.data.times_after import time_of
from bayesneuron.numerics.checks import check_seed


def split(
    *data: Any, test_size: float | None = None, at: Any = None, seed: int | None = None
) -> tuple[xr.DataArray, ...]:
    """Split a series or its windows in time, or rows without time at random.

    Parameters
    ----------
    *data : DataArray
        One series (dim ``time``, or what `as_series` takes): the last part of every recording is
        the test. Or arrays of windows, such as x and y: the latest windows are the test, and
        training windows that share a sample with them are dropped. Or rows without time (images),
        given a `seed`.
    test_size : float, optional
        Share of the data to test on, in (0, 1); by default 0.2.
    at : date, str or number, optional
        In place of `test_size`, the time at which the test begins: samples of a series from then
        on, and windows whose last sample read is one of them. A date such as ``"1958-01"``
        is its first moment; a number is a time of the series, or the number of a sample where it
        has no times.
    seed : int, optional
        For rows without time, which are shuffled.

    Returns
    -------
    tuple of DataArray
        ``(train, test)`` for one array, ``(x_train, x_test, y_train, y_test)`` for two, as
        scikit-learn orders them.

    Raises
    ------
    ValueError
        If a part would be empty, lengths differ, rows without time come without a seed, or `at` is
        no time such as those of the data.

    Notes
    -----
    Split the series, cut each part into windows, and pass ``standardize=x_train`` for the
    second: then not even the mean of the test data is known in training.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> train, late = bn.split(bn.datasets.noisy_sine(length=100), test_size=0.25)
    >>> len(train), len(late)
    (75, 25)
    >>> train, late = bn.split(bn.datasets.noisy_sine(length=100), at=90)
    >>> len(train), len(late)
    (90, 10)
    """
    if at is not None and test_size is not None:
        raise ValueError(f"split: expected test_size or at, got {test_size} and {at!r}")
    test_size = 0.2 if test_size is None else test_size
    if not isinstance(test_size, Real) or not 0 < test_size < 1:
        raise ValueError(
            f"test_size: expected a share in (0, 1), got {test_size!r}; at= takes a position"
        )
    if seed is not None:
        check_seed(seed)
    if not data:
        raise ValueError("split: expected at least one array, got none")
    if len(data) == 1 and "observation" not in getattr(data[0], "dims", ()):
        series = as_series(data[0])
        late = _late_samples(series, test_size) if at is None else _since(series, "time", at)
        return _parts(series, "time", ~late, late)
    if not all(isinstance(a, xr.DataArray) for a in data):
        kinds = ", ".join(type(a).__name__ for a in data)
        raise ValueError(
            f"split: expected DataArrays with the rows along the first axis, got {kinds}; "
            "xarray.DataArray(values, dims=('observation', 'input')) makes one. Several series are "
            "split as one table, or each by itself"
        )
    rows = {len(a) for a in data}
    if len(rows) != 1:
        raise ValueError(f"split: expected arrays of one length, got {sorted(rows)}")
    train, late = (
        _split_rows(data[0], test_size, seed) if at is None else _split_rows_at(data[0], at)
    )
    return tuple(part for a in data for part in _parts(a, a.dims[0], train, late))


def _parts(
    a: xr.DataArray, dim: object, train: np.ndarray, late: np.ndarray
) -> tuple[xr.DataArray, ...]:
    if not train.any() or not late.any():
        raise ValueError(
            f"split: expected both parts to hold data, got {train.sum()} and {late.sum()}"
            f"{_range(a)}"
        )
    return a.isel({dim: np.flatnonzero(train)}), a.isel({dim: np.flatnonzero(late)})


def _range(a: xr.DataArray) -> str:
    if "time" not in a.coords or not a["time"].size:
        return ""
    times = a["time"].values
    return f" of data from {times.min()} to {times.max()}"


def _late_samples(series: xr.DataArray, test_size: float) -> np.ndarray:
    lengths = recording_lengths(recording_of(series), len(series))
    late = np.zeros(len(series), bool)
    for at in by_recording(np.arange(len(series)), lengths):
        late[at[len(at) - math.ceil(test_size * len(at)) :]] = True
    return late


def _since(data: xr.DataArray, dim: str, at: Any) -> np.ndarray:
    """Whether the time along `dim` is `at` or later."""
    known = data["time"].values if "time" in data.coords else np.arange(data.sizes[dim])
    times = as_times(known)
    if times is None:
        raise ValueError(f"at: expected data with times, got labels such as {known[0]!r}")
    return times >= time_of(at, times)


def _split_rows_at(rows: xr.DataArray, at: Any) -> tuple[np.ndarray, np.ndarray]:
    """Windows whose last sample read is as late as `at`, and those that share no sample."""
    if not {"first_sample", "last_sample", "time"} <= set(rows.coords):
        raise ValueError("at: expected windows of a series with times, got rows without")
    late = _since(rows, str(rows.dims[0]), at)
    first, last = rows["first_sample"].values, rows["last_sample"].values
    recording = rows["recording"].values if "recording" in rows.coords else np.zeros(len(rows))
    train = ~late
    for label in np.unique(recording):
        here = recording == label
        train &= ~here | (last < first[here & late].min(initial=np.iinfo(int).max))
    return train, late


def _split_rows(
    a: xr.DataArray, test_size: float, seed: int | None
) -> tuple[np.ndarray, np.ndarray]:
    count = len(a)
    size = math.ceil(test_size * count)
    late = np.zeros(count, bool)
    if "first_sample" in getattr(a, "coords", {}):
        first, last = a["first_sample"].values, a["last_sample"].values
        late[np.argsort(first, kind="stable")[count - size :]] = True
        train = ~late & (last < first[late].min(initial=np.iinfo(int).max))
        return train, late
    if seed is None:
        raise ValueError("split: expected a seed for rows without time, got none")
    late[np.random.default_rng(seed).permutation(count)[:size]] = True
    return ~late, late
