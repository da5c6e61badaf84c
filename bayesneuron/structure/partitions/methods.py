"""How a similarity between neurons is partitioned, chosen once and passed around as one value."""

from dataclasses import dataclass

import numpy as np

from bayesneuron.numerics.checks import (
    check_choice,
    check_flag,
    check_not_negative,
    check_positive,
    check_seed,
)
from bayesneuron.structure.partitions._greedy import greedy
from bayesneuron.structure.partitions._louvain import louvain
from bayesneuron.structure.partitions._modularity import modularity
from bayesneuron.structure.partitions._search import search
from bayesneuron.structure.partitions._spectral import spectral

METHODS = ("search", "louvain", "greedy", "spectral")


@dataclass(frozen=True)
class Method:
    """A method of partition with its options.

    Attributes
    ----------
    name : {"search", "louvain", "greedy", "spectral"}
    k : int or None
        Number of communities, of ``spectral`` only; None for the eigengap's.
    resolution : float
        Of modularity.
    signed : bool
        Whether negative similarities keep neurons apart; only ``search`` can do so.
    seed : int

    Raises
    ------
    ValueError
        If the name is unknown or an option does not fit the method.
    """

    name: str = "search"
    k: int | None = None
    resolution: float = 1.0
    signed: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_flag(signed=self.signed)
        check_choice("method", self.name, METHODS)
        check_not_negative(resolution=self.resolution)
        check_seed(self.seed)
        if self.k is not None:
            check_positive(k=self.k)
        if self.signed and self.name != "search":
            raise ValueError(
                f"signed: expected method 'search' with signed=True, got {self.name!r}"
            )
        if self.k is not None and self.name != "spectral":
            raise ValueError(f"k: expected none with method {self.name!r}, got {self.k}")

    def partition(self, similarities: np.ndarray) -> np.ndarray:
        """One partition per matrix: (matrix, n, n) to labels (matrix, n)."""
        if self.name == "search":
            return search(similarities, resolution=self.resolution, seed=self.seed)
        if self.name == "greedy":
            return np.stack([greedy(s, resolution=self.resolution) for s in similarities])
        seeds = np.random.default_rng(self.seed).integers(2**31, size=len(similarities)).tolist()
        pairs = zip(similarities, seeds, strict=True)
        if self.name == "louvain":
            return np.stack(
                [louvain(s, resolution=self.resolution, seed=seed) for s, seed in pairs]
            )
        return np.stack([spectral(s, self.k, seed=seed) for s, seed in pairs])

    def modularity(self, similarities: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Modularity of the labels in each matrix, at this resolution and with these signs."""
        return modularity(similarities, labels, signed=self.signed, resolution=self.resolution)
