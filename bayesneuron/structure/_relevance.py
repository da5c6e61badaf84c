"""How relevant each neuron of a hidden layer is, with the posterior's uncertainty."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import layer_of
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import inputs_of
from bayesneuron.network.arrays import as_arrays, as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_positive, check_seed
from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.task import Task
from bayesneuron.structure.redundancy import redundant
from bayesneuron.structure.removal import Removal, remove_each
from bayesneuron.structure.shares import check_shares, shares
from bayesneuron.structure.switched import Switch, has_scales, switch
from bayesneuron.structure.thresholds import Thresholds
from bayesneuron.structure.verdicts import by_share, count_live, negligible_probability, verdicts


@dataclass(frozen=True)
class Relevance:
    """Posterior relevance of each neuron of one layer.

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
        Posterior probability that share and gross are both below `thresholds.negligible`.
    thresholds : Thresholds
    switch : Switch or None
        Scales of the neurons and the posterior probability that they are off; None where the
        prior has no scale per neuron.
    removed : Removal or None
        Change of the log density when the neuron is removed and its mean moves into the bias.
        None without y.
    taken_over : Removal or None
        The same when the others take over by least squares.
    verdict : tuple of str, length neuron
        ``dead``, ``constant``, ``off``, ``duplicate of layer[j]``, ``irrelevant``, ``redundant``
        (with y) or ``live``.
    live : ndarray of int, shape (draw,)
        Number of neurons in each draw by itself that contribute and duplicate no other one. Where
        it is below the number of ``live`` verdicts, some neurons are not needed, but alignment
        cannot identify which.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.relevance(draws).layer
    'hidden'
    """

    layer: str
    share: np.ndarray
    gross: np.ndarray
    unique: np.ndarray
    effect: np.ndarray
    snr: np.ndarray
    p_negligible: np.ndarray
    thresholds: Thresholds
    switch: Switch | None
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
        """One row per neuron: means over draws, and a 90% interval of the share.

        ``removed``, ``taken_over`` are elpd differences with their standard errors; NaN
        without y. ``scale``, a median, and ``p_off`` are there if each neuron has a scale.
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
        if self.switch is not None:
            columns["scale"] = np.median(self.switch.scale, axis=0)
            columns["p_off"] = self.switch.p_off
        for name, removal in {"removed": self.removed, "taken_over": self.taken_over}.items():
            columns[name] = np.nan if removal is None else removal.elpd
            columns[f"{name}_se"] = np.nan if removal is None else removal.se
        columns["verdict"] = self.verdict
        return pd.DataFrame(columns, index=pd.Index(self.names, name="neuron"))

    def __repr__(self) -> str:
        return show(self._head(), self._shown())

    def _repr_html_(self) -> str:
        return html(self._head(), self._shown())

    def _shown(self) -> pd.DataFrame:
        """The columns of the table that fit one screen, by relevance; those without data go."""
        table = self.table().iloc[self.order].drop(columns=["snr", "effect", "gross"])
        return table.dropna(axis=1, how="all")

    def _head(self) -> str:
        count, n = self.share.shape
        words = [verdict.split()[0] for verdict in self.verdict]
        tally = ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words)))
        low, middle, high = np.quantile(self.live, [0.05, 0.5, 0.95])
        head = (
            f"Relevance of {self.layer!r}: {n} neurons ({tally}), {count} draws\n"
            f"neurons that contribute in a draw, duplicates once: {middle:.0f} (90% of draws: "
            f"{low:.0f} to {high:.0f})"
        )
        if "redundant" in words:
            head += (
                "\nredundant: those that stay can stand in for all of them, each costing at most "
                f"{self.thresholds.redundant:g} nats in turn; taken_over is of each alone"
            )
        return head


