"""One numbering of neurons for draws and for parts of them."""

import numpy as np
import xarray as xr

from bayesneuron.alignment._align import reference_of, sites_of, written
from bayesneuron.alignment.match import match
from bayesneuron.alignment.moves import Moves
from bayesneuron.draws.tree import layout_of
from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import Sites, act


def numbered_as(aligned: xr.DataTree, whole: xr.DataTree) -> xr.DataTree:
    """Renumber the neurons of aligned draws, all draws in the same way, as those of others.

    For a part of draws that was aligned by itself, such as one mode: its neurons get the numbers
    of the closest neurons of the reference of `whole`, without being aligned to that reference.

    Parameters
    ----------
    aligned : DataTree
        From `align`.
    whole : DataTree
        From `align`, of a network of the same layout.
    """
    layout = layout_of(aligned)
    mean = {k: v[None] for k, v in reference_of(aligned, layout).mean.items()}
    moved, moves = match(layout, mean, reference_of(whole, layout), search=True)
    if all(move.is_identity for move in moves.values()):
        return aligned
    tree = aligned.copy()
    for group in {"posterior", "drawn"} & set(aligned.children):
        sites = _moved_together(layout, sites_of(aligned, layout, group), moves, group)
        tree[group] = xr.DataTree(written(aligned[group].to_dataset(), sites))
    tree["alignment"] = xr.DataTree(_alignment(aligned["alignment"].to_dataset(), moves))
    reference = {k: v[0] for k, v in moved.items()}
    tree["reference"] = xr.DataTree(written(aligned["reference"].to_dataset(), reference))
    return tree


def _moved_together(layout: Layout, sites: Sites, moves: Moves, group: str) -> Sites:
    count = len(next(iter(sites.values())))
    for layer, (order, sign) in moves.items():
        if group == "drawn" and layout.symmetry(layer) == "linear":
            continue  # its canonical axes are not neurons as drawn
        shape = (count, order.shape[1])
        sites = act(
            layout, sites, layer, np.broadcast_to(order, shape), np.broadcast_to(sign, shape)
        )
    return sites


def _alignment(record: xr.Dataset, moves: Moves) -> xr.Dataset:
    values = {}
    for layer, (order, sign) in moves.items():
        for name in ("from", "sign", "margin"):
            values[f"{layer}_{name}"] = record[f"{layer}_{name}"].to_numpy()[..., order[0]]
        values[f"{layer}_sign"] = values[f"{layer}_sign"] * sign[0]
    return written(record, values)
