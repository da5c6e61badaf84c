"""What network some tensors are: the shipped one of the same function, and where its sites lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bayesneuron.exchange.dense import Reading, dense_places
from bayesneuron.exchange.names import Module, modules_of
from bayesneuron.exchange.order import UNKNOWN, check_stated
from bayesneuron.exchange.places import Places
from bayesneuron.exchange.recurrent import (
    RecurrentLayer,
    in_order,
    layer_names,
    recurrent_layers,
    recurrent_places,
    sized_layer,
)
from bayesneuron.exchange.tensors import Tensors
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import load

MLP = "mlp"
OUTPUTS = ("softmax", *sorted(ACTIVATIONS))


@dataclass(frozen=True)
class Plan:
    """A network, before its sizes.

    Attributes
    ----------
    network : str
        ``mlp``, or the kind of its recurrent layers.
    layers : tuple of str
        Hidden layers, from below.
    recurrent : int
        How many of them, the first ones, are recurrent.
    reads_out : bool
        Whether there is a last linear layer.
    places : Places
    """

    network: str
    layers: tuple[str, ...]
    recurrent: int
    reads_out: bool
    places: Places

    @property
    def shipped(self) -> bool:
        """Whether a shipped network has this function, if all activations are alike."""
        return self.reads_out and self.recurrent in (0, len(self.layers))

    def options(self, sites: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Sizes, as the shipped network takes them."""
        widths = tuple(len(sites[_any_bias(self, name)]) for name in self.layers)
        outputs, first = len(sites["output_bias"]), next(iter(sites.values()))
        if self.network == MLP:
            return {"inputs": first.shape[1], "hidden": widths, "outputs": outputs}
        hidden = widths[0] if len(widths) == 1 else widths
        return {"channels": first.shape[1], "hidden": hidden, "outputs": outputs}

    def layout(self, activations: Sequence[str]) -> Layout:
        """Where the neurons are, for a network that is not a shipped one."""
        sites: dict[str, tuple[str, ...]] = {}
        gates: tuple[str, ...] = ()
        below, last = "input", "output" if self.reads_out else ""
        if self.recurrent:
            hidden = 1 if self.recurrent == 1 else (1,) * self.recurrent
            known = load(self.network, hidden=hidden).layout
            sites, gates = dict(known.sites), known.gates
            sites = {s: d for s, d in sites.items() if not s.startswith("output_")}
            below = self.layers[self.recurrent - 1]
        for name in (*self.layers[self.recurrent :], *([last] if last else [])):
            sites |= {f"{name}_weight": (name, below), f"{name}_bias": (name,)}
            below = name
        return Layout(sites, dict(zip(self.layers, activations, strict=True)), gates=gates)


def plan_of(tensors: Tensors, reading: Reading) -> Plan:
    """Recognise the network.

    Raises
    ------
    ValueError
        If a tensor is of no known layer, or the layers do not follow one another.
    """
    values = tensors.values
    recurrent = recurrent_layers(values)
    taken = {name for layer in recurrent for name in layer.tensors.values()}
    _check_axes(tensors, taken)
    names = [name for name in values if name not in taken]
    modules = modules_of(values, names, tensors.order)
    strange = [name for m in modules if not _known(values, m) for name in m.tensors.values()]
    if strange:
        raise ValueError(
            f"{tensors.where}: expected dense layers (a matrix, a bias), batch normalisations "
            f"(mean, variance, scale, shift) and recurrent layers, got {strange} as well"
        )
    recurrent, reading = _stacks(tensors, recurrent, modules, reading)
    below = recurrent_places(recurrent, values) if recurrent else Places({})
    matrices = sum(not m.normalises for m in modules)
    if not matrices and not recurrent:
        raise ValueError(f"{tensors.where}: expected matrices of weights, got {list(values)}")
    kind = recurrent[0].kind if recurrent else MLP
    own = layer_names(len(recurrent)) if recurrent else []
    word = "dense" if recurrent else "hidden"
    names = [f"{word}{i + 1}" for i in range(matrices - 1)] + ["output"] * bool(matrices)
    above = Places({})
    if modules:
        top = own[-1] if own else None
        reads = None if top is None else _units(below, values, f"{top}_candidate_recurrent")
        stems = [layer.stem for layer in recurrent]
        above = dense_places(values, modules, reading, names=names, reads=reads, below=stems)
    places = Places({**below.sites, **above.sites}, {**below.absent, **above.absent}, above.norms)
    hidden = (*own, *names[:-1])
    return Plan(kind, hidden, len(own), bool(matrices), places)


