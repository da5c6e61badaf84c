"""Prior draws, aligned as the draws that they are the null of."""

import numpy as np
import xarray as xr

from bayesneuron.alignment import align
from bayesneuron.draws.provenance import Provenance, provenance_of
from bayesneuron.draws.tree import tree_of_sites
from bayesneuron.network.layout import Layout


def aligned_prior(layout: Layout, draws: xr.DataTree) -> xr.DataTree | None:
    """Prior draws aligned as these are, and as many of them, so that both are shrunk equally."""
    if "prior" not in draws.children:
        return None
    count = draws["posterior"].sizes["chain"] * draws["posterior"].sizes["draw"]
    sites = {str(k): np.asarray(v)[:, :count] for k, v in draws["prior"].data_vars.items()}
    tree = tree_of_sites(sites, Provenance(layout))
    return align(tree, canonical=provenance_of(draws).canonical)
