"""Align draws to a common reference: relabelling by maximum likelihood.

Each draw X_s of the weights is taken for g_s · X_s ~ N(M, diag V), with an unknown group
element g_s (permutation and signs) and a variance V that is shared along hidden axes. The
likelihood is climbed over g, M and V in turn until a round gains next to nothing; of several
starts the best is kept. This is Stephens's relabelling of mixture components, for networks.

References
----------
Stephens, "Dealing with label switching in mixture models", JRSS B 2000; Xiao, Liu, Bamler,
arXiv 2401.00611 (rebasin for HMC samples and VI); Ainsworth et al., ICLR 2023.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from bayesneuron.alignment.assignment import margins
from bayesneuron.alignment.match import Reference, cells, match
from bayesneuron.alignment.scores import layer_scores, rows_of
from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.tree import site_dims
from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import Sites, act, canonicalise
from bayesneuron.numerics.blocks import by_block

RESTARTS = 4  # draws tried as first reference
_TRIAL = 200  # draws that a trial reference is judged on
_ROUNDS = 50  # most updates of the reference
_TOLERANCE = 1e-2  # of the Monte Carlo error of a variance: a round that gains less is the last
_FLOOR = 1e-10  # least variance, of a site's mean square


def align(
    draws: xr.DataTree, *, reference: xr.DataTree | None = None, canonical: bool = True
) -> xr.DataTree:
    """Remove permutation, sign and scale symmetry from draws of a network's weights.

    Parameters
    ----------
    draws : DataTree
        Draws with a layout, from an estimator or `bayesneuron.from_arrays`.
    reference : DataTree, optional
        Aligned draws whose reference to align to, so that several sets can be compared. By
        default the reference is found from the draws: the mean that they agree on.
    canonical : bool
        Also fix the scale of positively homogeneous neurons and the axes of linear layers.
        With False they stay as drawn; permutations are found in canonical form all the same.

    Returns
    -------
    DataTree
        The draws with aligned ``posterior``; group ``reference`` with mean and precision of
        each site; group ``alignment`` with, for each hidden layer, where every neuron came
        from, its sign, and its margin (log likelihood ratio, in nats, of the best assignment
        over the best one that moves or flips it). No draw's function changes.

    Raises
    ------
    ValueError
        If the draws have no layout or their sites do not fit it.

    Notes
    -----
    Neurons are ordered by the norm of their mean outgoing weights, largest first, and signed
    so that the largest of these is positive, unless a reference is given.

    Examples
    --------
    >>> import numpy as np, bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> w, v = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[3.0, 1.0]])
    >>> w2, v2 = -w[::-1], -v[:, ::-1]                        # the same function
    >>> draws = bn.from_arrays({"W": np.stack([w, w2]), "V": np.stack([v, v2])}, layout=layout)
    >>> float(bn.align(draws).posterior["W"].std("draw").max())
    0.0
    """
    provenance = provenance_of(draws)
    layout = provenance.layout
    raw = sites_of(draws, layout)
    tagged, tags = tag(layout, raw)
    fixed = canonicalise(layout, raw) | tags
    if reference is None:
        aligned, found = fixed_point(tagged, fixed)
    else:
        found = reference_of(reference, layout)
        aligned = match(tagged, fixed, found, search=True)
    moves = {layer: read_tag(aligned[f"tag {layer}"]) for layer in layout.hidden}
    aligned = {site: aligned[site] for site in layout.sites}
    values = aligned if canonical else _replay(layout, raw, moves)
    groups = {
        "posterior": _write(draws["posterior"].to_dataset(), values),
        "alignment": _alignment(draws, layout, aligned, found, moves),
        "reference": _to_dataset(layout, found),
    }
    children = dict(draws.children) | {k: xr.DataTree(group) for k, group in groups.items()}
    tree = xr.DataTree(draws.to_dataset(inherit=False), children=children, name=draws.name)
    return with_provenance(tree, replace(provenance, aligned=True, canonical=canonical))


def fixed_point(layout: Layout, sites: Sites) -> tuple[Sites, Reference]:
    """Align canonical draws to the reference that they agree on; return it too."""
    if not layout.hidden:
        return sites, estimate(layout, sites)
    count = len(next(iter(sites.values())))
    # A statistic that symmetry does not change picks the trial references, whatever the order.
    size = sum((v.reshape(count, -1) ** 2).sum(1) for v in sites.values())
    order = np.argsort(size, kind="stable")
    spread = order[np.linspace(0, count - 1, min(count, _TRIAL)).round().astype(int)]
    trial = {k: v[spread] for k, v in sites.items()}
    places = np.linspace(0, count - 1, RESTARTS + 2)[1:-1].round().astype(int)
    best: tuple[float, Reference] | None = None
    for first in dict.fromkeys(order[places].tolist()):
        start = _single(layout, sites, first)
        aligned, found = _iterate(layout, trial, start)
        score = _log_volume(layout, aligned, found)
        if best is None or score < best[0] - 1e-9:
            best = score, found
    assert best is not None
    aligned, found = _iterate(layout, sites, best[1])
    return _order_neurons(layout, aligned, found)


def estimate(layout: Layout, aligned: Sites) -> Reference:
    """Mean and pooled precision of aligned draws."""
    mean, precision = {}, {}
    for site, values in aligned.items():
        mean[site] = values.mean(axis=0)
        hidden = tuple(i for i, d in enumerate(layout.sites[site]) if d in layout.layers)
        variance = ((values - mean[site]) ** 2).mean(axis=0)
        least = _FLOOR * np.mean(variance + mean[site] ** 2) + np.finfo(float).tiny
        precision[site] = 1 / np.maximum(variance.mean(axis=hidden, keepdims=True), least)
    return Reference(mean, precision)


def sites_of(draws: xr.DataTree, layout: Layout, group: str = "posterior") -> dict[str, np.ndarray]:
    """The layout's sites as arrays with one leading axis of draws (chains one after another)."""
    sites = {}
    for site, dims in layout.sites.items():
        if site not in draws[group]:
            raise ValueError(f"draws: expected site {site!r}, got {list(draws[group].data_vars)}")
        values = np.asarray(draws[group][site], float)
        if values.ndim != len(dims) + 2:
            raise ValueError(f"{site}: expected chain, draw and {dims}, got shape {values.shape}")
        sites[site] = values.reshape(-1, *values.shape[2:])
    return sites


