"""Where the next layer's sums are logits: keep the class probabilities, not the logits.

Least squares on logits is dominated by points whose class is beyond doubt. With p the full
network's probabilities and q those of the smaller one, the outgoing weights that minimise

    Σ_t KL(p_t ‖ q_t),    q_t = softmax(V a'_t + b),

are computed by Newton's method from the least-squares solution: a logistic regression on soft
classes, convex, H = Σ_t (diag q_t - q_t q_tᵀ) ⊗ ã_t ã_tᵀ. No observed class is used.
"""

import numpy as np
from scipy.special import log_softmax

MOST = 256  # unknowns above which Newton's matrix costs more than it gains
STEPS = 8
NOTHING = 1e-7  # nats per point: the classes are kept as they are
_PULL = 1e-4  # towards the least-squares solution, relative to the mean curvature


def divergence(logits: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Mean KL(p ‖ q) over points, (draw,)."""
    return _divergence(_log_classes(logits), _log_classes(new))


def _divergence(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    return (np.exp(log_p) * (log_p - log_q)).sum(axis=0).mean(axis=1)


def _log_classes(logits: np.ndarray) -> np.ndarray:
    """Log probabilities with classes first, where a sum over few of them is fast."""
    return log_softmax(np.ascontiguousarray(np.moveaxis(logits, -1, 0)), axis=0)


def fit_readout(
    logits: np.ndarray,
    merged: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    *,
    passed: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Outgoing weights and bias of least divergence, from a first guess.

    Parameters
    ----------
    logits : ndarray, shape (draw, point, class)
        Of the full network.
    merged : ndarray, shape (draw, point, K)
    weights : ndarray, shape (draw, K, class)
    bias : ndarray, shape (draw, class)
    passed : ndarray, shape (draw, point, class), optional
        What reaches the sums beside the layer, the same before and after.

    Returns
    -------
    weights, bias : ndarray
        The first guess itself where there are more than 256 of them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, v = rng.normal(size=(1, 50, 2)), rng.normal(size=(1, 2, 3))
    >>> w, b = fit_readout(a @ v, a, 0.5 * v, np.zeros((1, 3)))
    >>> float(divergence(a @ v, a @ w + b[:, None])[0]) < 1e-6
    True
    """
    count, points, size = merged.shape
    classes = logits.shape[2]
    if (size + 1) * classes > MOST:
        return weights, bias
    log_p = _log_classes(logits)
    p = np.moveaxis(np.exp(log_p), 0, -1)
    a = np.concatenate([merged, np.ones((count, points, 1))], axis=2)
    start = np.concatenate([weights, bias[:, None, :]], axis=1)  # (draw, K + 1, class)
    now, log_q = start, _log_classes(a @ start + passed)
    value = _divergence(log_p, log_q)
    for _ in range(STEPS):
        if value.max() < NOTHING:
            break
        q = np.moveaxis(np.exp(log_q), 0, -1)
        h = _curvature(a, q)
        pull = _PULL * np.einsum("sii->s", h)[:, None, None] / h.shape[1] + 1e-12
        gradient = np.swapaxes(a, 1, 2) @ (q - p) / points + pull * (now - start)
        h = h + pull * np.eye(h.shape[1])
        step = np.swapaxes(gradient, 1, 2).reshape(count, -1, 1)
        step = np.swapaxes(np.linalg.solve(h, step).reshape(count, classes, size + 1), 1, 2)
        before = value
        for scale in (1.0, 0.25, 0.05):
            trial = now - scale * step
            log_new = _log_classes(a @ trial + passed)
            new = _divergence(log_p, log_new)
            better = new < value
            now = np.where(better[:, None, None], trial, now)
            log_q = np.where(better[:, None], log_new, log_q)
            value = np.where(better, new, value)
            if better.all():
                break
        if (value > 0.999 * before).all():
            break
    return now[:, :-1], now[:, -1]


def _curvature(a: np.ndarray, q: np.ndarray) -> np.ndarray:
    """H, (draw, class · (K + 1), class · (K + 1)), block by block of classes."""
    count, points, size = a.shape
    classes = q.shape[2]
    h = np.empty((count, classes, size, classes, size))
    for c in range(classes):
        for d in range(c + 1):
            weight = q[:, :, c] * ((c == d) - q[:, :, d]) / points
            block = np.swapaxes(a * weight[:, :, None], 1, 2) @ a
            h[:, c, :, d], h[:, d, :, c] = block, block
    return h.reshape(count, classes * size, classes * size)
