"""The evidence for a network without a neuron, from the posterior of the network with it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit, logsumexp

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import layer_of
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.prior_units import in_prior_units
from bayesneuron.draws.tree import inputs_of
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.model_reduction import log_savage_dickey
from bayesneuron.numerics.precision import double


@dataclass(frozen=True)
class NeuronEvidence:
    """Log Bayes factors of the network without each neuron of a layer.

    Attributes
    ----------
    layer : str
    savage_dickey : ndarray, shape (neuron,)
        Log Bayes factor, nats, of the network in which the neuron sends nothing against the full
        one: positive is evidence for removal.
    distance : ndarray, shape (neuron,)
        Of zero from the mean of the outgoing weights, in posterior standard deviations. Far
        beyond 4 the sign of the evidence is safe and its size is an extrapolation.
    size : ndarray, shape (neuron,)
        Root mean square of the outgoing weights, in units of their prior standard deviation.
    """

    layer: str
    savage_dickey: np.ndarray
    distance: np.ndarray
    size: np.ndarray

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
                "distance": self.distance,
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
    draws: xr.DataTree, x: Any = None, *, layer: str | None = None, model: Model | None = None
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
    x : array_like, shape (observation, input), optional
        Only its width matters; by default the data that the draws carry.
    layer : str, optional
        By default the only hidden one.
    model : Model, optional
        Needed where the model is not one of the shipped ones.

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
    density at zero is that of a normal distribution with the mean and the covariance (shrunk where
    draws are few) of the draws: exact where the conditional posterior is normal, and an
    approximation elsewhere. Scales of ReLU neurons stay as they were drawn.

    `bayesneuron.relevance` asks what the function loses without a neuron. This asks which of two
    models the data support, and so depends on the prior: the wider it is, the less a weak neuron
    is worth. Each neuron is judged alone: of two duplicates each may leave, but not both.

    References
    ----------
    Dickey, "The weighted likelihood ratio", Annals of Mathematical Statistics 1971; Friston and
    Penny, "Post hoc Bayesian model selection", NeuroImage 2011.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> result = neuron_evidence(bn.laplace(model, x, y, samples=200, starts=4))
    >>> bool(result.savage_dickey[0] < 0)  # the data need one
    True
    """
    model = network_of(draws, model)
    x, _ = inputs_of(draws, x)
    inputs = as_inputs(model, x)
    check_widths(draws, model, inputs.shape[1])
    layout = model.layout
    layer = layer_of(layout, layer)
    if layout.symmetry(layer) == "linear":
        raise ValueError(f"layer: expected one with neurons of its own, got linear {layer!r}")
    whole = aligned(draws)
    sites = latent_sites(whole, model, inputs)
    if "drawn" in whole.children:  # balanced scales do not keep the prior
        sites |= {k: v for k, v in sites_of(whole, layout, "drawn").items() if k in sites}
    names = tuple(dict.fromkeys(a.site for a in layout.weight_axes(layer, "outgoing")))
    unknown = [name for name in names if name not in sites]
    if unknown:
        raise ValueError(f"{model.name}, {unknown[0]!r}: expected a normal prior, got another")
    units = layout.rows(
        sites | in_prior_units(model, sites, names, inputs.shape[1]), layer, "outgoing"
    )
    factor, distance = log_savage_dickey(units)
    size = np.sqrt((units**2).mean(axis=(0, 2)))
    return NeuronEvidence(layer, factor, distance, size)
