"""Bayesian model reduction of normal posteriors: the evidence of a model with another prior.

With posterior N(m, C) of parameters under the prior N(0, I), the model that replaces this prior
by N(0, ε² I), and leaves all other priors as they are, has the log Bayes factor

    log E[p̃(u) / p(u)] = ½ log |Π P̃| - ½ log |Π + P̃ - I| - ½ (mᵀ Π m - m̃ᵀ (Π + P̃ - I) m̃)

with Π = C⁻¹, P̃ = ε⁻² I and m̃ = (Π + P̃ - I)⁻¹ Π m. As ε goes to 0 it becomes the Savage–Dickey
ratio log N(0; m, C) - log N(0; 0, I).
"""

import numpy as np

from bayesneuron.numerics.covariance import covariances


def log_savage_dickey(units: np.ndarray) -> np.ndarray:
    """Log Bayes factor of u_i = 0 against u_i ~ N(0, I), from posterior draws of every neuron.

    Parameters
    ----------
    units : ndarray, shape (draw, neuron, m)
        Parameters in units of their prior standard deviation.

    Returns
    -------
    ndarray, shape (neuron,)
        Nats, positive where zero has gained density: -inf where the draws do not move.

    References
    ----------
    Dickey, "The weighted likelihood ratio", Annals of Mathematical Statistics 1971; Friston,
    Parr, Zeidman, "Bayesian model reduction", arXiv 1805.07092.

    Examples
    --------
    >>> normal = np.random.default_rng(0).normal(size=(10_000, 2, 1))
    >>> log_savage_dickey(0.1 * normal + [[0.0], [1.0]]).round()  # log 10, log 10 - 50
    array([  2., -48.])
    """
    mean, cov = units.mean(axis=0), covariances(units)[0]
    sign, log_det = np.linalg.slogdet(cov)
    regular = sign > 0
    safe = np.where(regular[:, None, None], cov, np.eye(cov.shape[-1]))
    square = np.einsum("ni,ni->n", mean, np.linalg.solve(safe, mean[..., None])[..., 0])
    factor = -0.5 * np.where(regular, log_det, 0.0) - 0.5 * square
    return np.where(regular, factor, -np.inf)


def log_reduction(units: np.ndarray, spike: float) -> np.ndarray:
    """Log Bayes factor of u_i ~ N(0, spike² I) against u_i ~ N(0, I), (neuron,).

    Examples
    --------
    >>> units = np.random.default_rng(0).normal(size=(10_000, 1, 2))
    >>> abs(float(log_reduction(units, 0.5)[0])) < 0.1  # the data say nothing
    True
    """
    mean, cov = units.mean(axis=0), covariances(units)[0]
    eye = np.eye(cov.shape[-1])
    precision = np.linalg.inv(cov + 1e-12 * eye)
    reduced = precision + (spike**-2 - 1) * eye
    weighted = np.einsum("nij,nj->ni", precision, mean)
    own = np.einsum("ni,ni->n", mean, weighted)
    new = np.einsum("ni,ni->n", weighted, np.linalg.solve(reduced, weighted[..., None])[..., 0])
    log_dets = np.linalg.slogdet(precision)[1] - np.linalg.slogdet(reduced)[1]
    return 0.5 * (log_dets - 2 * cov.shape[-1] * np.log(spike)) - 0.5 * (own - new)
