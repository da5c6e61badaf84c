"""Chains whose draws go to a file segment by segment, so that memory does not grow with them."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.appended import Growing
from bayesneuron.draws.sampler_state import STATE_GROUP, keeps_state, state_group
from bayesneuron.draws.tree import Fit, build_tree, numbers_of
from bayesneuron.inference.failures import far_below, judged
from bayesneuron.inference.segments import Chain
from bayesneuron.network.model import Model
from bayesneuron.numerics.files import check_path

Stats = Mapping[str, np.ndarray]
STATS = 10  # numbers of a draw beside its weights


def check_into(path: str | Path, executor: Executor | None) -> None:
    """Raise ValueError unless chains of this process can be written to such a path."""
    check_path("into", path)
    if executor is not None:
        raise ValueError(
            "into: expected no executor with it, whose workers return chains as a whole; "
            "checkpoint= keeps them"
        )


def bytes_of(model: Model, x: Any, draws: int) -> int:
    """Bytes that so many draws take in a file."""
    return 8 * (numbers_of(model, x) + STATS) * draws


@dataclass
class Chains:
    """Chains that are written, and what is judged of them when all draws are there.

    Attributes
    ----------
    file : Growing
    model : Model
    data : tuple
        x and y.
    method : str
    seed : int
    more : callable
        From a chain and its statistics to those that are written.
    first : dict of int to ndarray
        θ of the first draw of each chain.
    moved, lost : set of int
        Chains whose draws differ, and those with one that is not finite.
    diverged : dict of int to int
        Draws of each chain that diverged.
    """

    file: Growing
    model: Model
    data: tuple[Any, Any]
    method: str
    seed: int
    more: Callable[[int, Stats], Stats] = lambda chain, stats: stats
    first: dict[int, np.ndarray] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    diverged: dict[int, int] = field(default_factory=dict)

    def write(self, chain: int, first: int, theta: np.ndarray, stats: Stats) -> None:
        """Draws of a chain from number `first` on, θ of shape (draw, size)."""
        like = self.first.setdefault(chain, theta[0])
        if (theta != like).any():
            self.moved.add(chain)
        if not np.isfinite(theta).all():
            self.lost.add(chain)
        self.diverged[chain] = self.diverged.get(chain, 0) + int(stats["diverging"].sum())
        own = {name: values[None] for name, values in self.more(chain, stats).items()}
        self.file.put(self._tree(Fit(theta[None], own)), chain, first)

    def keep(self, kept: np.ndarray) -> None:
        """Leave out all other chains; those that stay are numbered anew."""
        if len(kept) < len(self.first):
            self.file.keep_chains(kept)
            self.first = {place: self.first[int(k)] for place, k in enumerate(kept)}
            self.diverged = {place: self.diverged[int(k)] for place, k in enumerate(kept)}

    def failed(self, _: Chain | None, *, rows: int) -> np.ndarray:
        """Chains that say nothing about the posterior, see `failures.failed_members`."""
        parts = []
        for k, like in sorted(self.first.items()):
            good = k not in self.lost and (k in self.moved or self.file.count == 1)
            lp, error = (self._read(k, name) for name in ("lp", "energy_variance"))
            assert lp is not None
            one = np.array([good])
            parts.append(judged(one, lp, error, size=len(like), dtype=like.dtype))
        good, height = (np.concatenate(part) for part in zip(*parts, strict=True))
        return far_below(good, height, span=rows + len(next(iter(self.first.values()))))

    def _read(self, chain: int, name: str) -> np.ndarray | None:
        """A statistic of a chain, (1, draw), if the sampler has it."""
        values = self.file.values("sample_stats", name, chain)
        return None if values is None else values[None]

    def finish(self, fit: Fit) -> None:
        """Details, start and states of chains that are whole; θ of `fit` has no draws."""
        like = self.first[min(self.first)]
        one = Fit(like[None, None], {}, fit.details, whitened=fit.whitened, start=fit.start)
        draws = 8 * like.size * len(self.first) * self.file.count
        attrs = {str(name): value for name, value in self._tree(one).attrs.items()}
        self.finish_as(attrs, fit.state, draws)

    def finish_as(self, attrs: Mapping[str, Any], state: Stats | None, draws: int) -> None:
        """The same with attributes of draws, which take so many bytes."""
        groups = {}
        if state is not None and keeps_state(state, draws):
            own = state_group(state)
            groups[STATE_GROUP] = own.assign_coords(chain=np.arange(own.sizes["chain"]))
        self.file.finish(attrs, **groups)

    def _tree(self, fit: Fit) -> xr.DataTree:
        return build_tree(self.model, fit, *self.data, method=self.method, seed=self.seed)
