"""How a network's symmetries act on a batch of draws, its function unchanged.

Sites are arrays with a leading axis of draws, as the layout names the axes behind it.
"""

from collections.abc import Mapping

import numpy as np

from bayesneuron.network.layout import Layout
from bayesneuron.network.layout_entries import Axis
from bayesneuron.network.rows import neurons_first, rows_of

Sites = Mapping[str, np.ndarray]

_SWEEPS = 200  # most rounds of balancing; layers couple weakly, so a few tens do
_TOLERANCE = 1e-13


def act(
    layout: Layout, sites: Sites, layer: str, order: np.ndarray, sign: np.ndarray
) -> dict[str, np.ndarray]:
    """Put neuron ``order[s, i]`` of `layer` in place i with sign ``sign[s, i]``, in each draw s.

    Every axis of the layer moves together. A logistic neuron that is flipped leaves a
    constant, σ(a) = 1 - σ(-a), which moves into the biases it feeds.

    Parameters
    ----------
    order : ndarray of int, shape (draw, neuron)
    sign : ndarray of ±1, shape (draw, neuron)
    """
    moved = dict(sites)
    if layout.symmetry(layer) == "shift":
        moved |= _absorb(layout, moved, layer, order, sign)
    for axis in layout.axes(layer):
        values = moved[axis.site]
        shape = [len(values)] + [1] * (values.ndim - 1)
        shape[axis.axis + 1] = order.shape[1]
        picked = np.take_along_axis(values, order.reshape(shape), axis=axis.axis + 1)
        moved[axis.site] = picked * sign.reshape(shape) if layout.flips(axis) else picked
    return moved


def _absorb(
    layout: Layout, sites: Sites, layer: str, order: np.ndarray, sign: np.ndarray
) -> dict[str, np.ndarray]:
    flipped = np.zeros(order.shape)  # by neuron, before the move
    np.put_along_axis(flipped, order, (sign < 0).astype(float), axis=1)
    biases: dict[str, np.ndarray] = {}
    for axis in layout.weight_axes(layer, "outgoing"):
        bias = layout.bias(layout.receiver(axis.site))
        assert bias is not None  # or the symmetry would not be "shift"
        sent = _sent(layout, sites[axis.site], axis)
        biases[bias] = biases.get(bias, sites[bias]) + np.einsum("sij...,sj->si", sent, flipped)
    return biases


def _sent(layout: Layout, values: np.ndarray, axis: Axis) -> np.ndarray:
    """What neurons send along `axis`, (draw, receiver, neuron, ...)."""
    into = layout.into.get(axis.site, 0)
    receiver = into + 1 if into < axis.axis else into  # its place behind the neurons
    return neurons_first(neurons_first(values, axis.axis), receiver)


def canonicalise(layout: Layout, sites: Sites) -> dict[str, np.ndarray]:
    """Fix the continuous symmetries: balance scales, and turn linear layers to principal axes.

    A positively homogeneous neuron is scaled so that its incoming weights (with bias) and its
    outgoing weights have one norm. A linear layer, of which only the subspace is identified,
    is replaced by the singular directions of the product of its weights. Neither preserves the
    prior: the weights as drawn are another answer, and reports give both.

    Layer by layer until nothing changes. Each step makes the weights as small as that layer's
    symmetry allows, and the smallest weights are unique up to signs and order (Kempf and Ness
    1979; singular values taken as distinct), also where linear layers feed each other.
    """
    canonical = dict(sites)
    linear = [layer for layer in layout.forward if layout.symmetry(layer) == "linear"]
    scaled = [layer for layer in layout.forward if layout.symmetry(layer) == "scale"]
    for _ in range(_SWEEPS if linear or scaled else 0):
        change = 0.0
        for layer in linear:
            change = max(change, _unequal(layout, canonical, layer))
            canonical |= _principal_axes(layout, canonical, layer)
        for layer in scaled:
            factor = _imbalance(layout, canonical, layer)
            change = max(change, float(np.abs(np.log(factor)).max(initial=0.0)))
            canonical |= rescale(layout, canonical, layer, factor)
        if change < _TOLERANCE:
            break
    return canonical


def _unequal(layout: Layout, sites: Sites, layer: str) -> float:
    """How far incoming and outgoing weights are from one Gram matrix, relative to its size."""
    into, out = (layout.rows(sites, layer, role) for role in ("incoming", "outgoing"))
    gram, other = (rows @ np.swapaxes(rows, 1, 2) for rows in (into, out))
    size = np.linalg.norm(gram, axis=(1, 2)) + np.linalg.norm(other, axis=(1, 2))
    apart = np.linalg.norm(gram - other, axis=(1, 2))
    return float((apart / np.where(size > 0, size, 1.0)).max(initial=0.0))


def _imbalance(layout: Layout, sites: Sites, layer: str) -> np.ndarray:
    """(outgoing norm / incoming norm)^(1/2) of each neuron; 1 where either is zero."""
    into, out = (
        sum((rows_of(sites[a.site], a.axis) ** 2).sum(-1) for a in axes if layout.flips(a))
        for axes in (layout.weight_axes(layer, role) for role in ("incoming", "outgoing"))
    )
    live = (into > 0) & (out > 0)
    return np.where(live, out / np.where(live, into, 1.0), 1.0) ** 0.25


def rescale(layout: Layout, sites: Sites, layer: str, factor: np.ndarray) -> dict[str, np.ndarray]:
    """Incoming weights of `layer` times ``factor[s, i]``, outgoing ones divided by it."""
    scaled = dict(sites)
    for axis in (a for a in layout.axes(layer) if layout.flips(a)):
        shape = [len(factor)] + [1] * (scaled[axis.site].ndim - 1)
        shape[axis.axis + 1] = factor.shape[1]
        power = factor if axis.role == "incoming" else 1 / factor
        scaled[axis.site] = scaled[axis.site] * power.reshape(shape)
    return scaled


def _principal_axes(layout: Layout, sites: Sites, layer: str) -> dict[str, np.ndarray]:
    """Balanced singular directions: incoming S^½ Vᵀ, outgoing U S^½, of their product U S Vᵀ."""
    into, out = (layout.rows(sites, layer, role) for role in ("incoming", "outgoing"))
    # thin QR of both sides leaves an SVD of the layer's own size
    q_in, r_in = np.linalg.qr(np.swapaxes(into, 1, 2))
    q_out, r_out = np.linalg.qr(np.swapaxes(out, 1, 2))
    u, s, vt = np.linalg.svd(r_out @ np.swapaxes(r_in, 1, 2), full_matrices=False)
    root = np.sqrt(s)[:, :, None]
    new = {
        "incoming": root * (vt @ np.swapaxes(q_in, 1, 2)),
        "outgoing": root * np.swapaxes(q_out @ u, 1, 2),
    }
    width = into.shape[1]
    for role, rows in new.items():
        padded = np.pad(rows, ((0, 0), (0, width - rows.shape[1]), (0, 0)))
        sites = layout.with_rows(sites, layer, role, padded)
    return dict(sites)
