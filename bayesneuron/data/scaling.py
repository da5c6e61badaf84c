"""Standardisation that travels with the data, so that errors can be given in original units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.transform import transform_of, unpowered
from bayesneuron.numerics.arrays import as_finite, as_numbers
from bayesneuron.numerics.checks import check_choice
from bayesneuron.numerics.display import html, show

KINDS = ("zscore", "maxabs")


@dataclass(frozen=True)
class Scaling:
    """value = (original - center) / scale, channel by channel.

    Examples
    --------
    >>> scaling = Scaling.of(np.array([[1.0], [3.0]]), "zscore")
    >>> scaling.apply(np.array([[1.0], [3.0]])).ravel().tolist()
    [-1.0, 1.0]
    """

    center: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        center = as_finite("center", self.center, "channel")
        scale = as_finite("scale", self.scale, "channel")
        if center.shape != scale.shape or not (scale > 0).all():
            raise ValueError(
                "scaling: expected one center and one positive scale for each channel, "
                f"got {self.center} and {self.scale}"
            )

    @classmethod
    def of(cls, values: np.ndarray, kind: str) -> "Scaling":
        """Measure the scaling of `values`, shape (time, channel).

        ``zscore``: mean 0 and standard deviation 1. ``maxabs``: mean 0 and largest absolute
        value 0.95, within the range of a tanh output.

        Raises
        ------
        ValueError
            If the kind is unknown or a channel is constant.
        """
        check_choice("standardize", kind, KINDS)
        values = as_finite("values", values, "time", "channel")
        peak = np.abs(values).max(axis=0)
        # squares of very small or large numbers would underflow or overflow
        unit = np.where((peak > 1e-100) & (peak < 1e100) | (peak == 0), 1.0, peak)
        values = values / unit
        center = values.mean(axis=0)
        largest = np.abs(values - center).max(axis=0)
        spread = values.std(axis=0) if kind == "zscore" else largest / 0.95
        # rounding leaves a constant with a spread of this order, not exactly zero
        flat = spread <= 1e-12 * np.abs(values).max(axis=0)
        center, spread = center * unit, spread * unit
        if flat.any():
            raise ValueError(
                f"series: expected values that vary, got a constant ({center[flat][0]:g}) "
                f"in channel {int(np.flatnonzero(flat)[0])}"
            )
        return cls(tuple(center.tolist()), tuple(spread.tolist()))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Standardise values, shape (..., channel)."""
        return (values - np.array(self.center)) / np.array(self.scale)

    def repeat(self, times: int) -> "Scaling":
        """The scaling of `times` samples of every channel laid end to end."""
        return Scaling(self.center * times, self.scale * times)

    def table(self) -> pd.DataFrame:
        """One row per channel."""
        table = pd.DataFrame({"center": self.center, "scale": self.scale})
        return table.rename_axis("channel")

    def __repr__(self) -> str:
        return show("Scaling: (original - center) / scale", self.table())

    def _repr_html_(self) -> str:
        return html("Scaling: (original - center) / scale", self.table())

    def attrs(self) -> dict[str, Any]:
        """As attributes of an array: numbers if all channels agree, lists otherwise."""
        return {"center": _short(self.center), "scale": _short(self.scale)}


def scaling_of(data: xr.DataArray | xr.DataTree) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale that travel with windows or draws; 0 and 1 where there are none.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, _ = bn.windows([0.0, 1.0, 2.0, 3.0, 4.0], history=2)
    >>> [round(float(value), 3) for value in scaling_of(x)]
    [2.0, 1.414]
    """
    if not isinstance(data, xr.DataArray | xr.DataTree):
        raise ValueError(
            f"data: expected windows (DataArray) or draws (DataTree), got {type(data).__name__}"
        )
    center, scale = (
        as_numbers(k, data.attrs.get(k, v)).astype(float)
        for k, v in (("center", 0.0), ("scale", 1.0))
    )
    if not np.isfinite(center).all() or not (np.isfinite(scale) & (scale > 0)).all():
        raise ValueError(
            f"data: expected a finite center and a positive scale, got {center} and {scale}"
        )
    return center, scale


def unscale(values: Any, like: xr.DataArray | xr.DataTree) -> Any:
    """Bring standardised values, shape (..., output), back to original units.

    A power transform is undone as well. Differences and windows that were centred are not: their
    values depend on what came before, see `bayesneuron.forecast`.

    Parameters
    ----------
    values : array_like
    like : DataArray or DataTree
        Windows, or draws made from them, whose scaling to undo.

    Raises
    ------
    ValueError
        If the last axis has not one entry for each scale, or values depend on their window.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=50)
    >>> x, y = bn.windows(series, history=4)
    >>> bool(np.allclose(bn.unscale(y, y)[:, 0], series[4:]))
    True
    """
    center, scale = scaling_of(like)
    numbers = as_numbers("values", values)
    channels = max(center.size, scale.size)
    if channels > 1 and (numbers.ndim == 0 or numbers.shape[-1] != channels):
        raise ValueError(f"values: expected shape (..., {channels}), got {numbers.shape}")
    done = transform_of(like)
    if done.by_window:
        raise ValueError(
            f"data: expected values that can be undone on their own, got {done!r}; bn.forecast "
            "undoes all of it"
        )
    values = values if hasattr(values, "__array__") else numbers
    values = values * scale + center
    if not done.kind:
        return values
    powers = np.resize(done.power, channels)  # channels lie side by side in every sample
    if "exogenous" not in like.attrs and "covariates" not in like.attrs:
        return unpowered(replace(done, power=tuple(powers)), values)
    window = int(like.attrs["history"]) * len(done.power)  # what lies beside it has no power
    undone = unpowered(replace(done, power=tuple(powers[:window])), values[..., :window])
    return np.concatenate([undone, values[..., window:]], -1)


def _short(values: Sequence[float]) -> float | list[float]:
    return values[0] if len(set(values)) == 1 else list(values)
