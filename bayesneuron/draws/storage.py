"""Draws on disk: netCDF, written whole or not at all, and read only as they were written.

A mark and the SHA-256 of what is before it come after the last byte of the netCDF. Its readers take
no notice of these.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import xarray as xr
from h5netcdf.core import CompatibilityError

from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.netcdf import open_netcdf, read_netcdf
from bayesneuron.draws.network import network_if_known
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import has_data
from bayesneuron.numerics.files import check_path, parsed, write_whole

MARK = b"\nbayesneuron sha256 "  # 20 bytes
PREDICTIVE = "posterior_predictive"
THIN = "predictive_thin"  # detail of draws that `complete` has predicted from
DIGEST = 64  # bytes of the SHA-256 at the end
BLOCK = 2**24  # bytes that are read at once for it


def save(draws: xr.DataTree, path: str | Path, *, predictions: bool = False) -> Path:
    """Write draws to a netCDF file, atomically.

    Parameters
    ----------
    draws : DataTree
    path : str or Path
        The file; an old one is replaced only once the new one is complete.
    predictions : bool
        Whether group ``posterior_predictive`` of `bayesneuron.complete` is written. It is most of
        a file, and `complete` makes it again, bit for bit, from the draws that were completed.
        Where it cannot, for want of a shipped model or of data, it is always written.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    ValueError
        If these are no draws that `open` accepts, an attribute is of a type that netCDF cannot
        hold, or the file cannot be written (a full disk). The draws stay as they are.

    Examples
    --------
    >>> import bayesneuron as bn, tempfile, numpy as np
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> draws = bn.from_arrays({"W": np.ones((5, 2, 3)), "V": np.ones((5, 1, 2))}, layout=layout)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = bn.open(bn.save(draws, f"{folder}/draws.nc"))
    >>> again.posterior["W"].equals(draws.posterior["W"])
    True
    """
    path = check_path("save", path)
    check_draws(draws)
    if not predictions and _made_again(draws):
        draws = draws.filter(lambda node: node.name != PREDICTIVE)
    deep = [node.path for node in draws.subtree if node.level > 1]
    if deep:
        raise ValueError(f"draws: expected groups without groups inside, got {deep[0]!r}")
    # HDF5 cannot take a full disk: it crashes on closing the file. So it writes to memory.
    buffer = io.BytesIO()
    try:
        draws.to_netcdf(buffer, engine="h5netcdf")
    except (TypeError, ValueError, CompatibilityError) as error:
        raise ValueError(
            f"draws: expected values and attributes that netCDF holds, got {_line(error)}"
        ) from None
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest().encode()
    return write_whole(path, content + MARK + digest)


def open(path: str | Path) -> xr.DataTree:  # noqa: A001 (called as bn.open)
    """Read draws written by `save` into memory.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not netCDF, is damaged, holds no draws with a layout, or is of a newer
        version.

    Examples
    --------
    >>> import tempfile
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = bn.save(draws, f"{folder}/draws.nc")
    ...     again = bn.open(path)
    >>> again.posterior.equals(draws.posterior)
    True
    """
    path = check_path("open", path)
    if not path.is_file():
        kind = "a folder, no file," if path.is_dir() else "no file"
        raise FileNotFoundError(f"open: {kind} {path}")
    content = path.read_bytes()
    body, mark, digest = content.rpartition(MARK)
    if mark:
        if hashlib.sha256(body).hexdigest().encode() != digest:
            raise ValueError(f"open: expected the file as it was saved, got a damaged one: {path}")
        content = body
    with parsed(path, "a netCDF file"):
        draws = read_netcdf(content, path)
        check_draws(draws, str(path))
    return draws


@contextmanager
def read_lazily(path: str | Path) -> Iterator[xr.DataTree]:
    """The same draws as `open`, whose arrays are read when they are asked for, and not kept.

    Raises
    ------
    FileNotFoundError, ValueError
        As `open`; or if the file was not written by `save`.
    """
    path = check_path("open", path)
    if not path.is_file():
        raise FileNotFoundError(f"open: no file {path}")
    if not is_ours(path):
        raise ValueError(f"open: expected a file that bayesneuron wrote, got another: {path}")
    digest, left = hashlib.sha256(), path.stat().st_size - len(MARK) - DIGEST
    with path.open("rb") as file:
        while left and (block := file.read(min(left, BLOCK))):
            digest.update(block)
            left -= len(block)
        expected = file.read()[len(MARK) :]
    if digest.hexdigest().encode() != expected:
        raise ValueError(f"open: expected the file as it was saved, got a damaged one: {path}")
    with ExitStack() as stack:
        with parsed(path, "a netCDF file"):
            draws = stack.enter_context(open_netcdf(path))
        yield draws


def _made_again(draws: xr.DataTree) -> bool:
    """Whether the predictions are those of `complete`, which can make them again."""
    ours = PREDICTIVE in draws.children and THIN in provenance_of(draws).details
    return ours and has_data(draws) and network_if_known(draws) is not None


def is_ours(path: Path) -> bool:
    """Whether a file ends as `save` ends its files."""
    end = len(MARK) + DIGEST
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - end))
        return file.read(len(MARK)) == MARK


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
