"""Where each site of a network lies among the tensors of its source, to be read and written.

A site is a block of rows of one tensor, which may be transposed or an item of a stack. Written
this way, the way back is the same table read from right to left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Place:
    """A block of a tensor.

    Attributes
    ----------
    tensor : str
        Its name.
    transposed : bool
        Whether the tensor has (sending, receiving) axes, as kernels of Flax and Keras do.
    block, blocks : int
        The rows of the receiving axis: which of so many equal blocks (gates).
    index : int or None
        The item of a stack along a first axis; None where there is none.
    items : int
        How many items the stack has.
    """

    tensor: str
    transposed: bool = False
    block: int = 0
    blocks: int = 1
    index: int | None = None
    items: int = 1

    def cut(self, tensor: np.ndarray) -> np.ndarray:
        """The block, (receiving, sending) or (receiving,)."""
        array = tensor if self.index is None else tensor[self.index]
        return np.split(array.T if self.transposed else array, self.blocks)[self.block]


@dataclass(frozen=True)
class Norm:
    """A batch normalisation, h ↦ s h + t unit by unit, that the weights beside it can take in.

    Attributes
    ----------
    layer : str
        Of the weights that take it in.
    rows : bool
        True: it is applied to the sums of `layer`. False: to what `layer` reads.
    mean, var : str
        Names of tensors.
    weight, bias : str or None
    eps : float
    """

    layer: str
    rows: bool
    mean: str
    var: str
    weight: str | None = None
    bias: str | None = None
    eps: float = 1e-5

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names of its tensors."""
        return tuple(n for n in (self.mean, self.var, self.weight, self.bias) if n is not None)

    def factors(self, tensors: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The numbers s and t by unit."""
        values = {n: np.asarray(tensors[n], float) for n in self.tensors}
        if (values[self.var] + self.eps <= 0).any():
            raise ValueError(
                f"{self.var}: expected variances above 0, got {values[self.var].min()}"
            )
        s = (1.0 if self.weight is None else values[self.weight]) / np.sqrt(
            values[self.var] + self.eps
        )
        t = (0.0 if self.bias is None else values[self.bias]) - s * values[self.mean]
        return s, t

    def adding(self, shift: np.ndarray) -> dict[str, np.ndarray]:
        """Tensors of a normalisation that does no more than add numbers, now that it is folded."""
        ones, zeros = np.ones(len(shift)), np.zeros(len(shift))
        made = {self.mean: -shift if self.bias is None else zeros, self.var: ones - self.eps}
        made |= {} if self.weight is None else {self.weight: ones}
        return made if self.bias is None else made | {self.bias: shift}


@dataclass(frozen=True)
class Places:
    """Of all sites.

    Attributes
    ----------
    sites : mapping of str to tuple of Place
        A site is the sum of what lies in its places (PyTorch has two biases for a gate).
    absent : mapping of str to str
        Biases that the source does not have, which are zero, by the weights of the same rows.
    norms : tuple of Norm
    """

    sites: Mapping[str, tuple[Place, ...]]
    absent: Mapping[str, str] = field(default_factory=dict)
    norms: tuple[Norm, ...] = ()

    @property
    def tensors(self) -> set[str]:
        """Names of all tensors that are read."""
        own = {place.tensor for places in self.sites.values() for place in places}
        return own | {name for norm in self.norms for name in norm.tensors}

    @property
    def summed(self) -> tuple[str, ...]:
        """Sites that are sums of several blocks."""
        return tuple(site for site, places in self.sites.items() if len(places) > 1)

    def read(self, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All sites of a network in double precision, normalisations folded into them."""
        sites: dict[str, np.ndarray] = {}
        for site, places in self.sites.items():
            parts = [np.asarray(place.cut(tensors[place.tensor]), float) for place in places]
            sites[site] = parts[0].copy() if len(parts) == 1 else np.sum(parts, axis=0)
        for site, weight in self.absent.items():
            sites[site] = np.zeros(len(sites[weight]))
        for norm in self.norms:
            (s, t), weight, bias = (
                norm.factors(tensors),
                f"{norm.layer}_weight",
                f"{norm.layer}_bias",
            )
            if norm.rows:
                sites[weight] = s[:, None] * sites[weight]
                sites[bias] = s * sites[bias] + t
            else:
                sites[bias] = sites[bias] + sites[weight] @ t
                sites[weight] = sites[weight] * s
        return sites

    def written(self, sites: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The tensors that `read` makes these sites of; of a sum, the first block holds all.

        Raises
        ------
        ValueError
            If a bias that the source does not have is not zero.
        """
        inside = {f"{norm.layer}_bias" for norm in self.norms if norm.rows} & set(self.absent)
        for site in self.absent:
            if np.any(sites[site]) and site not in inside:
                raise ValueError(
                    f"like: expected a network with a bias for {site!r}, which is not zero in "
                    "these draws, got one without"
                )
        blocks: dict[str, dict[tuple[int, int], np.ndarray]] = {}
        kinds: dict[str, Place] = {}
        for site, places in self.sites.items():
            for k, place in enumerate(places):
                own = np.asarray(sites[site]) if k == 0 else np.zeros_like(sites[site])
                blocks.setdefault(place.tensor, {})[place.index or 0, place.block] = own
                kinds[place.tensor] = place
        made = {name: _assembled(kinds[name], parts) for name, parts in blocks.items()}
        for norm in self.norms:
            bias, columns = f"{norm.layer}_bias", sites[f"{norm.layer}_weight"].shape[1]
            if norm.rows:
                own = np.asarray(sites[bias])
                made |= norm.adding(own if bias in inside else np.zeros_like(own))
            else:
                made |= norm.adding(np.zeros(columns))
        return made


def _assembled(kind: Place, parts: Mapping[tuple[int, int], np.ndarray]) -> np.ndarray:
    items = []
    for item in range(kind.items):
        rows = np.concatenate([parts[item, block] for block in range(kind.blocks)])
        items.append(rows.T if kind.transposed else rows)
    return items[0] if kind.index is None else np.stack(items)
