"""A file of draws that grows, block by block, and takes its name when it is whole."""

import contextlib
import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr

from bayesneuron.draws.storage import BLOCK, MARK, is_ours
from bayesneuron.numerics.files import check_path
from bayesneuron.numerics.memory_budget import readable

SUFFIX = ".nc"
GROUPS = ("posterior", "sample_stats")  # those with draws
DATA = ("observed_data", "constant_data")
LEAD = ("chain", "draw")
SPARE = 2**26  # bytes of the disk that are left free
ROWS = 400  # draws of a chunk of the file
READ = 10 * ROWS  # draws that are copied at once


class Growing:
    """A file of draws that is being written, under a name of its own."""

    def __init__(self, part: Path) -> None:
        self.part = part
        self.count = 0
        self.lock = threading.Lock()

    def append(self, tree: xr.DataTree) -> None:
        """Add the draws of a tree behind those that are there."""
        self.put(tree, 0, self.count)

    def put(self, tree: xr.DataTree, chain: int, draw: int) -> None:
        """Write the draws of a tree from this chain and draw on, in any order, by any thread.

        The first tree brings the other groups as well.
        """
        sizes = tree["posterior"].sizes
        end = {"chain": chain + sizes["chain"], "draw": draw + sizes["draw"]}
        at = slice(chain, end["chain"]), slice(draw, end["draw"])
        with self.lock:
            if not self.part.exists():
                self._create(tree)
            with h5netcdf.File(self.part, "a") as file:
                for group in GROUPS:
                    own = file[group]
                    for dim, least in end.items():
                        size = max(least, own.dimensions[dim].size)
                        own.resize_dimension(dim, size)
                        own.variables[dim][:] = np.arange(size)
                    for name, values in tree[group].data_vars.items():
                        own.variables[name][at] = values.to_numpy()
            self.count = max(self.count, end["draw"])

    def copy(self, draws: xr.DataTree) -> None:
        """Begin with draws of another file, which are read block by block."""
        groups = [name for name in (*GROUPS, *DATA) if name in draws.children]
        own = {
            f"/{name}": draws.children[name].to_dataset(inherit=False).drop_encoding()
            for name in groups
        }
        tree = xr.DataTree.from_dict(own)
        tree.attrs = dict(draws.attrs)
        for block in _blocks(tree["posterior"].sizes["draw"], READ):
            self.put(tree.isel(draw=block), 0, block.start)

    def keep_chains(self, kept: np.ndarray) -> None:
        """Leave out all other chains."""
        with self.lock, h5netcdf.File(self.part, "a") as file:
            for group in GROUPS:
                own = file[group]
                for values in own.variables.values():
                    if values.dimensions[:2] == ("chain", "draw"):
                        for place, chain in enumerate(kept):
                            for block in _blocks(self.count, ROWS):
                                values[place, block] = values[chain, block]
                own.resize_dimension("chain", len(kept))

    def values(self, group: str, name: str, chain: int) -> np.ndarray | None:
        """What has been written of one chain by this name."""
        with self.lock, h5netcdf.File(self.part, "r") as file:
            own = file[group].variables
            return own[name][chain] if name in own else None

    def finish(self, attrs: Mapping[str, Any], **groups: xr.Dataset) -> None:
        """Set what is known at the end, and put the digest behind the last byte."""
        for group, data in groups.items():
            data.to_netcdf(self.part, mode="a", group=group, engine="h5netcdf")
        with h5netcdf.File(self.part, "a") as file:
            for name, value in attrs.items():
                file.attrs[name] = np.asarray(value) if isinstance(value, list) else value
        digest = hashlib.sha256()
        with self.part.open("r+b") as file:
            while block := file.read(BLOCK):
                digest.update(block)
            file.write(MARK + digest.hexdigest().encode())
            file.flush()
            os.fsync(file.fileno())

    def _create(self, tree: xr.DataTree) -> None:
        tree.to_netcdf(
            self.part, engine="h5netcdf",
            unlimited_dims={f"/{group}": list(LEAD) for group in GROUPS},
            encoding={f"/{group}": _chunks(tree[group].dataset) for group in GROUPS},
        )  # fmt: skip


@contextmanager
def growing(path: str | Path, needed: int) -> Iterator[Growing]:
    """A file of draws that is at `path` once the block has ended, or not at all.

    Parameters
    ----------
    path : str or Path
        An old file stays until the new one is whole.
    needed : int
        Bytes that will be written.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    ValueError
        If the path is none of a file ``.nc``, a file of something else is there, or the disk has
        not so many bytes left.
    """
    target = check_path("into", path)
    if target.is_dir():
        raise ValueError(f"into: expected the path of a file, got the folder {target}")
    if target.suffix != SUFFIX:
        raise ValueError(f"into: expected a name that ends in {SUFFIX}, got {target.name!r}")
    if target.exists() and not is_ours(target):
        raise ValueError(
            f"into: expected a new file or one that bayesneuron wrote, got another file: {target}"
        )
    free = shutil.disk_usage(target.parent).free
    if needed + SPARE > free:  # HDF5 cannot take a full disk
        raise ValueError(
            f"into: the draws take {readable(needed)} and must leave {readable(SPARE)}; "
            f"{readable(free)} are free in {target.parent}; ask for fewer, or take another disk"
        )
    part = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        yield Growing(part)
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def open_lazily(path: str | Path) -> xr.DataTree:
    """Draws of a file, whose arrays are read when they are asked for, and not kept."""
    return xr.open_datatree(path, engine="h5netcdf", cache=False)


def _blocks(count: int, rows: int) -> list[slice]:
    return [slice(first, min(first + rows, count)) for first in range(0, count, rows)]


def _chunks(data: xr.Dataset) -> dict[str, Any]:
    return {
        str(name): {"chunksizes": (1, ROWS, *values.shape[2:])}
        for name, values in data.data_vars.items()
    }
