"""Held-out values beyond those trained on, where networks extrapolate."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from bayesneuron.data.row import row_of
from bayesneuron.data.scaling import scaling_of
from bayesneuron.data.trajectory import channels_of, window_of
from bayesneuron.data.transform import transform_of

OUTSIDE = 0.05  # of the training range; the extremes of a stationary series rarely exceed it so far

Pair = tuple[xr.DataArray, xr.DataArray]


def notes_on_ranges(train: Pair, test: Pair) -> Iterator[str]:
    """Notes on every channel and every exogenous series, of windows and targets."""
    row, y = row_of(train[0]), train[1]
    units, seen = str(y.attrs.get("units", "")), transform_of(y).words
    yield from notes_on_range(_values(*train), _values(*test), units, seen, row.channels.names)
    if row.exogenous.names:
        yield from notes_on_range(_known(train[0]), _known(test[0]), names=row.exogenous.names)


def notes_on_range(
    train: np.ndarray,
    test: np.ndarray,
    units: str = "",
    seen: str = "",
    names: Sequence[str] = (),
) -> Iterator[str]:
    """Held-out values, (value, channel), well outside the range of those trained on.

    `seen` says what was done to them before: the network extrapolates in what it sees. Channels
    have numbers where there are no names.

    Examples
    --------
    >>> list(notes_on_range(np.array([[0.0], [10.0]]), np.array([[5.0], [12.0]]), "m"))
    ['held-out data reach from 5 to 12 m, training data from 0 to 10: 50.0% lie outside, by up to \
2 (20% of the training range), where networks extrapolate']
    """
    unit = f" {units}" if units and not seen else ""
    seen = f" ({seen})" if seen else ""
    for channel, (known, new) in enumerate(zip(train.T, test.T, strict=True)):
        low, high = known.min(), known.max()
        beyond = max(low - new.min(), new.max() - high)
        if beyond > OUTSIDE * (high - low):
            outside = ((new < low) | (new > high)).mean()
            where = f", channel {channel}" if train.shape[1] > 1 else ""
            where = f", {names[channel]}" if names else where
            yield (
                f"held-out data{where}{seen} reach from {new.min():.4g} to {new.max():.4g}{unit}, "
                f"training data from {low:.4g} to {high:.4g}: {outside:.1%} lie outside, by up to "
                f"{beyond:.3g} ({beyond / (high - low):.0%} of the training range), where networks "
                "extrapolate"
            )


def _values(x: xr.DataArray, y: xr.DataArray) -> np.ndarray:
    """Values of windows and targets before the last scaling, (value, channel).

    Of windows alone where only some channels are targets.
    """
    channels = channels_of(x)
    parts = [window_of(x, _before(x)).reshape(-1, channels)]
    if not row_of(x).some:
        parts.append(_before(y).reshape(-1, channels))
    return np.concatenate(parts)


def _known(x: xr.DataArray) -> np.ndarray:
    """Values of exogenous series in windows and ahead of them, (value, exogenous)."""
    row, values = row_of(x), _before(x)
    begin, end = window_of(x, values).shape[1], values.shape[1] - len(row.covariates.names)
    return values[:, begin:end].reshape(-1, len(row.exogenous.names))


def _before(part: xr.DataArray) -> np.ndarray:
    """Values before the last scaling."""
    center, scale = scaling_of(part)
    return np.asarray(part) * scale + center
