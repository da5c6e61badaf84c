"""The states of samplers after their last draws, by which `bayesneuron.extend` goes on."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

STATE_GROUP = "sampler_state"
STATE_BYTES = 2**20  # of states that are kept beside any draws


def keeps_state(state: Mapping[str, np.ndarray], draws: int) -> bool:
    """Whether states are no larger than draws of so many bytes, or a MiB."""
    return sum(leaf.nbytes for leaf in state.values()) <= max(draws, STATE_BYTES)


def state_group(state: Mapping[str, np.ndarray]) -> xr.Dataset:
    """States of samplers by leaf, each (chain, ...)."""
    return xr.Dataset(
        {
            f"leaf_{k}": (("chain", *(f"{k}_{d}" for d in range(1, v.ndim))), v)
            for k, v in state.items()
        }
    )
