"""A stack of dense layers found among tensors: its order, the axes of its matrices, its norms."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bayesneuron.exchange.names import IN_OUT, OUT_IN, Module, natural, numbered
from bayesneuron.exchange.places import Norm, Place, Places
from bayesneuron.numerics.display import listed

MOST_SEARCHED = 8  # layers whose order is searched by their sizes


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
    ordered : bool
        Whether modules come in the order of the layers.
    """

    orientation: str | None = None
    batch_norm: str | None = None
    eps: float = 1e-5
    ordered: bool = True


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

    Raises
    ------
    ValueError
        If no order of the layers, or more than one, fits their sizes, or it is not known whether
        a normalisation is before the activation.
    """
    chain = _chain(values, modules, reading, reads)
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
    values: Mapping[str, np.ndarray], modules: list[Module], reading: Reading, reads: int | None
) -> _Chain:
    if any(m.normalises for m in modules) and not (reading.ordered or numbered(modules)):
        raise ValueError(
            "layers: expected to know where batch normalisations are, got names without an order: "
            f"pass a dict in the order of the layers, {[m.stem for m in modules]}"
        )
    choices = [OUT_IN, IN_OUT] if reading.orientation is None else [reading.orientation]
    ways = [
        _Chain(tuple(order), way)
        for order in _orders(modules, reading)
        for way in choices
        if _fits(values, _Chain(tuple(order), way).layers, way, reads)
    ]
    if not ways and len(modules) <= MOST_SEARCHED and not any(m.normalises for m in modules):
        ways = [
            _Chain(order, way)
            for order in itertools.permutations(modules)
            for way in choices
            if _fits(values, list(order), way, reads)
        ]
    shapes = {m.tensors["weight"]: values[m.tensors["weight"]].shape for m in modules}
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
    orders = {tuple(m.stem for m in w.modules) for w in ways}
    if len(orders) > 1 and not (reading.ordered or numbered(ways[0].layers)):
        raise ValueError(
            "layers: expected one order that fits the sizes, got several, such as "
            f"{listed([' → '.join(o) for o in sorted(orders)])}: pass a mapping in the order "
            "of the layers"
        )
    return ways[0]


def _orders(modules: list[Module], reading: Reading) -> Iterator[list[Module]]:
    """Orders to try, the likelier one first."""
    own, sorted_ = list(modules), natural(modules)
    first = sorted_ if numbered(modules) or not reading.ordered else own
    yield first
    other = own if first is sorted_ else sorted_
    if [m.stem for m in other] != [m.stem for m in first]:
        yield other


def _fits(
    values: Mapping[str, np.ndarray], layers: list[Module], way: str, reads: int | None
) -> bool:
    for layer in layers:
        shape = values[layer.tensors["weight"]].shape
        rows, columns = shape if way == OUT_IN else shape[::-1]
        bias = layer.tensors.get("bias")
        if reads not in (None, columns) or (bias is not None and values[bias].shape != (rows,)):
            return False
        reads = rows
    return True


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
    if numbered(list(around)):
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
