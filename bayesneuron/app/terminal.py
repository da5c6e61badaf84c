"""What a terminal does to a run: Ctrl-C, and a reader that goes away."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt where a Ctrl-C came before.

    Python cannot raise inside callbacks, such as those of JAX on garbage collection, and drops the
    interrupt there. The function is called between the steps of a run.
    """
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


def say(text: str, *, stderr: bool = False) -> None:
    """Print; a reader that has gone, as ``| head`` does, costs nothing but the text."""
    stream = sys.stderr if stderr else sys.stdout
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        with suppress(OSError, ValueError):  # or the interpreter would fail on flushing at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
