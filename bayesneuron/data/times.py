"""Time stamps: whether they run forward in equal steps, and where they do not."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from bayesneuron.data.recordings import by_recording

NARROW, WIDE = 0.5, 1.5  # of the usual step; months and jitter stay well within
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ].*)?|"
    r"(?=.*\d)(.*[\s\d.-])?(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|"
    r"sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)[\s.,-].*",
    re.ASCII | re.IGNORECASE,
)

DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y",
    "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%m/%Y", "%Y-%b",
)  # fmt: skip
CLOCKS = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S",
)  # fmt: skip

CLOCK = re.compile(r"(\d+:)?\d{1,2}:\d{2}([.,]\d+)?", re.ASCII)
QUARTER = re.compile(r"\d{4}[- ]?[Qq][1-4]", re.ASCII)

Place = Callable[[int], str]


def parse_times(cells: list[str]) -> np.ndarray | None:
    """Dates as datetime64, or times of day in seconds, from text; None where a cell is neither.

    Where day and month cannot be told from a date alone, the reading with equal steps is taken.

    Examples
    --------
    >>> parse_times(["2024-01", "2024-02"]).astype("datetime64[D]").tolist()[1].isoformat()
    '2024-02-01'
    >>> parse_times(["31.12.2023", "01.01.2024"]).astype("datetime64[D]").tolist()[1].isoformat()
    '2024-01-01'
    >>> parse_times(["1.5", "2.5"]) is None
    True
    """
    filled = [cell for cell in cells if cell]
    if not filled or NUMBER.fullmatch(filled[0]):
        return None
    if all(CLOCK.fullmatch(cell) for cell in filled):
        return np.array([_seconds(cell) if cell else np.nan for cell in cells])
    if all(QUARTER.fullmatch(cell) for cell in filled):
        cells = [f"{c[:4]}-{3 * int(c[-1]) - 2:02d}" if c else "" for c in cells]
    elif not DATE.fullmatch(filled[0]):
        return None
    filled = [cell for cell in cells if cell]
    readings = []
    for form in _formats(filled[0]):
        try:
            texts: Any = [cell or None for cell in cells]
            index = pd.DatetimeIndex(pd.to_datetime(texts, utc=True, format=form))
        except (ValueError, TypeError, OverflowError):
            continue
        readings.append(index.tz_localize(None).to_numpy())
        if form == "ISO8601":
            break
    return min(readings, key=_unevenness, default=None)


def is_stamp(cell: str) -> bool:
    """Whether a cell looks like a date, a quarter or a time of day.

    Examples
    --------
    >>> [is_stamp(cell) for cell in ("2024-01-31", "2024Q1", "23:59:00", "2024")]
    [True, True, True, False]
    """
    looks = any(kind.fullmatch(cell) for kind in (DATE, CLOCK, QUARTER))
    return looks and NUMBER.fullmatch(cell) is None


def as_times(labels: Any) -> np.ndarray | None:
    """Numbers or datetime64 from labels along time; None where they are no times.

    Examples
    --------
    >>> as_times(np.array([0, 1, 2])).tolist()
    [0.0, 1.0, 2.0]
    >>> as_times(np.array(["a", "b"])) is None
    True
    """
    labels = np.asarray(labels)
    if labels.dtype.kind in "iuf":
        return labels.astype(float)
    if labels.dtype.kind == "m":
        return labels / np.timedelta64(1, "ns")
    if labels.dtype.kind == "M":
        return labels
    texts = labels.tolist()
    return parse_times(texts) if all(isinstance(text, str) for text in texts) else None


def is_missing(times: np.ndarray) -> np.ndarray:
    """Where there is no time stamp."""
    return np.isnat(times) if times.dtype.kind == "M" else ~np.isfinite(times)


def check_order(times: np.ndarray, lengths: np.ndarray, place: Place) -> None:
    """Raise ValueError unless time runs forward in every recording.

    Parameters
    ----------
    times : ndarray, shape (time,)
    lengths : ndarray of int
        Of the recordings.
    place : callable
        Where sample i is, in words.
    """
    end = 0
    for piece in by_recording(times, lengths):
        start, end = end, end + len(piece)
        steps = _differences(piece)
        back = np.flatnonzero(steps <= 0)
        if not len(back):
            continue
        if (steps < 0).all() and len(steps) > 1:
            raise ValueError(
                "time: expected time stamps that increase, got them in reverse, from "
                f"{_shown(piece[0])} to {_shown(piece[-1])}: reverse the series"
            )
        first = int(back[0]) + 1
        stamp, remedy = _shown(piece[first]), "sort by time, or label recordings"
        how = f"{stamp} after {_shown(piece[first - 1])}"
        if steps[first - 1] == 0:
            how, remedy = f"{stamp} again", "leave repeats out, or label recordings"
        raise ValueError(
            f"time: expected time stamps that increase, got {how} {place(start + first)} "
            f"({len(back)} such in all): {remedy}"
        )


def relative_steps(times: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Steps between samples, in units of the usual step of their recording; 1 between recordings.

    Days without weekends are counted in business days.

    Examples
    --------
    >>> relative_steps(np.array([0.0, 0.5, 1.0, 2.0, 2.5]), np.array([5])).tolist()
    [1.0, 1.0, 2.0, 1.0]
    """
    steps = np.ones(len(times))
    end = 0
    for piece in by_recording(times, lengths):
        start, end = end, end + len(piece)
        if len(piece) > 2:
            own = _differences(piece)
            steps[start : end - 1] = own / np.median(own)
    return steps[:-1]


