"""Let the merged neurons take over the function of their members.

With activations A (point, member) and A' (point, merged) the members are regressed on the
merged, A ≈ A' Bᵀ + 1 cᵀ, and whatever read A reads A' through B: outgoing weights V become V B,
and V c moves into the bias. As the regression is linear, this is the least-squares fit of every
sum that the next layer forms, whatever V is.
"""

from collections.abc import Mapping

import numpy as np

from bayesneuron.network.layout import Layout
from bayesneuron.network.rows import combine, neurons_first
from bayesneuron.reduction.task import Weights, orthonormal

RIDGE = 1e-6


def take_over(
    members: np.ndarray,
    merged: np.ndarray,
    owner: np.ndarray,
    *,
    ridge: float,
    constant: bool,
    moments: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """B and c, draw by draw.

    Parameters
    ----------
    members : ndarray, shape (draw, point, n)
    merged : ndarray, shape (draw, point, K)
    owner : ndarray of int, shape (n,) or (draw, n)
        The merged neuron that each member went into, -1 for none.
    ridge : float
        Pull towards each member being carried by its own merged neuron alone, relative to the
        mean variance of the merged. Exact duplicates are exact whatever the ridge.
    constant : bool
        Whether there is a bias to take c; without one c = 0.
    moments : pair of ndarray, shapes (draw, K, K) and (draw, K, n), optional
        Means over points of A' A'ᵀ and A' Aᵀ, centred if there is a bias, where they are known.

    Returns
    -------
    B : ndarray, shape (draw, n, K)
    c : ndarray, shape (draw, n)

    Examples
    --------
    >>> a = np.array([[[1.0, -1.0], [3.0, -3.0], [4.0, -4.0]]])  # a neuron and its negative
    >>> b, c = take_over(a, a[:, :, :1], np.array([0, 0]), ridge=1e-3, constant=True)
    >>> b.round(6).tolist()
    [[[1.0], [-1.0]]]
    """
    shift = np.zeros((len(members), 1, members.shape[2]))
    level = np.zeros((len(merged), 1, merged.shape[2]))
    if constant:
        shift, level = members.mean(axis=1, keepdims=True), merged.mean(axis=1, keepdims=True)
    points, size = merged.shape[1:]
    if moments is None:
        a, m = members - shift, merged - level
        within, across = np.swapaxes(m, 1, 2) @ m / points, np.swapaxes(m, 1, 2) @ a / points
    else:
        within, across = moments
    variance = np.einsum("skk->sk", within)
    owner = np.broadcast_to(owner, (len(members), members.shape[2]))
    own = np.take_along_axis(across, owner[:, None, :], axis=1)[:, 0]
    base = np.take_along_axis(variance, owner, axis=1)
    slope = np.where(base > 0, own / np.where(base > 0, base, 1.0), 0.0)
    plain = (np.arange(size)[:, None] == owner[:, None, :]) * slope[:, None, :]
    pull = ridge * variance.mean(axis=1)[:, None, None]
    pull = np.where(pull > 0, pull, np.finfo(float).tiny ** 0.5)
    b = np.swapaxes(np.linalg.solve(within + pull * np.eye(size), across + pull * plain), 1, 2)
    return b, shift[:, 0] - np.einsum("snk,sk->sn", b, level[:, 0])


def rewired(
    layout: Layout,
    sites: Mapping[str, np.ndarray],
    layer: str,
    into: np.ndarray,
    out: np.ndarray,
    constant: np.ndarray,
) -> Weights:
    """Weights with incoming rows through `into` and outgoing ones through `out`.

    Restricted sites are left as they come out: see `merged_sites`.

    Parameters
    ----------
    into : ndarray, shape (draw, K, n)
        Merged incoming weights as combinations of the members'.
    out : ndarray, shape (draw, n, K)
        B of `take_over`.
    constant : ndarray, shape (draw, n)
        c of `take_over`.
    """
    reduced = {k: np.asarray(v) for k, v in sites.items()}
    reduce_out = np.swapaxes(out, 1, 2)
    for axis in layout.axes(layer):
        if axis.site in layout.scales:  # of the members, weighted as their incoming weights are
            reduced[axis.site] = np.einsum("skn,sn->sk", np.abs(into), reduced[axis.site])
        if axis.site in layout.auxiliary:
            continue
        read = into if layout.flips(axis) else np.abs(into)  # gates of flipped members as they are
        matrix = read if axis.role == "incoming" else reduce_out
        reduced[axis.site] = combine(matrix, reduced[axis.site], axis.axis)
        if axis.role == "outgoing":
            bias = layout.bias(layout.receiver(axis.site))
            if bias is not None and layout.receiver(axis.site) != layer:
                rows = neurons_first(np.asarray(sites[axis.site]), axis.axis)
                reduced[bias] = reduced[bias] + np.einsum("sn...,sn->s...", rows, constant)
    return reduced


def merged_sites(
    layout: Layout,
    sites: Mapping[str, np.ndarray],
    layer: str,
    into: np.ndarray,
    out: np.ndarray,
    constant: np.ndarray,
) -> Weights:
    """Weights of the smaller network, as `rewired`; orthonormal sites are orthonormal again."""
    return orthonormal(layout, rewired(layout, sites, layer, into, out, constant))
