"""Columns of a file by what they are for: channels, those that are forecast, those known ahead."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from bayesneuron.data import read_series

Column = str | int


class Read(NamedTuple):
    """What was read.

    Attributes
    ----------
    series : DataArray
        All channels.
    exogenous : DataArray or None
        Of the same samples.
    target : tuple of str
        Channels that are forecast; empty for all.
    """

    series: xr.DataArray
    exogenous: xr.DataArray | None = None
    target: tuple[str, ...] = ()


def read_columns(
    file: Path,
    *,
    column: Sequence[Column] = (),
    target: Sequence[Column] = (),
    exogenous: Sequence[Column] = (),
    **options: Any,
) -> Read:
    """Read the channels and what is known ahead, sample by sample together.

    Parameters
    ----------
    file : path
    column : sequence of str or int
        Channels of the series. Those of `target` are read as well.
    target : sequence of str or int
        Channels that are forecast; none for all.
    exogenous : sequence of str or int
        Columns that are known ahead.
    **options
        Of `bayesneuron.read_series`.

    Raises
    ------
    ValueError
        If a column is named twice, an exogenous one is a channel, or the file does not hold them;
        as `bayesneuron.read_series`.
    """
    for name, chosen in {"column": column, "target": target, "exogenous": exogenous}.items():
        if len(set(chosen)) < len(chosen):
            raise ValueError(f"{name}: expected different columns, got {list(chosen)}")
    channels = list(dict.fromkeys((*column, *target)))
    both = [name for name in exogenous if name in channels]
    if both:
        raise ValueError(
            f"exogenous: expected columns that are no channels (of --column, --target), got "
            f"{both[0]!r} for both"
        )
    if exogenous and not channels:
        raise ValueError(
            f"exogenous: expected the series itself as well, by --target or --column, got "
            f"{list(exogenous)} alone"
        )
    if not exogenous and len(channels) < 2:
        return Read(read_series(file, column=next(iter(channels), None), **options))
    data = read_series(file, column=[*channels, *exogenous], **options)
    series, known = data[:, : len(channels)], data[:, len(channels) :]
    names = [str(name) for name in series["channel"].values]
    wanted = tuple(names[channels.index(name)] for name in target)
    if len(channels) == 1:
        series = series.isel(channel=0, drop=True).rename(names[0])
    some = 0 < len(wanted) < len(channels)
    return Read(series, known if exogenous else None, wanted if some else ())
