"""MotionSense: an iPhone in the front pocket of people who walk and climb stairs."""

import pandas as pd
import xarray as xr

from bayesneuron.datasets.folder import download, present
from bayesneuron.numerics.checks import check_choice

RATE = 50.0  # Hz
ARCHIVE = (
    "https://github.com/mmalekzadeh/motion-sense/raw/"
    "261cb0d60611a049ab38127738e42cc510ed50f4/data/A_DeviceMotion_data.zip"
)


COLUMNS = tuple(
    f"{sensor}.{axis}"
    for sensor, axes in {
        "attitude": ("roll", "pitch", "yaw"), "gravity": "xyz", "rotationRate": "xyz",
        "userAcceleration": "xyz",
    }.items()
    for axis in axes
)  # fmt: skip


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
        If the recording or column is unknown, a file is not the published one, or the download
        fails.

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
    check_choice("column", column, COLUMNS)
    name = f"motionsense/A_DeviceMotion_data/{trial}/sub_{subject}.csv"
    path = present(name) or download(ARCHIVE, name)
    table = pd.read_csv(path, index_col=0)
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
