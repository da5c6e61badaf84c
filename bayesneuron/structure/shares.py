"""How much of what the next layer receives each neuron accounts for, draw by draw.

Neuron i, with activation a_i over the data and outgoing weights v_i, contributes c_i = v_i a_i to
z = Σ c_i, what the neurons of the next layer receive. With C the covariance of the activations
and T = tr cov(z) = Σ_ij C_ij v_i·v_j,

    share  = Σ_r cov(c_ir, z_r) / T = Σ_j C_ij v_i·v_j / T,   additive: they sum to 1,
    gross  = C_ii |v_i|² / T,                    what is lost if it vanishes and its mean stays,
    unique = R_ii |v_i|² / T,                    what is lost if the others take over, R_ii the
                                                 variance of a_i that they do not explain.

A share is negative where a neuron works against the sum; gross exceeds 1 where neurons cancel.
Where no bias can take up means, C holds second moments about zero instead of covariances.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayesneuron.network.layout import Layout
from bayesneuron.numerics.checks import check_memory

BY_POINT, BY_PAIR = 4, 10  # arrays of all draws: by neuron and point, and by two neurons
RIDGE = 1e-6  # of a neuron's own variance: keeps the regression on duplicates well posed
_ROUNDING = 1e-20  # of the mean square: a smaller variance is rounding


@dataclass(frozen=True)
class Shares:
    """Shares of the output variance, and how the others would replace a neuron.

    Attributes
    ----------
    share, gross, unique : ndarray, shape (draw, neuron)
        As above; 0 in a draw whose network is constant over the data.
    effect : ndarray, shape (draw, neuron)
        Standard deviation of the contribution over the data, (C_ii |v_i|²)^½, in units of what
        the next layer receives.
    mean_square : ndarray, shape (draw, neuron)
        Mean square of the contribution about zero, as a multiple of T.
    variation : ndarray, shape (draw, neuron)
        Variance of the activation as a share of its mean square.
    r_squared : ndarray, shape (draw, neuron, neuron)
        Squared correlation of activations, 0 for one that does not vary.
    coefficients : ndarray, shape (draw, neuron, neuron)
        Least-squares coefficients of each neuron (second axis) on all others (third axis).
    mean : ndarray, shape (draw, neuron)
        Mean activation; 0 where no bias can take it.
    """

    share: np.ndarray
    gross: np.ndarray
    unique: np.ndarray
    effect: np.ndarray
    mean_square: np.ndarray
    variation: np.ndarray
    r_squared: np.ndarray
    coefficients: np.ndarray
    mean: np.ndarray


def check_shares(draws: xr.DataTree, layout: Layout, layer: str, *, points: int, most: int) -> None:
    """Raise ValueError if `shares` of so many draws do not fit into memory."""
    first = draws["posterior"].to_dataset().isel(chain=0, draw=slice(1))
    sites = {str(name): values.to_numpy() for name, values in first.data_vars.items()}
    size, width = draws["posterior"].sizes, layout.width(sites, layer)
    count = min(most, size["chain"] * size["draw"])
    remedy = "take a smaller most=, or fewer rows"
    check_memory("draws", count, width * (BY_POINT * points + BY_PAIR * width), remedy=remedy)


def shares(activations: np.ndarray, outgoing: np.ndarray, *, constant: bool) -> Shares:
    """Decompose the variance of what the next layer receives.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, neuron)
    outgoing : ndarray, shape (draw, neuron, m)
    constant : bool
        Whether a bias takes up means.

    Returns
    -------
    Shares

    Notes
    -----
    All regressions of one neuron on the others come from one inverse: with P = (C + λ)⁻¹ the
    coefficients of i on j are -P_ij / P_ii. The ridge λ is 10⁻⁶ of each neuron's own variance.

    References
    ----------
    Covariance shares: Lindeman, Merenda, Gold 1980; Genizi, "Decomposition of R² in multiple
    regression", 1993. Regressions from the inverse: Whittaker, "Graphical models", 1990, § 5.7.

    Examples
    --------
    >>> a = np.array([[[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]])  # orthogonal
    >>> shares(a, np.array([[[2.0], [1.0]]]), constant=True).share
    array([[0.8, 0.2]])
    """
    points, n = activations.shape[1:]
    square = np.einsum("spn,spn->sn", activations, activations) / points
    mean = activations.mean(axis=1) if constant else np.zeros(square.shape)
    a = activations - mean[:, None, :]
    moment = np.swapaxes(a, 1, 2) @ a / points
    variance = np.einsum("sii->si", moment)
    moves = variance > _ROUNDING * square
    variance = np.where(moves, variance, 0.0)
    power = np.einsum("snm,snm->sn", outgoing, outgoing)
    product = moment * (outgoing @ np.swapaxes(outgoing, 1, 2))
    total = product.sum(axis=(1, 2))
    scale = np.where(total > 0, 1 / np.where(total > 0, total, 1.0), 0.0)[:, None]

    sd = np.where(moves, np.sqrt(variance), 1.0)
    both = moves[:, :, None] & moves[:, None, :]
    correlation = np.where(both, moment / (sd[:, :, None] * sd[:, None, :]), 0.0)
    precision = np.linalg.inv(correlation + RIDGE * np.eye(n))
    own = np.einsum("sii->si", precision)
    rest = np.einsum("sij,sij->si", precision @ correlation, precision) / own**2
    coefficients = -precision / own[:, :, None] * (sd[:, :, None] / sd[:, None, :])
    coefficients[:, np.arange(n), np.arange(n)] = 0.0
    return Shares(
        share=product.sum(axis=2) * scale,
        gross=variance * power * scale,
        unique=np.clip(rest, 0.0, 1.0) * variance * power * scale,
        effect=np.sqrt(variance * power),
        mean_square=square * power * scale,
        variation=np.where(square > 0, variance / np.where(square > 0, square, 1.0), 0.0),
        r_squared=np.clip(correlation**2, 0.0, 1.0),
        coefficients=coefficients,
        mean=mean,
    )
