"""Which observations a bootstrap replicate sees, and with what weights.

Every scheme gives (rows, weights), both (replicate, m): replicate r is trained on the
observations ``rows[r]`` with ``weights[r]``.
"""

import warnings

import numpy as np

SCHEMES = ("pairs", "block", "subsample", "bayesian")


def resample(
    scheme: str,
    count: int,
    replicates: int,
    *,
    seed: int,
    block_length: int | None = None,
    fraction: float = 0.5,
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

    Returns
    -------
    rows : ndarray of int, shape (replicate, m)
    weights : ndarray, shape (replicate, m)

    Raises
    ------
    ValueError
        If the scheme is unknown, or its parameter out of range.

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
    streams = [np.random.default_rng([seed, r]) for r in range(replicates)]
    if scheme == "pairs":
        rows = np.stack([rng.integers(0, count, count) for rng in streams])
    elif scheme == "block":
        rows = np.stack([_blocks(rng, count, _check_block(block_length, count)) for rng in streams])
    elif scheme == "subsample":
        if not 0 < fraction <= 1 or round(fraction * count) < 1:
            raise ValueError(f"fraction: expected in (0, 1], at least one row, got {fraction}")
        size = round(fraction * count)
        rows = np.stack([rng.choice(count, size, replace=False) for rng in streams])
    elif scheme == "bayesian":
        rows = np.tile(np.arange(count), (replicates, 1))
        return rows, np.stack([rng.dirichlet(np.ones(count)) * count for rng in streams])
    else:
        raise ValueError(f"resample: expected one of {list(SCHEMES)}, got {scheme!r}")
    return rows, np.ones(rows.shape)


def total_weights(rows: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Sum the weights of each observation, shape (replicate, count)."""
    return np.stack(
        [np.bincount(r, w, minlength=count) for r, w in zip(rows, weights, strict=True)]
    )


def automatic_block_length(values: np.ndarray) -> int:
    """Block length for moving blocks by Politis and White's rule.

    Parameters
    ----------
    values : ndarray, shape (observation, ...)
        The targets; the longest length over their columns is taken.

    Notes
    -----
    The circular-bootstrap length of `arch.bootstrap.optimal_block_length`, rounded up and kept
    within [1, observations / 3]; a moving block has the same asymptotic optimum.

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
    moving = columns[:, columns.std(0) > 0]
    if not moving.size:
        return 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own notes on dtype, not on the estimate
        length = np.nanmax(optimal_block_length(moving)["circular"])
    return int(np.clip(np.ceil(length), 1, max(1, len(values) // 3)))


def _check_block(length: int | None, count: int) -> int:
    if length is None or not 1 <= length <= count:
        raise ValueError(f"block_length: expected 1 to {count} observations, got {length}")
    return length


def _blocks(rng: np.random.Generator, count: int, length: int) -> np.ndarray:
    starts = rng.integers(0, count - length + 1, -(-count // length))
    return (starts[:, None] + np.arange(length)).ravel()[:count]
