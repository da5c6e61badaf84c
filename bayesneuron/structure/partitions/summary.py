"""A sample of partitions summarised: the representative one, and how certain it is."""

import numpy as np

from bayesneuron.structure.partitions._representative import comembership, representative
from bayesneuron.structure.partitions._search import canonical
from bayesneuron.structure.partitions.ball import credible_ball
from bayesneuron.structure.partitions.distinct import partition_modes
from bayesneuron.structure.partitions.result import Communities


def summarise(partitions: np.ndarray, *, names: tuple[str, ...], level: float) -> Communities:
    """Communities from sampled partitions, (draw, n), without a test."""
    partitions = canonical(partitions)
    labels, expected = representative(partitions)
    together = comembership(partitions)
    return Communities(
        names=names,
        labels=labels,
        comembership=together,
        partitions=partitions,
        expected_vi=expected,
        ball=credible_ball(labels, partitions, level=level),
        modes=tuple(partition_modes(partitions)[0]),
        stability=_stability(labels, together, partitions),
    )


def _stability(labels: np.ndarray, together: np.ndarray, partitions: np.ndarray) -> np.ndarray:
    """Mean co-membership with one's own community less that with the next best, (n,)."""
    n = len(labels)
    member = np.eye(labels.max() + 1)[labels]
    others = member.sum(axis=0) - member  # size of each community without the neuron itself
    near = (together - np.eye(n)) @ member / np.maximum(others, 1)
    own = near[np.arange(n), labels]
    single = member.sum(axis=0)[labels] == 1
    alone = (partitions[:, :, None] == partitions[:, None, :]).sum(axis=2) == 1
    own = np.where(single, alone.mean(axis=0), own)
    near[np.arange(n), labels] = 0.0
    return own - near.max(axis=1)
