"""A word for each neuron: what its posterior implies that it does."""

import numpy as np

from bayesneuron.structure.shares import Shares
from bayesneuron.structure.thresholds import Thresholds


def negligible_probability(shares: Shares, thresholds: Thresholds) -> np.ndarray:
    """Share of draws where both the share and the own variance are negligible, (neuron,).

    Both, since a share can be small because the others cancel a large contribution, and a
    small contribution can have a large share because it varies with many others.
    """
    return _negligible(shares, thresholds).mean(axis=0)


def count_live(shares: Shares, thresholds: Thresholds) -> np.ndarray:
    """How many neurons of each draw are live, (draw,), whatever their places.

    The same rules as in `verdicts`, draw by draw. This needs no alignment, which may fail for a
    wide posterior or among interchangeable redundant neurons.
    """
    dead, constant, duplicate = _conditions(shares, thresholds)
    useful = ~(dead | constant | _negligible(shares, thresholds))
    order = np.argsort(-np.where(useful, np.abs(shares.share), -1.0), axis=1, kind="stable")
    rows, kept = np.arange(len(order)), np.zeros(useful.shape, bool)
    for place in order.T:  # one neuron of every draw
        repeats = (duplicate[rows, place] & kept).any(axis=1)
        kept[rows, place] = useful[rows, place] & ~repeats
    return kept.sum(axis=1)


def verdicts(
    shares: Shares, layer: str, thresholds: Thresholds, p_off: np.ndarray | None = None
) -> tuple[str, ...]:
    """The first of these that holds in at least a share `certain` of the draws.

    - ``dead``: the mean square of its contribution is at most `dead` of the output variance;
    - ``constant``: its activation varies by at most `constant` of its mean square, and its
      contribution by at most `dead` of the output variance. A bias must be there to absorb it:
      without one `Shares` counts means as variance, and such a neuron is live;
    - ``off``: the scale of its prior is negligible, `p_off` is at least `certain`;
    - ``duplicate of layer[j]``: j is live, of larger share, and explains all of its activation
      but (1 - ρ²) max(1, gross) ≤ `duplicate`;
    - ``irrelevant``: `negligible_probability` exceeds `certain`;
    - ``live``.

    Parameters
    ----------
    shares : Shares
    layer : str
    thresholds : Thresholds
    p_off : ndarray, shape (neuron,), optional
        Of `bayesneuron.structure.switched`, where each neuron has a scale.

    Examples
    --------
    >>> from bayesneuron.structure.shares import shares
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 4))
    >>> a[:, :, 2], a[:, :, 3] = -a[:, :, 0], 1.0
    >>> parts = shares(a, np.array([[[2.0], [1.0], [-1.0], [1.0]]]), constant=True)
    >>> verdicts(parts, "hidden", Thresholds())
    ('live', 'live', 'duplicate of hidden[0]', 'constant')
    """
    dead, constant, duplicate = (
        condition.mean(axis=0) >= thresholds.certain
        for condition in _conditions(shares, thresholds)
    )
    irrelevant = negligible_probability(shares, thresholds) > thresholds.certain
    words = np.full(len(dead), "live", object)
    words[irrelevant] = "irrelevant"
    if p_off is not None:
        words[p_off >= thresholds.certain] = "off"
    words[constant] = "constant"
    words[dead] = "dead"
    kept: list[int] = []
    order = by_share(shares.share)
    for i in [*order[~irrelevant[order]], *order[irrelevant[order]]]:
        if words[i] in ("dead", "constant", "off"):
            continue
        originals = [j for j in kept if duplicate[i, j]]
        if originals:
            words[i] = f"duplicate of {layer}[{originals[0]}]"
        elif words[i] == "live":
            kept.append(int(i))
    return tuple(str(word) for word in words)


def _negligible(shares: Shares, thresholds: Thresholds) -> np.ndarray:
    return np.maximum(np.abs(shares.share), shares.gross) < thresholds.negligible


def _conditions(
    shares: Shares, thresholds: Thresholds
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each neuron is dead, constant (or dead), or explained by each other, per draw."""
    dead = shares.mean_square <= thresholds.dead
    steady = (shares.variation <= thresholds.constant) & (shares.gross <= thresholds.dead)
    unexplained = (1 - shares.r_squared) * np.maximum(1.0, shares.gross)[:, :, None]
    return dead, dead | steady, unexplained <= thresholds.duplicate


def by_share(share: np.ndarray) -> np.ndarray:
    """Neurons by the size of their mean share, largest first."""
    return np.argsort(-np.abs(share.mean(axis=0)), kind="stable")
