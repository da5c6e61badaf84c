"""The order of layers: what names and sources say of it, and which orders fit the sizes.

Numbers that a person gave count. A framework numbers layers as they are constructed, which in
``Dense(3)(Dense(8)(x))`` is from above. JAX sorts the keys of mappings, safetensors those of files:
an alphabetical order says nothing.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesneuron.numerics.display import listed

# What the order of tensors in a source is.
GRAPH = "graph"  # that of the layers, for certain
OWN = "own"  # that in which a person wrote or registered them
UNKNOWN = "unknown"  # alphabetical, perhaps because something sorted them

MOST_SEARCHED = 8  # groups of names whose order is searched by sizes
MOST_ORDERS = 24  # enough to show that there are several

FIRST = ("in", "input", "first")  # last words of names
LAST = ("out", "output", "head", "readout", "last", "final")
_LINEN = re.compile(r"(?:.*\.)?[A-Z][A-Za-z]*_\d+(?:\..*)?")
_KERAS = re.compile(r"(?:.*\.)?(?:dense|batch_normalization|lstm|gru|simple_rnn)(?:_\d+)?")
_HAIKU = re.compile(r"(?:.*\.)?(?:linear|batch_norm|lstm|gru|vanilla_rnn)(?:_\d+)?")


@dataclass(frozen=True)
class Sized:
    """A layer by its name and sizes; a batch normalisation has as many units as it reads."""

    stem: str
    reads: int
    units: int
    normalises: bool = False


def order_of(names: Sequence[str]) -> str:
    """`OWN` where tensors come in an order that sorting does not make, else `UNKNOWN`.

    Examples
    --------
    >>> order_of(["enc.weight", "enc.bias", "dec.weight"]), order_of(["a.bias", "a.kernel", "b.w"])
    ('own', 'unknown')
    """
    keys = [tuple(name.replace("/", ".").split(".")) for name in names]
    return UNKNOWN if keys == sorted(keys) else OWN


def pattern(stem: str) -> str:
    """A name without its numbers."""
    return re.sub(r"\d+", "#", stem)


def numbered(stems: Iterable[str]) -> bool:
    """Whether names differ by their numbers alone."""
    return len({pattern(stem) for stem in stems}) == 1


def by_construction(stems: Iterable[str]) -> bool:
    """Whether a framework gave the numbers, in the order in which layers were constructed.

    Examples
    --------
    >>> by_construction(["Dense_0", "Dense_1"]), by_construction(["dense", "dense_1"])
    (True, True)
    >>> by_construction(["fc1", "fc2"]), by_construction(["linear_0", "linear_1"])
    (False, False)
    """
    stems = list(stems)
    if all(map(_LINEN.fullmatch, stems)) or all(map(_KERAS.fullmatch, stems)):
        return True
    return all(map(_HAIKU.fullmatch, stems)) and not all(stem[-1].isdigit() for stem in stems)


def natural(stem: str) -> list[tuple[bool, int, str]]:
    """A key by which names are sorted, numbers in them by size."""
    parts = re.findall(r"\d+|\D+", stem)
    return [(not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]


def stated_order(layers: Sequence[Sized], stated: Sequence[str]) -> tuple[Sized, ...]:
    """The layers as the caller orders them.

    Raises
    ------
    ValueError
        If the names are not those of the layers, once each.
    """
    known = {layer.stem: layer for layer in layers}
    check_stated(stated, known)
    return tuple(known[stem] for stem in stated)


def check_stated(stated: Sequence[str], stems: Iterable[str]) -> None:
    """Raise ValueError if the names that the caller states are not `stems`, once each."""
    stems = sorted(stems)
    if sorted(stated) != stems:
        raise ValueError(f"layers: expected {stems}, once each, got {list(stated)}")


def believed_orders(
    layers: Sequence[Sized], source: str, stated: Sequence[str] | None, reads: int | None = None
) -> list[tuple[Sized, ...]]:
    """What the caller states, else what names or the source say, as far as sizes allow it."""
    orders = likely_orders(layers, source) if stated is None else [stated_order(layers, stated)]
    return [order for order in orders if follows(order, reads)]


def may_be_searched(source: str, stated: Sequence[str] | None) -> bool:
    """Whether `fitting_orders` may be asked: nobody is sure of another order."""
    return stated is None and source != GRAPH


def likely_orders(layers: Sequence[Sized], source: str) -> list[tuple[Sized, ...]]:
    """The order that names or the source say; none where neither does."""
    stems = [layer.stem for layer in layers]
    if source == GRAPH or len(layers) == 1:
        return [tuple(layers)]
    if numbered(stems) and not by_construction(stems):
        return [tuple(sorted(layers, key=lambda layer: natural(layer.stem)))]
    # nobody normalises outputs: a norm that comes last was registered after all layers
    return [tuple(layers)] if source == OWN and not layers[-1].normalises else []


def fitting_orders(layers: Sequence[Sized], reads: int | None = None) -> list[tuple[Sized, ...]]:
    """Orders whose sizes fit. Names that differ by numbers alone are in the order of the numbers.

    Where a framework gave the numbers, the reverse counts as well, and that with the output first.
    Where nothing fits, any order counts. A name that says ``input`` or ``output`` is believed.

    Examples
    --------
    >>> layers = Sized("Dense_0", 1, 8), Sized("Dense_1", 8, 1)
    >>> [[layer.stem for layer in order] for order in fitting_orders(layers)]
    [['Dense_0', 'Dense_1'], ['Dense_1', 'Dense_0']]
    >>> [[l.stem for l in order] for order in fitting_orders([Sized("a", 8, 1), Sized("b", 3, 8)])]
    [['b', 'a']]
    """
    grouped: dict[str, list[Sized]] = {}
    for layer in sorted(layers, key=lambda layer: natural(layer.stem)):
        grouped.setdefault(_group(layer.stem), []).append(layer)
    groups = list(grouped.values())
    ways = [groups]
    if by_construction(layer.stem for layer in layers):
        ways.append([group[::-1] for group in groups])
        ways.append([g if g[0].normalises else [*g[1:], g[0]] for g in groups])
    for tried in (ways, [[[layer] for group in groups for layer in group]]):
        if len(tried[0]) > MOST_SEARCHED:
            continue
        orders = itertools.chain.from_iterable(_merged(way, reads) for way in tried)
        distinct = dict.fromkeys(itertools.islice(orders, MOST_ORDERS))
        if distinct:
            return [order for order in distinct if _ends_as_named(order)] or list(distinct)
    return []


def _ends_as_named(order: Sequence[Sized]) -> bool:
    words = [re.split(r"[\W\d_]+", layer.stem.strip("_0123456789."))[-1].lower() for layer in order]
    return not (set(words[1:]) & set(FIRST) or set(words[:-1]) & set(LAST))


def _group(stem: str) -> str:
    """Keras and Haiku do not number the first layer."""
    counted = _KERAS.fullmatch(stem) or _HAIKU.fullmatch(stem)
    return re.sub(r"_\d+$", "", stem) if counted else pattern(stem)


def _merged(groups: Sequence[list[Sized]], reads: int | None) -> Iterator[tuple[Sized, ...]]:
    """Orders that keep the order within every group, each layer reading the one below."""
    if not any(groups):
        yield ()
        return
    for k, group in enumerate(groups):
        if group and reads in (None, group[0].reads):
            rest = [own[1:] if i == k else own for i, own in enumerate(groups)]
            for above in _merged(rest, group[0].units):
                if not (group[0].normalises and above and above[0].normalises):
                    yield group[0], *above


def follows(order: Sequence[Sized], reads: int | None = None) -> bool:
    """Whether each layer reads what the one below puts out, and no two norms are adjacent."""
    below = [reads, *(layer.units for layer in order)]
    twice = any(a.normalises and b.normalises for a, b in itertools.pairwise(order))
    return not twice and all(
        width in (None, layer.reads) for width, layer in zip(below, order, strict=False)
    )


def undecided(orders: Sequence[Sequence[str]]) -> ValueError:
    """The error where several orders fit: it names them, and the argument that settles it."""
    stems = orders[0]
    why = "names do not say which"
    if by_construction(stems):
        why = "frameworks number layers as they are constructed, which may be from above"
    return ValueError(
        "layers: expected one order of the layers from below, got several that fit their sizes, "
        f"{listed([' → '.join(order) for order in orders])}: {why}; pass the right one, such as "
        f"layers={list(stems)}"
    )


def columns_of(data: tuple[Any, Any] | None) -> tuple[int | None, int | None]:
    """How many inputs and outputs data have; None where their shapes do not say."""
    x, y = (None, None) if data is None else (np.shape(part) for part in data)
    return x[1] if x and len(x) == 2 else None, y[1] if y and len(y) == 2 else None
