"""Activation similarity: whether two neurons respond to data in the same way."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.tree import layout_of
from bayesneuron.geometry._activations import activations as activations_of
from bayesneuron.geometry.similarity.effective import effective_counts
from bayesneuron.geometry.similarity.result import Similarity, fisher_z, tail_p
from bayesneuron.network.model import Model
from bayesneuron.numerics.arrays import as_finite
from bayesneuron.numerics.checks import check_flag, check_positive

MOST = 1000  # draws used: enough for a mean and a spread
ROUNDING = 1e-10  # of a column's own size: less variation than this is rounding of a constant


def activation_similarity(
    activations: np.ndarray | xr.DataTree,
    x: Any = None,
    *,
    layer: str | None = None,
    model: Model | None = None,
    centred: bool = True,
    most: int = MOST,
) -> Similarity:
    """Correlation of two neurons' activations over data, for each draw; its mean and spread.

    This is what licenses a merge: neurons whose activations are (anti)correlated on the data
    in nearly all draws can be one neuron, their outgoing weights added, with a constant moved
    into the bias. `posterior_correlation`, of weights, implies nothing of the kind.

    Parameters
    ----------
    activations : DataTree, or ndarray, shape (draw, point, neuron)
        Draws, aligned first unless they are; or the activations of one layer of aligned draws, as
        `bayesneuron.activations` gives them.
    x : array_like, shape (observation, input), optional
        With draws; by default the data that they carry.
    layer : str, optional
        With draws; by default the only hidden one.
    model : Model, optional
        With draws, where the model is not one of the shipped ones.
    centred : bool
        Pearson's correlation over points; else the cosine, which counts a constant as part
        of the answer (a merge into a network without biases). The cosine of logistic neurons
        changes when one is flipped, since σ(-a) = 1 - σ(a).
    most : int
        At most so many draws are used, evenly spaced.

    Returns
    -------
    Similarity
        ``mean`` and ``sd`` over draws, and ``draws`` themselves. A neuron that is constant
        over the points of a draw has correlation 0 there, also with itself.

    Raises
    ------
    ValueError
        If the shape does not fit, there are fewer than two points, values are not finite, the
        layer is unknown, or ``x`` or ``layer`` is given with an array.

    Notes
    -----
    ``p_value`` tests that the correlation is 0, on Fisher's z: the variance of z̄ is that over
    draws plus 1/(P - 3), what P points of data leave open. P is the effective number of points
    where neighbours are correlated, as overlapping windows are (`effective_counts`).

    References
    ----------
    Li, Yosinski et al., "Convergent learning", ICLR 2016 workshop (correlation of neurons);
    Fisher 1921.

    Examples
    --------
    >>> t = np.linspace(0, 6, 50)
    >>> a = np.stack([np.sin(t), -np.sin(t) + 1, np.ones(50)], axis=1)[None]
    >>> activation_similarity(a).mean.round(6) + 0.0
    array([[ 1., -1.,  0.],
           [-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    check_positive(most=most)
    check_flag(centred=centred)
    source = _activations(activations, x, layer, model)
    values = as_finite("activations", source, "draw", "point", "neuron")
    if values.shape[1] < 2:
        raise ValueError(f"activations: expected at least 2 points, got shape {values.shape}")
    values = values[spread(len(values), most)]
    draws = cosines(values, centred=centred)
    z = fisher_z(draws)
    effective = np.minimum(effective_counts(values.mean(axis=0)[:, :, None]), values.shape[1])
    left_open = 1 / np.maximum(effective - 3, 1.0)
    p_value = tail_p(z.mean(axis=0) / np.sqrt(z.var(axis=0) + left_open))
    return Similarity("activation", draws.mean(axis=0), draws.std(axis=0), p_value, draws)


def _activations(
    source: np.ndarray | xr.DataTree, x: Any, layer: str | None, model: Model | None
) -> np.ndarray:
    if isinstance(source, xr.DataTree):
        name = layer_of(model.layout if model else layout_of(source), layer)
        return activations_of(source, x, model=model)[name]
    if x is not None or layer is not None:
        raise ValueError("x, layer: expected only with draws, got them with an array")
    return source


def cosines(values: np.ndarray, *, centred: bool) -> np.ndarray:
    """Cosine of every two columns of (draw, row, neuron); Pearson's correlation if centred.

    0 with a column that is zero or, if centred, constant.
    """
    unit = unit_columns(values, centred=centred)
    return np.clip(np.swapaxes(unit, 1, 2) @ unit, -1.0, 1.0)


def unit_columns(values: np.ndarray, *, centred: bool) -> np.ndarray:
    """Columns of (draw, row, neuron) scaled to norm 1, with mean 0 if centred; zeros stay zeros.

    Examples
    --------
    >>> unit_columns(np.array([[[1.0, 0.1], [3.0, 0.1]]]), centred=True).round(3)
    array([[[-0.707,  0.   ],
            [ 0.707,  0.   ]]])
    """
    size = np.linalg.norm(values, axis=1, keepdims=True)
    if centred:
        values = values - values.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(values, axis=1, keepdims=True)
    live = norm > ROUNDING * size  # a constant less its mean may leave rounding
    return np.where(live, values / np.where(live, norm, 1.0), 0.0)
