"""Recurrent forecasts of singular spectrum analysis, as one linear filter of the last samples.

The patterns u_1 … u_r of windows of L samples span what the series is made of. With π_i the last
entry of u_i, ν² = Σ π_i² and u_i' without it, the last sample of a window in the span follows from
the others: s_L = Σ_j a_j s_j, a = Σ_i π_i u_i' / (1 − ν²) (Golyandina and Zhigljavsky 2020,
section 3.1). A series that goes on obeys this recurrence. The samples to start from are those of
the series projected on the patterns and averaged over diagonals, which the last 2L − 2 samples
determine. All of this is linear in them.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from bayesneuron.data._ssa import SSA, ssa
from bayesneuron.forecasting.peers import Ahead

SHORTEST, LONGEST = 3, 60  # samples of a window; beyond, little is gained
MOST = 20  # patterns
VERTICAL = 1 - 1e-9  # ν² above which the last sample does not follow from the others
LATE = 0.25  # of what is fitted to: where the number of patterns is chosen


def ssa_forecast(pieces: Sequence[np.ndarray], pasts: Sequence[np.ndarray], horizon: int) -> Ahead:
    """Forecasts with patterns of what is fitted to, channel by channel.

    The number of patterns has the least squared error over all steps in the last quarter of each
    recording, with patterns of the rest. Patterns of the whole then forecast. The errors in that
    quarter give the standard deviations.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time, channel)
        What is fitted to, by recording.
    pasts : sequence of ndarray, shape (time, channel)
        What is known at each origin.
    horizon : int

    Raises
    ------
    ValueError
        If what is fitted to is too short.

    Examples
    --------
    >>> wave = np.sin(np.arange(120.0) / 3)[:, None]
    >>> ahead = ssa_forecast([wave[:80]], [wave[:90]], 5)
    >>> bool(np.allclose(ahead.mean[0], wave[90:95], atol=1e-6))
    True
    """
    longest = max(len(piece) for piece in pieces)
    early = [piece[: len(piece) - int(LATE * len(piece))] for piece in pieces]
    window = min(LONGEST, max(map(len, early)) // 3)
    if window < SHORTEST:
        raise ValueError(f"references: expected at least 12 samples to fit SSA to, got {longest}")
    window = max(SHORTEST, min(window, min(len(past) for past in pasts) // 2 + 1))
    ready = [_channel(pieces, early, pasts, c, window, horizon) for c in range(pieces[0].shape[1])]
    return Ahead(*(np.stack(v, axis=-1) for v in zip(*ready, strict=True)))


def forecast_filter(left: np.ndarray, horizon: int) -> np.ndarray | None:
    """Forecasts as a matrix times the last 2L − 2 samples, (step, 2L − 2).

    Parameters
    ----------
    left : ndarray, shape (window, component)
        Orthonormal patterns.
    horizon : int

    Returns
    -------
    ndarray or None
        None where the last sample of a window does not follow from the others.

    Examples
    --------
    >>> constant = np.full((2, 1), 0.5**0.5)
    >>> forecast_filter(constant, 2).round(12).tolist()  # the mean of both samples
    [[0.5, 0.5], [0.5, 0.5]]
    """
    window, last = len(left), left[-1]
    if last @ last > VERTICAL:
        return None
    recurrence = left[:-1] @ last / (1 - last @ last)
    span = 2 * window - 2
    projection = left @ left.T
    smooth = np.zeros((span, span))  # windows projected, then averaged over diagonals
    for start in range(window - 1):
        at = slice(start, start + window)
        smooth[at, at] += projection
    count = np.minimum(np.arange(1, span + 1), np.arange(span, 0, -1))
    rows = list((smooth / np.minimum(count, window - 1)[:, None])[1 - window :])
    for _ in range(horizon):
        rows.append(recurrence @ np.stack(rows[1 - window :]))
    return np.stack(rows[window - 1 :])


def _channel(
    pieces: Sequence[np.ndarray],
    early: Sequence[np.ndarray],
    pasts: Sequence[np.ndarray],
    channel: int,
    window: int,
    horizon: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation, (origin, step)."""
    whole, first = ([piece[:, channel] for piece in v] for v in (pieces, early))
    centre = np.concatenate(whole).mean()  # a level then needs no pattern of its own
    patterns = _patterns(first, window, centre)
    best, sd = None, np.full(horizon, np.nan)
    for rank in range(1, min(MOST, window - 1, patterns.shape[1]) + 1):
        error = _late_error(whole, first, patterns[:, :rank], horizon, centre)
        if error is not None and (best is None or error.sum() < (sd**2).sum()):
            best, sd = rank, np.sqrt(error)
    if best is None:  # too short to choose by: one pattern
        best = 1
    apply = forecast_filter(_patterns(whole, window, centre)[:, :best], horizon)
    recent = np.zeros((len(pasts), 2 * window - 2))  # the mean before a past that is too short
    for row, past in zip(recent, pasts, strict=True):
        last = past[2 - 2 * window :, channel]
        row[len(row) - len(last) :] = last - centre
    mean = centre + (recent @ apply.T if apply is not None else np.zeros((len(pasts), horizon)))
    return mean, np.broadcast_to(sd, mean.shape)


def _patterns(pieces: Sequence[np.ndarray], window: int, centre: float) -> np.ndarray:
    kept = [piece - centre for piece in pieces if len(piece) >= window]
    labels = np.repeat(np.arange(len(kept)), [len(piece) for piece in kept])
    coords = {"recording": ("time", labels)}
    series = xr.DataArray(np.concatenate(kept), dims="time", coords=coords)
    found: SSA = ssa(series, window)
    real = found.singular_values > 1e-9 * found.singular_values[0]
    return found.left[:, real]


def _late_error(
    whole: Sequence[np.ndarray],
    early: Sequence[np.ndarray],
    left: np.ndarray,
    horizon: int,
    centre: float,
) -> np.ndarray | None:
    """Mean squared error by step of forecasts of the last quarter, (step,)."""
    apply, span = forecast_filter(left, horizon), 2 * len(left) - 2
    if apply is None:
        return None
    squares = []
    for piece, first in zip(whole, early, strict=True):
        begin = max(len(first) - span, 0)
        if len(piece) - begin < span + horizon:
            continue
        cut = np.lib.stride_tricks.sliding_window_view(piece[begin:] - centre, span + horizon)
        squares.append((cut[:, :span] @ apply.T - cut[:, span:]) ** 2)
    return np.concatenate(squares).mean(axis=0) if squares else None
