"""Files of weights that hold numbers alone. Pickles run code when they are read, and never are."""

import io
import json
import zipfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from bayesneuron.exchange.onnx_in import onnx_tensors
from bayesneuron.exchange.tensors import UNUSED, Tensors, tensors_from
from bayesneuron.numerics.files import check_path

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
    if suffix not in (*readers, ".onnx"):
        raise ValueError(f"{path}: expected .safetensors, .npz or .onnx, got {suffix or 'none'}")
    if not path.is_file():
        raise FileNotFoundError(f"members: no file {path}")
    if suffix == ".onnx":
        return onnx_tensors(path, where)
    return tensors_from(readers[suffix](path), f"{where} ({path.name})", ordered=suffix == ".npz")


def _safetensors(path: Path) -> dict[str, np.ndarray]:
    """By the format's own header: NumPy's reader in safetensors does not know bfloat16."""
    content = path.read_bytes()
    size = int.from_bytes(content[:_HEAD], "little")
    try:
        header = json.loads(content[_HEAD : _HEAD + size])
        entries = {k: v for k, v in header.items() if k != "__metadata__"}
        ends = [int(v["data_offsets"][1]) for v in entries.values()]
        assert len(content) == _HEAD + size + max(ends, default=0)
        return {
            name: _tensor(name, entry, content[_HEAD + size :]) for name, entry in entries.items()
        }
    except (AssertionError, AttributeError, KeyError, TypeError, IndexError, UnicodeDecodeError,
            json.JSONDecodeError) as error:  # fmt: skip
        words = str(error) or "another length than its header says"
        raise ValueError(f"{path}: expected a safetensors file, got {words}") from None


def _tensor(name: str, entry: dict, data: bytes) -> np.ndarray:
    kind, (first, last) = entry["dtype"], entry["data_offsets"]
    if kind not in _FLOATS:
        if name.endswith(UNUSED):
            return np.zeros(())
        raise ValueError(f"{name}: expected floating-point weights, got {kind}")
    flat = np.frombuffer(data[first:last], np.dtype(_FLOATS[kind]).newbyteorder("<"))
    return flat.reshape(entry["shape"])


def _npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        first = str(error).splitlines()[0] if str(error) else "a damaged one"
        if "pickle" in first:  # NumPy's advice is to read it as code
            first = "something else"
        raise ValueError(f"{path}: expected an .npz file of numbers, got {first}") from None
