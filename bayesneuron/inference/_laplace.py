"""Laplace approximation and its sandwich form, at the best optimum."""

import time
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from bayesneuron.draws.linearised import can_linearise
from bayesneuron.draws.tree import Fit, build_tree, check_room
from bayesneuron.inference.curvature import hessian, inverse_root, scores
from bayesneuron.inference.evidence import precision_at
from bayesneuron.inference.importance import importance_ess, pareto_shape
from bayesneuron.inference.scales import check_scales, highest_evidence, way_of
from bayesneuron.inference.starts import find_optima
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import Density, density, log_joints
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_choice,
    check_count,
    check_flag,
    check_positive,
    check_positive_real,
    check_seed,
)
from bayesneuron.numerics.lanes import fetched
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once


@double
def laplace(
    model: Model,
    x: Any,
    y: Any,
    *,
    samples: int = 1000,
    seed: int = 0,
    covariance: str = "hessian",
    bandwidth: int | None = None,
    starts: int = 25,
    temper: float = 1.0,
    scales: str | None = None,
    linearise: bool = True,
) -> xr.DataTree:
    """Draw from a Gaussian at the posterior mode, in unconstrained space.

    With H the Hessian of -log p at the mode θ* and g_t the gradient of observation t's log
    likelihood, the covariance is

    - ``hessian``:  H⁻¹, the Laplace approximation;
    - ``sandwich``: H⁻¹ G H⁻¹, G = Σ_t (g_t - ḡ)(g_t - ḡ)ᵀ, valid for independent
      observations even if the likelihood is misspecified;
    - ``hac``:      the same with G the long-run covariance of g_t (Newey and West), for a series.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    samples, seed : int
    covariance : {"hessian", "sandwich", "hac"}
    bandwidth : int, optional
        Lags of the Bartlett kernel of ``hac``; by default Newey and West's automatic one.
    starts : int
        Prior draws from which the mode is sought. Single neurons are then redrawn from the prior.
    temper : float
        Power of the likelihood.
    scales : {"joint", "evidence"}, optional
        How scales, of the noise and of a learnt prior, are estimated. ``joint``: at the mode of
        all free numbers together. ``evidence``: with the weights integrated out, and H the
        Gauss-Newton matrix; see `bayesneuron.inference.evidence`. By default by the evidence where
        the prior has scales to learn, since a joint mode of many weights fits the noise; at the
        joint mode, with a warning, of more than 2,500 free numbers, as the time of the evidence
        grows with their cube.
    linearise : bool
        Whether predictions and likelihoods of the draws are those of the network linearised at the
        mode, in the parameters of the observations (mean, log scale, logits, log rate). The normal
        is exact for that model. Put through the network itself, wide steps along poorly determined
        directions give predictions that are far off. The draws, and all that is said of neurons,
        are the same either way.

    Returns
    -------
    DataTree
        One chain of independent draws; ``sample_stats`` has lp and (``hessian``) log_q.
        ``attrs``: ``singular``, the directions in which H is not positive; ``grad_norm`` and
        ``converged`` at the mode; (``hessian``) ``pareto_k``, the shape of the importance ratios
        p / q, above 0.7 where the normal misses much of the posterior (from 50 draws on), and
        ``importance_ess``, how many draws the ratios leave; ``scales``, and ``log_evidence``.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid, or there is no scale to set by the evidence.

    References
    ----------
    MacKay, "A practical Bayesian framework for backpropagation networks", 1992; White,
    "Maximum likelihood estimation of misspecified models", 1982; Newey and West 1987, 1994; Immer,
    Korzepa and Bauer, "Improving predictions of Bayesian neural nets via local linearization",
    AISTATS 2021.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=50, starts=4, seed=0)
    >>> draws.posterior.sizes["draw"]
    50
    """
    check_positive(samples=samples, starts=starts)
    check_choice("covariance", covariance, ("hessian", "sandwich", "hac"))
    check_seed(seed)
    check_positive_real(temper=temper)
    check_flag(linearise=linearise)
    check_scales(scales)
    if bandwidth is not None:
        check_count(bandwidth=bandwidth)
    inputs, targets = (jnp.asarray(v) for v in as_training(model, x, y))
    check_room(model, inputs, samples=samples, starts=starts)
    fit = laplace_fit(
        density(model, inputs, targets), inputs, targets, samples=samples, seed=seed,
        covariance=covariance, bandwidth=bandwidth, starts=starts, temper=temper, scales=scales,
    )  # fmt: skip
    if not (linearise and can_linearise(model, np.asarray(inputs))):
        fit = replace(fit, centre=None)
    details = fit.details
    if details["singular"]:
        size = fit.theta.shape[-1]
        warn_once(
            f"laplace: the Hessian is not positive in {details['singular']} of {size} directions"
        )
    if not details["converged"]:
        warn_once(f"laplace: the mode was not reached, gradient norm {details['grad_norm']:.1e}")
    improper = int((~np.isfinite(fit.stats["lp"])).sum())
    if improper:
        warn_once(
            f"laplace: {improper} of {samples} draws have no finite density: the data leave a "
            "scale unbounded, such as that of the noise; give noise=, or more data"
        )
    return build_tree(model, fit, x, y, method="laplace", seed=seed)


