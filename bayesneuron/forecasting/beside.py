"""What is known ahead at each start of a forecast: exogenous series and covariates.

An exogenous series covers the windows before the starts and all steps ahead. It is aligned with the
history by time stamps where both have them, and otherwise by place: it begins with the same sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.exogenous import as_exogenous, check_group, scaled_covariates
from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.row import Row, row_of
from bayesneuron.data.scaling import unscale
from bayesneuron.data.times import as_times
from bayesneuron.data.times_after import times_after, usual_step
from bayesneuron.data.trajectory import window_of
from bayesneuron.forecasting.held_out import places_at
from bayesneuron.forecasting.origins import MANY, Origins
from bayesneuron.forecasting.rows_ahead import Known
from bayesneuron.forecasting.sizes import Sizes


@dataclass(frozen=True)
class Piece:
    """One recording of an exogenous series.

    Attributes
    ----------
    values : ndarray, shape (time, exogenous)
    times : ndarray or None
    label : str or None
        Of the recording.
    begin : int
        Place of its first sample in the whole series.
    """

    values: np.ndarray
    times: np.ndarray | None
    label: str | None
    begin: int


def known_at_starts(
    row: Row,
    history: Any,
    origins: Origins,
    sizes: Sizes,
    steps: int,
    *,
    exogenous: Any = None,
    covariates: Any = None,
) -> Known | None:
    """What is known at each start of a forecast.

    Parameters
    ----------
    row : Row
        What the network was trained on.
    history, origins
        As given to `bayesneuron.forecast`, and as read.
    sizes : Sizes
    steps : int
        To forecast. Outputs are whole: the last one may reach beyond.
    exogenous, covariates
        As given to `bayesneuron.forecast`.

    Returns
    -------
    Known or None
        None for plain windows.

    Raises
    ------
    ValueError
        If something is missing, was not trained on, or does not fit the history.
    """
    check_needed(row, sizes, steps, exogenous, covariates)
    if not row.beside:
        return None
    count = -(-steps // sizes.horizon) * sizes.horizon
    starts = range(len(origins.samples))
    own = _of_windows(row, history) if isinstance(history, xr.DataArray) else None
    if own is not None and row.covariates.names and covariates is None:
        fixed = own.fixed
    else:
        labels = origins.labels.get("recording", np.zeros(len(starts), int))
        fixed = scaled_covariates(row.covariates, _given("covariates", covariates, row), labels)
    if not row.exogenous.names:
        return Known((np.zeros((0, 0)),) * len(starts), (0,) * len(starts), fixed)
    if own is not None and exogenous is None and len(own.values[0]) - own.before[0] >= count:
        return own._replace(fixed=fixed)
    pieces = _pieces(row, _given("exogenous", exogenous, row))
    values, before = [], []
    for start in starts:
        piece, last = place_in(pieces, origins, history, start, count)
        read = len(origins.samples[start]) if sizes.recurrent else sizes.history
        if last + 1 < read:
            raise ValueError(
                f"exogenous: expected the {read} samples of the "
                f"{'history, all of which a recurrent network reads,' * sizes.recurrent}"
                f"{'window' * (not sizes.recurrent)} before the forecast, got {last + 1}"
            )
        values.append(row.exogenous.apply(piece.values[last + 1 - read : last + 1 + count]))
        before.append(read)
    return Known(tuple(values), tuple(before), fixed)


def check_needed(
    row: Row, sizes: Sizes, steps: int, exogenous: Any = None, covariates: Any = None
) -> None:
    """Raise ValueError unless the network can be continued with what is given."""
    for name, group, value in (
        ("exogenous", row.exogenous, exogenous), ("covariates", row.covariates, covariates),
    ):  # fmt: skip
        if value is not None and not group.names:
            raise ValueError(f"{name}: expected none as in training, got {type(value).__name__}")
    if row.some and steps > sizes.horizon:
        others = [name for k, name in enumerate(row.channels.names) if k not in row.targets]
        raise ValueError(
            f"steps: expected at most {sizes.horizon}, one output of the network, got {steps}: "
            f"nothing is known of {others} after that. Forecast them too (target='forecast' of "
            f"bn.windows), give them as exogenous=, or train on windows with horizon={steps}"
        )


def _given(name: str, value: Any, row: Row) -> Any:
    if value is None and getattr(row, name).names:
        raise ValueError(
            f"{name}: expected {list(getattr(row, name).names)}, which the draws were trained "
            "with, got none"
        )
    return value


def _of_windows(row: Row, x: xr.DataArray) -> Known | None:
    """What windows hold beside them, in the scaling of training; None where x is no windows."""
    theirs = row_of(x)
    if not theirs.beside or x.ndim != 2:
        return None
    check_group("exogenous", row.exogenous, theirs.exogenous.names)
    check_group("covariates", row.covariates, theirs.covariates.names)
    values = np.asarray(unscale(x.values, x), float)
    beside = values[:, window_of(x, values).shape[1] :]
    split = beside.shape[1] - len(row.covariates.names)
    series, fixed = beside[:, :split], row.covariates.apply(beside[:, split:])
    ahead = len(row.exogenous.names)
    known = row.exogenous.apply(series.reshape(len(x), -1, ahead)) if ahead else series[..., None]
    return Known(tuple(known), (int(x.attrs["history"]),) * len(x), fixed)


def _pieces(row: Row, exogenous: Any) -> list[Piece]:
    """By recording, or by entry along a dim of several series."""
    dims = exogenous.dims if isinstance(exogenous, xr.DataArray) else ()
    many = next((dim for dim in MANY if dim in dims), None)
    if many is not None:
        return [piece for one in exogenous.transpose(many, ...) for piece in _pieces(row, one)]
    data = as_exogenous(exogenous, row.exogenous.names)
    check_group("exogenous", row.exogenous, tuple(map(str, data["channel"].values)))
    return pieces_of(data)


def pieces_of(data: xr.DataArray) -> list[Piece]:
    """The recordings of an exogenous series."""
    labels = recording_of(data)
    lengths = recording_lengths(labels, len(data))
    stamps = data["time"].values if "time" in data.coords else None
    stamps = stamps if stamps is not None and as_times(stamps) is not None else None
    parts = by_recording(np.arange(len(data)), lengths)
    return [
        Piece(
            data.values[at],
            None if stamps is None else stamps[at],
            None if labels is None else str(labels[at[0]]),
            int(at[0]),
        )
        for at in parts
    ]


def place_in(
    pieces: Sequence[Piece], origins: Origins, history: Any, start: int, count: int
) -> tuple[Piece, int]:
    """The piece that goes with a start, and the place in it of the last sample of the history."""
    piece = _piece(pieces, origins, start)
    before = len(origins.samples[start]) - 1
    if piece.times is not None and origins.last is not None:
        last = _same_time(origins.last[start], piece.times)
        if last < 0:
            raise ValueError(
                f"exogenous: expected the times of the history, such as {origins.last[start]}, its "
                f"last, got {piece.times[0]} to {piece.times[-1]}: the past and the future in one "
                "series, with the same stamps as the history"
            )
        _check_rate(piece, origins, start, last)
    elif isinstance(history, xr.DataArray) and "first_sample" in history.coords:
        # windows know their places in the series that they were cut from
        last = int(history["first_sample"].values[start]) + before - piece.begin
    elif len(pieces) == len(origins.samples):
        last = before
        _check_undated(piece, origins, last + 1 + count)
    else:
        raise ValueError(
            f"exogenous: expected time stamps, as many recordings as there are starts "
            f"({len(origins.samples)}), or the same dim as the history, got {len(pieces)}"
        )
    if len(piece.values) < last + 1 + count:
        raise ValueError(
            f"exogenous: expected {count} samples after the history (outputs are whole), got "
            f"{len(piece.values) - last - 1}{_missing(piece, count)}"
        )
    return piece, last


def _same_time(time: Any, times: np.ndarray) -> int:
    """Place of a time, -1 where there is none.

    Dates are to be the same: the nearest one could be another month's.
    """
    if times.dtype.kind == "M":
        places = np.flatnonzero(times == np.asarray(as_times(np.array([time])))[0])
        return int(places[0]) if len(places) else -1
    return int(places_at(np.array([time]), times)[0])


def _check_undated(piece: Piece, origins: Origins, expected: int) -> None:
    """Raise ValueError where values without time stamps cannot be those of the history and after.

    They begin with the first sample of the history. Where that is dated, more of them than are
    needed may begin earlier.
    """
    count = len(piece.values)
    if count < expected or (origins.last is not None and count > expected):
        raise ValueError(
            "exogenous: without time stamps, values begin with the first sample of the history: "
            f"expected {expected} for the history and the steps ahead (outputs are whole), got "
            f"{count}"
        )


def _piece(pieces: Sequence[Piece], origins: Origins, start: int) -> Piece:
    labels = origins.labels.get("recording")
    if len(pieces) == 1 and (labels is None or pieces[0].label is None):
        return pieces[0]
    if labels is not None:
        own = [piece for piece in pieces if piece.label == str(labels[start])]
        if len(own) == 1:
            return own[0]
        raise ValueError(
            f"exogenous: expected one recording {str(labels[start])!r} as in the history, got "
            f"{len(own)} among {[piece.label for piece in pieces][:5]}"
        )
    if len(pieces) != len(origins.samples):
        raise ValueError(
            f"exogenous: expected {len(origins.samples)} series, one for each start, got "
            f"{len(pieces)}"
        )
    return pieces[start]


def _check_rate(piece: Piece, origins: Origins, start: int, last: int) -> None:
    """Raise ValueError unless the history has the samples of the exogenous series."""
    if origins.first is None or piece.times is None:
        return
    first = _same_time(origins.first[start], piece.times)
    steps = len(origins.samples[start]) - 1
    if first >= 0 and last - first != steps:
        raise ValueError(
            f"exogenous: expected the samples of the history, {steps} steps from "
            f"{origins.first[start]} to {origins.last[start] if origins.last else ''}, got "
            f"{last - first}"
        )


def _missing(piece: Piece, count: int) -> str:
    """The first time that is missing, in words."""
    step = None if piece.times is None else usual_step(piece.times)
    if piece.times is None or step is None:
        return ""
    return f": none at {times_after(piece.times[-1], step, count)[0]}"
