"""Where blocks of work run, and the checkpoint that knows which run it is of."""

import inspect
from collections.abc import Mapping
from concurrent.futures import Executor
from functools import partial
from importlib.metadata import version
from multiprocessing import current_process
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.network.model import Model
from bayesneuron.numerics.checkpoint import open_checkpoint
from bayesneuron.numerics.digest import digest_of
from bayesneuron.numerics.elsewhere import PACKAGE
from bayesneuron.numerics.work import Work

SOFTWARE = ("bayesneuron", "jax", "numpyro", "blackjax")  # other versions round differently


def work_of(
    executor: Executor | None,
    checkpoint: Any,
    *,
    method: str,
    model: Any,
    data: tuple[Any, ...],
    seed: int,
    **options: Any,
) -> Work:
    """Where a run's blocks go; its checkpoint is of this method, model, data, options and seed.

    `model` is a model, or a function that estimates: it is known by its code and by the values
    that it encloses.

    Raises
    ------
    ValueError
        If `executor` has no method ``submit``, or forks, or this is a worker of it that imports
        the script; or if `checkpoint` is of another run.
    """
    if executor is not None:
        _check_executor(executor)
    if checkpoint is None:
        return Work(executor)
    parts = {
        "method": method,
        "model": _plain(model),
        "data": digest_of(*data),
        "options": {name: _plain(value) for name, value in options.items()},
        "seed": int(seed),
        "software": {name: version(name) for name in SOFTWARE},
    }
    return Work(executor, open_checkpoint(checkpoint, parts))


def _check_executor(executor: Any) -> None:
    if not callable(getattr(executor, "submit", None)):
        raise ValueError(
            "executor: expected a concurrent.futures.Executor, such as a ProcessPoolExecutor or "
            f"dask's client.get_executor(), got {type(executor).__name__}"
        )
    context = getattr(executor, "_mp_context", None)  # of a ProcessPoolExecutor
    if context is not None and context.get_start_method() == "fork":
        raise ValueError(
            "executor: expected processes that are spawned, as ProcessPoolExecutor(2, "
            "mp_context=multiprocessing.get_context('spawn')) has them, got forked ones, in which "
            "JAX hangs"
        )
    if getattr(current_process(), "_inheriting", False):  # a spawned worker imports the script
        raise ValueError(
            'executor: expected the call under `if __name__ == "__main__":`, got it while a worker '
            "imports the script"
        )


def _plain(value: Any) -> Any:
    """A value whose print says all of it: draws, data and functions by what they hold."""
    if isinstance(value, Model):
        code = "" if value.shipped else _code(value.body)
        return [str(value), value.layout.to_json(), code]
    if isinstance(value, xr.DataTree):
        posterior = value["posterior"].dataset
        return {str(name): digest_of(posterior[name]) for name in posterior}
    if isinstance(value, pd.DataFrame | pd.Series):
        return digest_of(value.to_numpy().astype(str), value.index.astype(str))
    if isinstance(value, np.ndarray | jax.Array | xr.DataArray):
        return digest_of(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, partial):
        return [_plain(value.func), _plain(value.args), _plain(value.keywords)]
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if inspect.isfunction(value):
        return [value.__qualname__, _code(value), _plain(inspect.getclosurevars(value).nonlocals)]
    return value.item() if isinstance(value, np.generic) else value


def _code(function: Any) -> str:
    """The code of a function; empty for those of this package, which the version names."""
    if getattr(function, "__module__", "").partition(".")[0] == PACKAGE:
        return ""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):  # defined where there is no file
        return getattr(getattr(function, "__code__", None), "co_code", b"").hex()
