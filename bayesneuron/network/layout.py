"""Where the neurons sit in a network's weights.

Every site of the model (a weight matrix, a bias vector) names the layer along each of its
axes. Nothing else is needed: which layers are hidden, which weights enter a neuron, which
leave it, and how a symmetry acts on all of them follow from these names. A recurrent matrix
is simply a site with the same layer on both axes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from bayesneuron.network.activation_functions import SYMMETRIES, symmetry_of
from bayesneuron.network.layout_entries import (
    Axis,
    axis_names,
    check_auxiliary,
    check_gates,
    check_into,
    check_layers,
    entries_of,
    site_names,
    width_options,
)
from bayesneuron.network.rows import neurons_back, neurons_first, rows_of
from bayesneuron.numerics import display


@dataclass(frozen=True)
class Layout:
    """The layer along each axis of each site, and each hidden layer's symmetry.

    Parameters
    ----------
    sites : mapping of str to tuple of str
        For every weight site the layer along each axis, receiving layer first, as in
        ``weight @ input``: ``{"W": ("hidden", "input"), "b": ("hidden",)}``. Sites that hold
        no neurons (a noise scale) are left out.
    layers : mapping of str to str
        For each hidden layer its activation (see `bayesneuron.network.activation_functions`) or,
        where the model restricts the weights, its kind of symmetry.
    into : mapping of str to int, optional
        The receiving axis of sites where it is not the first (Flax kernels: 1).
    auxiliary : tuple of str, optional
        Sites that the symmetry moves but that are no weights (free matrices behind them).
    scales : tuple of str, optional
        Sites of one positive number per neuron that are no weights either, such as the scale of its
        prior. They are permuted with the neuron, and neither flipped nor scaled. They count as
        auxiliary.
    gates : tuple of str, optional
        Sites of which each row belongs to a gate of its neuron. The gate multiplies what the neuron
        does. The row is permuted with the neuron, and neither flipped nor scaled; the columns, what
        other neurons send to the gate, are as those of any site.
    widths : mapping of str to str or (str, int), optional
        The option of the model that sets a layer's width, ``{"hidden": "hidden"}``, or its item
        in an option that is a sequence, ``{"hidden1": ("hidden", 0)}``. Without it the layer
        cannot be merged or pruned.

    Raises
    ------
    ValueError
        If a layer is not on any site, a symmetry or a width is not one, or a bias is ambiguous.

    Examples
    --------
    >>> layout = Layout(
    ...     sites={"W": ("hidden", "input"), "b": ("hidden",), "V": ("output", "hidden")},
    ...     layers={"hidden": "tanh"},
    ... )
    >>> layout.hidden, layout.symmetry("hidden")
    (('hidden',), 'sign')
    >>> [(a.site, a.axis, a.role) for a in layout.axes("hidden")]
    [('W', 0, 'incoming'), ('b', 0, 'incoming'), ('V', 1, 'outgoing')]
    """

    sites: Mapping[str, tuple[str, ...]]
    layers: Mapping[str, str] = field(default_factory=dict)
    into: Mapping[str, int] = field(default_factory=dict)
    auxiliary: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    widths: Mapping[str, str | tuple[str, int]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for name in ("sites", "layers", "into"):
            if not isinstance(getattr(self, name), Mapping):
                kind = type(getattr(self, name)).__name__
                raise ValueError(f"{name}: expected a mapping, got a {kind}")
        object.__setattr__(self, "sites", {s: axis_names(s, d) for s, d in self.sites.items()})
        object.__setattr__(self, "layers", dict(self.layers))
        object.__setattr__(self, "into", dict(self.into))
        for name in ("auxiliary", "scales", "gates"):
            object.__setattr__(self, name, site_names(name, getattr(self, name)))
        auxiliary = tuple(dict.fromkeys((*self.auxiliary, *self.scales)))
        object.__setattr__(self, "auxiliary", auxiliary)
        check_into(self.sites, self.into)
        check_gates(self.sites, self.gates)
        check_auxiliary(self.sites, self.auxiliary, self.scales)
        named = {name for dims in self.sites.values() for name in dims}
        check_layers(named, self.layers)
        for layer in self.layers:
            roles = {a.role for a in self.axes(layer)}
            if roles != {"incoming", "outgoing"}:
                raise ValueError(
                    f"layer {layer!r}: expected incoming and outgoing weights, got {sorted(roles)}"
                )
        object.__setattr__(self, "widths", width_options(named, self.widths))

    @property
    def hidden(self) -> tuple[str, ...]:
        """Layers whose neurons may be permuted, in the order of `layers`."""
        return tuple(self.layers)

    @property
    def free(self) -> tuple[str, ...]:
        """Free matrices behind restricted weights: the auxiliary sites that are no scales."""
        return tuple(site for site in self.auxiliary if site not in self.scales)

    @property
    def forward(self) -> tuple[str, ...]:
        """The hidden layers, each behind those that feed it; in a loop, in the order of `layers`.

        Examples
        --------
        >>> sites = {"V": ("second", "first"), "W": ("first", "x"), "o": ("y", "second")}
        >>> Layout(sites, {"second": "tanh", "first": "tanh"}).forward
        ('first', 'second')
        """
        ordered: list[str] = []
        left = list(self.hidden)
        while left:
            free = [h for h in left if not self._feeding(h) & (set(left) - {h})]
            ordered.append((free or left)[0])
            left.remove(ordered[-1])
        return tuple(ordered)

    def _feeding(self, layer: str) -> set[str]:
        sites = (dims for site, dims in self.sites.items() if self.receiver(site) == layer)
        return {name for dims in sites for name in dims}

    @property
    def receiving(self) -> tuple[str, ...]:
        """Layers with incoming weights (hidden and output), in the order of `sites`."""
        return tuple(dict.fromkeys(self.receiver(site) for site in self.sites))

    @property
    def of_neurons(self) -> tuple[str, ...]:
        """Layers whose neurons have a posterior: the hidden ones, then the others that receive."""
        return tuple(dict.fromkeys((*self.hidden, *self.receiving)))

    def receiver(self, site: str) -> str:
        """The layer whose neurons `site` feeds."""
        return self.sites[site][self.into.get(site, 0)]

    def axes(self, layer: str) -> tuple[Axis, ...]:
        """Every axis of every site that runs over the neurons of `layer`."""
        return tuple(
            Axis(site, axis, "incoming" if axis == self.into.get(site, 0) else "outgoing")
            for site, dims in self.sites.items()
            for axis, name in enumerate(dims)
            if name == layer
        )

    def flips(self, axis: Axis) -> bool:
        """Whether weights along `axis` change with the sign and the scale of their neuron."""
        gate = axis.site in self.gates and axis.role == "incoming"
        return not gate and axis.site not in self.scales

    def rows(
        self, sites: Mapping[str, np.ndarray], layer: str, role: str, *, lead: int = 1
    ) -> np.ndarray:
        """All weights of one role of every neuron of `layer`: (draw, neuron, k).

        Parameters
        ----------
        sites : mapping of str to ndarray
        layer : str
        role : {"incoming", "outgoing"}
            The bias is among the incoming. Auxiliary sites are left out.
        lead : int
            Axes before those that the layout names: 1 for draws, 0 for a single network.

        Examples
        --------
        >>> layout = Layout({"W": ("h", "in"), "V": ("out", "h")}, {"h": "tanh"})
        >>> sites = {"W": np.zeros((9, 5, 2)), "V": np.zeros((9, 3, 5))}
        >>> layout.rows(sites, "h", "outgoing").shape
        (9, 5, 3)
        """
        parts = [rows_of(sites[a.site], a.axis, lead) for a in self.weight_axes(layer, role)]
        return np.concatenate(parts, axis=-1)

    def with_rows(
        self, sites: Mapping[str, np.ndarray], layer: str, role: str, rows: np.ndarray
    ) -> dict[str, np.ndarray]:
        """The sites with other rows in place of `Layout.rows`.

        A matrix from a layer to itself, whose weights have both roles, takes the rows of this
        role only.
        """
        changed, start = dict(sites), 0
        for axis in self.weight_axes(layer, role):
            old = neurons_first(sites[axis.site], axis.axis)
            size = int(np.prod(old.shape[2:]))
            part = rows[:, :, start : start + size].reshape(*rows.shape[:2], *old.shape[2:])
            changed[axis.site] = neurons_back(part, axis.axis)
            start += size
        return changed

    def weight_axes(self, layer: str, role: str) -> tuple[Axis, ...]:
        """The axes of `Layout.rows`: those of `layer` with this role, auxiliary sites left out."""
        return tuple(a for a in self.axes(layer) if a.role == role and a.site not in self.auxiliary)

    def width(self, sites: Mapping[str, np.ndarray], layer: str, *, lead: int = 1) -> int:
        """Number of neurons of `layer`."""
        axis = self.axes(layer)[0]
        return int(np.shape(sites[axis.site])[axis.axis + lead])

    def biases(self, layer: str) -> tuple[str, ...]:
        """The bias sites of `layer`: none, one, or one for each gate."""
        return tuple(
            site
            for site, dims in self.sites.items()
            if dims == (layer,) and site not in self.auxiliary
        )

    def bias(self, layer: str) -> str | None:
        """The bias site of `layer`, or None where it has none, or several.

        A constant can move into a bias only where it is clear into which.
        """
        biases = self.biases(layer)
        return biases[0] if len(biases) == 1 else None

    def recurrent(self, layer: str) -> bool:
        """Whether some site connects `layer` to itself."""
        return any(dims.count(layer) > 1 for dims in self.sites.values())

    def symmetry(self, layer: str) -> str:
        """The kind of symmetry of `layer` that this network really has.

        A logistic layer keeps its flip only where the constant it leaves behind can move
        into a bias: every layer it feeds needs exactly one, and it must not feed itself, since its
        state starts at zero.
        """
        kind = self.layers[layer]
        kind = kind if kind in SYMMETRIES else symmetry_of(kind)
        if kind == "shift":
            fed = {self.receiver(a.site) for a in self.axes(layer) if a.role == "outgoing"}
            if self.recurrent(layer) or any(self.bias(name) is None for name in fed):
                return "none"
        return kind

    @property
    def continuous(self) -> bool:
        """Whether some layer has a continuous symmetry: free scales, or free axes."""
        return any(self.symmetry(layer) in ("scale", "linear") for layer in self.layers)

    def signed(self, layer: str) -> bool:
        """Whether a neuron of `layer` may be flipped in sign."""
        return self.symmetry(layer) in ("sign", "shift", "linear")

    def table(self) -> pd.DataFrame:
        """One row per site: the layers along its axes, the receiving one, and what it holds."""
        rows = {site: self._row(site) for site in self.sites}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _row(self, site: str) -> dict[str, str]:
        dims = self.sites[site]
        kind = "bias" if len(dims) == 1 else "weights"
        kind = "auxiliary" if site in self.auxiliary else kind
        kind = "scale" if site in self.scales else kind
        kind = f"{kind} of gates" if site in self.gates else kind
        return {"axes": " × ".join(dims), "receiver": self.receiver(site), "holds": kind}

    def _head(self) -> str:
        layers = [f"{layer} ({kind})" for layer, kind in self.layers.items()]
        return f"Layout: hidden layers {display.listed(layers)}"

    def __repr__(self) -> str:
        return display.show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return display.html(self._head(), self.table())

    def to_json(self) -> str:
        """Write the layout as JSON, as it travels in the attributes of draws."""
        parts = {"sites": self.sites, "layers": self.layers, "into": self.into}
        more = {k: v for k in ("scales", "gates") if (v := getattr(self, k))}
        return json.dumps({**parts, "auxiliary": self.free, **more, "widths": self.widths})

    @classmethod
    def from_json(cls, text: str) -> "Layout":
        """Read a layout written by `to_json`."""
        return cls(**entries_of(text, [field.name for field in fields(cls)]))
