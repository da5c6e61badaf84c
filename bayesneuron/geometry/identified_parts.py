"""What of each neuron the data determine: the result of `bayesneuron.identified`."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bayesneuron.geometry.ellipsoid_regions import Region, region
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.numerics.checks import check_choice, check_within
from bayesneuron.numerics.display import html, show

NAMED = 3  # weights named of a direction
NOTHING = 0.005  # share of tr D_i below which there is no free direction to name


@dataclass(frozen=True)
class Together:
    """All weights of a layer's neurons at once, as one vector.

    Attributes
    ----------
    weights : int
    identified, compensable, free : float
        Shares of the trace of its covariance, as of a neuron.
    directions, directions_fixed : float
        Effective number of directions that the data determine, with the weights of other layers
        free to compensate and fixed.
    """

    weights: int
    identified: float
    compensable: float
    free: float
    directions: float
    directions_fixed: float


@dataclass(frozen=True)
class Identified:
    """The posterior of each neuron of one layer, split by what moves predictions over the data.

    Covariances are in units of the weights, like D_i. Shares, directions and `conditional`,
    `marginal` are in units of the prior standard deviation of each weight.

    Attributes
    ----------
    posterior : NeuronPosterior
        Of all draws.
    unit : ndarray, shape (neuron, k)
        Prior standard deviation of each weight.
    count : int
        Draws used: the Jacobian is taken at each.
    conditional : ndarray, shape (neuron, k, k)
        Γ: the part of the prior variance that the data remove if all other weights are fixed,
        mean over draws. Eigenvalues lie in [0, 1].
    marginal : ndarray, shape (neuron, k, k)
        Γ': the same if the others are free to compensate; at most Γ.
    cov : ndarray, shape (neuron, k, k)
        D_i of the draws used, without shrinkage.
    cov_identified, cov_compensable, cov_free : ndarray, shape (neuron, k, k)
        Covariance of the part of the draws that is identified even if others compensate, of the
        part that others can undo, and of the part that leaves predictions as they are.
    flat : ndarray, shape (neuron,)
        Share of tr D_i along which the outputs over the data do not change at all.
    trade : ndarray, shape (neuron, neuron)
        Compensable directions of each neuron (row) that each other one undoes.
    others : ndarray, shape (neuron,)
        Compensable directions that weights of no neuron of the layer undo.
    together : Together
        The layer as one vector.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.identified(draws)["hidden"].cov.shape
    (2, 5, 5)
    """

    posterior: NeuronPosterior
    unit: np.ndarray
    count: int
    conditional: np.ndarray
    marginal: np.ndarray
    cov: np.ndarray
    cov_identified: np.ndarray
    cov_compensable: np.ndarray
    cov_free: np.ndarray
    flat: np.ndarray
    trade: np.ndarray
    others: np.ndarray
    together: Together

    @property
    def layer(self) -> str:
        """Name of the layer."""
        return self.posterior.layer

    @property
    def names(self) -> list[str]:
        """``layer[i]`` of every neuron."""
        return [f"{self.layer}[{i}]" for i in range(len(self.unit))]

    @property
    def cov_between(self) -> np.ndarray:
        """What remains of D_i: covariance between its parts, of trace zero in prior units."""
        return self.cov - self.cov_identified - self.cov_compensable - self.cov_free

    @cached_property
    def shares(self) -> np.ndarray:
        """Shares of tr D_i: identified, compensable, free; (neuron, 3), each row sums to 1.

        NaN for a neuron whose draws do not vary.
        """
        parts = [self.cov_identified, self.cov_compensable, self.cov_free]
        traces = np.stack([_trace(part, self.unit) for part in parts], axis=1)
        total = _trace(self.cov, self.unit)[:, None]
        return np.where(total > 0, traces / np.where(total > 0, total, 1.0), np.nan)

    def directions(self, neuron: int, *, others: str = "free") -> pd.DataFrame:
        """Directions of one neuron by how far the data determine them, the most determined first.

        Parameters
        ----------
        neuron : int
        others : {"free", "fixed"}
            Whether the other weights may compensate.

        Returns
        -------
        DataFrame
            ``share`` of the prior variance that the data remove, ``sd`` of the posterior along
            it, and its components by weight: orthonormal, in prior units.
        """
        check_within("neuron", neuron, 0, len(self.unit) - 1)
        check_choice("others", others, ("free", "fixed"))
        values, vectors = np.linalg.eigh(self.marginal if others == "free" else self.conditional)
        basis = _signed(vectors[neuron][:, ::-1].T)
        spread = self.cov[neuron] / np.outer(self.unit[neuron], self.unit[neuron])
        sd = np.sqrt(np.maximum(np.einsum("di,ij,dj->d", basis, spread, basis), 0.0))
        table = pd.DataFrame({"share": np.clip(values[neuron][::-1], 0.0, 1.0), "sd": sd})
        components = pd.DataFrame(basis, columns=list(self.posterior.weights))
        return pd.concat([table, components], axis=1).rename_axis("direction")

    @cached_property
    def free_along(self) -> list[str]:
        """The widest free direction of each neuron in words, its largest weights first."""
        scaled = self.cov_free / _outer(self.unit)
        widest = _signed(np.linalg.eigh(scaled)[1][:, :, -1])
        words = [_in_words(vector, self.posterior.weights) for vector in widest]
        some = self.shares[:, 2] > NOTHING
        return [word if free else "–" for word, free in zip(words, some, strict=True)]

    def trades(self) -> pd.DataFrame:
        """Pairs of neurons of which one undoes what the other does, the most first.

        ``directions`` of ``neuron`` that ``other`` undoes (effective number), and their ``share``
        of all of its compensable directions.
        """
        total = self.trade.sum(axis=1) + self.others
        i, j = np.nonzero(~np.eye(len(self.trade), dtype=bool))
        share = self.trade / np.where(total > 0, total, np.inf)[:, None]
        names = np.array(self.names)
        columns = {"neuron": names[i], "other": names[j], "directions": self.trade[i, j]}
        table = pd.DataFrame({**columns, "share": share[i, j]})
        return table.sort_values("directions", ascending=False, kind="stable", ignore_index=True)

    def project(self, points: np.ndarray) -> np.ndarray:
        """The identified part of weights, shape (..., neuron, k), about the posterior mean.

        Directions count whose mean share exceeds ½, others free: the data say more of them than
        the prior does. Along the rest the point is moved to the mean.
        """
        values, vectors = np.linalg.eigh(self.marginal)
        keep = np.where(values > 0.5, 1.0, 0.0)
        onto = np.einsum("nij,nj,nlj->nil", vectors, keep, vectors)
        scaled = (points - self.posterior.mean) / self.unit
        return self.posterior.mean + self.unit * np.einsum("nil,...nl->...ni", onto, scaled)

    def region(self, level: float = 0.9, *, kind: str = "draws") -> Region:
        """Probability regions of the identified part: flat ellipsoids, for projected points.

        Whether weights lie in it: ``region.contains(identified.project(weights))``. Of a neuron
        of which nothing is identified it is one point, that all projected weights are.
        """
        projected = self.project(self.posterior.by_draw)
        centred = projected - self.posterior.mean
        cov = np.einsum("sni,snj->nij", centred, centred) / max(len(centred) - 1, 1)
        return region(self.posterior.mean, cov, projected, level=level, kind=kind)

    def table(self) -> pd.DataFrame:
        """One row per neuron: shares of tr D_i, directions determined, free direction, trades.

        ``identified``, ``compensable``, ``free`` sum to 1; ``flat`` is a part of ``free``.
        ``directions`` is the effective number of directions that the data determine, others free
        to compensate; ``directions_fixed`` with the others fixed. ``free_along`` names the widest
        free direction. ``trades_with`` is the neuron that undoes most of what can be undone,
        ``traded`` its share.
        """
        size = self.trade.sum(axis=1) + self.others
        partner = self.trade.argmax(axis=1)
        most = self.trade[np.arange(len(partner)), partner]
        some = (size > NOTHING) & (most > 0)
        columns = {
            **dict(zip(("identified", "compensable", "free"), self.shares.T, strict=True)),
            "flat": self.flat,
            "directions": np.trace(self.marginal, axis1=1, axis2=2),
            "directions_fixed": np.trace(self.conditional, axis1=1, axis2=2),
            "free_along": self.free_along,
            "trades_with": [
                self.names[j] if s else "–" for j, s in zip(partner, some, strict=True)
            ],
            "traded": np.where(some, most / np.where(some, size, 1.0), np.nan),
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="neuron"))

    def _head(self) -> str:
        n, k = self.unit.shape
        whole = self.together
        return (
            f"Identified parts of {self.layer!r}: {n} neurons, {k} weights, {self.count} draws\n"
            f"layer as one vector: the data determine {whole.directions:.1f} of {whole.weights} "
            f"directions ({whole.directions_fixed:.1f} with other layers fixed)"
        )

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())


def _outer(unit: np.ndarray) -> np.ndarray:
    return unit[:, :, None] * unit[:, None, :]


def _trace(cov: np.ndarray, unit: np.ndarray) -> np.ndarray:
    return np.einsum("nii,ni->n", cov, 1 / unit**2)


def _signed(vectors: np.ndarray) -> np.ndarray:
    """Each row with its largest component positive."""
    largest = np.abs(vectors).argmax(axis=-1)
    return vectors * np.sign(np.take_along_axis(vectors, largest[:, None], axis=1))


def _in_words(vector: np.ndarray, weights: tuple[str, ...]) -> str:
    """Its largest components, as in ``0.80 input[0] - 0.60 bias``."""
    order = np.argsort(-np.abs(vector), kind="stable")[:NAMED]
    terms = [i for i in order if abs(vector[i]) >= 0.1] or [order[0]]
    text = " ".join(
        f"{'-' if vector[i] < 0 else '+'} {abs(vector[i]):.2f} {weights[i]}" for i in terms
    )
    return text.removeprefix("+ ")
