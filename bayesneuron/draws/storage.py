"""Draws on disk: netCDF, written whole or not at all."""

import tempfile
from pathlib import Path

import xarray as xr

from bayesneuron.draws.provenance import provenance_of


def save(draws: xr.DataTree, path: str | Path) -> Path:
    """Write draws to a netCDF file, atomically.

    Parameters
    ----------
    draws : DataTree
    path : str or Path
        The file; an old one is replaced only once the new one is complete.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.

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
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: folder {path.parent} does not exist")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder) / path.name
        draws.to_netcdf(part, engine="h5netcdf")
        part.replace(path)
    return path


def open(path: str | Path) -> xr.DataTree:  # noqa: A001 (called as bn.open)
    """Read draws written by `save` into memory.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not netCDF, holds no draws with a layout, or is of a newer version.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"open: no file {path}")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            draws = tree.load()
    except OSError as error:
        raise ValueError(f"open: expected a netCDF file, got {path}: {error}") from None
    provenance_of(draws)
    return draws
