"""How many cores a process may use: all of its own, one in a worker of an executor."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

THREADS = "NPROC"  # of the environment: XLA reads it as well, once, when it starts
PROCESS = uuid4().hex  # another one in every process


def cores() -> int:
    """Cores for the threads of this process: NPROC where it is set, else those it may run on.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    given = os.environ.get(THREADS, "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    from joblib import cpu_count  # knows of affinity and of the limits of containers

    return max(1, int(cpu_count()))


@contextmanager
def one_core_each(sender: str) -> Iterator[None]:
    """Keep a worker to one core, as others have workers of their own.

    It is one where its process is not the sender's. NPROC in its environment allows it more.
    """
    if sender == PROCESS:
        yield
        return
    from threadpoolctl import threadpool_limits

    os.environ.setdefault(THREADS, "1")
    with threadpool_limits(cores(), user_api="blas"):
        yield
