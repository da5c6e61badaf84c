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

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from bayesneuron.alignment.assignment import margins
from bayesneuron.alignment.carried import without_lost_moments
from bayesneuron.alignment.fixed_point import fixed_point, matched
from bayesneuron.alignment.match import Reference, cells, match
from bayesneuron.alignment.moves import Moves
from bayesneuron.alignment.scores import layer_scores
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.check_tree import check_tree
from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.room import check_copies
from bayesneuron.draws.tree import site_dims
from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import Sites, act, canonicalise
from bayesneuron.numerics.blocks import by_block
from bayesneuron.numerics.checks import check_flag
from bayesneuron.numerics.progress import progress

COPIES = 5  # of the weights, that are in memory at once
LARGE = 2**23  # numbers in scores, from which progress is shown


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
        over the best one that moves or flips it); and, where scales or axes were fixed, group
        ``drawn`` with the weights in the scales in which they were drawn, moved likewise. No
        draw's function changes. Moments of more replicates, which a bootstrap with ``memory=``
        carries, stay only where no neuron changes its number or sign; else they are left out,
        with a warning.

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
    check_draws(draws)
    check_flag(canonical=canonical)
    provenance = provenance_of(draws)
    layout = provenance.layout
    check_copies(draws, COPIES)
    drawn = sites_of(draws, layout, "drawn" if "drawn" in draws.children else "posterior")
    fixed = canonicalise(layout, sites_of(draws, layout))
    count = len(next(iter(fixed.values())))
    steps = count + (matched(layout, fixed) if reference is None else count)
    with progress("draws aligned", steps, long=_is_long(layout, fixed)) as advance:
        if reference is None:
            aligned, moves, goal = fixed_point(layout, fixed, advance=advance)
        else:
            goal = reference_of(reference, layout)
            _check_shapes(goal, fixed)
            aligned, moves = match(layout, fixed, goal, search=True, advance=advance)
        margin = _margins(layout, aligned, goal, advance) if moves else {}
    moved = aligned if canonical and not layout.continuous else _moved(layout, drawn, moves)
    posterior = draws["posterior"].to_dataset()
    groups = {
        "posterior": written(posterior, aligned if canonical else moved),
        "alignment": _alignment(draws, moves, margin),
        "reference": _to_dataset(layout, goal),
    }
    if canonical and layout.continuous:
        groups["drawn"] = written(posterior[list(moved)], moved)
    kept = {k: v for k, v in draws.children.items() if k != "drawn"}
    children = kept | {k: xr.DataTree(group) for k, group in groups.items()}
    tree = xr.DataTree(draws.to_dataset(inherit=False), children=children, name=draws.name)
    tree = without_lost_moments(tree, sites_of(tree, layout), verb="align")
    return with_provenance(tree, replace(provenance, aligned=True, canonical=canonical))


def aligned(draws: xr.DataTree) -> xr.DataTree:
    """The draws themselves where they are aligned, else `align` of all of them.

    Whatever speaks of neuron i goes through here, before it takes fewer draws, so that neuron i
    is the same everywhere.
    """
    check_draws(draws)
    return draws if provenance_of(draws).aligned else align(draws)


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
    check_tree(aligned, "reference")
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


def _check_shapes(reference: Reference, sites: Sites) -> None:
    for site, mean in reference.mean.items():
        own = sites[site].shape[1:]
        if mean.shape != own:
            raise ValueError(
                f"reference, {site}: expected shape {own} as in the draws, got {mean.shape}"
            )


def _moved(layout: Layout, drawn: Sites, moves: Moves) -> Sites:
    """The weights in the scales in which they were drawn, moved as their canonical form was."""
    for layer, (order, sign) in moves.items():
        if layout.symmetry(layer) != "linear":  # its canonical axes are not neurons as drawn
            drawn = act(layout, drawn, layer, order, sign)
    return drawn


def _is_long(layout: Layout, sites: Sites) -> bool:
    """Whether the scores of all draws are so many that matching them takes seconds."""
    count = len(next(iter(sites.values())))
    return count * sum(layout.width(sites, layer) ** 2 for layer in layout.hidden) > LARGE


def _margins(
    layout: Layout, aligned: Sites, reference: Reference, advance: Callable[[int], None]
) -> dict[str, np.ndarray]:
    target = reference.target(layout)

    def margins_of(block: Sites) -> Sites:
        scores = {h: layer_scores(layout, block, target, h) for h in layout.hidden}
        advance(len(next(iter(block.values()))))
        return {
            h: margins(s.flipping, signed=layout.signed(h), fixed=s.fixed)
            for h, s in scores.items()
        }

    return by_block(margins_of, aligned, cells=cells(layout, target))


def _alignment(draws: xr.DataTree, moves: Moves, margin: Mapping[str, np.ndarray]) -> xr.Dataset:
    shape = tuple(draws["posterior"].sizes[d] for d in ("chain", "draw"))
    data = {}
    for layer, (order, sign) in moves.items():
        for name, values in (("from", order), ("sign", sign), ("margin", margin[layer])):
            data[f"{layer}_{name}"] = (("chain", "draw", layer), values.reshape(*shape, -1))
    return xr.Dataset(data)


def written(group: xr.Dataset, values: Sites) -> xr.Dataset:
    """The group with other values of some variables, draws and chains in the same order."""
    data = {k: v.to_numpy() for k, v in group.data_vars.items()}
    return group.copy(data=data | {k: v.reshape(data[k].shape) for k, v in values.items()})


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
