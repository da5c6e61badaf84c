"""A draw of a network, written to a file that other libraries read."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from safetensors.numpy import save as safetensors_bytes

from bayesneuron.exchange._to_state_dict import to_state_dict
from bayesneuron.numerics.checks import check_choice
from bayesneuron.numerics.files import check_path, write_whole


def export(
    draws: xr.DataTree,
    path: str | Path,
    *,
    like: Any = None,
    chain: int = 0,
    draw: int = 0,
    orientation: str | None = None,
    batch_norm: str | None = None,
    layers: Sequence[str] | None = None,
) -> Path:
    """Write a draw's weights to ``.safetensors`` or ``.npz``, or its network to ``.onnx``.

    Parameters
    ----------
    draws : DataTree
    path : str or Path
        Its suffix says the format. An old file stays until the new one is complete.
    like, chain, draw, orientation, batch_norm, layers
        As for `bayesneuron.to_state_dict`. An ``.onnx`` file has its own names and
        takes no `like`; it needs the extra ``onnx``. Of a recurrent network it is in single
        precision and reads x of shape (observation, step, feature).

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    ValueError
        As `bayesneuron.to_state_dict`, or if the suffix is another or an .onnx file cannot hold the
        network (a direct path, scales as outputs).

    Examples
    --------
    >>> import bayesneuron as bn, tempfile
    >>> member = {"0.weight": np.ones((2, 3)), "2.weight": np.ones((1, 2))}
    >>> draws = bn.from_state_dicts(member, activation="tanh", noise=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = bn.export(draws, f"{folder}/net.safetensors", like=member)
    ...     again = bn.from_state_dicts(path, activation="tanh", noise=0.1)
    >>> again.posterior.equals(draws.posterior)
    True
    """
    path = check_path("path", path)
    check_choice("path, suffix", path.suffix, (".safetensors", ".npz", ".onnx"))
    if path.suffix == ".onnx":
        if like is not None:
            raise ValueError("like: expected none with an .onnx file, which has its own names")
        from bayesneuron.exchange.onnx_out import onnx_bytes

        return write_whole(path, onnx_bytes(draws, chain=chain, draw=draw))
    if isinstance(draw, str):
        raise ValueError(f"draw: expected a number, one network for a file, got {draw!r}")
    weights = to_state_dict(
        draws, like=like, chain=chain, draw=draw, orientation=orientation, batch_norm=batch_norm,
        layers=layers,
    )  # fmt: skip
    if path.suffix == ".safetensors":
        return write_whole(path, safetensors_bytes(weights))
    buffer = io.BytesIO()
    np.savez(buffer, **weights)
    return write_whole(path, buffer.getvalue())
