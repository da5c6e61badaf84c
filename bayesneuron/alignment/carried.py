"""Moments of more draws, which a sample of them carries while it is as it was made."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from bayesneuron.numerics.digest import digest_of
from bayesneuron.numerics.warn import warn_once

MOMENTS = "moments"  # groups of draws: of the posterior, and in the scales as drawn
GROUPS = {"posterior": MOMENTS, "drawn": "drawn_moments"}


def digest_of_sites(sites: Mapping[str, np.ndarray]) -> str:
    """Of the layout's sites, (draw, ...), as the draws have them."""
    return digest_of(*(sites[name] for name in sorted(sites)))


def without_lost_moments(
    tree: xr.DataTree, sites: Mapping[str, np.ndarray], *, verb: str
) -> xr.DataTree:
    """The draws, without moments where their neurons are no longer numbered as these; it warns.

    Parameters
    ----------
    tree : DataTree
    sites : mapping of str to ndarray, shape (draw, ...)
        Of its posterior.
    verb : str
        Function that the warning names.
    """
    if MOMENTS not in tree.children:
        return tree
    attrs = tree[MOMENTS].attrs
    if attrs.get("digest") == digest_of_sites(sites):
        return tree
    draws = len(next(iter(sites.values())))
    warn_once(
        f"{verb}: the neurons are numbered anew, so that means and covariances of all "
        f"{attrs.get('count', 0):,} replicates, which the draws carried, no longer apply and are "
        f"left out; those of neurons are now of the {draws:,} draws alone"
    )
    return tree.filter(lambda group: group.name not in GROUPS.values())
