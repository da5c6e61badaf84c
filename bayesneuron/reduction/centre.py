"""Incoming weights of a merged neuron: the centre of its members.

There are two candidates per group. Each draw takes the one that explains more of the members'
contribution C = Σ_i a_i v_iᵀ to the next layer's sums:

- the mean Σ r_i s_i w_i / Σ r_i of their incoming weights, with the sign s_i that the member has
  towards the leader and its relevance r_i = sd(a_i) ‖v_i‖;
- the leader, the member whose activation explains most of C.

In the mean, near duplicates average out their noise. Members that differ are better led by one of
them, since the activation of a mean is not the mean of the activations.
"""

import numpy as np

from bayesneuron.draws._activations import respond
from bayesneuron.network.width import with_width
from bayesneuron.numerics.checks import check_choice
from bayesneuron.reduction.takeover import RIDGE, merged_sites, take_over
from bayesneuron.reduction.task import Task

ROUNDS = 2  # of a recurrent layer's activations and the regression on them, in turn
CENTRES = ("best", "mean", "leader")


def centres(task: Task, owner: np.ndarray, *, centre: str = "best") -> np.ndarray:
    """Incoming weights of the merged neurons as combinations of the members'.

    Parameters
    ----------
    task : Task
    owner : ndarray of int, shape (n,)
        Group of each neuron, 0 to K - 1; -1 for one that is dropped.
    centre : {"best", "mean", "leader"}

    Returns
    -------
    ndarray, shape (draw, K, n)

    Raises
    ------
    ValueError
        If the choice is unknown.
    """
    check_choice("centre", centre, CENTRES)
    groups = int(owner.max()) + 1
    member = np.arange(groups)[:, None] == owner  # (K, n)
    gram = task.gram
    variance = np.einsum("sii->si", gram)
    safe = np.where(variance > 0, variance, 1.0)
    # aᵢᵀ C = Σ_j G_ij v_jᵀ over the members j of i's own group
    same = (owner[:, None] == owner) & (owner >= 0)
    inside = gram * same
    gain = ((inside @ task.outgoing) ** 2).sum(axis=2) / safe
    leader = np.where(member, gain[:, None, :], -1.0).argmax(axis=2)  # (draw, K)
    led = (np.arange(len(owner)) == leader[:, :, None]).astype(float)
    if centre == "leader":
        return led
    weight = np.sqrt(variance) * np.linalg.norm(task.outgoing, axis=2)
    weight = np.where(weight > 0, weight, np.finfo(float).tiny)
    sign = np.ones_like(weight)
    if task.layout.signed(task.layer):
        lead = np.take_along_axis(leader, np.broadcast_to(owner, weight.shape) % groups, axis=1)
        sign = np.where(np.take_along_axis(gram, lead[:, :, None], axis=2)[:, :, 0] < 0, -1.0, 1.0)
    mean = member * (sign * weight)[:, None, :]
    total = (member * weight[:, None, :]).sum(axis=2, keepdims=True)
    mean = mean / np.where(total > 0, total, 1.0)
    if centre == "mean":
        return mean
    explained = _explained(task, mean, owner, member)
    top = np.take_along_axis(gain, leader, axis=1)
    return np.where((explained > top)[:, :, None], mean, led)


def _explained(task: Task, into: np.ndarray, owner: np.ndarray, member: np.ndarray) -> np.ndarray:
    """How much of its members' contribution each candidate explains, (draw, K)."""
    u = answers(task, into, owner)
    u = u - u.mean(axis=1, keepdims=True) if task.constant else u
    groups = owner % u.shape[2]  # of dropped neurons any: they are members of none
    own = np.einsum("spi,spi->si", u[:, :, groups], task.activations) / u.shape[1]
    across = own[:, None, :] * member  # (draw, K, n)
    sent = across @ task.outgoing
    variance = (u**2).mean(axis=1)
    return (sent**2).sum(axis=2) / np.where(variance > 0, variance, np.inf)


def answers(task: Task, into: np.ndarray, owner: np.ndarray, *, ridge: float = RIDGE) -> np.ndarray:
    """Activations of neurons that read combinations of the members' weights, (draw, point, K).

    A recurrent layer reads itself. Its merged neurons stand for their members first by multiples of
    Σ_j into_gj a_j, then by regression on the activations that result, a few times over.
    """
    recurrent = task.layout.recurrent(task.layer)
    if picks(task, into):
        picked = into.argmax(axis=2)[:, None, :]
        return np.take_along_axis(task.activations, picked, axis=2)
    if not recurrent:
        return _respond(task, into, np.zeros((len(into), into.shape[2], into.shape[1])))
    linear = task.activations @ np.swapaxes(into, 1, 2)
    merged = _respond(task, into, _stand_in(task, linear, owner))
    for _ in range(ROUNDS):
        out, _ = take_over(task.wanted, merged, owner, ridge=ridge, constant=task.constant)
        merged = _respond(task, into, out)
    return merged


def picks(task: Task, into: np.ndarray) -> bool:
    """Whether the merged neurons are some of the members, whose activations are known."""
    plain = (into.sum(axis=2) == 1).all() and ((into == 0) | (into == 1)).all()
    return bool(plain) and not task.layout.recurrent(task.layer) and not task.layout.free


def _stand_in(task: Task, merged: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Each member as a multiple of its merged neuron, (draw, n, K)."""
    across = np.swapaxes(task.wanted, 1, 2) @ merged
    power = (merged**2).sum(axis=1)[:, None, :]
    slope = across / np.where(power > 0, power, np.inf)
    return slope * (owner[..., None] == np.arange(merged.shape[2]))


def _respond(task: Task, into: np.ndarray, out: np.ndarray) -> np.ndarray:
    none = np.zeros((into.shape[0], into.shape[2]))
    sites = merged_sites(task.layout, task.sites, task.layer, into, out, none)
    small = with_width(task.model, task.layer, into.shape[1])
    return respond(small, sites, task.x)[task.layer]