def uneven(steps: np.ndarray) -> np.ndarray:
    """Which of the relative steps are no steps from one sample to the next."""
    return (steps > WIDE) | (steps < NARROW)


def describe_gap(times: np.ndarray, i: int) -> str:
    """The step after sample i, in words."""
    return f"from {_shown(times[i])} to {_shown(times[i + 1])}"


def odd_one(cells: list[str]) -> int:
    """Place of the first cell that is not written as the first date is."""
    first = next(cell for cell in cells if cell)
    places = [0]
    for form in _formats(first):
        texts: Any = [cell or first for cell in cells]
        unread = pd.isna(pd.to_datetime(texts, utc=True, format=form, errors="coerce"))
        places.append(int(np.argmax(unread)))
    return max(places)


def _seconds(clock: str) -> float:
    """Of hours, minutes and seconds; of hours and minutes; of minutes and seconds with decimals."""
    parts = [float(part) for part in clock.replace(",", ".").split(":")]
    if len(parts) == 2 and "." not in clock:
        parts.append(0.0)
    return sum(part * 60.0**k for k, part in enumerate(reversed(parts)))


def _formats(cell: str) -> Iterator[str]:
    """ISO 8601, then other ways of writing dates that the cell may follow."""
    yield "ISO8601"
    for day, clock in product(DAYS, CLOCKS):
        try:
            datetime.strptime(cell, day + clock)
        except ValueError:
            continue
        yield day + clock


def _differences(piece: np.ndarray) -> np.ndarray:
    if piece.dtype.kind != "M":
        return np.diff(piece)
    days = piece.astype("datetime64[D]")
    if len(piece) > 2 and (days == piece).all() and np.is_busday(days).all():
        steps = np.diff(days).astype(int)
        if np.median(steps) == 1 and steps.min() > 0:
            return np.busday_count(days[:-1], days[1:]).astype(float)
    # by way of seconds: years far apart are too many nanoseconds for a whole number
    return np.diff(piece) / np.timedelta64(1, "s") * 1e9


def _unevenness(times: np.ndarray) -> int:
    steps = np.diff(times[~is_missing(times)]).astype(float)
    usual = np.median(steps) if len(steps) else 0.0
    return int(uneven(steps / usual).sum()) if usual > 0 else len(steps)


def _shown(stamp: Any) -> str:
    if isinstance(stamp, np.datetime64):
        return pd.Timestamp(stamp).isoformat(sep=" ").removesuffix(" 00:00:00")
    return f"{stamp:.12g}"
