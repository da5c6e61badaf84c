"""How far long work has come: a bar in terminals and notebooks, and lines of the logger.

``BAYESNEURON_PROGRESS=off`` in the environment switches the bar off. The logger ``bayesneuron`` has
a line for each tenth of the work at level INFO, for jobs that have no terminal.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

LOGGER = logging.getLogger("bayesneuron")
LOGGER.addHandler(logging.NullHandler())
SWITCH = "BAYESNEURON_PROGRESS"
LINES = 10  # of the logger
_BAR = threading.Lock()  # of the one bar that is shown: a terminal has room for no other


@contextmanager
def progress(label: str, total: int, *, long: bool = True) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs; yields ``advance(count)``, safe to call from threads.

    Work that is not `long` has neither a bar nor lines. Work within work that has a bar, or beside
    it in another thread, has lines alone.

    Examples
    --------
    >>> with progress("NUTS", 10) as advance:
    ...     advance(10)
    """
    if not long:
        yield quiet
        return
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    lock, began, done = threading.Lock(), time.perf_counter(), 0
    first = _shown(console) and _BAR.acquire(blocking=False)
    with (
        _released(first),
        Progress(*columns, console=console, transient=True, disable=not first) as bar,
    ):
        task = bar.add_task(label, total=total)

        def advance(count: int) -> None:
            nonlocal done
            with lock:
                bar.advance(task, count)
                before, done = done, done + count
                if done * LINES // max(total, 1) > before * LINES // max(total, 1):
                    _log(label, done, total, time.perf_counter() - began)

        yield advance


@contextmanager
def _released(held: bool) -> Iterator[None]:
    try:
        yield
    finally:
        if held:
            _BAR.release()


def quiet(count: int) -> None:
    """An ``advance`` that shows nothing."""


def _shown(console: Console) -> bool:
    """Whether a bar has somewhere to be; in a notebook it needs ipywidgets."""
    if os.environ.get(SWITCH, "on").lower() in ("off", "0", "false", "no"):
        return False
    return console.is_terminal or (console.is_jupyter and find_spec("ipywidgets") is not None)


def _log(label: str, done: int, total: int, seconds: float) -> None:
    left = seconds * (total - done) / done
    LOGGER.info("%s: %d of %d in %.1f s, about %.1f s left", label, done, total, seconds, left)
