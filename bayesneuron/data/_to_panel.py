"""Windows as a panel: one short series for each window, as sktime, aeon and darts hold them."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.input_names import numbered_names
from bayesneuron.data.trajectory import channels_of, window_of
from bayesneuron.numerics.checks import check_choice

KINDS = ("numpy3D", "pd-multiindex", "darts")


def to_panel(x: xr.DataArray, kind: str = "numpy3D") -> Any:
    """Turn windows into a panel, for the classifiers, clusterers and networks of others.

    Values are as in the windows: standardised, unless ``standardize=False``. Columns beside the
    windows (exogenous series, covariates) are left out.

    Parameters
    ----------
    x : DataArray, dims (observation, input)
        From `bayesneuron.windows`.
    kind : {"numpy3D", "pd-multiindex", "darts"}
        An array (window, channel, sample), as sktime and aeon have it; a table with a column for
        each channel and the index (window, sample); or a list of darts' TimeSeries.

    Returns
    -------
    ndarray, DataFrame or list of darts.TimeSeries

    Raises
    ------
    ValueError
        If x are no windows, or there is no such kind.
    ImportError
        If darts is asked for and not installed.

    See Also
    --------
    bayesneuron.as_series : takes a ``pd-multiindex`` and lists of darts' TimeSeries back.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> x, _ = windows([[1.0, 5.0], [2.0, 6.0], [3.0, 4.0]], 2, standardize=False)
    >>> to_panel(x).tolist()
    [[[1.0, 2.0], [5.0, 6.0]]]
    >>> to_panel(x, "pd-multiindex").loc[(0, 1)].to_dict()
    {'s0': 2.0, 's1': 6.0}
    """
    check_choice("kind", kind, KINDS)
    if not isinstance(x, xr.DataArray) or x.ndim != 2 or "history" not in x.attrs:
        raise ValueError(f"x: expected windows (bn.windows), got {type(x).__name__}")
    count, history = channels_of(x), int(x.attrs["history"])
    values = window_of(x, x.to_numpy()).reshape(len(x), history, count)
    if kind == "numpy3D":
        return values.transpose(0, 2, 1)
    names = [str(name) for name in x.attrs.get("channels", numbered_names("s", count))]
    if kind == "pd-multiindex":
        index = pd.MultiIndex.from_product(
            [range(len(x)), range(history)], names=["window", "sample"]
        )
        return pd.DataFrame(values.reshape(-1, count), index, names)
    from darts import TimeSeries  # pyright: ignore[reportMissingImports]

    samples = pd.RangeIndex(history)
    return [
        TimeSeries.from_times_and_values(samples, np.asarray(one, float), columns=names)
        for one in values
    ]
