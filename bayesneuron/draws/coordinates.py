"""A neuron as one vector: its incoming weights, its bias, its outgoing weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesneuron.data.input_names import names_read
from bayesneuron.network.layout import Layout
from bayesneuron.network.layout_entries import Axis
from bayesneuron.network.rows import rows_of

INPUT = "input"  # the layer of inputs
ROLES = ("incoming", "bias", "outgoing")


@dataclass(frozen=True)
class Coordinates:
    """Vectors of a layer's neurons with the name and role of each coordinate.

    Attributes
    ----------
    values : ndarray, shape (draw, neuron, k)
    weights : tuple of str, length k
    roles : tuple of str, length k
    """

    values: np.ndarray
    weights: tuple[str, ...]
    roles: tuple[str, ...]


def coordinates(
    layout: Layout, sites: Mapping[str, np.ndarray], layer: str, *, inputs: Sequence[str] = ()
) -> Coordinates:
    """Gather the vector of every neuron of `layer`, (incoming, bias, outgoing).

    A neuron's weight to itself, in a recurrent matrix, counts once, among the incoming. Where
    several sites hold weights of one kind (the gates of a GRU), names begin with the site's.
    `inputs` are names of the network's inputs; without them they are numbered. A recurrent network
    reads the channels of one sample at a time.

    Examples
    --------
    >>> layout = Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    >>> c = coordinates(layout, {"W": np.zeros((5, 3, 2)), "V": np.zeros((5, 1, 3))}, "hidden")
    >>> c.values.shape, c.weights
    ((5, 3, 3), ('input[0]', 'input[1]', 'to output[0]'))
    """
    biases, several = layout.biases(layer), _shared(layout, layer)
    parts: dict[str, list[tuple[np.ndarray, list[str]]]] = {role: [] for role in ROLES}
    for axis in layout.axes(layer):
        if axis.site in layout.auxiliary:
            continue
        role = "bias" if axis.site in biases else axis.role
        rows, names = _rows(layout, sites[axis.site], axis, layer)
        if _others(layout, axis) == [INPUT]:
            names = names_read(inputs, len(names)) or names
        if axis in several:
            names = [f"{axis.site}: {name}" for name in names]
        parts[role].append((rows, names))
    values = [rows for role in ROLES for rows, _ in parts[role]]
    named = [(name, role) for role in ROLES for _, names in parts[role] for name in names]
    names, roles = zip(*named, strict=True)
    return Coordinates(np.concatenate(values, axis=2), names, roles)


def _shared(layout: Layout, layer: str) -> list[Axis]:
    """Axes whose weights would have the names of another site's."""
    kinds: dict[tuple[object, ...], list[Axis]] = {}
    for axis in (a for a in layout.axes(layer) if a.site not in layout.auxiliary):
        kinds.setdefault((axis.role, *_others(layout, axis)), []).append(axis)
    return [axis for axes in kinds.values() if len(axes) > 1 for axis in axes]


def _others(layout: Layout, axis: Axis) -> list[str]:
    """The other dimensions of the site."""
    dims = layout.sites[axis.site]
    return [*dims[: axis.axis], *dims[axis.axis + 1 :]]


def _rows(
    layout: Layout, values: np.ndarray, axis: Axis, layer: str
) -> tuple[np.ndarray, list[str]]:
    flat = rows_of(values, axis.axis)
    count, n, _ = flat.shape
    others = _others(layout, axis)
    if not others:
        return flat, ["bias"]
    places = [""]
    for size in np.delete(values.shape[1:], axis.axis):
        places = [f"{p},{i}" if p else str(i) for p in places for i in range(size)]
    label = others[0] if axis.role == "incoming" else f"to {others[0]}"
    if axis.role == "outgoing" and others == [layer]:
        keep = ~np.eye(n, dtype=bool)
        flat = flat[:, keep].reshape(count, n, n - 1)
        return flat, [f"to other {layer}[{i}]" for i in range(n - 1)]
    return flat, [f"{label}[{place}]" for place in places]
