"""Work over draws in blocks that fit the cache, on all cores."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

Sites = Mapping[str, np.ndarray]

_CELLS = 2**19  # numbers in the largest array of a block


def by_block(work: Callable[[Sites], Sites], draws: Sites, *, cells: int) -> dict[str, np.ndarray]:
    """Apply `work`, which treats every draw by itself, to blocks of draws; join what it returns.

    Parameters
    ----------
    work : callable
        From arrays with a leading axis of draws to arrays with the same leading axis. NumPy
        and SciPy release the interpreter's lock, so that threads are enough.
    draws : mapping of str to ndarray
    cells : int
        Numbers that the work holds at once for one draw.

    Examples
    --------
    >>> by_block(lambda d: {"b": d["a"] + 1}, {"a": np.arange(3)}, cells=2**18)["b"].tolist()
    [1, 2, 3]
    """
    count = len(next(iter(draws.values())))
    step = max(1, _CELLS // max(cells, 1))
    if count <= step:
        return dict(work(draws))
    blocks = [{k: v[i : i + step] for k, v in draws.items()} for i in range(0, count, step)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(work, blocks))
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
