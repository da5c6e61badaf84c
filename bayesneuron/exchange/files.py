"""Files of weights that hold numbers alone. Pickles run code when they are read, and never are."""

import io
import json
import math
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from bayesneuron.exchange.onnx_in import onnx_tensors
from bayesneuron.exchange.order import order_of
from bayesneuron.exchange.tensors import UNUSED, Tensors, tensors_from
from bayesneuron.numerics.files import check_path, parsed

_REFUSED = {
    **dict.fromkeys(
        (".pt", ".pth", ".bin", ".ckpt"),
        "in PyTorch, safetensors.torch.save_file(model.state_dict(), 'model.safetensors')",
    ),
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib"),
        "load it where you trust it and pass the model or its arrays, or numpy.savez them",
    ),
    **dict.fromkeys(
        (".keras", ".h5", ".hdf5"), "load it in Keras and pass the model, or save an ONNX file"
    ),
}
_FLOATS = {
    "F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": jnp.bfloat16,
}  # fmt: skip
_KINDS = {
    ".safetensors": "a safetensors file",
    ".npz": "an .npz file of numbers",
    ".onnx": "an ONNX graph of layers",
}
_HEAD = 8  # bytes of the length of a safetensors header


def read_tensors(path: str | Path, where: str) -> Tensors:
    """The tensors of a ``.safetensors``, ``.npz`` or ``.onnx`` file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is of a kind that can hold code, or of no known kind, or damaged.
    """
    path = check_path("members", path)
    suffix = path.suffix.lower()
    if suffix in _REFUSED:
        raise ValueError(
            f"{path}: expected .safetensors, .npz or .onnx, got {suffix}, which may hold code: "
            f"{_REFUSED[suffix]}"
        )
    readers = {".safetensors": _safetensors, ".npz": _npz}
    if suffix not in _KINDS:
        raise ValueError(f"{path}: expected .safetensors, .npz or .onnx, got {suffix or 'none'}")
    if not path.is_file():
        raise FileNotFoundError(f"members: no file {path}")
    with parsed(path, _KINDS[suffix]):
        if suffix == ".onnx":
            return onnx_tensors(path, where)
        tensors = readers[suffix](path)
        return tensors_from(tensors, f"{where} ({path.name})", order=order_of(list(tensors)))


def _safetensors(path: Path) -> dict[str, np.ndarray]:
    """By the format's own header: NumPy's reader in safetensors does not know bfloat16."""
    content = path.read_bytes()
    size = int.from_bytes(content[:_HEAD], "little")
    header = json.loads(content[_HEAD : _HEAD + size], object_pairs_hook=_once)
    if not isinstance(header, dict):
        raise ValueError(f"header: expected a JSON object, got {type(header).__name__}")
    header.pop("__metadata__", None)
    data, end = content[_HEAD + size :], 0
    # one after another, without a gap, so that no two tensors share bytes
    for name, (first, last) in sorted(
        ((name, _offsets(name, entry)) for name, entry in header.items()), key=lambda item: item[1]
    ):
        if first != end or last < first:
            raise ValueError(f"{name}: expected bytes from {end}, got {first} to {last}")
        end = last
    if end != len(data):
        raise ValueError(
            f"header: expected a safetensors file that its tensors fill, got {end} bytes of "
            f"{len(data)}"
        )
    return {name: _tensor(name, entry, data) for name, entry in header.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object that names nothing twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("header: expected different names, got one twice")
    return made


def _offsets(name: str, entry: Any) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or [type(v) for v in offsets] != [int, int]:
        raise ValueError(f"{name}: expected two data_offsets, got {offsets!r}")
    return offsets[0], offsets[1]


def _tensor(name: str, entry: dict, data: bytes) -> np.ndarray:
    kind, shape, (first, last) = entry.get("dtype"), entry.get("shape"), entry["data_offsets"]
    if not isinstance(kind, str) or kind not in _FLOATS:
        if name.endswith(UNUSED):
            return np.zeros(())
        raise ValueError(f"{name}: expected floating-point weights, got {kind}")
    dtype = np.dtype(_FLOATS[kind]).newbyteorder("<")
    if (
        not isinstance(shape, list)
        or not all(type(v) is int and v >= 0 for v in shape)
        or math.prod(shape) * dtype.itemsize != last - first
    ):
        raise ValueError(f"{name}: expected a shape of {last - first} bytes, got {kind} {shape}")
    return np.frombuffer(data[first:last], dtype).reshape(shape)


def _npz(path: Path) -> dict[str, np.ndarray]:
    try:
        stored = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise ValueError("archive: expected arrays by name, got a single array")
        return {name: stored[name] for name in stored.files}
    except ValueError as error:
        if "pickle" in str(error):  # NumPy's advice is to read it as code
            raise ValueError(f"{path}: expected an .npz file of numbers, got others") from None
        raise
