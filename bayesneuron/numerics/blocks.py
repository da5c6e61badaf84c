"""Work in blocks that fit the memory, on all cores: the one place that starts threads."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import jax
import numpy as np

from bayesneuron.numerics.cores import cores

Sites = Mapping[str, np.ndarray]

_CELLS = 2**19  # numbers in the largest array of a block


def run_blocks[B, R](
    work: Callable[[B], R],
    blocks: Sequence[B],
    *,
    workers: int | None = None,
    compiled: bool = True,
) -> list[R]:
    """What `work` makes of each block, in order.

    Where JAX has several devices, blocks take turns on them.

    NumPy, SciPy and XLA release the interpreter's lock, so threads are enough.

    Parameters
    ----------
    work : callable
    blocks : sequence
    workers : int, optional
        Blocks at once; by default one per processor core.
    compiled : bool
        Whether the work compiles a JAX program: the first block then runs alone, so that the
        threads do not all compile it.

    Examples
    --------
    >>> run_blocks(sum, [[1, 2], [3], []])
    [3, 3, 0]
    """
    workers = workers or cores()
    x64 = jax.config.jax_enable_x64  # JAX keeps it per thread: hand the caller's on
    stop = threading.Event()

    devices = _devices()

    def run(number: int, block: B) -> R:
        _THREAD.stop = stop
        own = jax.default_device(devices[number % len(devices)]) if devices else nullcontext()
        with jax.enable_x64(x64), own:
            return work(block)

    alone = len(blocks) if workers == 1 or len(blocks) < 2 else int(compiled)
    done = [work(block) for block in blocks[:alone]]
    if alone == len(blocks):
        return done
    with ThreadPoolExecutor(workers) as pool:
        try:
            return [*done, *pool.map(run, range(alone, len(blocks)), blocks[alone:])]
        except BaseException:  # Ctrl-C as well, which reaches the main thread alone
            stop.set()
            raise


def _devices() -> list[Any]:
    """Devices of this process that share the blocks; none where there is one, or one was chosen."""
    devices = jax.local_devices()
    return devices if len(devices) > 1 and jax.config.jax_default_device is None else []


_THREAD = threading.local()


def check_stopped() -> None:
    """Raise CancelledError in a thread of `run_blocks` whose caller has been stopped."""
    stop = getattr(_THREAD, "stop", None)
    if stop is not None and stop.is_set():
        raise CancelledError


def by_block(work: Callable[[Sites], Sites], draws: Sites, *, cells: int) -> dict[str, np.ndarray]:
    """Apply `work`, which treats every draw by itself, to blocks of draws; join what it returns.

    Parameters
    ----------
    work : callable
        From arrays with a leading axis of draws to arrays with the same leading axis.
    draws : mapping of str to ndarray
    cells : int
        Numbers that the work holds at once for one draw.

    Examples
    --------
    >>> by_block(lambda d: {"b": d["a"] + 1}, {"a": np.arange(3)}, cells=2**18)["b"].tolist()
    [1, 2, 3]
    """
    blocks = slices(len(next(iter(draws.values()))), cells)
    one = lambda block: work({k: v[block] for k, v in draws.items()})
    return joined(run_blocks(one, blocks, compiled=False))


def slices(count: int, cells: int) -> list[slice]:
    """Blocks of `count` draws as large as fits the cache, for work that holds `cells` of each.

    Examples
    --------
    >>> slices(3, cells=2**18)
    [slice(0, 2, None), slice(2, 4, None)]
    """
    step = max(1, _CELLS // max(cells, 1))
    return [slice(start, start + step) for start in range(0, max(count, 1), step)]


def joined(parts: Sequence[Sites]) -> dict[str, np.ndarray]:
    """Arrays of one block of draws after another.

    Examples
    --------
    >>> joined([{"a": np.zeros(2)}, {"a": np.ones(1)}])["a"].tolist()
    [0.0, 0.0, 1.0]
    """
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
