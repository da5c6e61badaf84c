"""A folder that keeps the finished blocks of a long run: the same call goes on from them."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from bayesneuron.numerics.files import check_path, write_whole

MANIFEST = "checkpoint.json"
FORMAT = 1
SHORT = 60  # characters of a text that a message shows


@dataclass(frozen=True)
class Checkpoint:
    """A folder of blocks, each a `.npz` file without pickled objects."""

    folder: Path

    def read(self, name: str) -> dict[str, np.ndarray] | None:
        """Arrays of a block; None where there is none that can be read."""
        file = self._file(name)
        if not file.is_file():
            return None
        try:
            with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError, EOFError, KeyError, BadZipFile):
            return None  # no block of ours: it is run again

    def write(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Keep a block; it is there whole or not at all."""
        content = io.BytesIO()
        plain: dict[str, Any] = {k: np.asarray(v) for k, v in arrays.items()}
        np.savez(content, allow_pickle=False, **plain)
        write_whole(self._file(name), content.getvalue())

    def remove(self, prefix: str) -> None:
        """Delete the blocks whose names begin so."""
        for file in self.folder.glob(f"{prefix}-*.npz"):
            file.unlink(missing_ok=True)

    def within(self, name: str) -> "Checkpoint":
        """The blocks of a run within this one."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return Checkpoint(folder)

    def count(self) -> int:
        """Blocks that are kept."""
        return sum(1 for _ in self.folder.rglob("*.npz"))

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def open_checkpoint(path: Any, parts: Mapping[str, Any]) -> Checkpoint:
    """Begin a checkpoint in a folder, or go on with the one there.

    Parameters
    ----------
    path : str or Path
        A folder, made where there is none.
    parts : mapping of str to JSON values
        What the run depends on, such as its model, digest of data, options and seed.

    Raises
    ------
    ValueError
        If the folder holds a checkpoint of another run, or other files.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = open_checkpoint(Path(folder) / "run", {"seed": 1})
    ...     first.write("a", {"x": [1.0, 2.0]})
    ...     again = open_checkpoint(Path(folder) / "run", {"seed": 1})
    ...     again.read("a")["x"].tolist()
    [1.0, 2.0]
    """
    folder = check_path("checkpoint", path)
    prints = {name: _fingerprint(value) for name, value in parts.items()}
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"checkpoint: expected a folder, got the file {folder}")
    manifest = folder / MANIFEST
    if manifest.is_file():
        _check_same(manifest, prints, parts)
        return Checkpoint(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"checkpoint: expected a new folder, got one with other files: {folder}")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ValueError(f"checkpoint: expected a folder that can be made, got {error}") from None
    content = {"format": FORMAT, "fingerprints": prints, "shown": _shown(parts)}
    write_whole(manifest, json.dumps(content, indent=1).encode())
    return Checkpoint(folder)


def _shown(parts: Mapping[str, Any]) -> dict[str, str]:
    """Numbers and short texts of the parts by name, for a message."""
    flat = dict(parts)
    for inner in [value for value in parts.values() if isinstance(value, Mapping)]:
        flat |= inner
    plain = {name: v for name, v in flat.items() if not isinstance(v, Mapping | list)}
    texts = {name: v if isinstance(v, str) else repr(v) for name, v in plain.items()}
    return {name: text for name, text in texts.items() if len(text) < SHORT}


def _check_same(manifest: Path, prints: Mapping[str, str], parts: Mapping[str, Any]) -> None:
    try:
        there = json.loads(manifest.read_text())
        known = dict(there["fingerprints"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"checkpoint: expected a checkpoint, cannot read {manifest}") from None
    if there.get("format") != FORMAT:
        raise ValueError(
            f"checkpoint: expected format {FORMAT}, got {there.get('format')} in {manifest}"
        )
    names = list(dict.fromkeys([*prints, *known]))
    other = [name for name in names if prints.get(name) != known.get(name)]
    if other:
        before, now = there.get("shown", {}), _shown(parts)
        changed = [name for name in now if now[name] != before.get(name, now[name])]
        rest = [name for name in other if not {name, *_keys(parts.get(name))} & set(changed)]
        expected = [f"{name}={now[name]}" for name in changed] + [f"the same {n}" for n in rest]
        got = [f"{name}={before[name]}" for name in changed] + [f"other {n}" for n in rest]
        raise ValueError(
            f"checkpoint: expected {', '.join(expected)}, got {', '.join(got)} in "
            f"{manifest.parent}; take another folder, or delete it"
        )


def _keys(part: Any) -> set[str]:
    return set(part) if isinstance(part, Mapping) else set()


def _fingerprint(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=repr).encode()).hexdigest()
