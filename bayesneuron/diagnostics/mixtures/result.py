"""The modes that chains visited: where each was, what each weighs, its neurons."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import align
from bayesneuron.diagnostics.glossary import hint
from bayesneuron.diagnostics.mixtures.neuron_mixture import NeuronMixture, mix
from bayesneuron.diagnostics.mixtures.stretches import interleave
from bayesneuron.draws.convergence import convergence_of_function
from bayesneuron.draws.provenance import Start
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.inference.warm_start import NEGLIGIBLE
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
        Mode of every stretch of every chain; 0 has the largest weight.
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
    start : Start
        What the search for optima found, and where chains started.
    scored : {"loo", "lfo"}
        What ``elpd`` is, and modes are stacked by: leave-one-out or leave-future-out.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.nuts(model, x, y, chains=2, samples=50, warmup=50)
    >>> len(bn.modes(draws).trees) >= 1
    True
    """

    labels: np.ndarray
    trees: tuple[xr.DataTree, ...]
    statistics: pd.DataFrame
    apart: np.ndarray
    apart_function: np.ndarray
    rhat_nested: float
    start: Start = field(default_factory=Start)
    scored: str = "loo"

    @property
    def weights(self) -> np.ndarray:
        """By mass where it is known, else by stacking, else by draws, (mode,)."""
        return weights_in(self.statistics)[0]

    @property
    def weighted_by(self) -> str:
        """What `weights` are: ``mass``, ``stacking`` or ``draws``."""
        return weights_in(self.statistics)[1]

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
        """``one mode``, ``several modes`` or ``not converged``, and where else mass may lie.

        In brackets the number of distinct optima that the search found, and of those whose Laplace
        evidence is within 5 nats of the best: chains in one mode do not tell that there is one.
        Where chains have not converged, why not.
        """
        if self.converged:
            words = "one mode" if len(self.trees) == 1 else "several modes"
            return f"{words} ({self.searched})"
        stuck = int(self.stuck.sum())
        heavy = self.statistics["rhat"].to_numpy()[self.weights >= LIGHT]
        bad = heavy[~(heavy <= MIXED)]
        why = [
            *([f"{stuck} of {len(self.trees)} modes are chains that do not move"] if stuck else []),
            *([f"R-hat {np.max(bad):.3g} within a mode"] if len(bad) else []),
        ]
        return f"not converged ({'; '.join([*why, self.searched])})"

    @property
    def searched(self) -> str:
        """What the search for optima found, in words."""
        count = self.start.optima
        if not count:
            return "no search for other optima"
        return f"{count} distinct optim{'um' if count == 1 else 'a'} found, {self.heavy} with mass"

    @property
    def heavy(self) -> int:
        """Distinct optima whose Laplace evidence is within 5 nats of the best."""
        evidence = np.asarray(self.start.evidence)
        return int((evidence >= evidence.max() - NEGLIGIBLE).sum()) if evidence.size else 0

    def mixed(self, *, weights: str | None = None, chains: int = 4) -> xr.DataTree:
        """Draws of the modes in the proportions of their weights, for predictions.

        Parameters
        ----------
        weights : {"mass", "stacking", "share"}, optional
            By default mass where it is known, else stacking. `weighted_by` says which, and so does
            ``attrs["mixed_by"]`` of the result.
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
        tree = interleave(list(self.trees), self._weights_by(weights), chains)
        tree.attrs["mixed_by"] = weights or self.weighted_by
        return tree

    @cached_property
    def rhat_function(self) -> float:
        """R-hat of predictions between chains of the weighted mixture."""
        return convergence_of_function(self.mixed())[0]

    def mixture(self, layer: str | None = None, *, weights: str | None = None) -> NeuronMixture:
        """The posterior of a layer's neurons over all modes.

        Modes are matched to the heaviest, neuron by neuron; where they hold different neurons the
        match is only the closest there is, and ``between`` is large.

        Parameters
        ----------
        layer : str, optional
            By default the first.
        weights : {"mass", "stacking", "share"}, optional
            By default mass where it is known, else stacking; the result says which.

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
        return replace(mix([p[name] for p in posts], pi), weighted_by=weights or self.weighted_by)

    def _weights_by(self, kind: str | None) -> np.ndarray:
        if kind is None:
            return self.weights
        check_choice("weights", kind, ("mass", "stacking", "share"))
        weights = _judged(self.statistics, kind)
        if weights is None:
            what = {
                "mass": "a mass of every mode (bridge sampling was not reliable, or has no model)",
                "stacking": "log likelihoods",
                "share": "chains that moved between modes",
            }[kind]
            raise ValueError(f"weights: expected {what}, got none")
        return weights

    def table(self) -> pd.DataFrame:
        """One row per mode.

        ``chains`` and ``draws`` in it, mean log density ``lp``, ``elpd`` by PSIS-LOO or by
        leave-future-out (`scored`); weights by ``stacking``, by ``mass`` (bridge sampling; NaN
        where it is not reliable, ``mass_error`` is its relative error) and by ``share`` of draws
        (NaN where no chain visited two modes: chains that stay where they started carry no weight);
        R-hat and ESS of aligned weights (``rhat``, ``ess``) and of predictions
        (``rhat_function``, ``ess_function``); ``stuck``.
        """
        return self.statistics.copy()

    @property
    def _head(self) -> str:
        chains, parts = self.labels.shape
        sizes = f"modes: {len(self.trees)}, chains: {chains}, stretches per chain: {parts}"
        if len(self.trees) > 1:
            by_what = f" of {self.scored}" if self.weighted_by == "stacking" else ""
            sizes += f"; weights by {self.weighted_by}{by_what}"
        return f"Modes: {self.verdict}; {sizes}"

    def __repr__(self) -> str:
        return f"{display.show(self._head, self.table())}\n{hint('mass')}"

    def _repr_html_(self) -> str:
        return f"{display.html(self._head, self.table())}<p>{hint('mass')}</p>"


def weights_in(statistics: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Weights of modes from their table, (mode,), and what they are."""
    for kind in ("mass", "stacking"):
        known = _judged(statistics, kind)
        if known is not None:
            return known, kind
    draws = statistics["draws"].to_numpy(float)
    return draws / draws.sum(), "draws"


def _judged(statistics: pd.DataFrame, kind: str) -> np.ndarray | None:
    """Weights of one kind, those of stuck modes zero; None where one is not known."""
    values, stuck = statistics[kind].to_numpy(float), statistics["stuck"].to_numpy(bool)
    known = np.isfinite(values)
    if not (known | (stuck & ~stuck.all())).all():
        return None
    return np.nan_to_num(values)
