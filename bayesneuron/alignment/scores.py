"""The gain of a neuron in a place, and of a whole network."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bayesneuron.network.layout import Layout
from bayesneuron.network.layout_entries import Axis
from bayesneuron.network.rows import rows_of
from bayesneuron.network.symmetry import Sites


class Scores(NamedTuple):
    """Gain of each neuron in each place, both (draw, place, neuron), the rest fixed.

    Attributes
    ----------
    flipping : ndarray
        What a neuron gains as it is; the negative of it flipped.
    fixed : ndarray, optional
        What it gains either way: the rows of its gates.
    """

    flipping: np.ndarray
    fixed: np.ndarray | None = None


def compared(layout: Layout) -> tuple[str, ...]:
    """The sites by which networks are compared.

    Left out are auxiliary sites, and biases that take up the constants of flipped logistic
    neurons: their norm is not the same in every copy.
    """
    absorbing = {
        layout.bias(layout.receiver(axis.site))
        for layer in layout.hidden
        if layout.symmetry(layer) == "shift"
        for axis in layout.axes(layer)
        if axis.role == "outgoing"
    }
    return tuple(s for s in layout.sites if s not in absorbing and s not in layout.auxiliary)


def layer_scores(
    layout: Layout,
    sites: Sites,
    target: Mapping[str, np.ndarray],
    layer: str,
    use: Mapping[str, bool] | None = None,
) -> Scores:
    """Gain of each neuron of `layer` in each place, the rest fixed, over the sites to `use`."""
    used = [a for a in layout.axes(layer) if a.site in target and (use is None or use[a.site])]
    gates = [a for a in used if layout.signed(layer) and not layout.flips(a)]
    flipping = _scores(sites, target, [a for a in used if a not in gates])
    fixed = _scores(sites, target, gates)
    if flipping is None:
        flipping = np.zeros(() if fixed is None else fixed.shape)
    return Scores(flipping, fixed)


def _scores(
    sites: Sites, target: Mapping[str, np.ndarray], used: Sequence[Axis]
) -> np.ndarray | None:
    if not used:
        return None
    rows = [rows_of(sites[a.site], a.axis) for a in used]
    places = [rows_of(target[a.site], a.axis, lead=0) for a in used]
    # one product of matrices per draw: the scores are by far the largest array
    return np.concatenate(places, axis=-1) @ np.swapaxes(np.concatenate(rows, axis=-1), 1, 2)


def gain(sites: Sites, target: Mapping[str, np.ndarray]) -> np.ndarray:
    """Σ_site <draw, reference>, shape (draw,)."""
    parts = [sites[k].reshape(len(sites[k]), -1) @ t.ravel() for k, t in target.items()]
    return np.sum(parts, axis=0)


def contract(values: np.ndarray, target: np.ndarray, axis: int) -> np.ndarray:
    """<neuron along `axis` of the draws, place along `axis` of the target>, draw by draw."""
    return rows_of(target, axis, lead=0) @ np.swapaxes(rows_of(values, axis), 1, 2)
