"""Several modes of one posterior: found, weighed, and each with its own neurons."""

from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base.array import array_stats

from bayesneuron.alignment import align, aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.alignment.numbering import numbered_as
from bayesneuron.diagnostics.mixtures._separation import APART, separation, separation_of_weights
from bayesneuron.diagnostics.mixtures.mixture import NeuronMixture, mix
from bayesneuron.diagnostics.mixtures.stretches import cut, interleave, pick
from bayesneuron.diagnostics.mixtures.weights import tabulate
from bayesneuron.draws._activations import spread
from bayesneuron.draws.convergence import POINTS, convergence_of_function
from bayesneuron.draws.tree import layout_of
from bayesneuron.geometry.posterior import neurons
from bayesneuron.network.symmetry import canonicalise
from bayesneuron.numerics.checks import check_choice, check_positive

MIXED = 1.01  # R-hat of chains that agree (Vehtari et al. 2021)
FEW = 50  # draws of a stretch that are compared
STRETCHES = 16  # about so many in all, at most four a chain


@dataclass(frozen=True)
class Modes:
    """The modes that chains visited.

    Attributes
    ----------
    labels : ndarray of int, shape (chain, part)
        Mode of every stretch of every chain; 0 has the largest stacking weight.
    draws : tuple of DataTree
        The draws in each mode, aligned within the mode; neurons have the numbers that they have
        in `bayesneuron.neurons` of all draws.
    table : DataFrame
        One row a mode: ``chains`` and ``draws`` in it, mean log density ``lp``, ``elpd`` by
        PSIS-LOO; weights by ``stacking`` and by chain ``mass`` (NaN where no chain was in two
        modes: chains that stay where they started weigh nothing); R-hat and ESS of aligned
        weights (``rhat``, ``ess``) and of predictions (``rhat_function``, ``ess_function``).
    apart, apart_function : ndarray, shape (mode, mode)
        Smallest separation of their stretches in weights and in predictions, in standard
        deviations. Modes that are apart in weights only are copies of one function.
    rhat_nested : float
        Nested R-hat of predictions, chains of one start as a superchain; NaN where starts are
        not known or have unequal numbers of chains.
    """

    labels: np.ndarray
    draws: tuple[xr.DataTree, ...]
    table: pd.DataFrame
    apart: np.ndarray
    apart_function: np.ndarray
    rhat_nested: float

    @property
    def weights(self) -> np.ndarray:
        """By stacking; without log likelihoods by share of draws, (mode,)."""
        found = self.table["stacking"].to_numpy()
        return found if np.isfinite(found).all() else self._share

    @property
    def jumped(self) -> bool:
        """Whether some chain was in more than one mode."""
        return bool((self.labels != self.labels[:, :1]).any())

    @property
    def converged(self) -> bool:
        """Whether no chain is stuck, and all agree within every mode that has weight (1%)."""
        heavy = self.weights >= 0.01
        agree = bool((self.table["rhat"].to_numpy()[heavy] <= MIXED).all())
        return agree and not self.stuck.any()

    @property
    def stuck(self) -> np.ndarray:
        """Whether a mode is chains that do not move, and has no stacking weight beside others.

        Under ten effective draws of the predictions, each chain taken by itself; bool (mode,).
        """
        return self.table["stuck"].to_numpy()

    @property
    def verdict(self) -> str:
        """``one mode``, ``several modes`` or ``not converged``."""
        if not self.converged:
            return "not converged"
        return "one mode" if len(self.draws) == 1 else "several modes"

    @property
    def _share(self) -> np.ndarray:
        return np.bincount(self.labels.ravel(), minlength=len(self.draws)) / self.labels.size

    def mixed(self, *, weights: str = "stacking", chains: int = 4) -> xr.DataTree:
        """Draws of the modes in the proportions of their weights, for predictions.

        Parameters
        ----------
        weights : {"stacking", "mass"}
        chains : int
            Each takes other draws of every mode, so R-hat between them means something.

        Returns
        -------
        DataTree

        Raises
        ------
        ValueError
            If a choice is not valid, or the weights are not known.
        """
        check_positive(chains=chains)
        return interleave(list(self.draws), self._given(weights), chains)

    @cached_property
    def rhat_function(self) -> float:
        """R-hat of predictions between chains of the weighted mixture."""
        return convergence_of_function(self.mixed())[0]

    def mixture(self, layer: str | None = None, *, weights: str = "stacking") -> NeuronMixture:
        """The posterior of a layer's neurons over all modes.

        Modes are matched to the heaviest, neuron by neuron; where they hold different neurons the
        match is only the closest there is, and ``between`` is large.

        Parameters
        ----------
        layer : str, optional
            By default the first.
        weights : {"stacking", "mass"}

        Returns
        -------
        NeuronMixture

        Raises
        ------
        ValueError
            If the layer is unknown or the weights are not known.
        """
        pi = self._given(weights)
        first = self.draws[0]
        posts = [neurons(align(tree, reference=first)) for tree in self.draws]
        name = next(iter(posts[0])) if layer is None else layer
        check_choice("layer", name, tuple(posts[0]))
        return mix([p[name] for p in posts], pi)

    def _given(self, weights: str) -> np.ndarray:
        check_choice("weights", weights, ("stacking", "mass"))
        found = self.weights if weights == "stacking" else self.table["mass"].to_numpy()
        if not np.isfinite(found).all():
            raise ValueError("weights: expected chains that moved between modes, got none")
        return found

    def __repr__(self) -> str:
        return f"Modes: {self.verdict}\n{self.table.round(3).to_string()}"


