"""A stack of dense layers found among tensors: its order, the axes of its matrices, its norms."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesneuron.exchange.names import IN_OUT, OUT_IN, Module
from bayesneuron.exchange.order import (
    GRAPH,
    Sized,
    believed_orders,
    fitting_orders,
    may_be_searched,
    numbered,
    undecided,
)
from bayesneuron.exchange.places import Norm, Place, Places


@dataclass(frozen=True)
class Reading:
    """What a caller says of tensors that their names do not say.

    Attributes
    ----------
    orientation : str or None
        ``out_in``, ``in_out``, or None: by sizes, then by names.
    batch_norm : str or None
        ``before`` or ``after`` the activation, or None: by the numbers in names.
    eps : float
        Of batch normalisation.
    order : str
        What the order of the modules is, as in `bayesneuron.exchange.order`.
    layers : tuple of str or None
        Names of all layers from below, where the caller says them.
    inputs, outputs : int or None
        Numbers of inputs and outputs, where the caller's data say them.
    """

    orientation: str | None = None
    batch_norm: str | None = None
    eps: float = 1e-5
    order: str = GRAPH
    layers: tuple[str, ...] | None = None
    inputs: int | None = None
    outputs: int | None = None


@dataclass(frozen=True)
class _Chain:
    modules: tuple[Module, ...]  # normalisations among them
    orientation: str

    @property
    def layers(self) -> list[Module]:
        return [m for m in self.modules if not m.normalises]


def dense_places(
    values: Mapping[str, np.ndarray],
    modules: list[Module],
    reading: Reading,
    *,
    names: list[str],
    reads: int | None = None,
    below: Sequence[str] = (),
) -> Places:
    """Where the sites ``{name}_weight`` and ``{name}_bias`` of every layer are.

    Parameters
    ----------
    values : mapping of str to ndarray
    modules : list of Module
        Dense layers and normalisations.
    reading : Reading
    names : list of str
        Of the layers, from below.
    reads : int, optional
        Width of what the first layer reads.
    below : sequence of str
        Names of recurrent layers that it reads, for an error.

    Raises
    ------
    ValueError
        If no order of the layers, or more than one, fits their sizes, or it is not known whether
        a normalisation is before the activation.
    """
    chain = _chain(values, modules, reading, reads, below)
    sites: dict[str, tuple[Place, ...]] = {}
    absent: dict[str, str] = {}
    turned = chain.orientation == IN_OUT
    for name, module in zip(names, chain.layers, strict=True):
        sites[f"{name}_weight"] = (Place(module.tensors["weight"], transposed=turned),)
        if "bias" in module.tensors:
            sites[f"{name}_bias"] = (Place(module.tensors["bias"]),)
        else:
            absent[f"{name}_bias"] = f"{name}_weight"
    return Places(sites, absent, tuple(_norms(values, chain, reading, names)))


def _chain(
    values: Mapping[str, np.ndarray],
    modules: list[Module],
    reading: Reading,
    reads: int | None,
    below: Sequence[str],
) -> _Chain:
    ways = _ways(values, modules, reading, reads)
    shapes = {name: values[name].shape for m in modules for name in m.tensors.values()}
    shapes = {name: shape for name, shape in shapes.items() if len(shape) == 2}
    if not ways:
        fed = "" if reads is None else f" from {reads} units on"
        raise ValueError(
            f"layers: expected matrices that follow one another{fed}, each with a bias of its "
            f"rows, got {shapes}"
        )
    by_name = {m.orientation for m in ways[0].layers}
    if len({w.orientation for w in ways}) > 1 and len(by_name) == 1:
        ways = [w for w in ways if w.orientation in by_name] or ways
    if len({w.orientation for w in ways}) > 1:
        raise ValueError(
            f"orientation: expected '{OUT_IN}' (PyTorch, Equinox) or '{IN_OUT}' (Flax, Keras, "
            f"scikit-learn), since sizes and names allow both, got none: {shapes}"
        )
    if len(ways) > 1:
        raise undecided([[*below, *(m.stem for m in w.modules)] for w in ways])
    return ways[0]


def _ways(
    values: Mapping[str, np.ndarray], modules: list[Module], reading: Reading, reads: int | None
) -> list[_Chain]:
    """Orders and orientations that names and sizes allow, fewer where data say the widths."""
    axes = (OUT_IN, IN_OUT) if reading.orientation is None else (reading.orientation,)
    sized = {way: own for way in axes if (own := _sized(values, modules, way)) is not None}
    by_stem = {m.stem: m for m in modules}

    def chains(way: str, orders: Iterable[tuple[Sized, ...]]) -> list[_Chain]:
        return [_Chain(tuple(by_stem[one.stem] for one in o), way) for o in orders]

    order, stated = reading.order, reading.layers
    ways = [
        chain
        for way, layers in sized.items()
        for chain in chains(way, believed_orders(layers, order, stated, reads))
    ]
    if not ways and may_be_searched(order, stated):
        ways = [c for way, own in sized.items() for c in chains(way, fitting_orders(own, reads))]
    ends = reading.inputs if reads is None else None, reading.outputs
    return [w for w in ways if _has_ends(w, sized[w.orientation], ends)] or ways


def _sized(values: Mapping[str, np.ndarray], modules: list[Module], way: str) -> list[Sized] | None:
    """Layers with their widths; None where a bias is not one for each row."""
    made = []
    for m in modules:
        if m.normalises:
            width = len(values[m.tensors["mean"]])
            made.append(Sized(m.stem, width, width, True))
            continue
        shape = values[m.tensors["weight"]].shape
        rows, columns = shape if way == OUT_IN else shape[::-1]
        bias = m.tensors.get("bias")
        if bias is not None and values[bias].shape != (rows,):
            return None
        made.append(Sized(m.stem, columns, rows))
    return made


def _has_ends(chain: _Chain, layers: Sequence[Sized], ends: tuple[int | None, int | None]) -> bool:
    known = {layer.stem: layer for layer in layers}
    first, last = known[chain.modules[0].stem], known[chain.modules[-1].stem]
    return ends[0] in (None, first.reads) and ends[1] in (None, last.units)


def _norms(
    values: Mapping[str, np.ndarray], chain: _Chain, reading: Reading, names: list[str]
) -> Iterator[Norm]:
    """Every normalisation, by the weights that take it in."""
    layers, below = chain.layers, 0
    for module in chain.modules:
        if not module.normalises:
            below += 1
            continue
        before = below > 0 and (below == len(layers) or _is_before(module, layers, below, reading))
        side = 0 if (chain.orientation == OUT_IN) == before else 1
        own = layers[below - 1 if before else below].tensors["weight"]
        width, found = values[own].shape[side], values[module.tensors["mean"]].shape
        if found != (width,):
            raise ValueError(f"{module.stem}: expected {width} units as in {own!r}, got {found}")
        t = module.tensors
        yield Norm(
            names[below - 1 if before else below], before, t["mean"], t["var"], t.get("weight"),
            t.get("bias"), reading.eps,
        )  # fmt: skip


def _is_before(module: Module, layers: list[Module], below: int, reading: Reading) -> bool:
    """Whether it is before the activation, by what is said or by the free numbers around it."""
    if reading.batch_norm is not None:
        return reading.batch_norm == "before"
    around = (layers[below - 1], module, layers[below])
    if numbered(m.stem for m in around):
        last = [m.numbers[-1] for m in around]
        gaps = last[1] - last[0], last[2] - last[1]
        if gaps[0] == 1 and gaps[1] > 1:
            return True
        if gaps[0] > 1 and gaps[1] == 1:
            return False
    raise ValueError(
        f"batch_norm: expected 'before' or 'after' (the activation), which the name "
        f"{module.stem!r} does not say, got none"
    )
