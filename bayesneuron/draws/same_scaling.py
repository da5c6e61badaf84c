"""The units that a network was trained in, and whether windows are in them."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import provenance_of, scaling_of_targets
from bayesneuron.numerics.warn import warn_once


def check_same_scaling(draws: xr.DataTree, x: Any, *, name: str = "x") -> None:
    """Warn of windows that were standardised otherwise than those that draws were trained on.

    Windows bring the center and scale that `bayesneuron.windows` took off. Where the draws bring
    theirs and they differ, the network reads other values than its series had.

    Examples
    --------
    >>> import warnings
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=60)
    >>> x, y = bn.windows(series[:40], history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=50, starts=2)
    >>> later, _ = bn.windows(series[40:], history=3)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     check_same_scaling(draws, later)
    >>> str(caught[0].message).split(",")[0]
    'x: expected windows standardised as those trained on'
    """
    own, other = provenance_of(draws).scaling, scaling_of_targets(x)
    if own is None or other is None or own.row != other.row or own.transform != other.transform:
        return
    pairs = [(own.center, other.center), (own.scale, other.scale)]
    if any(np.shape(a) != np.shape(b) for a, b in pairs):
        return
    if not all(np.allclose(a, b, rtol=1e-6, atol=1e-9) for a, b in pairs):
        warn_once(
            f"{name}: expected windows standardised as those trained on, by center "
            f"{_shown(own.center)} and scale {_shown(own.scale)}, got {_shown(other.center)} and "
            f"{_shown(other.scale)}; cut them with bn.windows(series, ..., standardize=x) and "
            "the x of the training"
        )


def scale_of(draws: xr.DataTree) -> np.ndarray:
    """Original units per unit of the targets that draws were trained on; 1 where not known."""
    scaling = provenance_of(draws).scaling
    return np.asarray(1.0 if scaling is None else scaling.scale)


def _shown(values: float | tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in np.ravel(values))
