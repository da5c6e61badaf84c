"""How well a normal fits: the tail of the importance ratios."""

import numpy as np

from bayesneuron.draws.loo import FEWEST_EFFECTIVE, effective_number

GOOD_K = 0.7  # Vehtari et al. 2024
FEWEST = 50
EXACT = 1e-6  # nats


def importance_ess(lp: np.ndarray, log_q: np.ndarray) -> float:
    """Effective number of draws θ of q for p: 1 / Σ w², w = p(θ) / q(θ) normalised; 0 without any.

    Examples
    --------
    >>> importance_ess(np.zeros(8), np.zeros(8))
    8.0
    """
    ratio = np.asarray(lp) - np.asarray(log_q)
    ratio = ratio[np.isfinite(ratio)]
    return effective_number(ratio) if len(ratio) else 0.0


def pareto_shape(lp: np.ndarray, log_q: np.ndarray) -> float:
    """Pareto k of the ratios p(θ) / q(θ) over draws θ of q (Vehtari et al., JMLR 2024).

    Draws where p is zero have no weight and do not change the tail; if they are more than half,
    k is infinite. So it is where fewer than 5 draws carry the weight: the tail of the others says
    nothing. NaN for fewer than 50 draws.
    Where q is p, all ratios are equal, and k is 0.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=1000)
    >>> narrow, wide = -0.5 * z**2, -0.5 * (z / 3) ** 2       # N(0, 1), N(0, 9): k = 8/9
    >>> bool(pareto_shape(narrow / 0.8, narrow) < GOOD_K < pareto_shape(wide, narrow) < 1.2)
    True
    """
    from arviz_stats.base.array import array_stats

    ratio = np.asarray(lp) - np.asarray(log_q)
    finite = np.isfinite(ratio)
    if len(ratio) < FEWEST:
        return float("nan")
    if finite.sum() < len(ratio) / 2:
        return float("inf")
    ratio = np.where(finite, ratio, ratio[finite].min())
    if np.ptp(np.sort(ratio)[-len(ratio) // 5 :]) < EXACT:
        return 0.0
    if effective_number(ratio) < FEWEST_EFFECTIVE:
        return float("inf")
    with np.errstate(invalid="ignore", divide="ignore"):
        k = float(array_stats.psislw(-ratio)[1])  # it takes likelihoods left out: -log weights
    return k if np.isfinite(k) else float("inf")
