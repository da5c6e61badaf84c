"""Recurrent layers found among tensors: PyTorch's, Equinox's, Keras' and Flax's names.

Each library stacks the gates of a unit in an order of its own, along the receiving axis of one
matrix, or names a matrix for each. The table below has all of them; the equations are those of
`bayesneuron.models.gru` and `lstm`. How many times as many rows as units there are tells the kind.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesneuron.exchange.order import (
    Sized,
    believed_orders,
    fitting_orders,
    may_be_searched,
    undecided,
)
from bayesneuron.exchange.places import Place, Places

CANDIDATE = "candidate"
ELMAN = "elman"
KINDS = {1: ELMAN, 3: "gru", 4: "lstm"}  # by blocks of rows
# Order of the parts in PyTorch and Equinox, and in Keras.
TORCH = {
    ELMAN: (CANDIDATE,),
    "gru": ("reset_gate", "update_gate", CANDIDATE),
    "lstm": ("input_gate", "forget_gate", CANDIDATE, "output_gate"),
}
KERAS = {**TORCH, "gru": ("update_gate", "reset_gate", CANDIDATE)}
# Flax: one matrix for each part, ``i`` or ``h`` and this letter.
FLAX = {
    ELMAN: {"": CANDIDATE},
    "gru": {"r": "reset_gate", "z": "update_gate", "n": CANDIDATE},
    "lstm": {"i": "input_gate", "f": "forget_gate", "g": CANDIDATE, "o": "output_gate"},
}
_TORCH_NAME = re.compile(
    r"(?:(?P<stem>.+)\.)?(?P<what>weight_ih|weight_hh|bias_ih|bias_hh|bias_n|bias|weight_hr)"
    r"(?:_l(?P<layer>\d+))?(?P<reverse>_reverse)?"
)
_KERAS_NAME = re.compile(r"(?:(?P<stem>.+)\.)?(?P<what>kernel|recurrent_kernel|bias)")
_FLAX_NAME = re.compile(r"(?:(?P<stem>.+)\.)?(?P<part>[ih][rznifgo]?)\.(?P<what>kernel|bias)")


@dataclass(frozen=True)
class RecurrentLayer:
    """One layer: its tensors by what they are.

    Attributes
    ----------
    library : str
        ``torch``, ``keras`` or ``flax``: whose names they are.
    kind : str
        ``elman``, ``gru`` or ``lstm``.
    tensors : mapping of str to str
        Names of tensors by what they are in that library.
    stem : str
        What these names share.
    """

    library: str
    kind: str
    tensors: Mapping[str, str]
    stem: str


def recurrent_layers(values: Mapping[str, np.ndarray]) -> tuple[RecurrentLayer, ...]:
    """All recurrent layers, in the order of names.

    Raises
    ------
    ValueError
        If one is bidirectional or has a projection, or its sizes are those of no known kind.
    """
    found = [*_of_torch(values), *_of_keras(values), *_of_flax(values)]
    if len({layer.kind for layer in found}) > 1 or len({layer.library for layer in found}) > 1:
        raise ValueError(
            "recurrent layers: expected one kind in all layers, got "
            f"{[(layer.kind, *layer.tensors.values()) for layer in found]}"
        )
    return tuple(found)


def in_order(
    layers: tuple[RecurrentLayer, ...],
    values: Mapping[str, np.ndarray],
    source: str,
    stated: Sequence[str] | None,
    *,
    above: Sequence[str] = (),
) -> tuple[RecurrentLayer, ...]:
    """The layers from below, each reading the one before; `above` are dense, for the error.

    Raises
    ------
    ValueError
        If no order fits their sizes, or several do and names do not say which.
    """
    sized = [sized_layer(layer, values) for layer in layers]
    orders = believed_orders(sized, source, stated)
    if not orders and may_be_searched(source, stated):
        orders = fitting_orders(sized)
    if not orders:
        sizes = [(layer.stem, layer.reads, layer.units) for layer in sized]
        raise ValueError(
            "layers: expected recurrent layers that follow one another, got (name, inputs, units) "
            f"{sizes}"
        )
    if len(orders) > 1:
        raise undecided([[*(layer.stem for layer in order), *above] for order in orders])
    by_stem = {layer.stem: layer for layer in layers}
    return tuple(by_stem[layer.stem] for layer in orders[0])


def sized_layer(layer: RecurrentLayer, values: Mapping[str, np.ndarray]) -> Sized:
    """A recurrent layer with its sizes."""
    first = {"torch": "weight_ih", "keras": "kernel"}.get(layer.library)
    if first is None:
        first = next(what for what in layer.tensors if what[0] == "i" and what.endswith(".kernel"))
    shape = values[layer.tensors[first]].shape
    if len(shape) != 2:
        raise ValueError(f"{layer.tensors[first]}: expected a matrix, got shape {shape}")
    rows, reads = shape if layer.library == "torch" else shape[::-1]
    parts = 1 if layer.library == "flax" else len(TORCH[layer.kind])
    return Sized(layer.stem, reads, rows // parts)


def layer_names(count: int) -> list[str]:
    """Names of the layers, as in the shipped networks."""
    return ["hidden"] if count == 1 else [f"hidden{i + 1}" for i in range(count)]


def recurrent_places(
    layers: tuple[RecurrentLayer, ...], values: Mapping[str, np.ndarray]
) -> Places:
    """Where the sites of all recurrent layers are."""
    sites: dict[str, tuple[Place, ...]] = {}
    absent: dict[str, str] = {}
    for name, layer in zip(layer_names(len(layers)), layers, strict=True):
        own = {"torch": _torch_sites, "keras": _keras_sites, "flax": _flax_sites}[layer.library]
        for site, places in own(layer, values):
            if places:
                sites[f"{name}_{site}"] = places
            else:
                weight = site.replace("_recurrent_bias", "_weight").replace("_bias", "_weight")
                absent[f"{name}_{site}"] = f"{name}_{weight}"
    return Places(sites, absent)


Sites = Iterator[tuple[str, tuple[Place, ...]]]


def _torch_sites(layer: RecurrentLayer, values: Mapping[str, np.ndarray]) -> Sites:
    del values
    order, t = TORCH[layer.kind], layer.tensors
    for block, part in enumerate(order):
        of = lambda what, block=block: (
            (Place(t[what], block=block, blocks=len(order)),) if what in t else ()
        )
        yield f"{part}_weight", of("weight_ih")
        yield f"{part}_recurrent", of("weight_hh")
        first = of("bias_ih") or of("bias")
        if layer.kind == "gru" and part == CANDIDATE:
            yield f"{part}_bias", first
            yield (
                f"{part}_recurrent_bias",
                of("bias_hh") or ((Place(t["bias_n"]),) if "bias_n" in t else ()),
            )
        else:
            yield f"{part}_bias", first + of("bias_hh")


def _keras_sites(layer: RecurrentLayer, values: Mapping[str, np.ndarray]) -> Sites:
    order, t = KERAS[layer.kind], layer.tensors
    blocks, stacked = len(order), "bias" in t and values[t["bias"]].ndim == 2
    if layer.kind == "gru" and "bias" in t and not stacked:
        raise ValueError(
            f"{t['bias']}: expected a GRU with reset_after=True, the default, got one that resets "
            "before the matrix product, which is another function"
        )
    for block, part in enumerate(order):
        yield f"{part}_weight", (Place(t["kernel"], True, block, blocks),)
        yield f"{part}_recurrent", (Place(t["recurrent_kernel"], True, block, blocks),)
        if "bias" not in t:
            level: tuple[Place, ...] = ()
        elif stacked:
            level = tuple(Place(t["bias"], False, block, blocks, i, 2) for i in range(2))
        else:
            level = (Place(t["bias"], False, block, blocks),)
        if layer.kind == "gru" and part == CANDIDATE:
            yield f"{part}_bias", level[:1]
            yield f"{part}_recurrent_bias", level[1:]
        else:
            yield f"{part}_bias", level


def _flax_sites(layer: RecurrentLayer, values: Mapping[str, np.ndarray]) -> Sites:
    del values
    t = layer.tensors
    one = lambda name: (Place(t[name]),) if name in t else ()
    for letter, part in FLAX[layer.kind].items():
        yield f"{part}_weight", (Place(t[f"i{letter}.kernel"], True),)
        yield f"{part}_recurrent", (Place(t[f"h{letter}.kernel"], True),)
        read, own = one(f"i{letter}.bias"), one(f"h{letter}.bias")
        if layer.kind == "gru" and part == CANDIDATE:
            yield f"{part}_bias", read
            yield f"{part}_recurrent_bias", own
        else:
            yield f"{part}_bias", read + own


def _of_torch(values: Mapping[str, np.ndarray]) -> Iterator[RecurrentLayer]:
    found: dict[tuple[str, int], dict[str, str]] = {}
    stems = {
        m["stem"] for m in map(_TORCH_NAME.fullmatch, values) if m and m["what"] == "weight_hh"
    }
    for name in values:
        match = _TORCH_NAME.fullmatch(name)
        if match is None or match["stem"] not in stems:
            continue
        if match["reverse"] or match["what"] == "weight_hr":
            what = "bidirectional" if match["reverse"] else "projected"
            raise ValueError(
                f"{name}: expected recurrent layers that read forward and have no projection, got "
                f"a {what} one"
            )
        key = (match["stem"] or "", int(match["layer"] or 0))
        found.setdefault(key, {})[match["what"]] = name
    stems_in_order = list(dict.fromkeys(stem for stem, _ in found))
    for key in sorted(found, key=lambda k: (stems_in_order.index(k[0]), k[1])):
        own = found[key]
        missing = {"weight_ih", "weight_hh"} - set(own)
        if missing:
            raise ValueError(f"{key[0]}: expected {sorted(missing)} as well, got {sorted(own)}")
        layers = sum(stem == key[0] for stem, _ in found)
        stem = f"{key[0]}.l{key[1]}" if layers > 1 else key[0]
        yield RecurrentLayer("torch", _kind(values, own["weight_hh"], 0), own, stem)


def _of_keras(values: Mapping[str, np.ndarray]) -> Iterator[RecurrentLayer]:
    found: dict[str, dict[str, str]] = {}
    for name in values:
        if match := _KERAS_NAME.fullmatch(name):
            found.setdefault(match["stem"] or "", {})[match["what"]] = name
    for stem, own in found.items():
        if {"kernel", "recurrent_kernel"} <= set(own):
            yield RecurrentLayer("keras", _kind(values, own["recurrent_kernel"], 1), own, stem)


def _of_flax(values: Mapping[str, np.ndarray]) -> Iterator[RecurrentLayer]:
    found: dict[str, dict[str, str]] = {}
    for name in values:
        if match := _FLAX_NAME.fullmatch(name):
            found.setdefault(match["stem"] or "", {})[f"{match['part']}.{match['what']}"] = name
    for stem, own in found.items():
        kernels = {n.removesuffix(".kernel") for n in own if n.endswith(".kernel")}
        for kind, letters in FLAX.items():
            if kernels == {f"{side}{letter}" for side in "ih" for letter in letters}:
                yield RecurrentLayer("flax", kind, own, stem)


def _kind(values: Mapping[str, np.ndarray], name: str, axis: int) -> str:
    """By how many times as many rows there are as units."""
    shape = values[name].shape
    rows, units = (shape[axis], shape[1 - axis]) if len(shape) == 2 else (0, 1)
    if rows % units or rows // units not in KINDS:
        raise ValueError(
            f"{name}: expected 1 (RNN), 3 (GRU) or 4 (LSTM) rows for each unit, got shape {shape}"
        )
    return KINDS[rows // units]