def activations_of(
    plan: Plan, tensors: Tensors, activation: str | Sequence[str] | None
) -> tuple[str, ...]:
    """The activation function of every hidden layer.

    Raises
    ------
    ValueError
        If it is not known and cannot be read from weights, there is no such, or the source says
        another.
    """
    count = len(plan.layers)
    stated = tensors.activations if activation is None else activation
    if isinstance(stated, str):
        each = (stated,) * count
    elif len(stated) == 0 and plan.recurrent == count:
        each = ("tanh",) * count  # the default of PyTorch, Keras and Flax
    elif len(stated) == 0:
        raise ValueError(
            f"activation: expected that of the {count} hidden layers, which weights do not say, "
            f"one of {sorted(ACTIVATIONS)}, or one for each layer, got none"
        )
    else:
        each = tuple(stated)
    unknown = sorted({str(a) for a in each} - set(ACTIVATIONS))
    if unknown or len(each) != count:
        raise ValueError(
            f"activation: expected {count} of {sorted(ACTIVATIONS)}, one for each hidden layer, "
            f"got {list(each)}"
        )
    if tensors.activations and tuple(tensors.activations) != each:
        raise ValueError(
            f"activation: expected none or {list(tensors.activations)}, which {tensors.where} says "
            f"itself, got {list(each)}"
        )
    return each


def _stacks(
    tensors: Tensors,
    recurrent: tuple[RecurrentLayer, ...],
    modules: list[Module],
    reading: Reading,
) -> tuple[tuple[RecurrentLayer, ...], Reading]:
    """The recurrent layers from below, and what is said of the dense ones, which are above."""
    if not recurrent:
        return recurrent, reading
    own, stated, values = {layer.stem for layer in recurrent}, reading.layers, tensors.values
    dense = [m.stem for m in modules]
    if stated is None:
        recurrent = in_order(recurrent, values, reading.order, None, above=dense)
        _check_above(tensors, recurrent, modules, reading)
        return recurrent, reading
    check_stated(stated, [*own, *dense])
    if not own.issuperset(stated[: len(own)]):
        raise ValueError(
            "layers: expected recurrent layers below dense ones, which is all that is read here, "
            f"got {list(stated)}"
        )
    recurrent = in_order(recurrent, values, reading.order, stated[: len(own)])
    return recurrent, replace(reading, layers=stated[len(own) :] or None)


def _check_above(
    tensors: Tensors,
    recurrent: tuple[RecurrentLayer, ...],
    modules: list[Module],
    reading: Reading,
) -> None:
    """No dense layer may as well be below the recurrent ones, one is taken for the read-out."""
    if sum(not m.normalises for m in modules) < 2:
        return
    places = list(tensors.values)
    first = min(places.index(name) for name in recurrent[0].tensors.values())
    reads = sized_layer(recurrent[0], tensors.values).reads
    for module in modules:
        names = list(module.tensors.values())
        known = reading.order != UNKNOWN and places.index(names[0]) > first
        if not known and any(tensors.values[n].shape[:1] == (reads,) for n in names):
            every = [*(layer.stem for layer in recurrent), *(m.stem for m in modules)]
            raise ValueError(
                f"layers: expected dense layers above recurrent ones, got {module.stem!r}, which "
                "by its name and sizes may be below them, where none is read: if it is above, pass "
                f"the order from below, such as layers={every}"
            )


def _any_bias(plan: Plan, layer: str) -> str:
    return f"{layer}_candidate_bias" if plan.network != MLP else f"{layer}_bias"


def _units(places: Places, values: Mapping[str, np.ndarray], site: str) -> int:
    place = places.sites[site][0]
    return len(place.cut(values[place.tensor]))


def _known(values: Mapping[str, np.ndarray], module: Module) -> bool:
    roles = {role: values[name].ndim for role, name in module.tensors.items()}
    if module.normalises:
        return set(roles.values()) == {1}
    return roles.get("weight") == 2 and set(roles) <= {"weight", "bias"}


def _check_axes(tensors: Tensors, taken: set[str]) -> None:
    for name, values in tensors.values.items():
        if values.ndim > 2 and name not in taken:
            raise ValueError(
                f"{tensors.where}, {name}: expected dense and recurrent layers, whose weights have "
                f"2 axes, got shape {values.shape} (a convolution?)"
            )
        if values.ndim == 0 or values.size == 0:
            raise ValueError(f"{tensors.where}, {name}: expected weights, got shape {values.shape}")
