"""Which weights a Gaussian variational family lets correlate."""

import numpy as np

from bayesneuron.network.density import Density
from bayesneuron.network.rows import rows_of

FAMILIES = ("mean_field", "neuron", "low_rank", "full")


def blocks_of_family(dens: Density, family: str) -> dict[str, np.ndarray]:
    """Positions in θ of each block, (block, k), by group of blocks of one size.

    ``neuron`` has one group per layer, one block per neuron: its row of every site that feeds it.
    """
    everything = np.arange(dens.size)
    if family == "full":
        return {"all": everything[None, :]}
    if family != "neuron":
        return {"all": everything[:, None]}
    layout = dens.model.layout
    groups: dict[str, list[np.ndarray]] = {}
    for site, index in dens.places.items():
        if site in layout.sites:
            rows = rows_of(index, layout.into.get(site, 0), lead=0)
            groups.setdefault(layout.receiver(site), []).append(rows)
        else:
            groups.setdefault(f"other_{site}", []).append(index.reshape(-1, 1))
    return {name: np.concatenate(parts, axis=1) for name, parts in groups.items()}
