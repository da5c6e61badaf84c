"""Twenty short recordings of walking, embedded in the package."""

import importlib.resources

import pandas as pd
import xarray as xr

from bayesneuron.numerics.checks import check_choice

RATE = 10.0  # Hz


def walking(axis: str = "y") -> xr.DataArray:
    """Acceleration of a smart watch while its wearer walks, 20 recordings of 10 s at 10 Hz.

    Parameters
    ----------
    axis : {"x", "y", "z"}
        Of the accelerometer; the arm swings along y.

    Returns
    -------
    DataArray, dim (time,)
        2000 samples; coordinate ``recording`` (0 to 19) labels the recordings, ``time`` is in
        seconds from the start of each. The source does not state the unit.

    References
    ----------
    The walking cases of BasicMotions (four students, Jack Clements, 2016) in the UEA archive:
    Bagnall et al., "The UEA multivariate time series classification archive, 2018",
    arXiv 1811.00075; numbers as in aeon 1.6.0, train cases before test cases.

    Examples
    --------
    >>> series = walking()
    >>> series.sizes["time"], len(set(series["recording"].values.tolist()))
    (2000, 20)
    """
    check_choice("axis", axis, ("x", "y", "z"))
    source = importlib.resources.files("bayesneuron.datasets").joinpath("walking.csv")
    with source.open() as file:
        table = pd.read_csv(file)
    return xr.DataArray(
        table[axis].to_numpy(float),
        dims="time",
        coords={
            "time": table["sample"].to_numpy() / RATE,
            "recording": ("time", table["recording"].to_numpy()),
        },
        name=f"acceleration {axis}",
        attrs={
            "units": "sensor units",
            "source": "BasicMotions walking (UEA archive)",
            "rate": RATE,
        },
    )