def reference_of(aligned: xr.DataTree, layout: Layout) -> Reference:
    """The reference that travels with aligned draws."""
    if "reference" not in aligned.children:
        raise ValueError("reference: expected draws from bn.align, got draws without a reference")
    data = aligned["reference"]
    missing = [site for site in layout.sites if site not in data]
    if missing:
        raise ValueError(f"reference: expected sites {list(layout.sites)}, missing {missing}")
    return Reference(
        {site: np.asarray(data[site]) for site in layout.sites},
        {site: np.asarray(data[f"{site}_precision"]) for site in layout.sites},
    )


def _single(layout: Layout, sites: Sites, draw: int) -> Reference:
    mean = {k: v[draw] for k, v in sites.items()}
    scale = {k: np.mean(v**2) + np.finfo(float).tiny for k, v in sites.items()}
    return Reference(mean, {k: np.full([1] * mean[k].ndim, 1 / scale[k]) for k in mean})


def _iterate(layout: Layout, sites: Sites, reference: Reference) -> tuple[Sites, Reference]:
    aligned = match(layout, sites, reference, search=True)
    reference = estimate(layout, aligned)
    before = _log_volume(layout, aligned, reference)
    least = _TOLERANCE * np.sqrt(2 / len(next(iter(sites.values()))))
    for _ in range(_ROUNDS):
        moved = match(layout, aligned, reference, search=False)
        if all(moved[k] is v for k, v in aligned.items()):
            break
        aligned = moved
        reference = estimate(layout, aligned)
        after = _log_volume(layout, aligned, reference)
        if after > before - least:
            break
        before = after
    return aligned, reference