def laplace_fit(
    dens: Density,
    x: jax.Array,
    y: jax.Array,
    *,
    samples: int,
    seed: int,
    covariance: str,
    bandwidth: int | None,
    starts: int,
    temper: float,
    scales: str | None = None,
) -> Fit:
    """The same for arrays; see `laplace`."""
    began = time.perf_counter()
    scales = way_of(dens, scales, method="laplace")
    where = _by_evidence if scales == "evidence" else _jointly
    mode = where(dens, x, y, starts=starts, seed=seed, temper=temper)
    root, log_det, singular = inverse_root(mode.precision)
    if covariance != "hessian":
        g = temper * np.asarray(scores(dens, jnp.asarray(mode.theta), x, y))
        root = root @ root.T @ _score_root(g, covariance, bandwidth)
    normal = np.random.default_rng(seed).standard_normal((samples, root.shape[1]))
    theta = mode.theta + normal @ root.T
    stats = {"lp": fetched(log_joints(dens, jnp.asarray(theta), x, y, temper))[None]}
    shape: dict[str, float] = {}
    if covariance == "hessian":
        log_q = 0.5 * (log_det - dens.size * np.log(2 * np.pi) - (normal**2).sum(1))
        stats["log_q"] = log_q[None]
        k = pareto_shape(stats["lp"][0], log_q)
        shape = {} if np.isnan(k) else {"pareto_k": k}
        shape["importance_ess"] = importance_ess(stats["lp"][0], log_q)
    details = {
        "seconds": time.perf_counter() - began,
        "covariance": covariance,
        "singular": singular,
        "grad_norm": mode.grad_norm,
        "converged": int(mode.converged),
        "temper": temper,
        "scales": scales,
        **mode.details,
        **shape,
    }
    return Fit(theta[None], stats, details, independent=True, centre=mode.theta)


class _Mode(NamedTuple):
    """Where the normal approximation lies."""

    theta: np.ndarray
    precision: np.ndarray
    grad_norm: float
    converged: bool
    details: dict[str, float]


def _jointly(
    dens: Density, x: jax.Array, y: jax.Array, *, starts: int, seed: int, temper: float
) -> _Mode:
    """The best optimum in all free numbers, and the Hessian there."""
    with progress("Laplace", starts + 1) as advance:
        best = find_optima(
            dens, x, y, starts=starts, keep=1, seed=seed, temper=temper, advance=advance
        )
    theta = best.theta[0]
    h = np.asarray(hessian(dens, jnp.asarray(theta), x, y, temper))
    return _Mode(np.asarray(theta), h, float(best.grad_norm[0]), bool(best.converged[0]), {})


def _by_evidence(
    dens: Density, x: jax.Array, y: jax.Array, *, starts: int, seed: int, temper: float
) -> _Mode:
    """The scales of highest evidence, the weights that go with them, and the curvature there."""
    best = highest_evidence(dens, x, y, starts=starts, seed=seed, temper=temper, label="Laplace")
    with threadpool_limits(1, user_api="blas"):
        precision = precision_at(dens, best.theta, x, y, temper)
    details = {"log_evidence": best.log_evidence}
    return _Mode(best.theta, precision, best.grad_norm, best.converged, details)


def _score_root(g: np.ndarray, covariance: str, bandwidth: int | None) -> np.ndarray:
    """A root of G, (size, size), from the scores (observation, size)."""
    if covariance == "sandwich":
        bandwidth = 0
    from arch.covariance.kernel import Bartlett

    long_run = np.asarray(Bartlett(g, bandwidth=bandwidth, center=True).cov.long_run)
    values, vectors = np.linalg.eigh(long_run * len(g))
    return vectors * np.sqrt(np.maximum(values, 0.0))
