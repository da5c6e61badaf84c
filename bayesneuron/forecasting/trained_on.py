"""How much of a series draws have been trained on, from the windows that they carry."""

import numpy as np
import xarray as xr

from bayesneuron.data.recordings import by_recording
from bayesneuron.data.recursion import Recursion, to_inputs
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import data_of, has_data
from bayesneuron.forecasting.rolling import recordings_of
from bayesneuron.forecasting.sizes import Sizes, row_of_draws, window_columns
from bayesneuron.numerics.warn import warn_once

DIGITS = 9  # of standardised values, to which windows have to agree


def trained_on(
    draws: xr.DataTree, series: xr.DataArray, sizes: Sizes, recursion: Recursion
) -> np.ndarray | None:
    """Samples at the start of every recording up to the last that was trained on.

    Windows are compared by value: wherever the training windows come from, those that are found in
    the series are known to the draws. Windows of the start of a series are known by their labels,
    so that a wave that repeats itself is not taken for trained on throughout.

    Parameters
    ----------
    draws : DataTree
    series : DataArray
        From `bayesneuron.as_series`.
    sizes : Sizes
    recursion : Recursion

    Returns
    -------
    ndarray of int, shape (recording,), or None
        None where no training window is found.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=50)
    >>> x, y = bn.windows(series[:40], 3, standardize=False)
    >>> draws = bn.prior(bn.load("two_layer", inputs=3, hidden=1, outputs=1), x, samples=2)
    >>> trained_on(draws, series, Sizes(3, 1, 3, False), Recursion.of(0.0, 1.0, 1)) is None
    True
    """
    if not has_data(draws):
        return None
    x = draws["constant_data"]["x"]
    values = series.values.reshape(len(series), -1)
    inputs, outputs = (np.asarray(v) for v in data_of(draws))
    known = window_columns(row_of_draws(draws), inputs, outputs, values.shape[1])
    _, lengths = recordings_of(series)
    rows = [_rows(piece, sizes, recursion) for piece in by_recording(values, lengths)]
    last = x.coords.get("last_sample")
    if last is not None and len(rows) == 1:
        at = np.asarray(last) + 1 - sizes.horizon - sizes.history
        inside = at.min() >= 0 and at.max() < len(rows[0])
        if inside and np.allclose(rows[0][at], known, atol=10.0**-DIGITS):
            return np.array([int(last.max()) + 1])
    own = {row.tobytes() for row in _rounded(known)}
    found = [
        np.flatnonzero([row.tobytes() in own for row in _rounded(r.astype(known.dtype))])
        for r in rows
    ]
    if not any(map(len, found)):
        return None
    reach = sizes.history + sizes.horizon
    ends = [
        min(int(at[-1]) + reach, n) if len(at) else 0 for at, n in zip(found, lengths, strict=True)
    ]
    return np.array(ends)


def warn_without_scaling(draws: xr.DataTree) -> None:
    """Say of draws whose windows are not in a series that they carry no scaling, if they do not."""
    if has_data(draws) and provenance_of(draws).scaling is None:
        warn_once(
            "backtest: the draws carry no scaling of their windows, and none of these is in the "
            "series as it is; train on the arrays that bn.windows returns"
        )


def _rows(piece: np.ndarray, sizes: Sizes, recursion: Recursion) -> np.ndarray:
    """Every window of a recording as the network reads it, (window, input)."""
    channels = piece.shape[1]
    if len(piece) < sizes.history:
        return np.empty((0, channels))
    cut = np.lib.stride_tricks.sliding_window_view(piece, sizes.history, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # samples that a power does not take
        return to_inputs(recursion, np.ascontiguousarray(np.moveaxis(cut, -1, 1)))


def _rounded(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.round(rows, DIGITS if rows.itemsize > 4 else 4) + 0.0)
