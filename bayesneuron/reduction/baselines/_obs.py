"""Optimal Brain Surgeon, of whole neurons: the remaining weights compensate for those removed.

Around a trained network the loss rises by ½ δᵀ H δ under a change δ of its weights. Neuron i is
removed when its outgoing weights are zero; its incoming weights then no longer matter, and must not
help to compensate. So of its own weights Q the change is t = -w for the outgoing and 0 for the
incoming ones. Of all δ with δ_Q = t the one of least loss, with K = H⁻¹, is

    δ = K[:, Q] K_QQ⁻¹ t,    at the price ½ tᵀ K_QQ⁻¹ t.

The neuron of least price is removed, δ is applied, Q is eliminated from K,
K ← K - K[:, Q] K_QQ⁻¹ K[Q, :], and so on.

References
----------
Hassibi & Stork, "Second order derivatives for network pruning: optimal brain surgeon", NeurIPS 1992
(eq. 5; with the outer-product H of section 3.2); Kurtic et al., "The optimal BERT surgeon", EMNLP
2022 (groups of weights); Frantar, Singh, Alistarh, "Optimal brain compression", NeurIPS 2022
(elimination). By layers: Dong, Chen, Pan, "Learning to prune deep neural networks via layer-wise
optimal brain surgeon", NeurIPS 2017.
"""

from dataclasses import dataclass, replace
from functools import partial

import jax.numpy as jnp
import numpy as np

from bayesneuron.numerics.checks import check_choice, check_not_negative, check_positive_real
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.baselines.flat import Flat, flatten, hessian_rows, split
from bayesneuron.reduction.baselines.removal import Sized, in_blocks
from bayesneuron.reduction.task import Task, Weights, check_sizes, select

EXACT_SIZE = 2500  # weights up to which all of H is formed
_CHUNK = 64  # rows of H asked for at once, so that one program serves all


@double
def obs(
    task: Task,
    sizes: object,
    *,
    seed: int = 0,
    curvature: str | None = None,
    compensate: str = "sent",
    damping: float = 1e-4,
    refresh: float = 0.0,
) -> Sized:
    """Remove neurons one by one, each the cheapest, while the other weights compensate for it.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
    seed : int
        Not used.
    curvature : {"fisher", "hessian", "layer"}, optional
        H. ``fisher``: the Fisher information, which is the outer-product matrix of the source and
        its generalisation to classes; positive semidefinite, and without a gradient term for any
        weights. ``hessian``: the exact Hessian of the negative log likelihood, with
        the absolute value of its eigenvalues. ``layer``: of the squared change of the sums that
        the next layer forms, all of which share the covariance of the activations. By default
        ``fisher`` up to 2500 weights that may move, above that ``layer``.
    compensate : {"sent", "all"}
        Which weights move: the outgoing weights of the layer and the biases of the next, in which
        the next layer's sums are linear; or all. ``layer`` moves the outgoing ones.
    damping : float
        Added to H, relative to its mean diagonal entry.
    refresh : float
        H is formed anew whenever only this share of the neurons of the last time is left: 0 never,
        1 after each. Of use with ``compensate="all"``, whose steps leave the region where the
        quadratic approximation holds.

    Returns
    -------
    dict of int to dict of str to ndarray
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, a choice is unknown, damping is not
        positive or refresh not between 0 and 1.

    Notes
    -----
    One draw costs O(width P² q) for P weights that move, q of them per neuron.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = (np.asarray(v) for v in bn.windows(bn.datasets.noisy_sine(length=40), history=3))
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> sites = bn.prior(model, x, samples=2)["posterior"].data_vars.items()
    >>> task = Task(model, {k: v.values[0] for k, v in sites}, "hidden", x, y)
    >>> obs(task, [3, 1])[1]["hidden_weight"].shape
    (2, 1, 3)
    """
    counts = check_sizes(task, sizes, seed)
    check_choice("compensate", compensate, ("sent", "all"))
    check_positive_real(damping=damping)
    check_not_negative(refresh=refresh)
    if refresh > 1:
        raise ValueError(f"refresh: expected a share between 0 and 1, got {refresh}")
    flat = flatten(task)
    movable = np.ones(flat.values.shape[1], bool)
    if compensate == "sent":
        movable = flat.sends.any(axis=0)
        movable[flat.biases] = True
    curvature = curvature or ("fisher" if movable.sum() <= EXACT_SIZE else "layer")
    check_choice("curvature", curvature, ("fisher", "hessian", "layer"))
    if curvature == "layer":
        return in_blocks(task, partial(_layer_path, sizes=counts, damping=damping))
    surgery = _Surgery(task, flat, movable, curvature, damping, refresh)
    paths = [_path(surgery, draw, counts) for draw in range(task.count)]
    pruned = {}
    for size in counts:
        values, alive = (np.stack([p[size][part] for p in paths]) for part in (0, 1))
        pruned[size] = _reduced(task, flat, values, alive)
    return pruned


@dataclass(frozen=True)
class _Surgery:
    """What the removal of neurons from any draw needs to know.

    Attributes
    ----------
    task : Task
    flat : Flat
    movable : ndarray of bool, shape (size,)
        Weights that may move.
    curvature : {"fisher", "hessian"}
    damping, refresh : float
        As in `obs`.
    """

    task: Task
    flat: Flat
    movable: np.ndarray
    curvature: str
    damping: float
    refresh: float


