"""Means and covariances of neurons from draws that come part by part."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from bayesneuron.alignment._align import align, sites_of
from bayesneuron.alignment.carried import GROUPS, MOMENTS, digest_of_sites
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.numerics.moments import Moments, merged, moments_of
from bayesneuron.numerics.warn import warn_once


class LayerMoments(NamedTuple):
    """Of the neurons of one layer, with the names of their weights."""

    weights: tuple[str, ...]
    roles: tuple[str, ...]
    moments: Moments


class ByPart(NamedTuple):
    """The first part, aligned, and moments of all parts by group and layer."""

    first: xr.DataTree
    moments: dict[str, dict[str, LayerMoments]]


def moments_by_part(
    parts: Iterable[xr.DataTree], *, inputs: Sequence[str] = (), alike: bool = False
) -> ByPart:
    """The first part is aligned to the mean that its draws agree on, the others to the first.

    Parameters
    ----------
    parts : iterable of DataTree
        One at a time is in memory. Aligned ones are taken as they are.
    inputs : sequence of str
        Names of the network's inputs.
    alike : bool
        Whether moments are of the first part as it is aligned to that mean once more, draw by draw
        like the others. In wide networks a few draws then have other copies.
    """
    first: xr.DataTree | None = None
    moments: dict[str, dict[str, LayerMoments]] = {}
    for draws in parts:
        layout, part = provenance_of(draws).layout, draws
        if not provenance_of(part).aligned:
            part = align(part, reference=first)
            if first is None and alike:
                part = align(draws, reference=(first := part))
        first = part if first is None else first
        for group in GROUPS.keys() & part.children.keys():
            sites = sites_of(part, layout, group)
            done = moments.setdefault(group, {})
            for layer in layout.of_neurons:
                own = coordinates(layout, sites, layer, inputs=inputs)
                new = moments_of(own.values)
                both = merged(done[layer].moments, new) if layer in done else new
                done[layer] = LayerMoments(own.weights, own.roles, both)
    if first is None:
        raise ValueError("draws: expected at least one draw, got none")
    return ByPart(first, moments)


def with_moments(draws: xr.DataTree, by_part: ByPart) -> xr.DataTree:
    """Aligned draws that carry the moments of more draws than they are."""
    tree = draws.copy(deep=False)
    for group, layers in by_part.moments.items():
        data, count = {}, 0
        for layer, (_, _, moments) in layers.items():
            dims = layer, f"{layer}_weight", f"{layer}_other"
            data |= {f"{layer}_mean": (dims[:2], moments.mean), f"{layer}_cov": (dims, moments.cov)}
            count = moments.count
        attrs = {"count": count, "digest": _digest(draws, group)}
        tree[GROUPS[group]] = xr.DataTree(xr.Dataset(data, attrs=attrs))
    return tree


class Carried(NamedTuple):
    """Mean, (neuron, k), and covariance, (neuron, k, k), of so many draws."""

    total: int
    mean: np.ndarray
    cov: np.ndarray


def warn_of_moments(draws: xr.DataTree, verb: str) -> None:
    """Warn where draws carry moments of more replicates, which their smaller networks have not."""
    if MOMENTS in draws.children:
        count = draws[MOMENTS].attrs.get("count", 0)
        warn_once(
            f"{verb}: the result is of the sample of draws alone; the moments of all {count:,} "
            "replicates that they carry are of the networks as they were"
        )


def carried(draws: xr.DataTree, group: str, *, verb: str = "neurons") -> dict[str, Carried]:
    """Moments that draws carry, by layer; none where the draws are no longer as they were made.

    They hold for the neurons as these draws number them. Draws that were aligned anew, selected or
    changed have their own moments alone, which is warned of in the name of `verb`.
    """
    if GROUPS[group] not in draws.children:
        return {}
    data = draws[GROUPS[group]].to_dataset()
    if data.attrs.get("digest") != _digest(draws, group):
        if group == "posterior":
            warn_once(
                f"{verb}: means and covariances are those of the draws alone; the moments of all "
                f"{data.attrs.get('count', 0):,} replicates that they carry are of other draws"
            )
        return {}
    layout, moments = provenance_of(draws).layout, {}
    for layer in layout.of_neurons:
        mean, cov = (data.get(f"{layer}_{name}", xr.DataArray()) for name in ("mean", "cov"))
        if mean.ndim == 2 and cov.shape == (*mean.shape, mean.shape[1]):
            moments[layer] = Carried(int(data.attrs["count"]), mean.to_numpy(), cov.to_numpy())
    return moments


def _digest(draws: xr.DataTree, group: str) -> str:
    return digest_of_sites(sites_of(draws, provenance_of(draws).layout, group))
