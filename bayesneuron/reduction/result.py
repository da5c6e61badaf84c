"""What `reduce` returns: the curve over sizes, and the network of any size on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.network.model import Model
from bayesneuron.numerics import display
from bayesneuron.numerics.checks import is_whole
from bayesneuron.reduction.rebuild import Reduced
from bayesneuron.reduction.source import Source
from bayesneuron.reduction.through_network import caution_of

Scored = Literal["test", "loo", "lfo", "train"]  # what sizes are scored by


DISAGREE = 1.05  # R-hat of predictions from which the score of a size may be off


NO_SIZE = (
    "no size can be chosen: under the draws of every size, the whole network's too, the data have "
    "no finite log density"
)


def undecided(curve: pd.DataFrame) -> bool:
    """Whether no network has a finite score; the best one has no loss."""
    return not np.any(curve["loss"].to_numpy() == 0)


def deciding(curve: pd.DataFrame) -> pd.DataFrame:
    """The rows that decided: the chosen one and the best."""
    return curve.loc[curve["chosen"] | (curve["loss"] == 0)]


@dataclass(frozen=True, eq=False)
class Reduction:
    """Networks of every size, how well each predicts, and the one that was chosen.

    Attributes
    ----------
    curve : DataFrame
        One row per network, the full one last. ``hidden`` or the like: width of each reduced layer.
        ``neurons`` (of all hidden layers), ``parameters``. ``elpd``: expected log predictive
        density summed over observations; ``se``: its standard error. ``loss``: how far the elpd is
        below the best row's; ``loss_se``: standard error of that difference. These are NaN for
        sizes whose own posterior was not needed. ``bad_k``: observations whose leave-one-out
        density is unreliable. ``rhat``: largest R-hat of predictions over the chains of the
        network's own posterior, or of the full network's draws where merged draws are scored; NaN
        of draws that are independent or one chain. ``own``: whether the row is of draws of the
        network's own posterior; ``merged``, ``merged_bad_k``: elpd and bad k of the merged draws.
        ``error``: of the mean prediction; ``error_each``, ``error_sd``: mean and standard deviation
        of the errors of single draws; of own draws where there are any. ``chosen``.
    scored : str
        ``test`` for held-out data, ``loo`` for PSIS-LOO on the training data, ``lfo`` for PSIS
        leave-future-out on its later half, ``train`` for the training density, where the draws are
        too few for PSIS-LOO.
    basis : str
        What decided: ``own`` posteriors of the sizes, or ``merged`` draws.
    widths : dict of str to int
        Width of each reduced layer in the chosen network; of the whole network where no size has
        a finite elpd (``loss`` is then NaN everywhere).
    model : Model
        The chosen network.
    draws : DataTree
        Its draws: of its own posterior, or the merged ones, as many as the full network has.
    lost : float
        Log density per observation that draws of `bayesneuron.laplace` lose where they predict
        through the network itself, as merged draws do; 0 where these decide nothing.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.reduce(draws, sizes=[1], score="merged").basis
    'merged'
    """

    curve: pd.DataFrame
    scored: Scored
    basis: str
    widths: dict[str, int]
    model: Model
    draws: xr.DataTree
    _source: Source = field(repr=False)
    _own: dict[tuple[int, ...], Reduced] = field(default_factory=dict, repr=False)
    _merged: dict[tuple[int, ...], Reduced] = field(default_factory=dict, repr=False)
    lost: float = 0.0

    def __post_init__(self) -> None:
        kept = self._own if tuple(self.widths.values()) in self._own else self._merged
        kept[tuple(self.widths.values())] = Reduced(self.model, self.draws)

    def at(self, size: int | Sequence[int] | Mapping[str, int], *, merged: bool = False) -> Reduced:
        """The network of one of the sizes on the curve.

        Its draws are those of its own posterior where the row of the curve is of these, else the
        merged ones. Merged draws are made when first asked for, by the decisions that their row
        was scored with, and kept.

        Parameters
        ----------
        size : int, sequence of int, or mapping of str to int
            Width of the reduced layer; of several layers one number each, in the order of the
            columns of the curve or by name.
        merged : bool
            The merged draws in any case, one for each draw of the full network.

        Returns
        -------
        Reduced
            ``model, draws``, and ``source`` of the draws; of the chosen size the same objects as
            those of the reduction.

        Raises
        ------
        ValueError
            If the size is not on the curve.

        Examples
        --------
        >>> import bayesneuron as bn
        >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
        >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
        >>> draws = bn.laplace(model, x, y, samples=60, starts=4)
        >>> reduction = bn.reduce(draws, score="merged")
        >>> small, fewer = reduction.at(2)
        >>> small.options["hidden"], fewer.posterior["hidden_weight"].shape
        (2, (1, 60, 2, 3))
        """
        key = self._key(size)
        if key in self._own and not merged:
            return self._own[key]
        if key not in self._merged:
            self._merged[key] = self._source.network(dict(zip(self.widths, key, strict=True)))
        return self._merged[key]

    def _key(self, size: int | Sequence[int] | Mapping[str, int]) -> tuple[int, ...]:
        layers = list(self.widths)
        values = size
        if isinstance(size, Mapping):
            values = [size[name] for name in layers] if set(size) == set(layers) else []
        numbers = np.atleast_1d(np.asarray(values, dtype=object)).tolist()
        sizes = [tuple(row) for row in self.curve[layers].to_numpy().tolist()]
        key = tuple(int(v) for v in numbers if is_whole(v))
        if len(key) != len(numbers) or key not in sizes:
            known = [row[0] if len(row) == 1 else row for row in sizes]
            raise ValueError(f"size: expected one on the curve, {layers} in {known}; got {size!r}")
        return key

    def table(self) -> pd.DataFrame:
        """The curve: one row per network, the full one last."""
        return self.curve.copy()

    def _head(self) -> str:
        full = {layer: int(self.curve[layer].iloc[-1]) for layer in self.widths}
        moves = ", ".join(f"{name} from {full[name]} to {n}" for name, n in self.widths.items())
        of = "own posteriors" if self.basis == "own" else "merged draws"
        if undecided(self.curve):
            return f"Reduction: {NO_SIZE} (by {self.scored})"
        words = caution_of(self.lost)
        caution = f", not to be trusted: {words};" if words else ":"
        head = f"Reduction{caution} {moves} neurons (elpd of {of} by {self.scored})"
        rhat = float(np.max(deciding(self.curve)["rhat"]))
        if rhat > DISAGREE:
            head += f"; chains disagree about predictions (R-hat {rhat:.2f})"
        bad = int(self.curve["bad_k"].to_numpy().max())
        if bad:
            head += f"; up to {bad} observations with a bad Pareto k: better give test=(x, y)"
        return head

    def __repr__(self) -> str:
        return display.show(self._head(), self.curve)

    def _repr_html_(self) -> str:
        return display.html(self._head(), self.curve)
