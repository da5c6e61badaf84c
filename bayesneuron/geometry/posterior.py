"""The posterior of every neuron: e_i = E w_i and D_i = cov(w_i), from aligned draws."""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.alignment.by_part import carried
from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.coordinates import ROLES, coordinates
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import names_of_inputs
from bayesneuron.geometry.aligned_prior import aligned_prior
from bayesneuron.geometry.ellipsoid_regions import Region, region
from bayesneuron.geometry.few_draws import warn_of_few, warn_of_unbounded
from bayesneuron.geometry.normality import henze_zirkler
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_choice, check_flag, check_type
from bayesneuron.numerics.covariance import covariances, log_volumes
from bayesneuron.numerics.display import html, show

AMBIGUOUS = 3.0  # nats: the next best assignment is less than e³ ≈ 20 times as unlikely
NO_NULL = "no null of prior draws; neurons(..., model=) gives one"


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["by_draw", "mean", "cov", "shrinkage", "margin", "null_cov", "raw"],
    meta_fields=["layer", "method", "weights", "roles", "independent", "total"],
)
@dataclass(frozen=True)
class NeuronPosterior:
    """The neurons of one layer as random vectors.

    Attributes
    ----------
    layer, method : str
    weights, roles : tuple of str, length k
        Name of each coordinate, and whether it is ``incoming``, ``bias`` or ``outgoing``.
    by_draw : ndarray, shape (draw, neuron, k)
        Aligned; chains one after another.
    mean : ndarray, shape (neuron, k)
        e_i.
    cov : ndarray, shape (neuron, k, k)
        D_i.
    shrinkage : ndarray, shape (neuron,)
        Intensity of the shrinkage in D_i, 0 for none.
    margin : ndarray, shape (draw, neuron)
        Nats by which the assignment of each neuron beats the next best; inf in a layer without
        symmetry.
    null_cov : ndarray, shape (neuron, k, k), or None
        The same covariance of as many aligned prior draws; None if the draws carry no prior.
    raw : NeuronPosterior or None
        With scales as drawn, where the layer's symmetry had them balanced: balancing
        does not preserve the prior.
    independent : bool
        Whether the draws are independent by construction.
    total : int or None
        Draws that `mean` and `cov` are of, where `by_draw` are a sample of them; else None.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.neurons(draws)["hidden"].mean.shape
    (2, 5)
    """

    layer: str
    method: str
    weights: tuple[str, ...]
    roles: tuple[str, ...]
    by_draw: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    shrinkage: np.ndarray
    margin: np.ndarray
    null_cov: np.ndarray | None = None
    raw: "NeuronPosterior | None" = None
    independent: bool = False
    total: int | None = None

    @property
    def names(self) -> list[str]:
        """``layer[i]`` of every neuron."""
        return [f"{self.layer}[{i}]" for i in range(len(self.mean))]

    def region(self, level: float = 0.9, *, kind: str = "draws") -> Region:
        """Probability regions of the neurons (`bayesneuron.geometry.ellipsoid_regions`).

        Warns once if one is unbounded, with the number of draws needed.
        """
        regions = region(
            self.mean, self.cov, self.by_draw, level=level, kind=kind, shrinkage=self.shrinkage
        )
        warn_of_unbounded(regions.radius, len(self.by_draw), self.layer, len(self.weights))
        return regions

    @cached_property
    def ambiguous(self) -> np.ndarray:
        """Share of draws whose match of the neuron is ambiguous (below 3 nats), (neuron,)."""
        return (self.margin < AMBIGUOUS).mean(axis=0)

    @cached_property
    def normality(self) -> tuple[np.ndarray, np.ndarray]:
        """Henze–Zirkler statistic and p-value of each neuron."""
        return henze_zirkler(self.by_draw)

    @property
    def null_ratio(self) -> np.ndarray:
        """How wide the posterior is against the null, per dimension, shape (neuron,).

        (|D_i|^½ / |D_0|^½)^(1/k), |D_0| the geometric mean over the layer's neurons of aligned
        prior draws: 1 means that alignment of noise would give as tight a cluster, 0.1 that the
        data made it ten times as narrow in the average direction. NaN without a prior.
        """
        null = np.nan if self.null_cov is None else log_volumes(self.null_cov).mean()
        if not np.isfinite(null):  # no prior, or fewer than two draws
            return np.full(len(self.mean), np.nan)
        return np.exp((log_volumes(self.cov) - null) / len(self.weights))

    def select(self, *roles: str) -> "NeuronPosterior":
        """Only the coordinates of these roles, such as ``select("incoming")``."""
        for role in roles:
            check_choice("role", role, ROLES)
        keep = [i for i, role in enumerate(self.roles) if role in roles]
        if not keep:
            raise ValueError(
                f"select: expected some of {sorted(set(self.roles))}, got {list(roles)}"
            )
        block = np.ix_(np.arange(len(self.mean)), keep, keep)
        return replace(
            self,
            weights=tuple(self.weights[i] for i in keep),
            roles=tuple(self.roles[i] for i in keep),
            by_draw=self.by_draw[:, :, keep],
            mean=self.mean[:, keep],
            cov=self.cov[block],
            null_cov=None if self.null_cov is None else self.null_cov[block],
            raw=None if self.raw is None else self.raw.select(*roles),
        )

    def table(self) -> pd.DataFrame:
        """One row per neuron: size, spread, certainty of the match, and the tests.

        ``norm`` of the mean; ``sd``, root mean variance of a weight; `null_ratio`; `ambiguous`;
        `shrinkage`; ``hz`` and ``hz_p``, Henze and Zirkler's test of normality.
        """
        statistic, p_value = self.normality
        return self._summary().assign(hz=statistic, hz_p=p_value)

    def _summary(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "norm": np.linalg.norm(self.mean, axis=1),
                "sd": np.sqrt(np.einsum("nii->n", self.cov) / len(self.weights)),
                "null_ratio": self.null_ratio,
                "ambiguous": self.ambiguous,
                "shrinkage": self.shrinkage,
            },
            index=pd.Index(self.names, name="neuron"),
        )

    def to_dataset(self) -> xr.Dataset:
        """Mean and covariance with named dims (neuron, weight)."""
        coords = {"weight": list(self.weights), "other": list(self.weights)}
        return xr.Dataset(
            {
                "mean": (("neuron", "weight"), self.mean),
                "cov": (("neuron", "weight", "other"), self.cov),
            },
            coords=coords,
            attrs={"layer": self.layer, "method": self.method},
        )

    def _head(self) -> str:
        count, n, k = self.by_draw.shape
        head = f"NeuronPosterior of {self.layer!r}: {n} neurons, {k} weights, {count} draws"
        head += "" if self.total is None else f", mean and covariance of {self.total:,}"
        known = self.null_cov is not None or not np.isfinite(self.margin).any()
        return f"{head} ({self.method})" + ("" if known else f"; {NO_NULL}")

    def __repr__(self) -> str:
        return show(self._head(), self._summary())

    def _repr_html_(self) -> str:
        return html(self._head(), self._summary())


