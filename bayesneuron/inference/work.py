"""Where the blocks of an estimator run, and the checkpoint that knows which run it is of."""

import inspect
from concurrent.futures import Executor
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.network.model import Model
from bayesneuron.numerics.checkpoint import open_checkpoint
from bayesneuron.numerics.digest import digest_of
from bayesneuron.numerics.work import Work

SOFTWARE = ("bayesneuron", "jax", "numpyro", "blackjax")  # other versions round differently


def work_of(
    executor: Executor | None,
    checkpoint: Any,
    *,
    method: str,
    model: Model,
    data: tuple[Any, ...],
    seed: int,
    **options: Any,
) -> Work:
    """Where a run's blocks go; its checkpoint is of this method, model, data, options and seed.

    Raises
    ------
    ValueError
        If `executor` has no method ``submit``, or `checkpoint` is of another run.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ValueError(
            "executor: expected a concurrent.futures.Executor, such as a ProcessPoolExecutor or "
            f"dask's client.get_executor(), got {type(executor).__name__}"
        )
    if checkpoint is None:
        return Work(executor)
    parts = {
        "method": method,
        "model": [str(model), model.layout.to_json(), _source(model)],
        "data": digest_of(*data),
        "options": {name: _plain(value) for name, value in options.items()},
        "seed": int(seed),
        "software": {name: version(name) for name in SOFTWARE},
    }
    return Work(executor, open_checkpoint(checkpoint, parts))


def _source(model: Model) -> str:
    """The code of a model that is not shipped."""
    if model.shipped:
        return ""
    try:
        return inspect.getsource(model.body)
    except (OSError, TypeError):  # defined where there is no file
        return getattr(getattr(model.body, "__code__", None), "co_code", b"").hex()


def _plain(value: Any) -> Any:
    """A value whose print says all of it; draws by their arrays."""
    if isinstance(value, xr.DataTree):
        posterior = value["posterior"].dataset
        return {str(name): digest_of(posterior[name]) for name in posterior}
    return value.item() if isinstance(value, np.generic) else value
