"""Forecasts that a network has to beat: the last value repeated, and a linear autoregression."""

import numpy as np


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
