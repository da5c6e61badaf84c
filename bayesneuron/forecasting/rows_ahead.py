"""Columns beside the windows of every reading of a network, from what is known at each start.

A network without a state reads one window per output. A recurrent one first listens to all samples
of the history, step by step, and after each output reads on through it.
"""

from typing import NamedTuple

import numpy as np

from bayesneuron.data.row import columns_beside
from bayesneuron.data.transform import Transform
from bayesneuron.forecasting.sizes import Sizes


class Known(NamedTuple):
    """What is known at each start, standardised.

    Attributes
    ----------
    values : tuple of ndarray, shape (time, exogenous)
        By start: some samples before the forecast, and all of its steps.
    before : tuple of int
        By start, how many of them come before the forecast.
    fixed : ndarray, shape (start, covariate)
    """

    values: tuple[np.ndarray, ...]
    before: tuple[int, ...]
    fixed: np.ndarray


class Readings(NamedTuple):
    """Columns beside windows, in the order in which a network reads.

    Attributes
    ----------
    heard : ndarray, shape (start, reading, column)
        Up to the first output: one reading, or the steps of a recurrent network, then padding.
    later : ndarray, shape (start, block, column)
        For each output after the first.
    """

    heard: np.ndarray
    later: np.ndarray


def rows_of_windows(known: Known, sizes: Sizes, blocks: int, transform: Transform) -> np.ndarray:
    """One window for each output, (start, block, column)."""
    window = np.arange(transform.difference, sizes.history, transform.delay) - sizes.history
    ends = np.arange(blocks)[:, None] * sizes.horizon
    starts = range(len(known.before))
    return np.stack([_rows(known, k, ends + window, ends, sizes.horizon) for k in starts])


def readings(
    known: Known, sizes: Sizes, blocks: int, transform: Transform, lengths: np.ndarray
) -> Readings:
    """All readings of a network; `lengths` are those of the histories.

    Examples
    --------
    >>> known = Known((np.arange(6.0)[:, None],), (4,), np.zeros((1, 0)))
    >>> sizes = Sizes(history=2, horizon=1, span=1, recurrent=True)
    >>> heard, later = readings(known, sizes, 2, Transform(), np.array([4]))
    >>> heard[0].tolist()  # u at each sample of the history, and at the one that follows
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]
    >>> later[0].tolist()
    [[4.0, 5.0]]
    """
    if not sizes.recurrent:
        rows = rows_of_windows(known, sizes, blocks, transform)
        return Readings(rows[:, :1], rows[:, 1:])
    span, ahead = sizes.span, sizes.horizon
    step = np.arange(transform.difference, span) - span
    output = np.arange(transform.difference, span - 1 + ahead) - (span - 1 + ahead)
    ends = np.arange(1, blocks)[:, None] * ahead
    heard, later = [], []
    for k, length in enumerate(lengths):
        steps = np.arange(span - length, 1)[:, None]
        rows = _rows(known, k, steps + step, steps, ahead)
        heard.append(np.pad(rows, ((0, int(lengths.max() - length)), (0, 0))))
        later.append(_rows(known, k, ends + output, ends, ahead))
    return Readings(np.stack(heard), np.stack(later))


def _rows(known: Known, start: int, window: np.ndarray, ends: np.ndarray, ahead: int) -> np.ndarray:
    """Columns, (row, column), at places that are counted from the first sample of the forecast."""
    fixed = np.repeat(known.fixed[start, None], len(window), axis=0)
    values = known.values[start]
    if not values.shape[1]:
        return fixed
    first = known.before[start]
    return columns_beside(values, fixed, first + window, first + ends + np.arange(ahead))
