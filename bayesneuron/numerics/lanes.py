"""Run one compiled program over many replicates, a fixed number at a time.

The program always sees the same number of lanes, the last block padded, so that neither the number
of replicates nor how many blocks run at once can change the rounding of any of them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from bayesneuron.numerics.blocks import run_blocks
from bayesneuron.numerics.cores import cores
from bayesneuron.numerics.tasks import run_tasks
from bayesneuron.numerics.work import HERE, Work

LANES = 25


def solo() -> int:
    """Lanes for programs over the whole data: 1 on a processor, where XLA's batched products
    of matrices are several times slower than as many single ones on separate cores.
    """
    return 1 if jax.default_backend() == "cpu" else LANES


def fetched(tree: Any) -> Any:
    """Results of JAX as NumPy arrays.

    They are waited for first: NumPy's own way waits for ever for a result that failed, such as one
    that did not fit into memory.
    """
    return jax.tree.map(np.asarray, jax.block_until_ready(tree))


def over_lanes(function: Callable[..., Any], lanes: int) -> Callable[..., Any]:
    """Batch `function` over the leading axis of its first `lanes` arguments.

    One lane is run without `jax.vmap`, which would turn every branch of a sampler's or an
    optimiser's control flow into the computation of both sides.
    """

    def batched(*args: Any) -> Any:
        mine, shared = args[:lanes], args[lanes:]
        if len(jax.tree.leaves(mine)[0]) == 1:
            single = jax.tree.map(lambda leaf: leaf[0], mine)
            return jax.tree.map(lambda leaf: leaf[None], function(*single, *shared))
        axes = (0,) * lanes + (None,) * len(shared)
        return jax.vmap(function, in_axes=axes)(*args)

    return batched


def map_lanes(
    program: Callable[..., Any],
    *batched: Any,
    shared: tuple[Any, ...] = (),
    lanes: int = LANES,
    chunk: int | None = None,
    advance: Callable[[int], None] = lambda count: None,
    own_steps: int = 0,
    work: Work = HERE,
    returns: Callable[..., Any] | None = None,
) -> Any:
    """Apply ``program(*lanes, *shared)`` to blocks of replicates and stack what it returns.

    Parameters
    ----------
    program : callable
        Compiled, or a function of compiled ones; takes and returns trees of arrays with a leading
        axis of `LANES` replicates.
    *batched : trees of arrays
        Their leading axes are the replicates.
    shared : tuple
        Arguments that all replicates share.
    lanes : int
        Replicates the program sees at once.
    chunk : int, optional
        Most replicates in memory at once, rounded up to whole blocks; by default one block per
        processor core.
    advance : callable
        Called with the number of replicates done, for a progress bar.
    own_steps : int
        Steps by which the program itself advances each lane while it runs here, by its keyword
        ``advance``; `advance` is then called for other blocks alone.
    work : Work
        An executor that runs the blocks, and a checkpoint that keeps them.
    returns : type of NamedTuple, optional
        What the program returns, if not an array; needed to read a checkpoint.
    """
    count = len(jax.tree.leaves(batched)[0])
    workers = cores()
    if chunk is not None:
        workers = max(1, min(workers, -(-chunk // lanes)))
    size_of = lambda start: min(lanes, count - start)

    def block_of(start: int) -> Any:
        rows = np.minimum(np.arange(start, start + lanes), count - 1)
        return jax.tree.map(lambda leaf: leaf[rows], batched)

    def ended(start: int, out: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf[: size_of(start)], fetched(out))

    def here(left: Sequence[int], keep: Callable[[int, Any], Any]) -> Sequence[Any]:
        def one(start: int) -> Any:
            out = keep(start, program(*block_of(start), *shared))
            advance(0 if own_steps else size_of(start))
            return out

        return run_blocks(one, left, workers=workers)

    blocks = run_tasks(
        program, lambda start: (block_of(start), shared), range(0, count, lanes),
        work=work, returns=returns, here=here, ended=ended,
        arrived=lambda start: advance(size_of(start) * max(own_steps, 1)),
    )  # fmt: skip
    return jax.tree.map(lambda *parts: np.concatenate(parts), *blocks)
