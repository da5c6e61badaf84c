"""The evidence for a network without a neuron, from the posterior of the network with it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit, logsumexp

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.linearised import is_linearised
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.prior_units import in_prior_units
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.room import first_of
from bayesneuron.draws.tree import data_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.model_reduction import log_savage_dickey
from bayesneuron.numerics.precision import double
from bayesneuron.structure.conditional import check_at_zero, log_ratios_at_zero


@dataclass(frozen=True)
class NeuronEvidence:
    """Log Bayes factors of the network without each neuron of a layer.

    Attributes
    ----------
    layer : str
    savage_dickey : ndarray, shape (neuron,)
        Log Bayes factor, nats, of the network in which the neuron sends nothing against the full
        one: positive is evidence for removal.
    effective : ndarray, shape (neuron,)
        Effective number of draws behind it (Kish). Where it is near 1 zero is far out in the
        tail: the sign is safe, the size is that of the nearest draw.
    size : ndarray, shape (neuron,)
        Root mean square of the outgoing weights, in units of their prior standard deviation.
    density : {"conditional", "normal"}
        How the posterior density at zero was estimated.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.neuron_evidence(draws).layer
    'hidden'
    """

    layer: str
    savage_dickey: np.ndarray
    effective: np.ndarray
    size: np.ndarray
    density: str = "conditional"

    @property
    def one_fewer(self) -> float:
        """Log Bayes factor of a network of one neuron fewer, whichever it is.

        Neurons are exchangeable before they are aligned. The density at zero of any one is the
        mean of the aligned ones', so that this does not depend on the alignment.
        """
        return float(logsumexp(self.savage_dickey) - np.log(len(self.savage_dickey)))

    def table(self) -> pd.DataFrame:
        """One row per neuron; ``probability`` of absence at even prior odds."""
        return pd.DataFrame(
            {
                "savage_dickey": self.savage_dickey,
                "probability": expit(self.savage_dickey),
                "effective": self.effective,
                "size": self.size,
            },
            index=pd.Index([f"{self.layer}[{i}]" for i in range(len(self.size))], name="neuron"),
        )

    def __repr__(self) -> str:
        return show(self._head(), self._shown())

    def _repr_html_(self) -> str:
        return html(self._head(), self._shown())

    def _shown(self) -> pd.DataFrame:
        return self.table().sort_values("savage_dickey", ascending=False, kind="stable")

    def _head(self) -> str:
        against = int((self.savage_dickey > 0).sum())
        return (
            f"Evidence for removal in {self.layer!r}: positive for {against} of "
            f"{len(self.size)} neurons\n  one neuron fewer: {self.one_fewer:.3g} nats"
        )


@double
def neuron_evidence(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    layer: str | None = None,
    model: Model | None = None,
    most: int = 200,
) -> NeuronEvidence:
    """Savage–Dickey evidence for removing each neuron of a hidden layer.

    A neuron that sends nothing has no influence, whatever it reads. The network without it is
    therefore the full one at v_i = 0, and its Bayes factor is the posterior density of the
    outgoing weights at zero over their prior density there.

    Parameters
    ----------
    draws : DataTree
        Of a posterior under the model's prior (not the bootstrap's), with every latent site;
        aligned first unless they are.
    x, y : array_like, optional
        The data of the posterior; by default those that the draws carry.
    layer : str, optional
        By default the only hidden one.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    most : int
        Draws used, at most, evenly spaced.

    Returns
    -------
    NeuronEvidence

    Raises
    ------
    ValueError
        If the layer is unknown or linear, the prior of its outgoing weights is not a normal one of
        mean 0, or a site of the model is missing.

    Notes
    -----
    Weights count in units of their prior standard deviation, v_i / s, draw by draw; under a
    learnt scale the question is then v_i = 0 with the prior of the scale as it is. The posterior
    density at zero is the mean over draws of the conditional density given all other weights:
    normal, exactly so where the noise is and v_i enters the output directly, otherwise by one
    Gauss–Newton step (``density="conditional"``). No shape of the posterior is assumed. Draws of
    `laplace` that predict through the linearised network have a normal posterior, whose mean and
    covariance are used instead (``"normal"``). Scales of ReLU neurons stay as they were drawn.

    `bayesneuron.relevance` asks what the function loses without a neuron. This asks which of two
    models the data support, and so depends on the prior: the wider it is, the less a weak neuron
    is worth. Each neuron is judged alone: of two duplicates each may leave, but not both.

    References
    ----------
    Dickey, "The weighted likelihood ratio", Annals of Mathematical Statistics 1971; Verdinelli and
    Wasserman, "Computing Bayes factors using a generalization of the Savage–Dickey density ratio",
    JASA 1995; Friston and Penny, "Post hoc Bayesian model selection", NeuroImage 2011.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> result = neuron_evidence(bn.laplace(model, x, y, samples=200, starts=4))
    >>> bool(result.savage_dickey[0] < 0)  # the data need one
    True
    """
    check_positive(most=most)
    model = network_of(draws, model)
    inputs, targets = as_arrays(model, *data_of(draws, x, y))
    check_widths(draws, model, inputs.shape[1])
    layout = model.layout
    layer = layer_of(layout, layer)
    if layout.symmetry(layer) == "linear":
        raise ValueError(f"layer: expected one with neurons of its own, got linear {layer!r}")
    if not is_linearised(draws):  # before minutes of alignment
        sites = latent_sites(first_of(draws), model, inputs)
        count, outgoing = layout.rows(sites, layer, "outgoing").shape[1:]
        one = {k: v[0] for k, v in sites.items()}
        check_at_zero(model, one, count, outgoing, inputs)
    sites = _sites(aligned(draws), model, inputs)
    names = tuple(dict.fromkeys(a.site for a in layout.weight_axes(layer, "outgoing")))
    units = in_prior_units(model, sites, names, inputs.shape[1])
    rows = layout.rows(sites | units, layer, "outgoing")
    size = np.sqrt((rows**2).mean(axis=(0, 2)))
    if is_linearised(draws):
        factor = log_savage_dickey(rows)
        return NeuronEvidence(layer, factor, np.full(len(size), float(len(rows))), size, "normal")
    few = spread(len(rows), most)
    ratios = log_ratios_at_zero(
        model,
        {k: v[few] for k, v in sites.items()},
        {k: v[few] for k, v in units.items()},
        _places(layout, units, layer),
        inputs,
        targets,
        temper=float(provenance_of(draws).details.get("temper", 1.0)),
    )
    total, of_squares = (np.asarray(logsumexp(k * ratios, axis=0)) for k in (1, 2))
    effective = np.exp(2 * total - of_squares)
    return NeuronEvidence(layer, total - np.log(len(few)), effective, size)


def _sites(whole: xr.DataTree, model: Model, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Every latent site of aligned draws, in the scales in which they were drawn.

    Balanced scales of ReLU neurons do not keep the prior.
    """
    sites = latent_sites(whole, model, inputs)
    if "drawn" not in whole.children:
        return sites
    drawn = sites_of(whole, model.layout, "drawn")
    return sites | {k: v for k, v in drawn.items() if k in sites}


def _places(layout: Layout, units: dict[str, np.ndarray], layer: str) -> np.ndarray:
    """Where each neuron's outgoing weights are in the flat vector of these sites, (neuron, m)."""
    numbered, start = {}, 0
    for name, values in units.items():
        shape = values.shape[1:]
        numbered[name] = start + np.arange(values[0].size).reshape(shape)
        start += values[0].size
    return layout.rows(numbered, layer, "outgoing", lead=0)
