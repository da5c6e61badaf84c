"""What the networks of every size are made from, and how each is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.rebuild import Reduced, rebuild
from bayesneuron.reduction.shrink import shrink
from bayesneuron.reduction.task import Method, Weights
from bayesneuron.reduction.through_network import READOUT

Plan = Mapping[str, int]


@dataclass(frozen=True)
class Source:
    """The full network, and the method that reduces it.

    Attributes
    ----------
    model : Model
        The full network.
    draws : DataTree
    sites : dict of str to ndarray, shape (draw, ...)
        Of all draws, aligned.
    x, y : array_like
        Training data.
    judged : ndarray of int
        Places of the draws on which sizes are scored. Decisions common to all draws are taken on
        them, so that the network of all draws is the one that was scored.
    whole : dict of str to int
        Full width of each layer to reduce.
    method : callable
    seed : int
    projected : bool
        Whether the sites are projections onto the output weights.
    """

    model: Model
    draws: xr.DataTree
    sites: Weights
    x: Any
    y: Any
    judged: np.ndarray
    whole: dict[str, int]
    method: Method
    seed: int
    projected: bool = False

    @property
    def count(self) -> int:
        """Number of draws."""
        return len(next(iter(self.sites.values())))

    @property
    def judges_all(self) -> bool:
        """Whether sizes are scored on every draw."""
        return len(self.judged) == self.count

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Training data, checked."""
        return as_arrays(self.model, self.x, self.y)

    @cached_property
    def few(self) -> Weights:
        """Sites of the draws on which sizes are scored."""
        return {k: v[self.judged] for k, v in self.sites.items()}

    @double
    def judged_networks(self, plans: Sequence[Plan]) -> list[tuple[Model, Weights]]:
        """The networks of several sizes, for the draws on which they are scored."""
        if not plans:
            return []
        return shrink(
            self.model, self.few, *self.arrays, plans, self.method, seed=self.seed,
            numbers=self.judged,
        )  # fmt: skip

    @double
    def network(self, plan: Plan) -> Reduced:
        """The network of one size, with every draw."""
        model, sites = self.model, self.sites
        if plan != self.whole:
            model, sites = shrink(
                model, sites, *self.arrays, [plan], self.method, seed=self.seed,
                deciding=None if self.judges_all else self.judged,
            )[0]  # fmt: skip
        return Reduced(model, self.tree(model, sites))

    def tree(self, model: Model, sites: Weights) -> xr.DataTree:
        """Merged draws of a network as a tree."""
        smaller = {"basis": "merged", "reduced_from": sum(self.whole.values())}
        if self.projected:
            smaller |= READOUT
        details = smaller if model is not self.model else {}
        return rebuild(model, sites, self.draws, self.x, self.y, **details)
