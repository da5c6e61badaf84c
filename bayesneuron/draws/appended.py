"""A file of draws that grows, block by block, and takes its name when it is whole."""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr

from bayesneuron.draws.storage import MARK, is_ours
from bayesneuron.numerics.files import check_path

SUFFIX = ".nc"
GROUPS = ("posterior", "sample_stats")  # those with draws
BLOCK = 2**24  # bytes that are read at once for the digest
SPARE = 2**26  # bytes of the disk that are left free
ROWS = 400  # draws of a chunk of the file


class Growing:
    """A file of draws that is being written, under a name of its own."""

    def __init__(self, part: Path) -> None:
        self.part = part
        self.count = 0

    def append(self, tree: xr.DataTree) -> None:
        """Add the draws of a tree of one chain; the first tree brings the other groups as well."""
        size = tree["posterior"].sizes["draw"]
        if self.count == 0:
            tree.to_netcdf(
                self.part, engine="h5netcdf",
                unlimited_dims={f"/{group}": ["draw"] for group in GROUPS},
                encoding={f"/{group}": _chunks(tree[group].dataset) for group in GROUPS},
            )  # fmt: skip
        else:
            numbers = slice(self.count, self.count + size)
            with h5netcdf.File(self.part, "a") as file:
                for group in GROUPS:
                    own = file[group]
                    own.resize_dimension("draw", numbers.stop)
                    own.variables["draw"][numbers] = np.arange(numbers.start, numbers.stop)
                    for name, values in tree[group].data_vars.items():
                        own.variables[name][:, numbers] = values.to_numpy()
        self.count += size

    def finish(self, attrs: Mapping[str, Any]) -> None:
        """Set attributes that are known at the end, and put the digest behind the last byte."""
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
            f"into: the draws take {needed / 1e9:,.1f} GB; {free / 1e9:,.1f} GB are free in "
            f"{target.parent}; ask for fewer, or take another disk"
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


def _chunks(data: xr.Dataset) -> dict[str, Any]:
    return {
        str(name): {"chunksizes": (1, ROWS, *values.shape[2:])}
        for name, values in data.data_vars.items()
    }
