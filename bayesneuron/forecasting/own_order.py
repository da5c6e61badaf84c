"""An autoregression that chooses its own order, whatever the windows of the network.

Neighbouring samples and a constant, by least squares. Orders are compared by AICc (Hurvich and Tsai
1989) on the same samples, n log(RSS / n) + 2 k n / (n − k − 1), with k parameters: AIC alone takes
too long an order where that is not small beside the samples.
"""

from collections.abc import Sequence

import numpy as np

from bayesneuron.forecasting.peers import Ahead

LONGEST = 60  # samples, as of the windows of SSA
SHARE = 3  # an order takes at most a third of the samples of the longest recording


def own_autoregression(
    pieces: Sequence[np.ndarray], pasts: Sequence[np.ndarray], horizon: int
) -> Ahead:
    """Forecasts by an autoregression of the order with the least AICc, channel by channel.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time, channel)
        What is fitted to, by recording.
    pasts : sequence of ndarray, shape (time, channel)
        What is known at each origin; the shortest limits the order.
    horizon : int

    Examples
    --------
    >>> wave = np.sin(np.arange(120.0) / 3)[:, None]
    >>> ahead = own_autoregression([wave[:80]], [wave[:90]], 5)
    >>> bool(np.allclose(ahead.mean[0], wave[90:95], atol=1e-6))
    True
    """
    most = min(LONGEST, max(map(len, pieces)) // SHARE, min(map(len, pasts)))
    means, sds = [], []
    for channel in range(pieces[0].shape[1]):
        own = [piece[:, channel] for piece in pieces]
        constant, weights, sd = fitted(own, chosen_order(own, most))
        means.append([_ahead(past[:, channel], constant, weights, horizon) for past in pasts])
        sds.append(np.broadcast_to(sd * _growth(weights, horizon), (len(pasts), horizon)))
    return Ahead(np.moveaxis(np.array(means), 0, 2), np.moveaxis(np.array(sds), 0, 2))


def chosen_order(pieces: Sequence[np.ndarray], most: int) -> int:
    """The order with the least AICc, from zero (a constant) to `most`.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time,)
    most : int

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=500)
    >>> series = noise.copy()
    >>> for t in range(2, 500):
    ...     series[t] += 1.5 * series[t - 1] - 0.8 * series[t - 2]
    >>> chosen_order([series], 5)
    2
    """
    x, y = _rows(pieces, most)
    n = len(y)
    least, order = np.inf, 0
    scale = np.finfo(float).eps * max(float(y @ y), np.finfo(float).tiny)
    for p in range(min(most, n - 4) + 1):
        left = y - x[:, : p + 1] @ np.linalg.lstsq(x[:, : p + 1], y, rcond=None)[0]
        k = p + 2  # with the constant and the variance
        aicc = n * np.log(max(left @ left, scale) / n) + 2 * k * n / (n - k - 1)
        if aicc < least:
            least, order = aicc, p
    return order


def fitted(pieces: Sequence[np.ndarray], order: int) -> tuple[float, np.ndarray, float]:
    """Constant, weights of the last samples (the latest first), and standard deviation of noise."""
    x, y = _rows(pieces, order)
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    left = y - x @ weights
    return float(weights[0]), weights[1:], float(np.sqrt(left @ left / max(len(y) - order - 1, 1)))


def _rows(pieces: Sequence[np.ndarray], order: int) -> tuple[np.ndarray, np.ndarray]:
    """One and the last samples, the latest first, (row, 1 + order), and the sample that follows."""
    view = np.lib.stride_tricks.sliding_window_view
    cut = np.concatenate([view(piece, order + 1) for piece in pieces if len(piece) > order])
    return np.column_stack([np.ones(len(cut)), cut[:, :-1][:, ::-1]]), cut[:, -1]


def _ahead(past: np.ndarray, constant: float, weights: np.ndarray, horizon: int) -> np.ndarray:
    order = len(weights)
    values = list(past[len(past) - order :])
    for _ in range(horizon):
        values.append(constant + float(weights @ values[: -order - 1 : -1]))
    return np.array(values[order:])


def _growth(weights: np.ndarray, horizon: int) -> np.ndarray:
    """Standard deviation by step in units of the noise's: √Σ ψ_j², ψ the impulse response."""
    response = [*np.zeros(len(weights)), 1.0]
    response = [1.0, *_ahead(np.array(response), 0.0, weights, horizon - 1)]
    return np.sqrt(np.cumsum(np.square(response)))
