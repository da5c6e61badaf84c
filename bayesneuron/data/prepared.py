"""What is done to the samples of a series before windows of them are cut."""

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.row import row_of
from bayesneuron.data.scaling import KINDS, Scaling
from bayesneuron.data.trajectory import channels_of
from bayesneuron.data.transform import (
    LOCAL,
    Transform,
    inputs_of,
    measure_power,
    transform_of,
)
from bayesneuron.numerics.checks import check_choice, check_count


def prepared(
    values: np.ndarray,
    standardize: str | bool | Scaling | xr.DataArray,
    power: str | None,
    difference: int,
    local: str | None,
    delay: int,
) -> tuple[Transform, Scaling | None]:
    """What is done to samples; the scaling is None where it is to be measured on the windows."""
    check_count(difference=difference)
    if local is not None:
        check_choice("local", local, LOCAL)
    earlier = isinstance(standardize, xr.DataArray)
    if earlier and (power is not None or difference or local is not None):
        raise ValueError(
            "standardize: earlier windows bring their own transform, difference and local; "
            f"got transform={power!r}, difference={difference}, local={local!r} beside them"
        )
    if earlier:
        done, row = transform_of(standardize), row_of(standardize)
        done = done if row.plain else replace(done, power=row.power)
        if delay not in (1, done.delay):
            raise ValueError(
                f"delay: expected {done.delay}, that of the earlier windows, got {delay}"
            )
        if done.kind == "box-cox" and values.min() <= 0:
            raise ValueError(f"series: expected positive samples ({done!r}), got {values.min():g}")
    else:
        kind, powers = ("", ()) if power is None else measure_power(values, power)
        done = Transform(kind, powers, int(difference), local or "", int(delay))
    return done, _scaling(values, standardize, done)


def _scaling(
    values: np.ndarray, standardize: str | bool | Scaling | xr.DataArray, done: Transform
) -> Scaling | None:
    channels = values.shape[1]
    if is_unscaled(standardize):
        return Scaling((0.0,) * channels, (1.0,) * channels)
    if isinstance(standardize, xr.DataArray):
        standardize = _scaling_of_windows(standardize)
    if isinstance(standardize, Scaling):
        if len(standardize.center) != channels:
            raise ValueError(
                f"standardize: expected {channels} channels, got {len(standardize.center)}"
            )
        return standardize
    if not isinstance(standardize, bool | np.bool_ | str):
        raise ValueError(
            "standardize: expected True, False, 'zscore', 'maxabs', a Scaling or earlier windows, "
            f"got {type(standardize).__name__}"
        )
    kind = kind_of(standardize)
    if done.by_window:  # measured on the windows
        check_choice("standardize", kind, KINDS)
        return None
    return Scaling.of(by_sample(done, values), kind)


def by_sample(done: Transform, values: np.ndarray) -> np.ndarray:
    """Every sample transformed, where that takes no window."""
    return inputs_of(replace(done, delay=1), values[None])[0]


def is_unscaled(standardize: Any) -> bool:
    """Whether values stay as they are."""
    return standardize is False or standardize is np.False_


def kind_of(standardize: Any) -> str:
    """The word for a way to standardise."""
    return "zscore" if isinstance(standardize, bool | np.bool_) else standardize


def _scaling_of_windows(earlier: xr.DataArray) -> Scaling:
    """That of each channel, from windows in which the channels of every sample lie side by side."""
    if not {"center", "scale", "history"} <= set(earlier.attrs):
        raise ValueError(
            "standardize: expected earlier windows (x from bn.windows), got an array without their "
            "scaling"
        )
    row = row_of(earlier)
    if not row.plain:
        return Scaling(row.channels.center, row.channels.scale)
    channels = channels_of(earlier)
    known = (np.ravel(earlier.attrs[name]).astype(float) for name in ("center", "scale"))
    center, scale = (v[:channels] if len(v) > 1 else v.repeat(channels) for v in known)
    return Scaling(tuple(center.tolist()), tuple(scale.tolist()))
