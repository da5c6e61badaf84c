"""What a row of windows holds beside the window itself, and which channels are forecast.

A row is the window of all channels, then the exogenous series at the samples of the window and of
the targets, then the covariates of the recording:

    channels (t - (history - 1) delay), …, channels (t),
    exogenous (the same samples), exogenous (t + 1), …, exogenous (t + horizon), covariates

Windows, targets and draws carry this as one attribute where it differs from a plain window.
"""

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from bayesneuron.data.input_names import TAKEN, lagged_names
from bayesneuron.data.scaling import Scaling

ROW = "row"  # the attribute


class Group(NamedTuple):
    """Columns of one kind, by name: value = (original - center) / scale.

    Attributes
    ----------
    names : tuple of str
    center, scale : tuple of float
        One for each name.
    """

    names: tuple[str, ...] = ()
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Standardise values, shape (..., name)."""
        return (values - np.array(self.center)) / np.array(self.scale)


@dataclass(frozen=True)
class Row:
    """What a row of x is made of; by default a plain window, of which all channels are forecast.

    Attributes
    ----------
    channels, exogenous, covariates : Group
    targets : tuple of int
        Places of the channels that are forecast, increasing.
    power : tuple of float
        Of the transform of each channel; those of the targets alone travel with targets.

    Examples
    --------
    >>> row = Row(Group(("s",), (0.0,), (1.0,)), Group(("u",), (2.0,), (1.0,)))
    >>> row.names(history=2, horizon=1)
    ['s(t-1)', 's(t)', 'u(t-1)', 'u(t)', 'u(t+1)']
    >>> Row.from_json(row.to_json()) == row
    True
    """

    channels: Group = field(default_factory=Group)
    exogenous: Group = field(default_factory=Group)
    covariates: Group = field(default_factory=Group)
    targets: tuple[int, ...] = ()
    power: tuple[float, ...] = ()

    @property
    def some(self) -> bool:
        """Whether only some of the channels are forecast."""
        return 0 < len(self.targets) < len(self.channels.names)

    @property
    def beside(self) -> bool:
        """Whether there are columns beside the window."""
        return bool(self.exogenous.names or self.covariates.names)

    @property
    def plain(self) -> bool:
        """Whether a row is a window and no more, of which all channels are forecast."""
        return not (self.some or self.beside)

    def names(self, history: int, horizon: int, delay: int = 1) -> list[str]:
        """What the columns are called, such as ``Fz(t-2)``, ``power(t+1)`` and ``age``."""
        ahead = [f"{u}(t+{k})" for k in range(1, horizon + 1) for u in self.exogenous.names]
        return [
            *lagged_names(history, delay, self.channels.names),
            *lagged_names(history, delay, self.exogenous.names),
            *ahead,
            *self.covariates.names,
        ]

    def scaling(self, history: int, horizon: int) -> Scaling:
        """That of every column."""
        window, ahead, fixed = self.channels, self.exogenous, self.covariates
        center, scale = (
            getattr(window, k) * history
            + getattr(ahead, k) * (history + horizon)
            + getattr(fixed, k)
            for k in ("center", "scale")
        )
        return Scaling(center, scale)

    def to_json(self) -> str:
        """As a string that `from_json` reads; empty for a plain window."""
        if self.plain:
            return ""
        parts = [self.channels, self.exogenous, self.covariates, self.targets, self.power]
        return json.dumps(parts)

    @classmethod
    def from_json(cls, text: str) -> "Row":
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is nothing that `to_json` writes.
        """
        if not text:
            return cls()
        try:
            *groups, targets, power = json.loads(text)
            window, ahead, fixed = (
                Group(tuple(map(str, names)), tuple(map(float, center)), tuple(map(float, scale)))
                for names, center, scale in groups
            )
            own = tuple(map(int, targets)), tuple(map(float, power))
            return cls(window, ahead, fixed, *own)
        except (TypeError, ValueError):
            raise ValueError(f"row: expected one of bn.windows, got {text!r}") from None


def row_of(part: Any) -> Row:
    """What rows are made of, as windows or targets say."""
    return Row.from_json(str(part.attrs.get(ROW, "")))


def columns_beside(
    exogenous: np.ndarray, covariates: np.ndarray, window: np.ndarray, ahead: np.ndarray
) -> np.ndarray:
    """Columns of rows beside their windows.

    Parameters
    ----------
    exogenous : ndarray, shape (time, exogenous)
        Standardised.
    covariates : ndarray, shape (row, covariate)
        Standardised.
    window, ahead : ndarray of int, shape (row, history) and (row, horizon)
        Samples of the windows and of their targets.

    Returns
    -------
    ndarray, shape (row, column)

    Examples
    --------
    >>> u, age = np.array([[1.0], [2.0], [3.0]]), np.array([[40.0]])
    >>> columns_beside(u, age, np.array([[0, 1]]), np.array([[2]])).tolist()
    [[1.0, 2.0, 3.0, 40.0]]
    """
    at = np.concatenate([window, ahead], axis=1)
    series = exogenous[at].reshape(len(at), at.shape[1] * exogenous.shape[1])
    return np.concatenate([series, covariates], axis=1)


def targets_of(target: Any, channels: list[str]) -> tuple[str, tuple[int, ...]]:
    """Kind of target, and places of the channels that are forecast, in the order of the series.

    Raises
    ------
    ValueError
        If a name is no channel, or there twice.

    Examples
    --------
    >>> targets_of("Cz", ["Fz", "Cz"])
    ('forecast', (1,))
    """
    if isinstance(target, str) and target in KINDS:
        return target, tuple(range(len(channels)))
    wanted = [target] if isinstance(target, str) else target
    if not isinstance(wanted, list | tuple | np.ndarray | xr.DataArray) or not len(wanted):
        raise ValueError(
            f"target: expected one of {list(KINDS)}, a channel or a list of channels, got "
            f"{target!r}"
        )
    names = [str(name) for name in np.asarray(wanted).ravel()]
    if len(set(names)) < len(names):
        raise ValueError(f"target: expected different channels, got {names}")
    unknown = [name for name in names if name not in channels]
    if unknown:
        raise ValueError(
            f"target: expected one of {list(KINDS)}, or channels of {channels}, got {unknown[0]!r}"
        )
    return "forecast", tuple(k for k, name in enumerate(channels) if name in names)


def check_names(row: Row) -> None:
    """Raise ValueError unless channels, exogenous series and covariates have names of their own."""
    groups = {
        "channels": row.channels, "exogenous": row.exogenous, "covariates": row.covariates,
    }  # fmt: skip
    seen: dict[str, str] = {TAKEN: "the bias of a neuron"}
    for kind, group in groups.items():
        for name in group.names:
            if name in seen:
                raise ValueError(
                    f"{kind}: expected names of their own, got {name!r}, which is one of "
                    f"{seen[name]}; a series known ahead is left out of the series"
                )
            seen[name] = kind


KINDS = ("forecast", "reconstruct")
