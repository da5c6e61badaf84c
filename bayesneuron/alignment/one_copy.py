"""One copy of each draw, whichever symmetric copy it comes in.

What depends on the copies that draws come in is no statistic of the posterior. Starting every
search from the same copy of a network makes the whole alignment a function of the network.
"""

import numpy as np

from bayesneuron.alignment.moves import Move, Placed
from bayesneuron.alignment.scores import compared
from bayesneuron.network.layout import Layout
from bayesneuron.network.rows import rows_of


def one_copy(layout: Layout, draws: Placed) -> Placed:
    """Order the neurons of each layer by the norm of all their weights, draw by draw.

    The norm does not change with the order and signs of other layers. A neuron is signed so that
    the largest weight it shares with units in place already is positive: inputs, outputs, and
    the layers before it.
    """
    sites, in_place = compared(layout), set[str]()
    for layer in layout.forward:
        axes = [a for a in layout.axes(layer) if a.site in sites]
        norms = np.sum([(rows_of(draws.sites[a.site], a.axis) ** 2).sum(-1) for a in axes], axis=0)
        order = np.argsort(-norms, axis=1, kind="stable")
        sign = np.ones(order.shape)
        known = [
            rows_of(draws.sites[a.site], a.axis)
            for a in axes
            if layout.flips(a)
            and all(
                name in in_place or name not in layout.layers
                for axis, name in enumerate(layout.sites[a.site])
                if axis != a.axis
            )
        ]
        if known and layout.signed(layer):
            rows = np.concatenate(known, axis=-1)
            largest = np.take_along_axis(rows, np.abs(rows).argmax(-1)[:, :, None], 2)[:, :, 0]
            sign = np.where(np.take_along_axis(largest, order, axis=1) < 0, -1.0, 1.0)
        draws = draws.move(layout, layer, Move(order, sign))
        in_place.add(layer)
    return draws
