"""Forecasts that a network has to beat: the last value repeated, and a linear autoregression."""

from typing import Any

import numpy as np

from bayesneuron.data.recursion import Recursion, to_inputs, to_samples


def persistence(x: np.ndarray, outputs: int, channels: int = 1) -> np.ndarray:
    """The last sample of every window, at every step of the horizon.

    Parameters
    ----------
    x : ndarray, shape (observation, input)
        Windows, oldest sample first, the channels of a sample side by side.
    outputs : int
        Values to forecast: steps of the horizon times channels.
    channels : int

    Returns
    -------
    ndarray, shape (observation, output)

    Examples
    --------
    >>> persistence(np.array([[1.0, 2.0], [2.0, 4.0]]), outputs=3).tolist()
    [[2.0, 2.0, 2.0], [4.0, 4.0, 4.0]]
    """
    return np.tile(x[:, -channels:], outputs // channels)


def autoregression(x: np.ndarray, y: np.ndarray, x_new: np.ndarray) -> np.ndarray:
    """Least squares on the training windows, with a constant, one equation per output.

    Each step of the horizon has its own equation (the direct forecast), as in a network with one
    output per step.

    Parameters
    ----------
    x : ndarray, shape (observation, input)
    y : ndarray, shape (observation, output)
        What is trained on.
    x_new : ndarray, shape (new observation, input)

    Returns
    -------
    ndarray, shape (new observation, output)

    Examples
    --------
    >>> wave = np.sin(np.arange(50.0))
    >>> x = np.lib.stride_tricks.sliding_window_view(wave, 2)
    >>> forecast = autoregression(x[:20], wave[2:22, None], x[20:-1])
    >>> bool(np.allclose(forecast[:, 0], wave[22:]))  # a sine is an AR(2) without noise
    True
    """
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit(x, y).predict(x_new)


def rmse(forecast: np.ndarray, y: np.ndarray, scale: np.ndarray | float = 1.0) -> float:
    """Root mean square error over all observations and outputs.

    Parameters
    ----------
    forecast, y : ndarray, shape (observation, output)
        Standardised.
    scale : ndarray, shape (output,), or float
        Of the standardisation: the error is in original units.

    Examples
    --------
    >>> rmse(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), scale=2.0) == 50**0.5
    True
    """
    return float(np.sqrt(np.mean(((forecast - y) * scale) ** 2)))


def references_ahead(
    data: tuple[np.ndarray, np.ndarray] | None,
    recent: np.ndarray,
    recursion: Recursion,
    steps: int,
    beside: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Continuations that forecasts have to beat, in the units of the series.

    Parameters
    ----------
    data : tuple of ndarray, or None
        Training windows (observation, input) and targets (observation, output), standardised.
    recent : ndarray, shape (start, time, channel)
        The last window before each start.
    recursion : Recursion
    steps : int
    beside : ndarray, shape (start, block, column), or None
        What is known ahead, see `bayesneuron.forecasting.beside`.

    Returns
    -------
    dict of str to ndarray, shape (start, step, target)
        ``persistence`` and, with training data, ``autoregression``: least squares with a constant
        on all columns of the rows (so with exogenous series if there are such), fed back to itself.

    Examples
    --------
    >>> wave = np.sin(np.arange(50.0))
    >>> x = np.lib.stride_tricks.sliding_window_view(wave, 2)
    >>> data = x[:20], wave[2:22, None]
    >>> plain = Recursion.of(0.0, 1.0, 1)
    >>> ahead = references_ahead(data, wave[None, 20:22, None], plain, 28)
    >>> bool(np.allclose(ahead["autoregression"][0, :, 0], wave[22:]))
    True
    """
    own = slice(None) if recursion.targets is None else recursion.targets
    ahead = {"persistence": np.repeat(recent[:, -1:, own], steps, axis=1)}
    if data is None:
        return ahead
    from sklearn.linear_model import LinearRegression

    fed_back = _fed_back(LinearRegression().fit(*data), recent, recursion, steps, beside=beside)
    return {**ahead, "autoregression": fed_back}


def noisy_autoregression(
    data: tuple[np.ndarray, np.ndarray],
    recent: np.ndarray,
    recursion: Recursion,
    steps: int,
    *,
    paths: int,
    seed: int,
    beside: np.ndarray | None = None,
) -> np.ndarray:
    """Noisy continuations of the autoregression, whose residuals are fed back with it.

    Noise is normal with the covariance of the residuals over the outputs of a window. It comes in
    pairs of opposite sign, the same for every start: where nothing is transformed, the mean over
    paths is the continuation without noise, and the variance at step h is that of the recursion,
    σ² Σ ψ_j² over j < h, up to Monte Carlo error.

    Parameters
    ----------
    data, recent, recursion, steps, beside
        As in `references_ahead`.
    paths : int
        Even.
    seed : int

    Returns
    -------
    ndarray, shape (path, start, step, target)

    Examples
    --------
    >>> wave = np.sin(np.arange(50.0)) + np.random.default_rng(0).normal(0, 0.1, 50)
    >>> x = np.lib.stride_tricks.sliding_window_view(wave, 2)
    >>> plain = Recursion.of(0.0, 1.0, 1)
    >>> data = x[:-1], wave[2:, None]
    >>> noisy_autoregression(data, wave[None, -2:, None], plain, 5, paths=10, seed=0).shape
    (10, 1, 5, 1)
    """
    from sklearn.linear_model import LinearRegression

    x, y = data
    fitted = LinearRegression().fit(x, y)
    off = y - fitted.predict(x).reshape(y.shape)
    left = max(len(x) - x.shape[1] - 1, 1)  # degrees of freedom
    values, vectors = np.linalg.eigh(off.T @ off / left)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    targets = recent.shape[2] if recursion.targets is None else len(recursion.targets)
    blocks = -(-steps // (y.shape[1] // targets))
    half = np.random.default_rng(seed).standard_normal((blocks, paths // 2, y.shape[1])) @ root.T
    noise = np.concatenate([half, -half], axis=1)
    every = [
        _fed_back(
            fitted, np.repeat(recent[k, None], paths, axis=0), recursion, steps, noise,
            None if beside is None else np.repeat(beside[k, None], paths, axis=0),
        )
        for k in range(len(recent))
    ]  # fmt: skip
    return np.stack(every, axis=1)


@np.errstate(over="ignore", invalid="ignore")
def _fed_back(
    fitted: Any,
    recent: np.ndarray,
    recursion: Recursion,
    steps: int,
    noise: np.ndarray | None = None,
    beside: np.ndarray | None = None,
) -> np.ndarray:
    """Outputs put end to end, (row, step, target); `noise` (block, row, output) is added.

    An unstable autoregression runs away, as far as infinity.
    """
    width, samples, block = recent.shape[1], recent, 0
    while samples.shape[1] < width + steps:
        last = samples[:, -width:]
        # not by `predict`, which refuses paths that have run away
        row = to_inputs(recursion, last, None if beside is None else beside[:, block])
        outputs = row @ np.atleast_2d(fitted.coef_).T + fitted.intercept_
        outputs = outputs if noise is None else outputs + noise[block]
        new = to_samples(recursion, outputs, last)
        if recursion.targets is not None:  # of some channels, which is one output
            return new[:, :steps]
        samples = np.concatenate([samples, new], axis=1)
        block += 1
    return samples[:, width : width + steps]