def check_posterior(name: str, value: Any) -> None:
    """Raise ValueError unless `value` is the posterior of one layer's neurons."""
    check_type(name, value, NeuronPosterior, "such as bn.neurons(draws)['hidden']")


class ByLayer(dict[str, NeuronPosterior]):
    """Posteriors by the name of the layer, with an error that lists them."""

    def __missing__(self, name: object) -> NeuronPosterior:
        raise KeyError(f"no layer {name!r}, the layers are {', '.join(self)}")


def neurons(
    draws: xr.DataTree, *, shrink: bool | None = None, model: Model | None = None
) -> dict[str, NeuronPosterior]:
    """The posterior of every neuron, layer by layer.

    Parameters
    ----------
    draws : DataTree
        From an estimator or `bayesneuron.from_arrays`; aligned first unless they are.
    shrink : bool, optional
        Shrinkage of covariances, see `bayesneuron.numerics.covariance.covariances`. Unless it is
        True, covariances that draws carry (``bayesneuron.bootstrap(..., memory=)``) stay as is.
    model : Model, optional
        Needed for the null where the model is not one of the shipped ones.

    Returns
    -------
    dict of str to NeuronPosterior
        Hidden layers, then the output layer, which has no symmetry.

    Raises
    ------
    ValueError
        If the draws have no layout or their sites do not fit it.

    Warns
    -----
    StatisticalWarning
        If there are fewer than three draws, which have no region.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> posts = bn.neurons(bn.laplace(model, x, y, samples=100, starts=4))
    >>> list(posts), posts["hidden"].mean.shape
    (['hidden', 'output'], (2, 5))
    """
    check_draws(draws)
    if shrink is not None:
        check_flag(shrink=shrink)
    warn_of_few(draws["posterior"].sizes["chain"] * draws["posterior"].sizes["draw"])
    return posteriors_of(complete_if_possible(draws, "prior", model=model), shrink=shrink)


def posteriors_of(draws: xr.DataTree, *, shrink: bool | None = None) -> dict[str, NeuronPosterior]:
    """The same, with a null only where the draws carry a prior."""
    layout = provenance_of(draws).layout
    whole = aligned(draws)
    null = aligned_prior(layout, whole)
    posteriors = _gather(layout, whole, null, "posterior", shrink)
    if "drawn" not in whole.children:
        return posteriors
    raw = _gather(layout, whole, null, "drawn", shrink)
    return ByLayer({layer: replace(post, raw=raw[layer]) for layer, post in posteriors.items()})


def _gather(
    layout: Layout, draws: xr.DataTree, null: xr.DataTree | None, group: str, shrink: bool | None
) -> dict[str, NeuronPosterior]:
    """Neurons of one group of aligned draws, against the same group of aligned prior draws."""
    sites, of_all = sites_of(draws, layout, group), carried(draws, group)
    null_sites = None if null is None else sites_of(null, layout, group)
    posteriors, inputs, made = ByLayer(), names_of_inputs(draws), provenance_of(draws)
    for layer in layout.of_neurons:
        own = coordinates(layout, sites, layer, inputs=inputs)
        mean, null_cov, total = own.values.mean(axis=0), None, None
        if layer in of_all and not shrink and of_all[layer].mean.shape == mean.shape:
            total, mean, cov = of_all[layer]
            shrinkage = np.zeros(len(mean))
        else:
            cov, shrinkage = covariances(own.values, shrink=shrink)
        if null_sites is not None:
            null_cov = covariances(coordinates(layout, null_sites, layer).values, shrink=shrink)[0]
        posteriors[layer] = NeuronPosterior(
            layer=layer, method=made.method, independent=made.independent, weights=own.weights,
            roles=own.roles, by_draw=own.values, mean=mean, cov=cov, shrinkage=shrinkage,
            margin=_margin(draws, layer, own.values.shape[:2]), null_cov=null_cov, total=total,
        )  # fmt: skip
    return posteriors


def _margin(draws: xr.DataTree, layer: str, shape: tuple[int, ...]) -> np.ndarray:
    name = f"{layer}_margin"
    if "alignment" in draws.children and name in draws["alignment"]:
        return np.asarray(draws["alignment"][name]).reshape(shape)
    return np.full(shape, np.inf)  # no symmetry, no doubt