def _reduced(task: Task, flat: Flat, values: np.ndarray, alive: np.ndarray) -> Weights:
    """The networks with `values`, (draw, size), of whose neurons `alive`, (draw, neuron), stay."""
    keep = np.nonzero(alive)[1].reshape(len(alive), -1)
    moved = replace(task, sites={**task.sites, **split(flat.shapes, values)})
    return select(moved, keep)


def _path(
    surgery: _Surgery, draw: int, sizes: list[int]
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Weights and neurons left, at each size, of one draw."""
    task, flat, movable = surgery.task, surgery.flat, surgery.movable
    w, alive, free = flat.values[draw].copy(), np.ones(task.width, bool), movable.copy()
    where = np.flatnonzero(movable)
    place = np.zeros(len(w), int)
    place[where] = np.arange(len(where))
    own = (flat.reads | flat.sends) & movable
    q = place[np.nonzero(own)[1]].reshape(task.width, -1)  # every neuron has as many
    sent = flat.sends[:, where]
    sent = np.take_along_axis(sent, q, axis=1)
    left_at = {task.width: (w.copy(), alive.copy())}
    k, since = np.zeros((0, 0)), 0
    for left in range(task.width - 1, min(sizes) - 1, -1):
        if not len(k) or left + 1 <= surgery.refresh * since:
            k, since = _inverse(surgery, draw, w, free), left + 1
        t = np.where(sent & free[where][q], -w[where][q], 0.0)
        pull = np.linalg.solve(k[q[:, :, None], q[:, None, :]], t[:, :, None])[:, :, 0]
        price = np.where(alive, (t * pull).sum(axis=1), np.inf)
        i = int(price.argmin())
        column = k[:, q[i]]
        w[where] += column @ pull[i]
        w[flat.sends[i]] = 0.0  # exactly, not only up to rounding
        k -= column @ np.linalg.solve(column[q[i]], column.T)
        _strike(k, q[i])
        alive[i], free[where[q[i]]] = False, False
        if left in sizes:
            left_at[left] = w.copy(), alive.copy()
    return left_at


def _inverse(surgery: _Surgery, draw: int, w: np.ndarray, free: np.ndarray) -> np.ndarray:
    """(H + λI)⁻¹ at weights w over those that may move; those not `free` are eliminated."""
    task, flat, where = surgery.task, surgery.flat, np.flatnonzero(surgery.movable)
    held = {k: jnp.asarray(v[draw]) for k, v in flat.held.items()}
    y = jnp.asarray(task.y) if surgery.curvature == "hessian" else None
    rows = where[free[where]]
    padded = np.concatenate([rows, np.repeat(rows[-1:], -len(rows) % _CHUNK)])
    ask = partial(
        hessian_rows, task.model, flat.shapes, jnp.asarray(w), held, jnp.asarray(task.x), y
    )
    parts = [np.asarray(ask(jnp.asarray(c)))[:, rows] for c in padded.reshape(-1, _CHUNK)]
    h = np.concatenate(parts)[: len(rows)]
    h = (h + h.T) / 2
    if surgery.curvature == "hessian":
        values, vectors = np.linalg.eigh(h)
        h = (vectors * np.abs(values)) @ vectors.T
    level = surgery.damping * np.trace(h) / len(h)
    h[np.diag_indices(len(h))] += max(level, np.finfo(float).tiny ** 0.5)
    k, at = np.eye(len(where)), np.flatnonzero(free[where])
    k[np.ix_(at, at)] = np.linalg.inv(h)
    return k


def _strike(k: np.ndarray, q: np.ndarray) -> None:
    """Leave the identity at `q`, so that blocks over weights already removed stay regular."""
    k[q], k[:, q] = 0.0, 0.0
    k[q, q] = 1.0


def _layer_path(task: Task, *, sizes: list[int], damping: float) -> Sized:
    """All draws at once, H = C ⊗ I with C the covariance of the activations."""
    flat, draws = flatten(task), np.arange(task.count)
    values, v = flat.values.copy(), task.outgoing.astype(float)
    mean = task.activations.mean(axis=1)
    a = task.activations - mean[:, None] if task.constant else task.activations
    c = np.swapaxes(a, 1, 2) @ a / a.shape[1]
    level = damping * np.einsum("snn->s", c) / task.width
    level = np.maximum(level, np.finfo(float).tiny ** 0.5)
    k = np.linalg.inv(c + level[:, None, None] * np.eye(task.width))
    reader = flat.reads[:, flat.slots[0]]  # (neuron, m): whose sum, where the layer reads itself
    alive = np.ones((task.count, task.width), bool)
    matters = np.ones((task.count, v.shape[2]))
    pruned = {}
    for left in range(task.width, min(sizes) - 1, -1):
        if left in sizes:
            values[:, flat.slots] = v
            pruned[left] = _reduced(task, flat, values.copy(), alive)
        diagonal = np.where(alive, np.einsum("snn->sn", k), 1.0)
        price = np.einsum("snm,sm->sn", v**2, matters) / diagonal
        i = np.where(alive, price, np.inf).argmin(axis=1)
        column = k[draws, :, i] / diagonal[draws, i][:, None]
        change = -column[:, :, None] * v[draws, i][:, None, :]
        if task.constant:
            level = np.einsum("sn,snm->ms", mean, change)
            np.subtract.at(values.T, flat.biases, level)
        v += change
        v[draws, i] = 0.0
        k -= column[:, :, None] * k[draws, i][:, None, :]
        alive[draws, i] = False
        matters *= ~reader[i]
    return pruned
