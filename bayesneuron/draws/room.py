"""How large draws are, asked before work that may not fit into the memory."""

import xarray as xr

from bayesneuron.numerics.checks import check_memory


def first_of(draws: xr.DataTree) -> xr.DataTree:
    """The first draw alone, which says how large all are, and nothing beside it."""
    first = draws["posterior"].to_dataset().isel(chain=slice(1), draw=slice(1))
    tree = xr.DataTree.from_dict({"posterior": first})
    tree.attrs = dict(draws.attrs)
    return tree


def check_copies(draws: xr.DataTree, copies: int) -> None:
    """Raise ValueError if so many copies of all weights do not fit beside them."""
    posterior = draws["posterior"]
    count = posterior.sizes["chain"] * posterior.sizes["draw"]
    numbers_each = sum(values.size for values in posterior.data_vars.values()) // max(count, 1)
    check_memory("draws", count, copies * numbers_each, remedy="thin the draws")
