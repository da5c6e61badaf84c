"""Series of darts, by what they offer: no import of darts."""

from typing import Any

import numpy as np
import pandas as pd

OFFERED = ("time_index", "components", "n_samples", "all_values")


def is_darts(series: Any) -> bool:
    """Whether it is a TimeSeries of darts, or several of them."""
    if isinstance(series, list | tuple):
        return len(series) > 0 and all(is_darts(one) for one in series)
    return all(hasattr(series, name) for name in OFFERED)


def of_darts(series: Any) -> pd.DataFrame:
    """The same as a table; several series have their place in the list in front of the time.

    Raises
    ------
    ValueError
        If a series has several samples, or components differ.
    """
    if isinstance(series, list | tuple):
        tables = [of_darts(one) for one in series]
        columns = [list(table.columns) for table in tables]
        if any(names != columns[0] for names in columns):
            raise ValueError(f"series: expected the same components in all, got {columns}")
        return pd.concat(tables, keys=range(len(tables)), names=["recording"])
    if series.n_samples != 1:
        raise ValueError(f"series: expected one sample (observed), got {series.n_samples}")
    values = np.asarray(series.all_values())[..., 0]
    return pd.DataFrame(values, series.time_index, [str(name) for name in series.components])