@double
def relevance(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    layer: str | None = None,
    thresholds: Thresholds | None = None,
    model: Model | None = None,
    most: int = 200,
    seed: int = 0,
) -> Relevance:
    """Judge every neuron of a hidden layer: what it contributes, and what is lost without it.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are.
    x : array_like, shape (observation, input), optional
        By default the data that the draws carry, x and y, which are the training data.
    y : array_like, optional
        Observations at x, for the change of the log density; better held-out ones, since the
        change on training data is optimistic. Without y that change is left out.
    layer : str, optional
        By default the only hidden one.
    thresholds : Thresholds, optional
        When a neuron is dead, constant, off, a duplicate, irrelevant or redundant.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
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
        If the layer is unknown, the data do not fit or there are none, or, with y, a site of
        the model is missing.

    Notes
    -----
    ``redundant`` neurons leave one after another, cheapest first; the kept take over by least
    squares, and each may cost `thresholds.redundant` nats at most. ``live`` means that the neuron
    contributes to the function, and that the other live ones cannot stand in for it *as they are*.
    A smaller network, with a posterior of its own, may still predict as well: `bayesneuron.reduce`
    says. The other verdicts are about one neuron removed alone: two that are each irrelevant need
    not be so together. In a recurrent network activations of all steps are pooled. The standard
    errors assume independent observations, which overlapping windows are not.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> result = relevance(bn.laplace(model, x, y, samples=50, starts=4), x, y)
    >>> result.verdict
    ('live', 'redundant')
    >>> bool(abs(result.share.sum(axis=1) - 1).max() < 1e-9)
    True
    """
    check_positive(most=most)
    check_seed(seed)
    thresholds = Thresholds() if thresholds is None else thresholds
    if not isinstance(thresholds, Thresholds):
        raise ValueError(f"thresholds: expected bn.Thresholds(...), got {thresholds!r}")
    model = network_of(draws, model)
    x, y = inputs_of(draws, x, y)
    layer = layer_of(model.layout, layer)
    inputs, targets = (as_inputs(model, x), None) if y is None else as_arrays(model, x, y)
    check_widths(draws, model, inputs.shape[1])
    scaled = has_scales(model.layout, layer)
    check_shares(draws, model.layout, layer, points=len(inputs), most=most)
    sites, drawn = _aligned_sites(draws, model, inputs, most, seed, latent=scaled or y is not None)
    task = Task(model, sites, layer, inputs, np.empty(0) if targets is None else targets)
    parts = shares(task.activations, task.outgoing, constant=task.constant)
    removed = taken_over = None
    state = switch(model, sites, drawn, layer, inputs, parts, thresholds) if scaled else None
    verdict = verdicts(parts, layer, thresholds, None if state is None else state.p_off)
    if targets is not None:
        score = lambda coefficients, remainder: remove_each(
            model, sites, layer, inputs, targets, coefficients=coefficients, remainder=remainder
        )
        explained = np.einsum("sij,sj->si", parts.coefficients, parts.mean)
        removed = score(np.zeros_like(parts.coefficients), parts.mean)
        taken_over = score(parts.coefficients, parts.mean - explained)
        verdict = _with_redundant(verdict, task, taken_over.elpd, thresholds.redundant)
    return Relevance(
        layer=layer,
        share=parts.share,
        gross=parts.gross,
        unique=parts.unique,
        effect=parts.effect,
        snr=_signal_to_noise(task.outgoing),
        p_negligible=negligible_probability(parts, thresholds),
        thresholds=thresholds,
        switch=state,
        removed=removed,
        taken_over=taken_over,
        verdict=verdict,
        live=count_live(parts, thresholds),
    )


def _aligned_sites(
    draws: xr.DataTree, model: Model, x: np.ndarray, most: int, seed: int, *, latent: bool
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Sites of at most `most` draws, all of them aligned, and the same in the units drawn in.

    Latent sites that hold no neurons are there if `latent`: a noise scale is not always needed.
    """
    whole, layout = aligned(draws), provenance_of(draws).layout
    sites = sites_of(whole, layout)
    drawn = sites_of(whole, layout, "drawn" if "drawn" in whole.children else "posterior")
    latents = latent_sites(whole, model, x) if latent else {}
    sites |= {k: v for k, v in latents.items() if k not in sites}
    count = len(next(iter(sites.values())))
    if count <= most:
        return sites, drawn
    chosen = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
    return {k: v[chosen] for k, v in sites.items()}, {k: v[chosen] for k, v in drawn.items()}


def _with_redundant(
    verdict: tuple[str, ...], task: Task, elpd: np.ndarray, most: float
) -> tuple[str, ...]:
    """``redundant`` in place of ``live`` where the others can stand in."""
    live = np.array([word == "live" for word in verdict])
    order = np.argsort(-elpd, kind="stable")
    candidates = [int(i) for i in order if live[i] and elpd[i] >= -most]
    leaving = redundant(task, np.flatnonzero(~live).tolist(), candidates, most=most)
    return tuple("redundant" if i in leaving else word for i, word in enumerate(verdict))


def _signal_to_noise(outgoing: np.ndarray) -> np.ndarray:
    signal = np.linalg.norm(outgoing.mean(axis=0), axis=1)
    noise = np.sqrt(outgoing.var(axis=0).sum(axis=1))
    ratio = np.where(noise > 0, signal / np.where(noise > 0, noise, 1.0), np.inf)
    return np.where(signal > 0, ratio, 0.0)
