"""What the network should see: windows as they are, or each standardised on its own.

A linear autoregression decides, on the part of the series to train on. It is fitted to the windows
of either kind up to a time and forecasts those that follow, block by block through the second half.
The log density of the samples is compared: it counts the error, and whether the spread is right.
Windows are standardised on their own unless they are better as they are by a standard error: a
level and a spread that have hardly wandered so far may do so yet.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from scipy import stats

from bayesneuron.app.held_out import in_samples
from bayesneuron.data import windows
from bayesneuron.forecasting.references import autoregression

LOCAL = "zscore"
BLOCKS = 5  # refits
ROWS = 3  # windows per coefficient of the autoregression, to choose at all


class Choice(NamedTuple):
    """What was chosen, and why.

    Attributes
    ----------
    local : str or None
        As in `bayesneuron.windows`.
    words : str
        One line.
    """

    local: str | None
    words: str


def choose_local(early: xr.DataArray, **cut: Any) -> Choice:
    """Whether windows of the training part should be standardised on their own.

    Parameters
    ----------
    early : DataArray
        The training part alone.
    **cut
        ``history``, ``horizon``, ``stride``, ``transform`` and ``difference`` of the windows,
        ``target`` and ``exogenous``.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If the windows cannot be cut.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> rng = np.random.default_rng(0)
    >>> wave = bn.datasets.noisy_sine(length=200)
    >>> choose_local(wave, history=5, horizon=1).local  # a level that stays
    >>> walk = bn.as_series(np.cumsum(np.exp(np.linspace(0, 3, 200)) * rng.normal(size=200)))
    >>> choose_local(walk, history=5, horizon=1).local  # a spread that grows
    'zscore'
    """
    whole, own = (_log_scores(early, local=local, **cut) for local in (None, LOCAL))
    if whole is None or own is None:
        return Choice(None, "Windows are as they are: too few of them to choose")
    gain = whole - own
    mean, error = float(gain.mean()), float(gain.std(ddof=1) / len(gain) ** 0.5)
    better = mean > error
    how = "better" if mean > 0 else "worse"
    words = (
        f"a linear autoregression forecasts the second half of the training part {how} by "
        f"{abs(mean):.2g} ± {error:.2g} nats a window from windows as they are"
    )
    chosen = "Windows are as they are" if better else "Every window is standardised on its own"
    return Choice(None if better else LOCAL, f"{chosen}: {words}")


def _log_scores(early: xr.DataArray, **cut: Any) -> np.ndarray | None:
    """Log density of the samples after each window of the second half, (window,)."""
    x, y = windows(early, **cut)
    inputs, targets = np.asarray(x), np.asarray(y)
    edges = np.linspace(len(x) // 2, len(x), BLOCKS + 1).astype(int)
    coefficients = inputs.shape[1] + 1
    if edges[0] < ROWS * coefficients:
        return None
    parts = []
    for start, end in pairwise(edges):
        known = inputs[:start], targets[:start]
        fitted, ahead = np.split(autoregression(*known, inputs[:end]), [start])
        left = ((known[1] - fitted) ** 2).sum(axis=0) / (start - coefficients)
        parts.append(stats.norm.logpdf(targets[start:end], ahead, np.sqrt(left)))
    size = in_samples(targets + 0.5, y, early) - in_samples(targets - 0.5, y, early)
    return (np.concatenate(parts) - np.log(np.abs(size[edges[0] :]))).sum(axis=1)
