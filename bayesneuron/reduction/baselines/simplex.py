"""A convex quadratic program on the simplex, exactly, by non-negative least squares."""

import numpy as np
from scipy.optimize import nnls

_RIDGE = 1e-6


def simplex_qp(q: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The z that minimises ½ zᵀ Q z - bᵀ z over z ≥ 0, Σ z = 1.

    On the simplex the objective is, but for a constant, ½ zᵀ M z with the homogeneous
    M = Q - b 1ᵀ - 1 bᵀ + κ 1 1ᵀ, positive definite for κ > bᵀ Q⁻¹ b. The conditions for its minimum
    are those of min ½ uᵀ M u - 1ᵀ u over u ≥ 0, scaled to Σ z = 1; with M = L Lᵀ that is the
    non-negative least-squares problem min ‖Lᵀ u - L⁻¹ 1‖.

    Parameters
    ----------
    q : ndarray, shape (n, n)
        Symmetric and positive semidefinite. A millionth of its largest diagonal entry, or of the
        largest |b|, is added to the diagonal, so that equal variables share equally.
    b : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        If the shapes do not fit, a value is not finite, or Q is not positive semidefinite.

    Examples
    --------
    >>> simplex_qp(np.eye(3), np.array([1.0, 0.5, -2.0])).round(4).tolist()
    [0.75, 0.25, 0.0]
    """
    n = len(b)
    if np.shape(q) != (n, n) or n == 0:
        raise ValueError(f"q: expected shape ({n}, {n}) as b has {n} values, got {np.shape(q)}")
    if not (np.isfinite(q).all() and np.isfinite(b).all()):
        raise ValueError("simplex_qp: expected finite values, got others")
    scale = max(np.diag(q).max(), np.abs(b).max(), np.finfo(float).tiny)
    a = np.asarray(q, float) / scale + _RIDGE * np.eye(n)
    slope = np.asarray(b, float) / scale
    try:
        np.linalg.cholesky(a)
        kappa = 2.0 * slope @ np.linalg.solve(a, slope) + 1.0
        root = np.linalg.cholesky(a - slope[:, None] - slope[None, :] + kappa)
    except np.linalg.LinAlgError:
        raise ValueError(
            "q: expected a positive semidefinite matrix, got least eigenvalue "
            f"{np.linalg.eigvalsh(q)[0]:.3g}"
        ) from None
    u, _ = nnls(root.T, np.linalg.solve(root, np.ones(n)), maxiter=30 * n)
    return u / u.sum()