def modes(draws: xr.DataTree, *, apart: float = APART) -> Modes:
    """Find the modes that chains visited, by weights and by predictions.

    Every chain is cut into stretches (four, or fewer where there are many chains). Two stretches
    belong together where no weight, after the best match of neurons, and no prediction has means
    more than `apart` standard deviations from each other; modes are the connected groups.

    Parameters
    ----------
    draws : DataTree
        Of `bayesneuron.nuts`, or of several chains from elsewhere; aligned or not.
    apart : float
        In standard deviations within stretches. Two normals in equal shares have two peaks
        where they are more than 2 apart.

    Returns
    -------
    Modes

    Raises
    ------
    ValueError
        If draws are independent of each other (there are no chains to compare) or too few.

    References
    ----------
    Yao, Vehtari, Gelman, "Stacking for non-mixing Bayesian computations", JMLR 2022; Margossian
    et al., "Nested R-hat", Bayesian Analysis 2024; Vehtari et al., "Rank-normalization, folding,
    and localization: an improved R-hat", Bayesian Analysis 2021.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> found = bn.modes(bn.nuts(model, x, y, chains=2, samples=400, warmup=200, starts=4))
    >>> found.verdict, found.labels.shape
    ('one mode', (2, 4))
    """
    if draws.attrs.get("independent"):
        raise ValueError(
            f"modes: expected chains, got independent draws of {draws.attrs.get('method')!r}"
        )
    if not apart > 0:
        raise ValueError(f"apart: expected a positive number, got {apart}")
    size = draws["posterior"].sizes
    parts = max(1, min(4, STRETCHES // size["chain"], size["draw"] // 20))
    if size["draw"] < 8:
        raise ValueError(f"modes: expected at least 8 draws a chain, got {size['draw']}")
    far, far_function = _separations(draws, parts)
    joined = nx.from_numpy_array(np.maximum(far, far_function) <= apart)
    groups = sorted((sorted(g) for g in nx.connected_components(joined)), key=min)
    label = np.empty(len(far), int)
    for mode, members in enumerate(groups):
        label[members] = mode
    labels = label.reshape(size["chain"], parts)
    whole = aligned(draws)
    trees = [numbered_as(align(pick(draws, labels, m)), whole) for m in range(len(groups))]
    table = tabulate(trees, labels)
    heavy = table["stacking"].fillna(table["draws"] / table["draws"].sum())
    order = np.argsort(-heavy.to_numpy(), kind="stable")
    between = [
        np.array([[f[np.ix_(groups[a], groups[b])].min() for b in order] for a in order])
        for f in (far, far_function)
    ]
    return Modes(
        labels=np.argsort(order)[labels],
        draws=tuple(trees[m] for m in order),
        table=table.iloc[order].reset_index(drop=True).rename_axis("mode"),
        apart=between[0],
        apart_function=between[1],
        rhat_nested=_nested(draws),
    )


def _separations(draws: xr.DataTree, parts: int) -> tuple[np.ndarray, np.ndarray]:
    layout, size = layout_of(draws), draws["posterior"].sizes
    raw = canonicalise(layout, sites_of(draws, layout))
    chains = {k: v.reshape(size["chain"], size["draw"], *v.shape[1:]) for k, v in raw.items()}
    stretches = {k: cut(v, parts) for k, v in chains.items()}
    count, each = next(iter(stretches.values())).shape[:2]
    at = spread(each, FEW)
    weights = separation_of_weights(
        layout, [{k: v[i, at] for k, v in stretches.items()} for i in range(count)]
    )
    told = _predictions(draws)
    if told is None:
        return weights, np.zeros_like(weights)
    cuts = cut(told, parts)
    return weights, separation(cuts[:, spread(cuts.shape[1], FEW)])


def _predictions(draws: xr.DataTree) -> np.ndarray | None:
    """Predictions at up to 200 places, (chain, draw, place)."""
    if "posterior_predictive" not in draws.children:
        return None
    mean = np.asarray(draws["posterior_predictive"]["mean"], float)
    flat = mean.reshape(*mean.shape[:2], -1)
    return flat[:, :, spread(flat.shape[2], POINTS)]


def _nested(draws: xr.DataTree) -> float:
    starts, told = np.asarray(draws.attrs.get("start_mode", [])), _predictions(draws)
    chains = draws["posterior"].sizes["chain"]
    ids, count = np.unique(starts, return_counts=True)
    if told is None or len(starts) != chains or len(ids) < 2 or len(set(count)) > 1:
        return float("nan")
    superchain = np.searchsorted(ids, starts)
    moving = told[:, :, np.ptp(told, axis=(0, 1)) > 0]
    found = array_stats.rhat_nested(moving, superchain, chain_axis=0, draw_axis=1)
    return float(np.max(found))
