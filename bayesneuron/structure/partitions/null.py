"""A similarity between neurons held against similarities without communities."""

from dataclasses import dataclass

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.similarity.activation import cosines, unit_columns
from bayesneuron.numerics.checks import check_choice
from bayesneuron.numerics.ranks import upper_p_value
from bayesneuron.structure.partitions.methods import Method
from bayesneuron.structure.partitions.similarity import as_similarities

SHUFFLES = ("shift", "permute")
# The null repeats every partition `count` times, so it uses fewer activations than the draws:
# means over 10 draws and 500 points already vary far less than the null itself.
DRAWS, POINTS = 10, 500


@dataclass(frozen=True)
class Null:
    """What was observed, and samples of it under the hypothesis of no communities.

    Attributes
    ----------
    kind : str
        What was randomised, in words.
    observed : ndarray, shape (n, n) or (draw, n, n)
        The similarity to be tested, or those whose mean modularity is.
    samples : ndarray, shape (b, n, n)
    """

    kind: str
    observed: np.ndarray
    samples: np.ndarray

    def test(self, method: Method) -> "NullTest":
        """Modularity that `method` reaches in the observed similarity and in each sample.

        Both are partitioned in the same way, so that under the null their ranks are exchangeable.
        """
        n = self.observed.shape[-1]
        observed = self.observed.reshape(-1, n, n)
        similarities = np.concatenate([observed, self.samples])
        reached = method.modularity(similarities, method.partition(similarities))
        statistic = float(reached[: len(observed)].mean())
        return NullTest(self.kind, statistic, reached[len(observed) :])


@dataclass(frozen=True)
class NullTest:
    """A permutation test of modularity.

    Attributes
    ----------
    kind : str
        See `Null`.
    statistic : float
    null : ndarray, shape (b,)
    """

    kind: str
    statistic: float
    null: np.ndarray

    @property
    def p_value(self) -> float:
        """(1 + #{null >= statistic}) / (1 + b); NaN without samples."""
        return float(upper_p_value(self.statistic, self.null))


def permuted_similarities(similarity: np.ndarray, count: int, *, seed: int) -> Null:
    """Null of the same similarities, assigned to pairs of neurons at random.

    It keeps their distribution and nothing else: neither the strength of single neurons, nor that
    two neurons similar to a third are similar to each other, as correlations always are to some
    degree. A small p-value therefore shows *some* structure.
    """
    n = len(similarity)
    i, j = np.triu_indices(n, 1)
    rng = np.random.default_rng(seed)
    permuted = rng.permuted(np.tile(similarity[i, j], (count, 1)), axis=1)
    samples = np.zeros((count, n, n))
    samples[:, i, j] = samples[:, j, i] = permuted
    return Null("permuted similarities", similarity, samples)


def untrained_networks(activations: np.ndarray, untrained: np.ndarray, *, signed: bool) -> Null:
    """Null of networks that have seen no targets, such as those of the prior, at the same points.

    Neurons that read the same inputs at random respond together already. Each network is compared
    by itself, since a mean over draws is blurred where they differ, and a single network is not.

    Parameters
    ----------
    activations, untrained : ndarray, shape (draw, point, n)
        At most 10 draws of the first and 500 points are used, evenly spaced.
    signed : bool
        The correlation itself, or its absolute value.
    """
    few = activations[spread(len(activations), DRAWS)]
    similarities = []
    for values in (few, untrained):
        points = values[:, spread(values.shape[1], POINTS)]
        correlation = cosines(np.asarray(points, float), centred=True)
        similarities.append(as_similarities(correlation, signed=signed)[1])
    return Null("networks of the prior", *similarities)


def shuffled_activations(
    activations: np.ndarray, count: int, *, shuffle: str, signed: bool, seed: int
) -> Null:
    """Null of mean correlations, each neuron's activations moved along the points by itself.

    Each neuron's activations keep their values and, shifted in a circle, their autocorrelation.
    All draws of a neuron move together. Only what neurons have in common is lost.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, n)
        At most 10 draws and 500 points are used, evenly spaced, the same ones for the observed
        similarity as for the samples.
    count : int
        Number of samples.
    shuffle : {"shift", "permute"}
        ``shift`` for series, ``permute`` for exchangeable observations.
    signed : bool
        The correlation itself, or its absolute value.
    seed : int
    """
    check_choice("shuffle", shuffle, SHUFFLES)
    draws, points, n = activations.shape
    few = np.asarray(activations[spread(draws, DRAWS)][:, spread(points, POINTS)], float)
    unit = unit_columns(few, centred=True)
    z = np.ascontiguousarray(np.moveaxis(unit, 2, 0), np.float32)  # neuron first
    size = z.shape[2]
    rng = np.random.default_rng(seed)
    similarities = np.empty((count + 1, n, n))
    for b in range(count + 1):  # the first is the observed one
        places = np.tile(np.arange(size), (n, 1))
        if b and shuffle == "shift":
            places = (places + rng.integers(size, size=(n, 1))) % size
        elif b:
            places = rng.permuted(places, axis=1)
        moved = np.swapaxes(np.take_along_axis(z, places[:, None], axis=2), 0, 1)
        correlation = moved @ np.swapaxes(moved, 1, 2)
        similarities[b] = (correlation if signed else np.abs(correlation)).mean(axis=0)
    similarities *= 1 - np.eye(n)
    kind = {"shift": "shifted activations", "permute": "permuted activations"}[shuffle]
    return Null(kind, similarities[0], similarities[1:])
