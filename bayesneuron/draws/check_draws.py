"""Draws at the boundary: whole, finite, and of the layout that they carry."""

from typing import Any

import xarray as xr

from bayesneuron.draws.check_tree import check_tree
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.numerics.arrays import as_numbers, check_all_finite

LEAD = ("chain", "draw")
BLOCK = 20_000  # draws that are checked at once


def check_draws(draws: Any, name: str = "draws") -> None:
    """Raise ValueError unless `draws` are draws of the network that their layout describes.

    Every site of the layout is there, (chain, draw, ...), with one width for each layer. There is
    at least one draw, and every value is a finite number.

    Parameters
    ----------
    draws : DataTree
    name : str
        Of the argument, for the message.

    Examples
    --------
    >>> import numpy as np, bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.prior(model, np.zeros((1, 3)), samples=5)
    >>> check_draws(draws)
    >>> check_draws(draws.isel(draw=[]))
    Traceback (most recent call last):
        ...
    ValueError: draws: expected at least one draw, got none
    """
    check_tree(draws, name)
    if "layout" not in draws.attrs:
        raise ValueError(
            f"{name}: expected a DataTree with a layout (see bn.from_arrays), got none"
        )
    layout = provenance_of(draws).layout
    if "posterior" not in draws.children:
        raise ValueError(f"{name}: expected a group 'posterior', got {list(draws.children)}")
    sites = {str(k): v for k, v in draws["posterior"].data_vars.items()}
    if not layout.sites:
        raise ValueError(f"{name}: expected a layout with sites, got one without")
    missing = [site for site in layout.sites if site not in sites]
    if missing:
        raise ValueError(f"{name}: expected sites {list(layout.sites)}, missing {missing}")
    widths: dict[str, int] = {}
    for site, values in sites.items():
        _check_axes(f"{name}, {site}", values, layout.sites.get(site), widths)
    if 0 in (draws["posterior"].sizes[d] for d in LEAD):
        raise ValueError(f"{name}: expected at least one draw, got none")
    for site, values in sites.items():
        for first in range(0, values.sizes["draw"], BLOCK):  # of draws in a file
            block = values.isel(draw=slice(first, first + BLOCK)).to_numpy()
            check_all_finite(f"{name}, {site}", as_numbers(f"{name}, {site}", block))


def _check_axes(
    name: str, values: xr.DataArray, layers: tuple[str, ...] | None, widths: dict[str, int]
) -> None:
    if values.dims[:2] != LEAD:
        raise ValueError(f"{name}: expected axes chain, draw, …, got {values.dims}")
    if layers is None:  # not a site of the layout, such as a noise scale
        return
    if values.ndim != len(LEAD) + len(layers):
        raise ValueError(f"{name}: expected chain, draw and {layers}, got shape {values.shape}")
    for layer, size in zip(layers, values.shape[2:], strict=True):
        width = widths.setdefault(layer, size)
        if size != width or size == 0:
            raise ValueError(f"{name}: expected {width or 'some'} along {layer!r}, got {size}")
