"""The modes that chains visited: where each was, what each weighs, its neurons."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import align
from bayesneuron.diagnostics.glossary import hint
from bayesneuron.diagnostics.mixtures.neuron_mixture import NeuronMixture, mix
from bayesneuron.diagnostics.mixtures.stretches import interleave
from bayesneuron.draws.convergence import convergence_of_function
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.numerics import display
from bayesneuron.numerics.checks import check_choice, check_positive

MIXED = 1.01  # R-hat of chains that agree (Vehtari et al. 2021)
LIGHT = 0.01  # weight below which a mode is passed over


@dataclass(frozen=True)
class Modes:
    """The modes that chains visited.

    Attributes
    ----------
    labels : ndarray of int, shape (chain, part)
        Mode of every stretch of every chain; 0 has the largest stacking weight.
    trees : tuple of DataTree
        The draws in each mode. A single mode has the numbering of `bayesneuron.neurons`; several
        are aligned each by itself, and `mixture` matches them to the first.
    statistics : DataFrame
        What `table` returns.
    apart, apart_function : ndarray, shape (mode, mode)
        Smallest separation of their stretches in weights and in predictions, in standard
        deviations. Modes that are apart in weights only are copies of one function.
    rhat_nested : float
        Nested R-hat of predictions, chains of one start as a superchain; NaN where starts are
        not known or have unequal numbers of chains.
    """

    labels: np.ndarray
    trees: tuple[xr.DataTree, ...]
    statistics: pd.DataFrame
    apart: np.ndarray
    apart_function: np.ndarray
    rhat_nested: float

    @property
    def weights(self) -> np.ndarray:
        """By stacking; without log likelihoods by share of draws, (mode,)."""
        stacking = self.statistics["stacking"].to_numpy()
        if np.isfinite(stacking).all():
            return stacking
        return np.bincount(self.labels.ravel(), minlength=len(self.trees)) / self.labels.size

    @property
    def jumped(self) -> bool:
        """Whether some chain was in more than one mode."""
        return bool((self.labels != self.labels[:, :1]).any())

    @property
    def converged(self) -> bool:
        """Whether no chain is stuck, and all agree within every mode that has weight (1%)."""
        heavy = self.weights >= LIGHT
        agree = bool((self.statistics["rhat"].to_numpy()[heavy] <= MIXED).all())
        return agree and not self.stuck.any()

    @property
    def stuck(self) -> np.ndarray:
        """Whether a mode is chains that do not move, and has no stacking weight beside others.

        Under ten effective draws of the predictions, each chain taken by itself; bool (mode,).
        """
        return self.statistics["stuck"].to_numpy()

    @property
    def verdict(self) -> str:
        """``one mode``, ``several modes`` or ``not converged``."""
        if not self.converged:
            return "not converged"
        return "one mode" if len(self.trees) == 1 else "several modes"

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
        return interleave(list(self.trees), self._weights_by(weights), chains)

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
        pi = self._weights_by(weights)
        first = self.trees[0]
        posts = [posteriors_of(align(tree, reference=first)) for tree in self.trees]
        name = next(iter(posts[0])) if layer is None else layer
        check_choice("layer", name, tuple(posts[0]))
        return mix([p[name] for p in posts], pi)

    def _weights_by(self, kind: str) -> np.ndarray:
        check_choice("weights", kind, ("stacking", "mass"))
        weights = self.weights if kind == "stacking" else self.statistics["mass"].to_numpy()
        if not np.isfinite(weights).all():
            raise ValueError("weights: expected chains that moved between modes, got none")
        return weights

    def table(self) -> pd.DataFrame:
        """One row per mode.

        ``chains`` and ``draws`` in it, mean log density ``lp``, ``elpd`` by PSIS-LOO; weights by
        ``stacking`` and by chain ``mass`` (NaN where no chain visited two modes: the share of
        chains that stay where they started is no weight); R-hat and ESS of aligned weights
        (``rhat``, ``ess``) and of predictions (``rhat_function``, ``ess_function``); ``stuck``.
        """
        return self.statistics.copy()

    @property
    def _head(self) -> str:
        chains, parts = self.labels.shape
        sizes = f"modes: {len(self.trees)}, chains: {chains}, stretches per chain: {parts}"
        return f"Modes: {self.verdict} ({sizes})"

    def __repr__(self) -> str:
        return f"{display.show(self._head, self.table())}\n{hint('stacking')}"

    def _repr_html_(self) -> str:
        return f"{display.html(self._head, self.table())}<p>{hint('stacking')}</p>"
