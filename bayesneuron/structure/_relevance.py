"""How relevant each neuron of a hidden layer is, with the posterior's uncertainty."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import layer_of
from bayesneuron.draws._predict import model_of
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.tree import layout_of
from bayesneuron.network.arrays import as_arrays, as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.task import Task
from bayesneuron.structure.removal import Removal, remove_each
from bayesneuron.structure.shares import shares
from bayesneuron.structure.verdicts import by_share, count_live, negligible_probability, verdicts

SHOWN = 20  # rows printed


@dataclass(frozen=True)
class Relevance:
    """What the posterior says about the relevance of each neuron of one layer.

    Attributes
    ----------
    layer : str
    share : ndarray, shape (draw, neuron)
        Covariance share of the variance of what the next layer receives; a draw's shares sum
        to 1. Negative where the neuron works against the sum of all.
    gross : ndarray, shape (draw, neuron)
        Variance of the neuron's own contribution as a multiple of the total.
    unique : ndarray, shape (draw, neuron)
        The part of `gross` that is lost when the others take over by least squares.
    effect : ndarray, shape (draw, neuron)
        Standard deviation of the contribution over the data, in units of what is received.
    snr : ndarray, shape (neuron,)
        Signal-to-noise ratio of the outgoing weights, |E v| / (tr cov v)^½; 0 for none at all.
    p_negligible : ndarray, shape (neuron,)
        Posterior probability that share and gross are both below `negligible`.
    negligible : float
    removed : Removal or None
        Change of the log density when the neuron is removed and its mean moves into the bias.
        None without y.
    taken_over : Removal or None
        The same when the others take over by least squares.
    verdict : tuple of str, length neuron
        ``dead``, ``constant``, ``duplicate of layer[j]``, ``irrelevant`` or ``live``.
    live : ndarray of int, shape (draw,)
        Number of live neurons in each draw by itself. Fewer than verdicts say ``live``: neurons
        are spare, but alignment could not tell which.
    """

    layer: str
    share: np.ndarray
    gross: np.ndarray
    unique: np.ndarray
    effect: np.ndarray
    snr: np.ndarray
    p_negligible: np.ndarray
    negligible: float
    removed: Removal | None
    taken_over: Removal | None
    verdict: tuple[str, ...]
    live: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """Neurons from most to least relevant, by the size of their mean share, (neuron,)."""
        return by_share(self.share)

    @property
    def names(self) -> list[str]:
        """``layer[i]`` of every neuron."""
        return [f"{self.layer}[{i}]" for i in range(len(self.snr))]

    def table(self) -> pd.DataFrame:
        """One row a neuron: means over draws, and a 90% interval of the share.

        ``removed``, ``taken_over`` are elpd differences with their standard errors; NaN
        without y.
        """
        low, high = np.quantile(self.share, [0.05, 0.95], axis=0)
        columns: dict[str, Any] = {
            "snr": self.snr,
            "effect": self.effect.mean(axis=0),
            "share": self.share.mean(axis=0),
            "share_low": low,
            "share_high": high,
            "gross": self.gross.mean(axis=0),
            "unique": self.unique.mean(axis=0),
            "p_negligible": self.p_negligible,
        }
        for name, found in {"removed": self.removed, "taken_over": self.taken_over}.items():
            columns[name] = np.nan if found is None else found.elpd
            columns[f"{name}_se"] = np.nan if found is None else found.se
        columns["verdict"] = self.verdict
        return pd.DataFrame(columns, index=pd.Index(self.names, name="neuron"))

    def __repr__(self) -> str:
        count, n = self.share.shape
        words = [w.split()[0] for w in self.verdict]
        tally = ", ".join(f"{words.count(w)} {w}" for w in sorted(set(words)))
        table = self.table().iloc[self.order].dropna(axis=1, how="all").round(3)
        low, middle, high = np.quantile(self.live, [0.05, 0.5, 0.95])
        head = f"Relevance of {self.layer!r}: {n} neurons ({tally}), {count} draws"
        each = f"live in a draw: {middle:.0f} (90% of draws: {low:.0f} to {high:.0f})"
        return f"{head}\n{each}\n{table.to_string(max_rows=SHOWN)}"


@double
def relevance(
    draws: xr.DataTree,
    x: Any,
    y: Any = None,
    *,
    layer: str | None = None,
    model: Model | None = None,
    negligible: float = 0.01,
    certain: float = 0.95,
    nil: float = 1e-6,
    still: float = 1e-4,
    alike: float = 1e-3,
    most: int = 200,
    seed: int = 0,
) -> Relevance:
    """Judge every neuron of a hidden layer: what it does, and what is lost without it.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are.
    x : array_like, shape (observation, input)
    y : array_like, optional
        What was observed there; held out, for an honest change of the log density.
    layer : str, optional
        By default the only hidden one.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    negligible : float
        Share of the output variance below which a contribution is negligible.
    certain : float
        Share of the draws that a verdict needs.
    nil, still, alike : float
        When a neuron is dead, constant, a duplicate: see
        `bayesneuron.structure.verdicts.verdicts`.
    most : int
        Draws used, at most, chosen at random.
    seed : int
        Of that choice.

    Returns
    -------
    Relevance

    Raises
    ------
    ValueError
        If the layer is unknown, a limit is not valid, the data do not fit, or, with y, a
        site of the model is missing.

    Notes
    -----
    Each verdict is about one neuron removed alone: two that are each irrelevant need not be so
    together. In a recurrent network activations of all steps are taken together. The standard
    errors take observations for independent, which overlapping windows are not.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> found = relevance(bn.laplace(model, x, y, samples=50, starts=4), x, y)
    >>> found.verdict
    ('live', 'live')
    >>> bool(abs(found.share.sum(axis=1) - 1).max() < 1e-9)
    True
    """
    limits = {"certain": certain, "nil": nil, "still": still, "alike": alike}
    for name, limit in {"negligible": negligible, **limits}.items():
        if not 0 <= limit < 1:
            raise ValueError(f"{name}: expected a number in [0, 1), got {limit}")
    check_positive(most=most)
    model = model or model_of(draws)
    layer = layer_of(model.layout, layer)
    inputs, targets = (as_inputs(model, x), None) if y is None else as_arrays(model, x, y)
    sites = _aligned_sites(draws, model, inputs, most, seed, latent=y is not None)
    task = Task(model, sites, layer, inputs, np.empty(0) if targets is None else targets)
    found = shares(task.activations, task.outgoing, constant=task.constant)
    removed = taken = None
    if targets is not None:
        kept = found.mean - np.einsum("sij,sj->si", found.others, found.mean)
        score = lambda others, constant: remove_each(
            model, sites, layer, inputs, targets, others=others, constant=constant
        )
        removed, taken = score(np.zeros_like(found.others), found.mean), score(found.others, kept)
    p_negligible = negligible_probability(found, negligible)
    return Relevance(
        layer=layer,
        share=found.share,
        gross=found.gross,
        unique=found.unique,
        effect=found.effect,
        snr=_signal_to_noise(task.outgoing),
        p_negligible=p_negligible,
        negligible=negligible,
        removed=removed,
        taken_over=taken,
        verdict=verdicts(found, layer, p_negligible, **limits),
        live=count_live(found, negligible, nil=nil, still=still, alike=alike),
    )


def _aligned_sites(
    draws: xr.DataTree, model: Model, x: np.ndarray, most: int, seed: int, *, latent: bool
) -> dict[str, np.ndarray]:
    """Sites of at most `most` draws, all of them aligned; without y a noise scale is not needed."""
    whole = aligned(draws)
    sites = sites_of(whole, layout_of(draws))
    latents = latent_sites(whole, model, x) if latent else {}
    sites |= {k: v for k, v in latents.items() if k not in sites}
    count = len(next(iter(sites.values())))
    if count <= most:
        return sites
    chosen = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
    return {k: v[chosen] for k, v in sites.items()}


def _signal_to_noise(outgoing: np.ndarray) -> np.ndarray:
    signal = np.linalg.norm(outgoing.mean(axis=0), axis=1)
    noise = np.sqrt(outgoing.var(axis=0).sum(axis=1))
    ratio = np.where(noise > 0, signal / np.where(noise > 0, noise, 1.0), np.inf)
    return np.where(signal > 0, ratio, 0.0)
