"""A neuron's posterior over several modes: mean and covariance, within modes and between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
import pandas as pd

from bayesneuron.diagnostics.glossary import hint
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.numerics import display
from bayesneuron.numerics.arrays import as_finite


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["weights", "means", "mean", "within", "between"],
    meta_fields=["layer", "names", "weighted_by"],
)
@dataclass(frozen=True)
class NeuronMixture:
    """The neurons of one layer as a mixture over modes.

    Attributes
    ----------
    layer : str
    names : tuple of str, length k
        Of the coordinates.
    weights : ndarray, shape (mode,)
        π, summing to one.
    means : ndarray, shape (mode, neuron, k)
        e_i in every mode, all aligned to the heaviest.
    mean : ndarray, shape (neuron, k)
        Σ_m π_m e_i^m.
    within : ndarray, shape (neuron, k, k)
        Σ_m π_m D_i^m.
    between : ndarray, shape (neuron, k, k)
        Σ_m π_m (e_i^m - e_i)(e_i^m - e_i)ᵀ.
    weighted_by : str
        What the weights are: ``mass``, ``stacking``, ``share`` or ``draws``; empty if unknown.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> bn.mixtures.mix([post, post], [0.5, 0.5]).mean.shape
    (2, 5)
    """

    layer: str
    names: tuple[str, ...]
    weights: np.ndarray
    means: np.ndarray
    mean: np.ndarray
    within: np.ndarray
    between: np.ndarray
    weighted_by: str = ""

    @property
    def cov(self) -> np.ndarray:
        """D_i of the mixture: within plus between."""
        return self.within + self.between

    @property
    def share_between(self) -> np.ndarray:
        """Share of each neuron's variance that lies between modes, (neuron,).

        Where it is large, the mean lies where no network is, and an ellipse misleads.
        """
        total = np.einsum("nii->n", self.cov)
        part = np.einsum("nii->n", self.between)
        return np.divide(part, total, out=np.zeros_like(part), where=total > 0)

    def table(self) -> pd.DataFrame:
        """One row per neuron: size, spread within and between modes."""
        k = self.mean.shape[1]
        sd = {part: np.sqrt(np.einsum("nii->n", getattr(self, part)) / k)
              for part in ("within", "between")}  # fmt: skip
        return pd.DataFrame(
            {
                "norm": np.linalg.norm(self.mean, axis=1),
                "sd_within": sd["within"],
                "sd_between": sd["between"],
                "share_between": self.share_between,
            },
            index=pd.Index([f"{self.layer}[{i}]" for i in range(len(self.mean))], name="neuron"),
        )

    @property
    def _head(self) -> str:
        weights = ", ".join(f"{w:.2f}" for w in self.weights)
        by = f" by {self.weighted_by}" if self.weighted_by else ""
        return f"NeuronMixture of {self.layer!r}: {len(self.weights)} modes, weights{by} {weights}"

    def __repr__(self) -> str:
        return f"{display.show(self._head, self.table())}\n{hint('share_between')}"

    def _repr_html_(self) -> str:
        return f"{display.html(self._head, self.table())}<p>{hint('share_between')}</p>"


def mix(posteriors: Sequence[NeuronPosterior], weights: np.ndarray) -> NeuronMixture:
    """Mix the posteriors of one layer in several modes, aligned to one reference.

    Parameters
    ----------
    posteriors : sequence of NeuronPosterior
    weights : array_like, shape (mode,)
        Not negative; scaled to sum to one.

    Raises
    ------
    ValueError
        If a weight is missing, negative, or all are zero.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> post = bn.neurons(bn.laplace(model, x, y, samples=100, starts=4))["hidden"]
    >>> both = mix([post, post], [1.0, 1.0])
    >>> bool(np.allclose(both.cov, post.cov)), both.share_between.tolist()
    (True, [0.0, 0.0])
    """
    if not isinstance(posteriors, Sequence) or not posteriors:
        raise ValueError(f"posteriors: expected a list of them, got {type(posteriors).__name__}")
    for i, post in enumerate(posteriors):
        check_posterior(f"posteriors, {i}", post)
    shapes = {post.mean.shape for post in posteriors}
    if len(shapes) > 1:
        raise ValueError(f"posteriors: expected neurons of one layer, got shapes {shapes}")
    pi = as_finite("weights", weights, "mode")
    if pi.shape != (len(posteriors),) or not len(pi) or (pi < 0).any() or not pi.sum() > 0:
        raise ValueError(
            f"weights: expected {len(posteriors)} that are not negative, got {pi.tolist()}"
        )
    pi = pi / pi.sum()
    means = np.stack([p.mean for p in posteriors])
    mean = np.einsum("m,mnk->nk", pi, means)
    gap = means - mean
    return NeuronMixture(
        layer=posteriors[0].layer,
        names=posteriors[0].weights,
        weights=pi,
        means=means,
        mean=mean,
        within=np.einsum("m,mnkl->nkl", pi, np.stack([p.cov for p in posteriors])),
        between=np.einsum("m,mnk,mnl->nkl", pi, gap, gap),
    )