def _log_volume(layout: Layout, aligned: Sites, reference: Reference) -> float:
    """Mean log variance of a coordinate: -2 log likelihood of one, at the estimate."""
    sizes = {k: aligned[k][0].size for k in reference.target(layout)}
    volume = sum(-np.log(reference.precision[k]).mean() * size for k, size in sizes.items())
    return float(volume / sum(sizes.values()))


def _order_neurons(layout: Layout, aligned: Sites, reference: Reference) -> tuple[Sites, Reference]:
    for layer in layout.hidden:
        outgoing = [a for a in layout.axes(layer) if a.role == "outgoing"]
        fed = [a for a in outgoing if layout.receiver(a.site) != layer] or outgoing
        flat = np.concatenate([rows_of(reference.mean[a.site], a.axis, 0) for a in fed], axis=1)
        order = np.argsort(-np.linalg.norm(flat, axis=1), kind="stable")
        largest = flat[np.arange(len(flat)), np.abs(flat).argmax(axis=1)]
        sign = np.where((largest < 0) & layout.signed(layer), -1.0, 1.0)[order]
        count = len(next(iter(aligned.values())))
        shape = (count, len(order))
        aligned = act(
            layout, aligned, layer, np.broadcast_to(order, shape), np.broadcast_to(sign, shape)
        )
        reference = estimate(layout, aligned)
    return aligned, reference


def tag(layout: Layout, sites: Sites) -> tuple[Layout, dict[str, np.ndarray]]:
    """A site more for each hidden layer, 1, 2, … n, that records how its neurons move."""
    count = len(next(iter(sites.values())))
    tags = {}
    for layer in layout.hidden:
        axis = layout.axes(layer)[0]
        n = sites[axis.site].shape[axis.axis + 1]
        tags[f"tag {layer}"] = np.tile(np.arange(1.0, n + 1), (count, 1))
    extra = {f"tag {layer}": (layer,) for layer in layout.hidden}
    tagged = Layout(
        {**layout.sites, **extra}, layout.layers, layout.into, (*layout.auxiliary, *extra)
    )
    return tagged, tags


def read_tag(moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each neuron came from, and its sign, both (draw, neuron)."""
    return np.abs(moved).round().astype(int) - 1, np.sign(moved)


def _replay(
    layout: Layout, raw: Sites, moves: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> Sites:
    for layer, (order, sign) in moves.items():
        if layout.symmetry(layer) != "linear":  # whose canonical axes are no drawn neurons
            raw = act(layout, raw, layer, order, sign)
    return raw


def _alignment(
    draws: xr.DataTree,
    layout: Layout,
    aligned: Sites,
    reference: Reference,
    moves: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> xr.Dataset:
    shape = tuple(draws["posterior"].sizes[d] for d in ("chain", "draw"))
    target = reference.target(layout)
    data = {}

    def beaten(block: Sites) -> Sites:
        scores = {h: layer_scores(layout, block, target, h) for h in moves}
        return {h: margins(s, signed=layout.signed(h)) for h, s in scores.items()}

    found = by_block(beaten, aligned, cells=cells(layout, target)) if moves else {}
    for layer, (order, sign) in moves.items():
        for name, values in (("from", order), ("sign", sign), ("margin", found[layer])):
            data[f"{layer}_{name}"] = (("chain", "draw", layer), values.reshape(*shape, -1))
    return xr.Dataset(data)


def _write(posterior: xr.Dataset, values: Sites) -> xr.Dataset:
    data = {k: v.to_numpy() for k, v in posterior.data_vars.items()}
    return posterior.copy(data=data | {k: v.reshape(data[k].shape) for k, v in values.items()})


def _to_dataset(layout: Layout, reference: Reference) -> xr.Dataset:
    means = {site: reference.mean[site] for site in layout.sites}
    dims = site_dims(layout, means)
    data: dict[str, tuple[list[str], np.ndarray]] = {}
    for site, mean in means.items():
        data[site] = (dims[site], mean)
        narrow = [
            d if size == mean.shape[i] else f"one_{i}"
            for i, (d, size) in enumerate(
                zip(dims[site], reference.precision[site].shape, strict=True)
            )
        ]
        data[f"{site}_precision"] = (narrow, reference.precision[site])
    return xr.Dataset(data)
