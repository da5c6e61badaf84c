"""Singular spectrum analysis: the linear way to reconstruct a series from few components.

Windows of the series are the columns of its trajectory (Hankel) matrix X, (window, column);
X = Σ_i σ_i u_i v_iᵀ. Each component, or a group of them, is averaged over the anti-diagonals,
which makes a series of it; all together add up to the series. The anti-diagonal sums of
u vᵀ are the convolution of u and v. Several recordings lie side by side in one X, (X¹ … Xᴿ),
and are averaged each on its own.

References
----------
Golyandina and Zhigljavsky, "Singular Spectrum Analysis for Time Series", 2nd ed. 2020;
Golyandina et al., "Multivariate and 2D extensions of singular spectrum analysis with the Rssa
package", J. Stat. Software 2015 (stacked, for series of different lengths).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.series import as_series
from bayesneuron.numerics.arrays import check_all_finite
from bayesneuron.numerics.checks import check_positive, check_within, is_whole
from bayesneuron.numerics.display import html, show


@dataclass(frozen=True)
class SSA:
    """The decomposition of a series.

    Attributes
    ----------
    series : DataArray, dim (time,)
    window : int
        Samples in a window, L.
    singular_values : ndarray, shape (component,)
        σ_i of the trajectory matrix, largest first.
    share : ndarray, shape (component,)
        σ_i² / Σ σ², of all components, also those not kept.
    left : ndarray, shape (window, component)
        u_i, each a pattern over a window.
    scores : ndarray, shape (column, component)
        σ_i v_i, the windows' projections on the patterns.
    groups : tuple of tuple of int
        Components that belong together; by default each alone.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=120, period=20)
    >>> bn.ssa(series, 10).singular_values.shape
    (10,)
    """

    series: xr.DataArray
    window: int
    singular_values: np.ndarray
    share: np.ndarray
    left: np.ndarray
    scores: np.ndarray
    groups: tuple[tuple[int, ...], ...]

    def reconstruct(self, components: int | Sequence[int] | None = None) -> xr.DataArray:
        """The series of some components: the first few, those named, or (None) all.

        Raises
        ------
        ValueError
            If there are no such components.
        """
        chosen = self._chosen(components)
        parts = _averaged(self.left[:, chosen], self.scores[:, chosen], _lengths(self.series))
        return self.series.copy(data=parts.sum(axis=0))

    def parts(self) -> xr.DataArray:
        """One series per group, dims (group, time)."""
        parts = _averaged(self.left, self.scores, _lengths(self.series))
        sums = np.stack([parts[list(g)].sum(axis=0) for g in self.groups])
        return self.series.expand_dims(group=len(self.groups)).copy(data=sums)

    def w_correlation(self) -> np.ndarray:
        """Weighted correlation of the groups' series, (group, group).

        ρ_ij = ⟨f_i, f_j⟩_w / (‖f_i‖_w ‖f_j‖_w), w_t the number of windows that hold sample t.
        Near 0 the groups are separable; 0 as well where a group's series is zero everywhere.
        """
        parts = self.parts().values
        weight = np.concatenate([_counts(n, self.window) for n in _lengths(self.series)])
        inner = (parts * weight) @ parts.T
        norm = np.sqrt(np.diag(inner))
        rho = inner / np.where(norm > 0, norm, np.inf)[:, None] / np.where(norm > 0, norm, 1.0)
        np.fill_diagonal(rho, 1.0)
        return rho

    def table(self) -> pd.DataFrame:
        """One row per component: ``singular_value``, ``share`` and ``cumulative`` share."""
        columns = {
            "singular_value": self.singular_values,
            "share": self.share,
            "cumulative": np.cumsum(self.share),
        }
        return pd.DataFrame(columns).rename_axis("component")

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        recordings = len(_lengths(self.series))
        several = f" in {recordings} recordings" if recordings > 1 else ""
        return (
            f"SSA of {len(self.series)} samples{several}: window {self.window}, "
            f"{len(self.singular_values)} components in {len(self.groups)} groups"
        )

    def errors(self, test: Any = None) -> pd.DataFrame:
        """Root mean square error of the first m components, in the series' units.

        Parameters
        ----------
        test : DataArray or array_like, shape (time,), optional
            Another series, in the same units. Its windows are projected on this series' patterns.

        Returns
        -------
        DataFrame
            Columns ``components`` (m = 1, 2, …), ``rmse`` and, with `test`, ``test_rmse``;
            ``attrs["units"]``.

        Raises
        ------
        ValueError
            If the test series is not valid or has a recording shorter than a window.
        """
        columns = {"components": np.arange(1, len(self.singular_values) + 1)}
        columns["rmse"] = _rmse(self.series, self.left, self.scores)
        if test is not None:
            other = _checked(test, self.window)
            columns["test_rmse"] = _rmse(
                other, self.left, _trajectory(other, self.window) @ self.left
            )
        table = pd.DataFrame(columns)
        table.attrs["units"] = str(self.series.attrs.get("units", ""))
        return table

    def _chosen(self, components: int | Sequence[int] | None) -> list[int]:
        count = len(self.singular_values)
        if components is None:
            return list(range(count))
        if not isinstance(components, Iterable) or isinstance(components, str):
            check_within("components", components, 1, count)
            return list(range(components))  # pyright: ignore[reportArgumentType]
        return _indices("components", components, count)


def ssa(
    series: Any,
    window: int,
    *,
    components: int | None = None,
    groups: Sequence[Sequence[int]] | None = None,
) -> SSA:
    """Singular spectrum analysis of a series, or of several recordings together.

    Parameters
    ----------
    series : DataArray, Series or array_like, shape (time,)
        No window crosses from one recording (coordinate ``recording`` along time) to the next.
        The series is not centred.
    window : int
        Samples in a window, at most the shortest recording.
    components : int, optional
        Leading components to keep; by default all, as many as the smaller side of X.
    groups : sequence of sequences of int, optional
        Components to be taken together.

    Returns
    -------
    SSA

    Raises
    ------
    ValueError
        If the series has several channels, a value is not finite, the window is longer than a
        recording, or components or groups are not there.

    Examples
    --------
    >>> t = np.arange(60)
    >>> wave = ssa(2 + np.sin(2 * np.pi * t / 12), 24)
    >>> int((wave.singular_values > 1e-9).sum())  # a constant and a sine
    3
    >>> bool(np.allclose(wave.reconstruct(3), wave.series))
    True
    """
    check_positive(window=window)
    data = _checked(series, window)
    x = _trajectory(data, window)
    v, values, u = np.linalg.svd(x, full_matrices=False)
    power = values**2
    share = power / power.sum() if power.any() else np.zeros_like(power)
    kept = len(values)
    if components is not None:
        check_within("components", components, 1, kept)
        kept = int(components)
    # a pattern's sign is free: its largest entry is made positive
    sign = np.sign(u[np.arange(len(u)), np.abs(u).argmax(axis=1)])
    left, scores = (u * sign[:, None]).T[:, :kept], (v * values * sign)[:, :kept]
    if groups is None:
        groups = [[i] for i in range(kept)]
    if not isinstance(groups, Sequence) or isinstance(groups, str) or not len(groups):
        raise ValueError(f"groups: expected lists of components, at least one, got {groups!r}")
    chosen = tuple(tuple(_indices("groups", g, kept)) for g in groups)
    return SSA(data, int(window), values[:kept], share[:kept], left, scores, chosen)


def _checked(series: Any, window: int) -> xr.DataArray:
    data = as_series(series)
    check_all_finite("series", data.to_numpy())
    if data.ndim != 1:
        raise ValueError(f"series: expected one channel, got shape {data.shape}")
    shortest = int(_lengths(data).min())
    if shortest < window:
        raise ValueError(
            f"window: expected at most {shortest} samples, the shortest recording, got {window}"
        )
    return data


def _indices(name: str, values: Sequence[int], count: int) -> list[int]:
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise ValueError(f"{name}: expected a list of components, got {values!r}")
    values = list(values)
    wrong = [i for i in values if not is_whole(i)]
    if wrong:
        raise ValueError(f"{name}: expected whole numbers 0 to {count - 1}, got {wrong}")
    indices = [int(i) for i in values]
    distinct = len(set(indices)) == len(indices)
    if not indices or not distinct or min(indices) < 0 or max(indices) >= count:
        raise ValueError(f"{name}: expected different numbers 0 to {count - 1}, got {indices}")
    return indices


def _lengths(data: xr.DataArray) -> np.ndarray:
    return recording_lengths(recording_of(data), len(data))


def _trajectory(data: xr.DataArray, window: int) -> np.ndarray:
    """Xᵀ, (column, window): every window of every recording."""
    view = np.lib.stride_tricks.sliding_window_view
    pieces = by_recording(data.values, _lengths(data))
    return np.concatenate([view(piece, window) for piece in pieces])


def _counts(length: int, window: int) -> np.ndarray:
    """How many windows hold each sample of a recording."""
    t = np.arange(length)
    most = min(window, length - window + 1)
    return np.minimum(np.minimum(t + 1, length - t), most)


def _averaged(left: np.ndarray, scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Diagonal averages of every u_i (σ_i v_i)ᵀ, (component, time), each recording on its own."""
    from scipy.signal import fftconvolve

    window = len(left)
    pieces = by_recording(scores.T, lengths - window + 1, axis=1)
    sums = [fftconvolve(left.T, piece, axes=1) for piece in pieces]
    counts = [_counts(int(n), window) for n in lengths]
    return np.concatenate([s / c for s, c in zip(sums, counts, strict=True)], axis=1)


def _rmse(data: xr.DataArray, left: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of the first 1, 2, … components."""
    parts = _averaged(left, scores, _lengths(data))
    return np.sqrt(((np.cumsum(parts, axis=0) - data.values) ** 2).mean(axis=1))
