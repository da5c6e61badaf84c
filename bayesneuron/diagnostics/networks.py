"""Which estimates are of one network, so that their neurons can be matched."""

import itertools
from collections.abc import Mapping, Sequence

import xarray as xr

from bayesneuron.alignment._align import sites_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.network.layout import Layout

Shapes = dict[str, tuple[int, ...]]


def group(
    estimates: Mapping[str, xr.DataTree], reference: xr.DataTree | None = None
) -> list[tuple[list[str], xr.DataTree | None]]:
    """Names of the estimates of each network, with the reference where it is of that network.

    Raises
    ------
    ValueError
        If the reference is of none of the networks, or an estimate has no layout.
    """
    networks: list[tuple[tuple[Layout, Shapes], list[str]]] = []
    for name, draws in estimates.items():
        network = _network(draws)
        names = next((names for other, names in networks if other == network), None)
        if names is None:
            networks.append((network, [name]))
        else:
            names.append(name)
    if reference is None:
        return [(names, None) for _, names in networks]
    own = _network(reference)
    if all(network != own for network, _ in networks):
        shapes = [shapes for (_, shapes), _ in networks]
        raise ValueError(f"reference: expected a network of the estimates, {shapes}, got {own[1]}")
    return [(names, reference if network == own else None) for network, names in networks]


def unpaired(
    estimates: Mapping[str, xr.DataTree], groups: Sequence[Sequence[str]]
) -> dict[tuple[str, str], str]:
    """Why neurons cannot be matched, for every pair of estimates of different networks."""
    of = {name: number for number, names in enumerate(groups) for name in names}
    return {
        (first, second): _difference(_network(estimates[first]), _network(estimates[second]))
        for first, second in itertools.combinations(estimates, 2)
        if of[first] != of[second]
    }


def _network(draws: xr.DataTree) -> tuple[Layout, Shapes]:
    layout = provenance_of(draws).layout
    return layout, {site: values.shape[1:] for site, values in sites_of(draws, layout).items()}


def _difference(first: tuple[Layout, Shapes], second: tuple[Layout, Shapes]) -> str:
    (one, its), (other, others) = first, second
    if one.sites != other.sites:
        return "different layouts"
    sizes = [_sizes(one, its), _sizes(other, others)]
    if sizes[0] == sizes[1]:
        return "different symmetries"
    return ", ".join(
        f"{layer}: {size} and {sizes[1][layer]} neurons"
        for layer, size in sizes[0].items()
        if size != sizes[1][layer]
    )


def _sizes(layout: Layout, shapes: Shapes) -> dict[str, int]:
    """Neurons of every layer."""
    return {
        layer: shapes[site][axis]
        for site, layers in layout.sites.items()
        for axis, layer in enumerate(layers)
    }
