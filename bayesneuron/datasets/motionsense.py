"""MotionSense: an iPhone in the front pocket of people who walk and climb stairs."""

from pathlib import Path

import pandas as pd
import pooch
import xarray as xr

from bayesneuron.datasets.folder import checksums, folder, known, present

RATE = 50.0  # Hz
ARCHIVE = (
    "https://github.com/mmalekzadeh/motion-sense/raw/"
    "261cb0d60611a049ab38127738e42cc510ed50f4/data/A_DeviceMotion_data.zip"
)
_ROOT = "motionsense/A_DeviceMotion_data"


def motionsense(
    trial: str = "wlk_7", *, subject: int = 1, column: str = "userAcceleration.x"
) -> xr.DataArray:
    """One recording of MotionSense, 50 Hz.

    Parameters
    ----------
    trial : str
        ``wlk_7``, ``wlk_8``, ``wlk_15`` (walking), ``ups_3``, ``ups_4``, ``ups_12`` (stairs up) for
        subject 1; ``wlk_7`` for subjects 2 and 3.
    subject : int
    column : str
        Such as ``userAcceleration.x`` (the study's), ``gravity.y``, ``rotationRate.z``.

    Returns
    -------
    DataArray, dim (time,)

    Raises
    ------
    ValueError
        If the recording or column is unknown, or a file is not the published one.

    Notes
    -----
    Read from ``$BAYESNEURON_DATA/motionsense`` where present, else downloaded (32 MB, once)
    from the authors' repository. Every file is checked against its SHA-256 before it is read.

    References
    ----------
    Malekzadeh, Clegg, Cavallaro, Haddadi, "Mobile sensor data anonymization", IoTDI 2019. MIT
    licence. https://github.com/mmalekzadeh/motion-sense

    Examples
    --------
    >>> series = motionsense("wlk_7")                                  # doctest: +SKIP
    """
    path = _fetch(f"{_ROOT}/{trial}/sub_{subject}.csv")
    table = pd.read_csv(path, index_col=0)
    if column not in table:
        raise ValueError(f"motionsense: expected one of {list(table.columns)}, got {column!r}")
    units = {"userAcceleration": "g", "gravity": "g", "rotationRate": "rad/s", "attitude": "rad"}
    return xr.DataArray(
        table[column].to_numpy(float),
        dims="time",
        coords={"time": table.index.to_numpy() / RATE},
        name=column,
        attrs={
            "units": units.get(column.split(".")[0], ""),
            "source": f"MotionSense {trial}, subject {subject}",
            "rate": RATE,
        },
    )


def _fetch(name: str) -> Path:
    known(name)
    found = present(name)
    if found is None:
        members = [k.removeprefix("motionsense/") for k in checksums() if k.startswith(_ROOT)]
        # The archive's own hash is not published; each file taken out of it is checked instead.
        pooch.retrieve(
            ARCHIVE,
            known_hash=None,
            path=folder() / "motionsense",
            fname="A_DeviceMotion_data.zip",
            processor=pooch.Unzip(members=members, extract_dir="."),
        )
        found = present(name)
    if found is None:
        raise ValueError(f"motionsense: expected {name} in {ARCHIVE}, found none")
    return found
