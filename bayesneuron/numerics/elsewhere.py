"""Blocks of work on the workers of an executor, the same to the last bit as here."""

import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from functools import partial
from typing import Any

import jax
import numpy as np

from bayesneuron.numerics.cores import PROCESS, one_core_each
from bayesneuron.numerics.warn import warn_once

IN_FLIGHT = 64  # blocks that are sent and not yet back: their data are in memory
PACKAGE = "bayesneuron"


def run_elsewhere(
    executor: Executor,
    program: Callable[..., Any],
    task: Callable[[int], tuple[Any, tuple[Any, ...]]],
    starts: Sequence[int],
    ended: Callable[[int, Any], Any],
) -> dict[int, Any]:
    """What the program makes of each block, by its start.

    A block that fails elsewhere is left out, to be run here, where an error of its own is raised
    again: a worker may have died, or not have what the model needs. That is warned of.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    program : callable
        A function of this package, its first arguments bound. Keywords that are bound serve here
        alone, such as a progress bar.
    task : callable
        From the start of a block to its arguments, and those that all blocks share.
    starts : sequence of int
    ended : callable
        Takes a start and what came back, and returns what is to be kept of it.
    """
    name, bound = reference_of(program)
    x64 = bool(jax.config.jax_enable_x64)
    running: dict[Future[Any], int] = {}
    blocks: dict[int, Any] = {}
    failures: list[Exception] = []
    waiting = list(reversed(starts))
    try:
        while running or (waiting and not failures):
            while waiting and not failures and len(running) < IN_FLIGHT:
                start = waiting.pop()
                block, shared = jax.tree.map(_plain, task(start))
                try:
                    future = executor.submit(run_there, name, bound, block, shared, x64, PROCESS)
                except Exception as error:  # the executor takes no more
                    failures.append(error)
                else:
                    running[future] = start
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                start = running.pop(future)
                try:
                    out = future.result()
                except Exception as error:  # of a worker, or of the work
                    failures.append(error)
                else:
                    blocks[start] = ended(start, out)
    finally:
        for future in running:
            future.cancel()
    if failures:
        error, lost = failures[0], len(starts) - len(blocks)
        warn_once(
            f"executor: {lost} of {len(starts)} blocks run here instead, as one did not come back "
            f"from a worker ({type(error).__name__}: {error})"
        )
    return blocks


def run_there(
    name: str, bound: tuple[Any, ...], block: Any, shared: Any, x64: bool, sender: str
) -> Any:
    """Run a program of this package by name, and bring its results back as NumPy arrays."""
    module, _, function = name.partition(":")
    if module.partition(".")[0] != PACKAGE:
        raise ValueError(f"program: expected one of {PACKAGE}, got {name!r}")
    program = getattr(importlib.import_module(module), function)
    with one_core_each(sender), jax.enable_x64(x64):
        return jax.tree.map(np.asarray, jax.block_until_ready(program(*bound, *block, *shared)))


def reference_of(program: Callable[..., Any]) -> tuple[str, tuple[Any, ...]]:
    """Where a function is, as ``module:name``, and the arguments that are bound to it."""
    bound: tuple[Any, ...] = ()
    while isinstance(program, partial):
        bound, program = (*program.args, *bound), program.func
    return f"{program.__module__}:{program.__qualname__}", bound


def _plain(leaf: Any) -> Any:
    """Arrays of JAX as NumPy's; numbers of Python stay, as they promote otherwise."""
    return np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf
