"""Entries of a layout: what users write, checked and in one form."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesneuron.network.activation_functions import ACTIVATIONS, SYMMETRIES
from bayesneuron.numerics.checks import near

Sites = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Axis:
    """One axis of one site, as seen from a layer: ``incoming`` or ``outgoing``."""

    site: str
    axis: int
    role: str


def axis_names(site: object, dims: object) -> tuple[str, ...]:
    """The layers along the axes of one site, checked.

    Examples
    --------
    >>> axis_names("W", ["hidden", "input"])
    ('hidden', 'input')
    """
    layers = tuple(dims) if isinstance(dims, list | tuple) else ()
    if not layers or not all(isinstance(name, str) for name in (site, *layers)):
        raise ValueError(
            f"sites, {site!r}: expected a tuple of layers, one for each axis, such as "
            f"('hidden', 'input'), got {dims!r}"
        )
    often = sorted({name for name in layers if layers.count(name) > 2})
    if often:
        raise ValueError(f"sites, {site!r}: expected a layer on two axes at most, got {dims!r}")
    return layers


def site_names(name: str, sites: object) -> tuple[str, ...]:
    """Names of sites, checked.

    Examples
    --------
    >>> site_names("gates", ["W"])
    ('W',)
    """
    if not isinstance(sites, list | tuple) or not all(isinstance(site, str) for site in sites):
        raise ValueError(f"{name}: expected a tuple of names of sites, got {sites!r}")
    return tuple(sites)


def width_option(layer: str, option: object) -> str | tuple[str, int]:
    """The option that sets the width of a layer, or an item of it, checked.

    Examples
    --------
    >>> width_option("hidden1", ["hidden", 0])
    ('hidden', 0)
    """
    match option:
        case str(name):
            return name
        case [str(name), int(item)]:
            return name, item
    raise ValueError(
        f"widths, {layer!r}: expected the name of an option, or a name and an item, got {option!r}"
    )


def width_options(named: Collection[str], widths: object) -> dict[str, str | tuple[str, int]]:
    """The options that set the widths of the layers `named`, checked."""
    if not isinstance(widths, Mapping):
        raise ValueError(f"widths: expected option by layer, got {widths!r}")
    options = {layer: width_option(layer, option) for layer, option in widths.items()}
    for layer in options:
        if layer not in named:
            raise ValueError(f"widths: expected one of {sorted(named)}, got {layer!r}")
    return options


def check_gates(sites: Sites, gates: Sequence[str]) -> None:
    """Raise ValueError unless all gates are sites."""
    unknown = sorted(set(gates) - set(sites))
    if unknown:
        raise ValueError(f"gates: expected some of {list(sites)}, got {unknown}")


def check_into(sites: Sites, into: Mapping[str, int]) -> None:
    """Raise ValueError unless every receiving axis is one of its site's."""
    for site, axis in into.items():
        whole = isinstance(axis, int | np.integer)
        if not whole or site not in sites or not 0 <= axis < len(sites[site]):
            raise ValueError(
                f"into: expected an axis of one of {list(sites)}, got {site!r}: {axis}"
            )


def check_auxiliary(sites: Sites, auxiliary: Sequence[str], scales: Sequence[str]) -> None:
    """Raise ValueError unless all are sites, and scales have one axis."""
    for name, named in (("scales", scales), ("auxiliary", auxiliary)):
        unknown = sorted(set(named) - set(sites))
        if unknown:
            raise ValueError(f"{name}: expected some of {list(sites)}, got {unknown}")
    long = [site for site in scales if len(sites[site]) != 1]
    if long:
        raise ValueError(f"scales: expected sites of one axis, got {long}")


def check_layers(named: Collection[str], layers: Mapping[str, str]) -> None:
    """Raise ValueError unless every hidden layer is on some site and has an activation."""
    for layer, kind in layers.items():
        if layer not in named:
            raise ValueError(f"layers: expected one of {sorted(named)}, got {layer!r}")
        if not isinstance(kind, str) or kind not in {*SYMMETRIES, *ACTIVATIONS}:
            raise ValueError(
                f"layer {layer!r}: expected an activation {sorted(ACTIVATIONS)} "
                f"or a symmetry {list(SYMMETRIES)}, got {kind!r}{near(kind, ACTIVATIONS)}"
            )


def entries_of(text: str, known: Collection[str]) -> dict[str, Any]:
    """The entries of a layout that is written as JSON, all of them among the `known`.

    Examples
    --------
    >>> entries_of('{"sites": {"W": ["h", "x"]}}', ["sites", "layers"])
    {'sites': {'W': ['h', 'x']}}
    """
    try:
        entries = json.loads(text)
        json.dumps(entries, ensure_ascii=False).encode()  # not of half a character
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"layout: expected JSON, got {text!r:.200}: {error}") from None
    if not isinstance(entries, dict) or "sites" not in entries or not set(entries) <= set(known):
        raise ValueError(f"layout: expected a JSON object of {[*known]}, got {text!r:.200}")
    return entries
