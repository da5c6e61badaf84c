"""The study's synthetic series."""

import numpy as np
import xarray as xr

from bayesneuron.numerics.checks import (
    check_not_negative,
    check_positive,
    check_positive_real,
    check_seed,
)


def noisy_sine(
    length: int = 500, noise: float = 0.2, *, period: float = 50.0, seed: int = 0
) -> xr.DataArray:
    """s_t = sin(2πt / period) + noise · ε_t with standard normal ε_t.

    Parameters
    ----------
    length : int
        Samples.
    noise : float
        Standard deviation of the noise.
    period : float
        In samples.
    seed : int

    Returns
    -------
    DataArray, dim (time,)

    Raises
    ------
    ValueError
        If the length is not positive, the noise negative or the period not positive.

    Examples
    --------
    >>> noisy_sine().shape
    (500,)
    """
    check_positive(length=length)
    check_not_negative(noise=noise)
    check_positive_real(period=period)
    check_seed(seed)
    t = np.arange(length)
    values = np.sin(2 * np.pi * t / period) + noise * np.random.default_rng(seed).standard_normal(
        length
    )
    attrs = {"units": "", "source": f"sine of period {period:g}, noise sd {noise:g}, seed {seed}"}
    return xr.DataArray(values, dims="time", coords={"time": t}, name="s", attrs=attrs)
