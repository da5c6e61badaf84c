"""netCDF of unknown origin, read in Python: on some forged files HDF5 crashes or does not return.

HDF5 goes on in C where a size or an address of a file is wrong. `pyfive` reads the same files in
Python, where it raises, and what it may read in all is bounded here.
"""

import io
import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pyfive
import xarray as xr
from pyfive.dataobjects import DataObjects
from pyfive.h5d import DatasetID

from bayesneuron.numerics.memory import memory

READS = 64  # times that all bytes of a file may be read; a small file of `save` takes 25
SPARE = 2**20  # bytes that may be read of a small file beside
PYFIVE = {"backend": "pyfive"}
COMPACT, CONTIGUOUS, CHUNKED = 0, 1, 2  # layouts of HDF5
NOWHERE = 2**64 - 1  # address of HDF5
RATIO = 1032  # most that deflate packs, so that arrays are no larger than this times their file
BARE = "This is a netCDF dimension but not a netCDF variable"  # has no values


def read_netcdf(content: bytes, path: Path) -> xr.DataTree:
    """The groups of a netCDF file, loaded.

    Parameters
    ----------
    content : bytes
        Of the file.
    path : Path
        Named by errors.

    Raises
    ------
    Exception
        Of any kind, where the content is not sound netCDF in HDF5.
    ValueError
        If there is anything but arrays and groups of arrays, a link, an array that is elsewhere,
        more than the memory takes or the file can hold, or an attribute of more than it holds.
    """
    with _guarded(path):
        _check_groups(_Bounded(content), path, most=min(memory(), RATIO * len(content)))
    with xr.open_datatree(_Bounded(content), engine="h5netcdf", driver_kwds=PYFIVE) as tree:
        return tree.load()


@contextmanager
def open_netcdf(path: Path) -> Iterator[xr.DataTree]:
    """The same of a file whose arrays are read when they are asked for, and not kept."""
    with _BoundedFile(path) as file, _guarded(path):
        _check_groups(file, path, most=None)
    with (
        _BoundedFile(path) as file,
        xr.open_datatree(file, engine="h5netcdf", driver_kwds=PYFIVE, cache=False) as tree,
    ):
        yield tree


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    try:
        yield
    except (AssertionError, NotImplementedError):  # kinds that pyfive does not read
        raise ValueError(
            f"open: expected plain groups and arrays, got links to other files, virtual or "
            f"damaged ones in {path}"
        ) from None


def _bounded_values(read: Callable[..., Any]) -> Callable[..., Any]:
    """The values of an attribute, unless it claims more than there are bytes.

    Pyfive asks for the memory before it looks for the values: 34 GB for 2³² references.
    """

    @wraps(read)
    def checked(self: DataObjects, ptype: Any, buf: bytes, count: int, offset: int) -> Any:
        if count > len(buf):
            raise ValueError(
                f"expected an attribute of values that are there, got one of {count:,} in "
                f"{len(buf):,} bytes"
            )
        return read(self, ptype, buf, count, offset)

    return checked


if hasattr(DataObjects, "_attr_value"):  # it is not public; a test says when it is gone
    DataObjects._attr_value = _bounded_values(DataObjects._attr_value)


def _in_one_piece(read: Callable[..., Any]) -> Callable[..., Any]:
    """Arrays of a file in memory, read whole.

    Pyfive 1.3 reads those above 4 MB in pieces, and takes the second chain from a wrong place where
    the pieces do not divide the first.
    """

    @wraps(read)
    def whole(self: DatasetID, args: Any = None) -> Any:
        self.pseudo_chunking_size = 0
        return read(self, args)

    return whole


if hasattr(DatasetID, "_get_direct_from_contiguous"):
    DatasetID._get_direct_from_contiguous = _in_one_piece(DatasetID._get_direct_from_contiguous)


class _Ends:
    """Bytes that are read so many times at most: a forged address may lead round in a circle."""

    left: int

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)  # pyright: ignore[reportAttributeAccessIssue]
        self.left -= len(block) + 1
        if self.left < 0:
            raise ValueError("expected netCDF that ends, got one that leads round in a circle")
        return block


class _Bounded(_Ends, io.BytesIO):
    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.left = READS * len(content) + SPARE


class _BoundedFile(_Ends, io.FileIO):
    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.left = READS * path.stat().st_size + SPARE


def _check_groups(content: Any, path: Path, *, most: int | None) -> None:
    """Groups in the root, arrays in groups, nothing deeper, and nothing of another file.

    A link could lead round in a circle, or to a file that the user did not name.
    """
    with pyfive.File(content, decode_strings=True) as file:
        _ = file.attrs  # raises here: h5netcdf complains once more as it closes a file without them
        size = 0
        for name in file:
            entry = _entry(file, name, path)
            arrays: list[Any] = [entry]
            if isinstance(entry, pyfive.Group):
                arrays = [_entry(entry, inner, path) for inner in entry]
            if not all(isinstance(array, pyfive.Dataset) for array in arrays):
                raise ValueError(
                    f"open: expected groups that hold arrays alone, got {name!r} in {path}"
                )
            if any(_lies_outside(array) for array in arrays):
                raise ValueError(
                    f"open: expected arrays in the file, got {name!r} that lies in another: {path}"
                )
            size += sum(array.size * array.dtype.itemsize for array in arrays)
    if most is not None and size > most:
        raise ValueError(
            f"open: expected arrays that fit into memory and the file, got {size:,} bytes in {path}"
        )


def _lies_outside(array: pyfive.Dataset) -> bool:
    """Whether an array is virtual, or in one piece without a place in the file."""
    if array.id.layout_class not in (COMPACT, CONTIGUOUS, CHUNKED):
        return True
    nowhere = array.id.layout_class == CONTIGUOUS and array.id.data_offset == NOWHERE
    return nowhere and BARE not in str(array.attrs.get("NAME"))


def _entry(group: pyfive.Group, name: str, path: Path) -> pyfive.Group | pyfive.Dataset:
    """What a group has by a name of its own."""
    entry: Any = group.get_lazy_view(name)
    if entry is None or entry.name != posixpath.join(group.name, name):
        raise ValueError(f"open: expected groups and arrays, got a link {name!r} in {path}")
    return entry
