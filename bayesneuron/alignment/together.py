"""Align several estimates to one reference, so that neuron i is the same neuron in all."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from bayesneuron.alignment._align import align, sites_of
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.provenance import Provenance
from bayesneuron.draws.tree import layout_of, tree_of_sites

_POOL = 500  # draws that each estimate contributes to the common reference


def align_together(
    estimates: Mapping[str, xr.DataTree], *, reference: xr.DataTree | None = None
) -> dict[str, xr.DataTree]:
    """Align estimates of one network to a common reference.

    Parameters
    ----------
    estimates : mapping of str to DataTree
    reference : DataTree, optional
        Aligned draws to take it from; by default it is found from all estimates pooled, as many
        draws of each.

    Returns
    -------
    dict of str to DataTree

    Raises
    ------
    ValueError
        If there are none, or their layouts or sizes differ.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> both = {s: bn.laplace(model, x, y, samples=50, starts=2, seed=s) for s in (0, 1)}
    >>> aligned = align_together(both)
    >>> bool(aligned[0].reference.equals(aligned[1].reference))
    True
    """
    check_estimates(estimates)
    layouts = {name: layout_of(tree) for name, tree in estimates.items()}
    layout = next(iter(layouts.values()))
    sites = {name: sites_of(tree, layout) for name, tree in estimates.items()}
    shapes = {name: {k: v.shape[1:] for k, v in s.items()} for name, s in sites.items()}
    first = next(iter(estimates))
    for name in estimates:
        if layouts[name] != layout or shapes[name] != shapes[first]:
            raise ValueError(
                f"estimates: expected one network, got {shapes[first]} in {first!r} "
                f"and {shapes[name]} in {name!r}"
            )
    if reference is None:
        few = min(_POOL, *(len(next(iter(s.values()))) for s in sites.values()))
        picked = [{k: _spread(v, few) for k, v in s.items()} for s in sites.values()]
        pooled = {k: np.concatenate([part[k] for part in picked])[None] for k in layout.sites}
        reference = align(tree_of_sites(pooled, Provenance(layout)))
    return {name: align(tree, reference=reference) for name, tree in estimates.items()}


def check_estimates(estimates: object) -> None:
    """Raise ValueError unless `estimates` are draws by name, at least one set of them."""
    if not isinstance(estimates, Mapping) or isinstance(estimates, xr.DataTree) or not estimates:
        got = "none" if isinstance(estimates, Mapping) else type(estimates).__name__
        raise ValueError(f"estimates: expected a mapping of names to draws, got {got}")
    for name, draws in estimates.items():
        check_draws(draws, f"estimates, {name!r}")


def _spread(values: np.ndarray, count: int) -> np.ndarray:
    return values[np.linspace(0, len(values) - 1, count).round().astype(int)]
