"""Which observations a bootstrap replicate sees, and with what weights.

Every scheme gives (rows, weights), both (replicate, m): replicate r is trained on the
observations ``rows[r]`` with ``weights[r]``.
"""

import warnings

import numpy as np

from bayesneuron.data.recordings import by_recording, recording_lengths
from bayesneuron.numerics.checks import (
    check_positive,
    check_share,
)

SCHEMES = ("pairs", "block", "subsample", "bayesian")
FEWEST = 8  # observations, below which Politis and White's lags reach past the end


def resample(
    scheme: str,
    count: int,
    replicates: int,
    *,
    seed: int,
    block_length: int | None = None,
    fraction: float = 0.5,
    recording: np.ndarray | None = None,
    first: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the resamples of `count` observations, the r-th whatever the number of replicates.

    Parameters
    ----------
    scheme : {"pairs", "block", "subsample", "bayesian"}
        Pairs bootstrap (with replacement); moving blocks, for series; subsamples without
        replacement of a `fraction` of the data; Dirichlet(1, …, 1) weights.
    count, replicates : int
    seed : int
    block_length : int, optional
        Length of moving blocks; needed for ``block`` (see `automatic_block_length`).
    fraction : float
        Share of the observations in a subsample.
    recording : ndarray, shape (count,), optional
        Recording of each observation, each recording a run of equal values. No moving block
        crosses from one to the next. The other schemes draw single observations and ignore it.
    first : int
        Number of the first resample that is drawn.

    Returns
    -------
    rows : ndarray of int, shape (replicate, m)
    weights : ndarray, shape (replicate, m)

    Raises
    ------
    ValueError
        If the scheme is unknown, or its parameter out of range.

    Notes
    -----
    Moving blocks of several recordings: recording r, of n_r observations, gives blocks of length
    b_r = min(b, n_r), so that one shorter than b is a block of its whole length. Its n_r - b_r + 1
    admissible starts are equally likely, and a block comes from it with probability
    proportional to n_r / b_r: every recording is expected to fill its own share n_r / Σ n of
    the resample. All starts are then equally likely where recordings are equally long. Were
    they so whatever the lengths, a recording about as long as a block, with one or two starts,
    would all but vanish. Blocks are drawn until `count` observations are there, and the last
    is cut short; up to that cut the shares are exact.

    References
    ----------
    Efron 1979 (pairs); Künsch 1989 (moving blocks); Politis, Romano, Wolf 1999
    (subsampling); Rubin 1981 (Bayesian bootstrap).

    Examples
    --------
    >>> rows, weights = resample("subsample", 10, 3, seed=0, fraction=0.4)
    >>> rows.shape, float(weights.sum())
    ((3, 4), 12.0)
    """
    streams = [np.random.default_rng([seed, r]) for r in range(first, first + replicates)]
    if scheme == "pairs":
        rows = np.stack([rng.integers(0, count, count) for rng in streams])
    elif scheme == "block":
        length = _check_block(block_length, count)
        lengths = recording_lengths(recording, count)
        if len(lengths) == 1:
            rows = np.stack([_blocks(rng, count, length) for rng in streams])
        else:
            blocks = _admissible(lengths, length)
            rows = np.stack([_blocks_within(rng, count, *blocks) for rng in streams])
    elif scheme == "subsample":
        check_share(fraction=fraction)
        if round(fraction * count) < 1:
            raise ValueError(f"fraction: expected in (0, 1], at least one row, got {fraction}")
        size = round(fraction * count)
        rows = np.stack([rng.choice(count, size, replace=False) for rng in streams])
    elif scheme == "bayesian":
        rows = np.tile(np.arange(count), (replicates, 1))
        return rows, np.stack([rng.dirichlet(np.ones(count)) * count for rng in streams])
    else:
        raise ValueError(f"resample: expected one of {list(SCHEMES)}, got {scheme!r}")
    return rows, np.ones(rows.shape)


def subsample_spread(size: int, count: int) -> float:
    """Standard deviation over subsamples relative to that over samples of all `count` observations.

    √((n - m) / m): an estimate on m observations has variance σ²/m, of which those that are drawn
    without replacement from n share σ²/n (Shao and Wu 1989, delete-d jackknife).

    Examples
    --------
    >>> subsample_spread(50, 100), subsample_spread(80, 100)
    (1.0, 0.5)
    """
    return ((count - size) / size) ** 0.5


def total_weights(rows: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Sum the weights of each observation, shape (replicate, count)."""
    return np.stack(
        [np.bincount(r, w, minlength=count) for r, w in zip(rows, weights, strict=True)]
    )


def automatic_block_length(values: np.ndarray, recording: np.ndarray | None = None) -> int:
    """Block length for moving blocks by Politis and White's rule.

    Parameters
    ----------
    values : ndarray, shape (observation, ...)
        The targets; the longest length over their columns is taken.
    recording : ndarray, shape (observation,), optional
        Recording of each observation, each recording a run of equal values.

    Notes
    -----
    The circular-bootstrap length of `arch.bootstrap.optimal_block_length`, rounded up and kept
    within [1, observations / 3]; a moving block has the same asymptotic optimum.

    With several recordings each is judged on its own: none sees the jump to the next. The
    optimum is C n^{1/3} with C of the process and n all that is resampled, so the length b_r
    of recording r, of n_r observations, implies C as b_r n_r^{-1/3}, and the length for all is
    n^{1/3} Σ_r (n_r / n) b_r n_r^{-1/3}, at most the longest recording. Recordings of fewer than
    8 observations, or constant, imply nothing; without any other, blocks are as long as allowed.

    References
    ----------
    Politis and White, Econometric Reviews 2004; correction by Patton, Politis, White 2009.

    Examples
    --------
    >>> import numpy as np
    >>> 1 < automatic_block_length(np.sin(np.arange(200) / 10)) < 67
    True
    """
    from arch.bootstrap import optimal_block_length

    columns = np.asarray(values, float).reshape(len(values), -1)
    moving = columns[:, np.ptp(columns, axis=0) > 0]
    if not moving.size:
        return 1
    count = len(moving)
    lengths = recording_lengths(recording, count)
    longest = min(int(lengths.max()), max(1, count // 3))
    suggested = np.full((len(lengths), moving.shape[1]), np.nan)
    pieces = by_recording(moving, lengths)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own notes on dtype, not on the estimate
        for piece, row in zip(pieces, suggested, strict=True):
            varies = np.ptp(piece, axis=0) > 0
            if len(piece) >= FEWEST and varies.any():
                row[varies] = optimal_block_length(piece[:, varies])["circular"]
    known = np.isfinite(suggested)
    weight = known * (lengths / count)[:, None]
    scaled = np.where(known, suggested, 0.0) * np.cbrt(count / lengths)[:, None]
    heard = known.any(axis=0)
    if not heard.any():
        return longest
    length = ((weight * scaled).sum(axis=0)[heard] / weight.sum(axis=0)[heard]).max()
    return int(np.clip(np.ceil(length), 1, longest))


def _check_block(length: int | None, count: int) -> int:
    check_positive(block_length=length)
    assert length is not None
    if length > count:
        raise ValueError(f"block_length: expected 1 to {count} observations, got {length}")
    return length


def _blocks(rng: np.random.Generator, count: int, length: int) -> np.ndarray:
    starts = rng.integers(0, count - length + 1, -(-count // length))
    return (starts[:, None] + np.arange(length)).ravel()[:count]


def _admissible(lengths: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First row, length and probability of every block that lies within one recording."""
    size = np.minimum(lengths, block)
    starts = lengths - size + 1
    first = np.repeat(np.cumsum(lengths) - lengths, starts)
    within = np.arange(starts.sum()) - np.repeat(np.cumsum(starts) - starts, starts)
    chance = np.repeat(lengths / (size * starts), starts)
    return first + within, np.repeat(size, starts), chance / chance.sum()


def _blocks_within(
    rng: np.random.Generator, count: int, first: np.ndarray, size: np.ndarray, chance: np.ndarray
) -> np.ndarray:
    drawn = rng.choice(len(first), -(-count // int(size.min())), p=chance)
    ends = np.cumsum(size[drawn])
    # Row k of a block that fills places [end - size, end) of the resample is first + k.
    offset = np.repeat(first[drawn] - (ends - size[drawn]), size[drawn])
    return (offset + np.arange(ends[-1]))[:count]
