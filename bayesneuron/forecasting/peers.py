"""Forecasters that a network has to beat, each with its uncertainty: what they see is the past.

Each is fitted to the samples that the network is fitted to, and forecasts from each origin on. Its
distribution is normal. Standard deviations by step are those of its own errors within what it was
fitted to, but for statsforecast's models, which have their own.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

STATSFORECAST = {"auto_arima": "AutoARIMA", "auto_ets": "AutoETS"}
LEVEL = 90  # percent, of the interval that a standard deviation is read from


class Ahead(NamedTuple):
    """Normal forecasts.

    Attributes
    ----------
    mean, sd : ndarray, shape (origin, step, channel)
    """

    mean: np.ndarray
    sd: np.ndarray


def seasonal_persistence(
    pieces: Sequence[np.ndarray], pasts: Sequence[np.ndarray], horizon: int, period: int = 1
) -> Ahead:
    """The last season repeated; the last sample with a period of one.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time, channel)
        What is fitted to, by recording.
    pasts : sequence of ndarray, shape (time, channel)
        What is known at each origin, at least a period long.
    horizon, period : int
        In samples.

    Examples
    --------
    >>> wave = np.tile([[1.0], [2.0], [3.0]], (5, 1))
    >>> ahead = seasonal_persistence([wave], [wave[:10]], 4, period=3)
    >>> ahead.mean[0, :, 0].tolist(), ahead.sd[0, :, 0].tolist()
    ([2.0, 3.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0])
    """
    step = np.arange(1, horizon + 1)
    lag = period * -(-step // period)
    mean = np.stack([past[len(past) + step - 1 - lag] for past in pasts])
    off = [[piece[n:] - piece[:-n] for piece in pieces if len(piece) > n] for n in lag]
    return Ahead(mean, np.broadcast_to(_root_means(off), mean.shape))


def statsforecast_model(
    name: str,
    pieces: Sequence[np.ndarray],
    pasts: Sequence[np.ndarray],
    horizon: int,
    period: int = 1,
) -> Ahead:
    """A model of the package statsforecast: chosen and fitted once, carried on to every origin.

    Fitted to the longest recording, channel by channel.

    Parameters
    ----------
    name : {"auto_arima", "auto_ets"}
    pieces, pasts, horizon, period
        As in `seasonal_persistence`.

    Raises
    ------
    ValueError
        If the package is not there.
    """
    models = statsforecast_models()
    from scipy.stats import norm

    piece = max(pieces, key=len)
    means, sds = [], []
    for channel in range(piece.shape[1]):
        model = getattr(models, STATSFORECAST[name])(season_length=period)
        model = model.fit(np.ascontiguousarray(piece[:, channel]))
        for past in pasts:
            own = np.ascontiguousarray(past[:, channel])
            ahead = model.forward(y=own, h=horizon, level=[LEVEL])
            mean, high = (np.asarray(ahead[k], float) for k in ("mean", f"hi-{LEVEL}"))
            means.append(mean)
            sds.append((high - mean) / norm.ppf(0.5 + LEVEL / 200))
    shape = (piece.shape[1], len(pasts), horizon)
    return Ahead(*(np.moveaxis(np.reshape(v, shape), 0, 2) for v in (means, sds)))


def statsforecast_models() -> object:
    """The module of the models.

    Raises
    ------
    ValueError
        If the package is not there.
    """
    try:
        from statsforecast import models  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError(
            f"references: expected the package statsforecast for {list(STATSFORECAST)} "
            f"(pip install 'bayesneuron[peers]'), got {error}"
        ) from None
    return models


def _root_means(off: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Root mean squares by step and channel, (step, channel); NaN where there is no error."""
    channels = next(len(v[0]) for row in off for v in row) if any(map(len, off)) else 1
    none = np.full((1, channels), np.nan)
    rows = [np.concatenate(row) if row else none for row in off]
    return np.sqrt(np.stack([(row**2).mean(axis=0) for row in rows]))
