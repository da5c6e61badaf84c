"""A progress bar for long work, silent when the output is not a terminal."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs; yields ``advance(count)``, safe to call from threads.

    Examples
    --------
    >>> with progress("NUTS", 10) as advance:
    ...     advance(10)
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    lock = threading.Lock()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(label, total=total)

        def advance(count: int) -> None:
            with lock:
                bar.advance(task, count)

        yield advance
