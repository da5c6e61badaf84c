"""How large draws are, asked before work that may not fit into the memory."""

import xarray as xr

from bayesneuron.numerics.checks import check_memory

THIN = "thin the draws"


def first_of(draws: xr.DataTree) -> xr.DataTree:
    """The first draw alone, which says how large all are, and nothing beside it."""
    first = draws["posterior"].to_dataset().isel(chain=slice(1), draw=slice(1))
    tree = xr.DataTree.from_dict({"posterior": first})
    tree.attrs = dict(draws.attrs)
    return tree


def numbers_drawn(draws: xr.DataTree) -> tuple[int, int]:
    """How many draws there are, and how many numbers are in each."""
    count = draws["posterior"].sizes["chain"] * draws["posterior"].sizes["draw"]
    total = sum(values.size for values in draws["posterior"].data_vars.values())
    return count, total // max(count, 1)


def check_copies(draws: xr.DataTree, copies: int, remedy: str = THIN) -> None:
    """Raise ValueError if so many copies of all weights do not fit beside them."""
    count, numbers_each = numbers_drawn(draws)
    check_memory("draws", count, copies * numbers_each, remedy=remedy)
