"""Laplace approximation and its sandwich form, at the best optimum."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.linearised import can_linearise
from bayesneuron.draws.tree import Fit, build_tree, check_room
from bayesneuron.inference.filled import filled
from bayesneuron.inference.importance import importance_ess, pareto_shape
from bayesneuron.inference.normals import Mode, full_normal, kept_mode, structured_normal
from bayesneuron.inference.recorded import recorded
from bayesneuron.inference.scales import (
    CLIMBS,
    LARGEST,
    check_scales,
    highest_evidence,
    is_wide,
    way_of,
)
from bayesneuron.inference.starts import find_optima
from bayesneuron.inference.structures import STRUCTURES, structure_of
from bayesneuron.inference.work import work_of
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
from bayesneuron.numerics.work import HERE, Stage, Work

STARTS = 25
NEARLY = 0.01  # nats that a Newton step would still gain at a mode that counts as reached


@double
def laplace(
    model: Model,
    x: Any,
    y: Any,
    *,
    samples: int = 1000,
    seed: int = 0,
    structure: str = "full",
    covariance: str = "hessian",
    bandwidth: int | None = None,
    starts: int | None = None,
    temper: float = 1.0,
    scales: str | None = None,
    linearise: bool = True,
    pad_to: int | None = None,
    checkpoint: str | Path | None = None,
) -> xr.DataTree:
    """Draw from a Gaussian at the posterior mode, in unconstrained space.

    With H the Hessian of -log p at the mode θ* and g_t the gradient of observation t's log
    likelihood, the covariance is

    - ``hessian``:  H⁻¹, the Laplace approximation;
    - ``sandwich``: H⁻¹ G H⁻¹, G = Σ_t (g_t - ḡ)(g_t - ḡ)ᵀ, valid for independent
      observations even if the likelihood is misspecified;
    - ``hac``:      the same with G the long-run covariance of g_t (Newey and West), for a series.

    A full H of d free numbers needs 32 d² bytes, with what it takes to invert it, and time that
    grows as d³: minutes from some thousands on. Wide networks have other structures; see
    `structure`.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    samples, seed : int
    structure : {"full", "kronecker", "last_layer", "diagonal"}
        Of the covariance. ``full``: all free numbers together; refused where it does not fit into
        the memory. ``kronecker``: independent layers, each a Kronecker product of the second
        moments of its inputs and of the derivatives in its sums (KFAC), for networks of dense
        layers. ``last_layer``: the output weights, and the scales that move no other weight; all
        else is held at the mode, so that hidden neurons have no spread in their incoming weights.
        ``diagonal``: independent weights. All but ``full`` use the Gauss-Newton matrix, which is
        positive. Scales of the noise and of the prior have their exact curvature beside it.
    covariance : {"hessian", "sandwich", "hac"}
        The sandwiches need ``structure="full"``.
    bandwidth : int, optional
        Lags of the Bartlett kernel of ``hac``; by default Newey and West's automatic one.
    starts : int, optional
        Prior draws from which the mode is sought by L-BFGS: by default 25, and 4 of more than
        2,500 free numbers. Up to 400 free numbers single neurons are
        then redrawn from the prior, and Newton steps follow.
    temper : float
        Power of the likelihood.
    scales : {"joint", "evidence"}, optional
        How scales, of the noise and of a learnt prior, are estimated. ``joint``: at the mode of
        all free numbers together. ``evidence``: with the weights integrated out, and H the
        Gauss-Newton matrix; see `bayesneuron.inference.evidence`. By default by the evidence where
        the prior has scales to learn, since a joint mode of many weights fits the noise. Of more
        than 500 free numbers the determinant in the evidence is that of the ``kronecker``
        structure. Networks without it have the full one and, of more than 2,500 free numbers, a
        joint mode by default, with a warning.
    linearise : bool
        Whether predictions and likelihoods of the draws are those of the network linearised at the
        mode, in the parameters of the observations (mean, log scale, logits, log rate). The normal
        is exact for that model. Put through the network itself, wide steps along poorly determined
        directions give predictions that are far off. The draws, and all that is said of neurons,
        are the same either way.
    pad_to : int, optional
        Rows of the compiled program, at least those of `x`: rows of power zero fill it up, so that
        fits to growing data are compiled once. The draws are those without, but for rounding. For
        the full Hessian of at most 500 free numbers.
    checkpoint : str or Path, optional
        A folder that keeps the mode once it is reached. The same call goes on from there after a
        stop, and ends with the same bits. One of another run is refused.

    Returns
    -------
    DataTree
        One chain of independent draws; ``sample_stats`` has lp and (``hessian``) log_q.
        ``attrs``: ``singular``, the directions in which H is not positive; ``grad_norm`` and
        ``converged`` at the mode; (``hessian``) ``pareto_k``, the shape of the importance ratios
        p / q, above 0.7 where the normal misses much of the posterior (from 50 draws on), and
        ``importance_ess``, how many draws the ratios leave; ``structure``; ``scales``, and
        ``log_evidence``.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid, there is no scale to set by the evidence, the
        network has no such structure, or a full Hessian does not fit into the memory.

    References
    ----------
    MacKay, "A practical Bayesian framework for backpropagation networks", 1992; White,
    "Maximum likelihood estimation of misspecified models", 1982; Newey and West 1987, 1994; Immer,
    Korzepa and Bauer, "Improving predictions of Bayesian neural nets via local linearization",
    AISTATS 2021; Ritter, Botev and Barber, "A scalable Laplace approximation for neural networks",
    ICLR 2018; Daxberger et al., "Laplace redux: effortless Bayesian deep learning", NeurIPS 2021.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=50, starts=4, seed=0)
    >>> draws.posterior.sizes["draw"]
    50
    >>> wide = bn.load("two_layer", inputs=3, hidden=200, outputs=1, noise=0.2)
    >>> bn.laplace(wide, x, y, structure="kronecker", samples=50, starts=1).attrs["structure"]
    'kronecker'
    """
    check_positive(samples=samples, starts=1 if starts is None else starts)
    check_choice("structure", structure, STRUCTURES)
    check_choice("covariance", covariance, ("hessian", "sandwich", "hac"))
    check_seed(seed)
    check_positive_real(temper=temper)
    check_flag(linearise=linearise)
    check_scales(scales)
    if bandwidth is not None:
        check_count(bandwidth=bandwidth)
    if structure != "full" and covariance != "hessian":
        raise ValueError(
            f"covariance: expected 'hessian' with structure={structure!r}, got {covariance!r}"
        )
    inputs, targets = (jnp.asarray(v) for v in as_training(model, x, y))
    dens = density(model, inputs, targets)
    if starts is None:
        starts = STARTS if dens.size <= LARGEST else CLIMBS
    check_room(model, inputs, samples=samples, starts=starts)
    full = (structure, covariance) == ("full", "hessian")
    *data, powers = filled(dens, inputs, targets, temper, pad_to, can=full)
    options = {
        "samples": samples, "structure": structure, "covariance": covariance,
        "bandwidth": bandwidth, "starts": starts, "temper": temper, "scales": scales,
        "linearise": linearise, "pad_to": pad_to,
    }  # fmt: skip
    work = work_of(
        None, checkpoint, method="laplace", model=model, data=(inputs, targets), seed=seed,
        **options,
    )  # fmt: skip
    with work.stopped():
        fit = laplace_fit(
            dens, *data, samples=samples, seed=seed, structure=structure, covariance=covariance,
            bandwidth=bandwidth, starts=starts, temper=powers, scales=scales, work=work,
        )  # fmt: skip
    call = recorded(**options)
    fit = replace(fit, details={**fit.details, **call})
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
    structure: str,
    covariance: str,
    bandwidth: int | None,
    starts: int,
    temper: float | np.ndarray,
    scales: str | None = None,
    work: Work = HERE,
) -> Fit:
    """The same for arrays; see `laplace`. `temper` may be that of each observation."""
    began = time.perf_counter()
    shape = structure_of(dens, structure, x, y)
    scales = way_of(dens, scales, x, method="laplace")
    where = _by_evidence if scales == "evidence" else _jointly
    stage = Stage(work.checkpoint, "mode")
    if (mode := stage.kept(0, kept_mode)) is None:
        mode = where(dens, x, y, starts=starts, seed=seed, temper=temper)
        stage.keep(0, mode)
    rng = np.random.default_rng(seed)
    kronecker = scales == "evidence" and covariance == "hessian" and is_wide(dens, x)
    if shape.name == "full" and not kronecker:
        normal = full_normal(dens, mode, x, y, temper, covariance, bandwidth)
    else:
        assert np.ndim(temper) == 0  # one power for all rows
        normal = structured_normal(dens, shape, mode, x, y, temper)
    z = rng.standard_normal((samples, normal.directions))
    theta = normal.draws(z)
    stats = {"lp": fetched(log_joints(dens, jnp.asarray(theta), x, y, temper))[None]}
    ratios: dict[str, float] = {}
    if covariance == "hessian":
        log_q = 0.5 * (normal.log_det - z.shape[1] * np.log(2 * np.pi) - (z**2).sum(1))
        stats["log_q"] = log_q[None]
        k = pareto_shape(stats["lp"][0], log_q)
        ratios = {} if np.isnan(k) else {"pareto_k": k}
        ratios["importance_ess"] = importance_ess(stats["lp"][0], log_q)
    details = {
        "seconds": time.perf_counter() - began,
        "structure": structure,
        "covariance": covariance,
        "singular": normal.singular,
        "grad_norm": mode.grad_norm,
        "converged": int(mode.converged or normal.gain < NEARLY),
        "temper": float(np.max(temper)),
        "scales": scales,
        **mode.details,
        **ratios,
    }
    return Fit(theta[None], stats, details, independent=True, centre=mode.theta)


def _jointly(
    dens: Density, x: jax.Array, y: jax.Array, *, starts: int, seed: int, temper: float | np.ndarray
) -> Mode:
    """The best optimum in all free numbers."""
    with progress("Laplace", starts + 1) as advance:
        best = find_optima(
            dens, x, y, starts=starts, keep=1, seed=seed, temper=temper, advance=advance
        )
    theta = np.asarray(best.theta[0])
    return Mode(theta, float(best.grad_norm[0]), bool(best.converged[0]), {})


def _by_evidence(
    dens: Density, x: jax.Array, y: jax.Array, *, starts: int, seed: int, temper: float | np.ndarray
) -> Mode:
    """The scales of highest evidence, and the weights that go with them."""
    best = highest_evidence(dens, x, y, starts=starts, seed=seed, temper=temper, label="Laplace")
    details = {"log_evidence": best.log_evidence}
    return Mode(best.theta, best.grad_norm, best.converged, details)
