"""A word for each neuron: what the posterior says that it does."""

import numpy as np

from bayesneuron.structure.shares import Shares


def negligible_probability(found: Shares, negligible: float) -> np.ndarray:
    """Share of draws where both the share and the own variance are below a limit, (neuron,).

    Both, since a share can be small because a large contribution is uncorrelated with the sum
    of the others that cancel it, and a contribution small that works together with many.
    """
    return (np.maximum(np.abs(found.share), found.gross) < negligible).mean(axis=0)


def count_live(
    found: Shares, negligible: float, *, nil: float, still: float, alike: float
) -> np.ndarray:
    """How many neurons of each draw are live, (draw,), whatever their places.

    The same rules as in `verdicts`, draw by draw: needs no alignment, which draws of a wide
    posterior, or with interchangeable spare neurons, may defeat.
    """
    dead, constant, same = _signs(found, nil, still, alike)
    small = np.maximum(np.abs(found.share), found.gross) < negligible
    able = ~(dead | constant | small)
    order = np.argsort(-np.where(able, np.abs(found.share), -1.0), axis=1, kind="stable")
    rows, kept = np.arange(len(order)), np.zeros(able.shape, bool)
    for place in order.T:  # one neuron of every draw
        kept[rows, place] = able[rows, place] & ~(same[rows, place] & kept).any(axis=1)
    return kept.sum(axis=1)


def verdicts(
    found: Shares,
    layer: str,
    p_negligible: np.ndarray,
    *,
    certain: float,
    nil: float,
    still: float,
    alike: float,
) -> tuple[str, ...]:
    """The first of these that holds in at least a share `certain` of the draws.

    - ``dead``: the mean square of its contribution is at most `nil` of the output variance;
    - ``constant``: its activation varies by at most `still` of its mean square, and its
      contribution by at most `nil` of the output variance. Needs a bias to be absorbed by:
      without one `Shares` counts means as variance, and such a neuron is live;
    - ``duplicate of layer[j]``: j is live, of larger share, and explains all of its activation
      but (1 - ρ²) max(1, gross) ≤ `alike`;
    - ``irrelevant``: `negligible_probability` exceeds `certain`;
    - ``live``.

    Parameters
    ----------
    found : Shares
    layer : str
    p_negligible : ndarray, shape (neuron,)
    certain, nil, still, alike : float

    Examples
    --------
    >>> from bayesneuron.structure.shares import shares
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 4))
    >>> a[:, :, 2], a[:, :, 3] = -a[:, :, 0], 1.0
    >>> found = shares(a, np.array([[[2.0], [1.0], [-1.0], [1.0]]]), constant=True)
    >>> limits = {"certain": 0.95, "nil": 1e-6, "still": 1e-4, "alike": 1e-3}
    >>> verdicts(found, "hidden", negligible_probability(found, 0.01), **limits)
    ('live', 'live', 'duplicate of hidden[0]', 'constant')
    """
    dead, constant, same = _signs(found, nil, still, alike)
    same = same.mean(axis=0) >= certain
    irrelevant = p_negligible > certain
    words = np.full(len(p_negligible), "live", object)
    words[irrelevant] = "irrelevant"
    words[constant.mean(axis=0) >= certain] = "constant"
    words[dead.mean(axis=0) >= certain] = "dead"
    kept: list[int] = []
    order = by_share(found.share)
    for i in [*order[~irrelevant[order]], *order[irrelevant[order]]]:
        if words[i] in ("dead", "constant"):
            continue
        twins = [j for j in kept if same[i, j]]
        if twins:
            words[i] = f"duplicate of {layer}[{twins[0]}]"
        elif words[i] == "live":
            kept.append(int(i))
    return tuple(str(w) for w in words)


def _signs(
    found: Shares, nil: float, still: float, alike: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether it is dead, constant (or dead), or as good as said by another one, in each draw."""
    dead = found.level <= nil
    constant = dead | ((found.still <= still) & (found.gross <= nil))
    lost = (1 - found.alike) * np.maximum(1.0, found.gross)[:, :, None]
    return dead, constant, lost <= alike


def by_share(share: np.ndarray) -> np.ndarray:
    """Neurons by the size of their mean share, largest first."""
    return np.argsort(-np.abs(share.mean(axis=0)), kind="stable")
