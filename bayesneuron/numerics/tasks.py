"""Independent tasks: read where a checkpoint has them, run elsewhere where an executor is given."""

from collections.abc import Callable, Sequence
from typing import Any

from bayesneuron.numerics.elsewhere import run_elsewhere
from bayesneuron.numerics.progress import LOGGER
from bayesneuron.numerics.work import HERE, Work


def map_tasks(
    program: Callable[..., Any],
    task: Callable[[int], tuple[Any, ...]],
    numbers: Sequence[int],
    *,
    work: Work = HERE,
    returns: Callable[..., Any] | None = None,
) -> list[Any]:
    """What ``program(*task(number))`` returns for each number, in order.

    Parameters
    ----------
    program : callable
        A function of this package. It returns an array, or a NamedTuple of arrays and of dicts of
        arrays.
    task : callable
        From a number to arguments that can be sent to another process.
    numbers : sequence of int
        Names of the tasks in a checkpoint.
    work : Work
        An executor that runs the tasks, and a checkpoint that keeps them.
    returns : type of NamedTuple, optional
        What the program returns, if not an array.
    """
    return run_tasks(
        program,
        lambda number: (task(number), ()),
        numbers,
        work=work,
        returns=returns,
        here=lambda left, ended: [ended(number, program(*task(number))) for number in left],
    )


def run_tasks(
    program: Callable[..., Any],
    task: Callable[[int], tuple[Any, tuple[Any, ...]]],
    starts: Sequence[int],
    *,
    work: Work,
    returns: Callable[..., Any] | None,
    here: Callable[[Sequence[int], Callable[[int, Any], Any]], Sequence[Any]],
    ended: Callable[[int, Any], Any] = lambda start, out: out,
    arrived: Callable[[int], None] = lambda start: None,
) -> list[Any]:
    """The results of all tasks, in order: those kept, those of the executor, the others of `here`.

    Parameters
    ----------
    program, task, starts
        As for `bayesneuron.numerics.elsewhere.run_elsewhere`.
    work, returns
        As for `map_tasks`.
    here : callable
        Runs the tasks that are left, in order, and hands each result to the function it is given.
    ended : callable
        Takes a start and what the program returned, and returns what is to be kept of it.
    arrived : callable
        Called with the start of each task that was not run here.
    """
    stage = work.stage(program)

    def keep(start: int, out: Any) -> Any:
        out = ended(start, out)
        stage.keep(start, out)
        return out

    def keep_there(start: int, out: Any) -> Any:
        out = keep(start, out)
        arrived(start)
        return out

    done = {start: out for start in starts if (out := stage.kept(start, returns)) is not None}
    if done and work.checkpoint is not None:
        folder = work.checkpoint.folder
        LOGGER.info("%s: %d of %d blocks read from %s", stage.name, len(done), len(starts), folder)
    for start in done:
        arrived(start)
    left = [start for start in starts if start not in done]
    with work.stopped():
        if work.executor is not None:
            done |= run_elsewhere(work.executor, program, task, left, keep_there)
            left = [start for start in left if start not in done]
        done |= zip(left, here(left, keep), strict=True)
    return [done[start] for start in starts]
