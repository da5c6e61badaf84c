"""Optimal Brain Damage, of whole neurons.

The loss around a trained network is ½ Σ_q H_qq w_q² higher without the weights q, if H were
diagonal and the gradient zero. A neuron's saliency is this sum over all its weights.

References
----------
LeCun, Denker, Solla, "Optimal brain damage", NeurIPS 1989.
"""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from bayesneuron.draws.evaluate import evaluate
from bayesneuron.numerics.checks import check_choice, check_flag
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.baselines.flat import (
    Flat,
    flatten,
    gradient_moments,
    hessian_diagonals,
    split,
)
from bayesneuron.reduction.baselines.removal import Sized, keep_best
from bayesneuron.reduction.task import Task, check_sizes

EXACT_SIZE = 2500  # weights up to which the exact Hessian diagonal is taken
_OBSERVED = 8  # sets of targets that each network draws for its Fisher diagonal


@double
def obd(
    task: Task,
    sizes: object,
    *,
    seed: int = 0,
    one_shot: bool = True,
    curvature: str | None = None,
) -> Sized:
    """Keep the neurons without which the loss would rise most, their weights as they are.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
    seed : int
        Of the targets drawn for the Fisher diagonal.
    one_shot : bool
        Rank all neurons by the full network's saliencies; otherwise the saliencies of the remaining
        network are computed anew after each removal (but nothing is retrained).
    curvature : {"hessian", "fisher"}, optional
        The exact diagonal of the Hessian of the negative log likelihood, negative entries taken
        as zero; or the Fisher (Gauss–Newton) diagonal, the mean square gradient for targets
        drawn from the network itself. By default exact up to 2500 weights.

    Returns
    -------
    dict of int to dict of str to ndarray
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, or `curvature` is unknown.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = (np.asarray(v) for v in bn.windows(bn.datasets.noisy_sine(length=40), history=3))
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> sites = bn.prior(model, x, samples=2)["posterior"].data_vars.items()
    >>> task = Task(model, {k: v.values[0] for k, v in sites}, "hidden", x, y)
    >>> obd(task, [3, 1])[1]["hidden_weight"].shape
    (2, 1, 3)
    """
    check_flag(one_shot=one_shot)
    counts, flat = check_sizes(task, sizes, seed), flatten(task)
    curvature = curvature or ("hessian" if flat.values.shape[1] <= EXACT_SIZE else "fisher")
    check_choice("curvature", curvature, ("hessian", "fisher"))
    if one_shot:
        return keep_best(task, counts, saliency(task, flat, curvature, seed))
    removed = np.full((task.count, task.width), np.inf)  # when each neuron went
    for step in range(task.width - min(counts)):
        left = np.where(np.isinf(removed), saliency(task, flat, curvature, seed), np.inf)
        worst = left.argmin(axis=1)
        np.put_along_axis(removed, worst[:, None], step, axis=1)
        flat = replace(flat, values=np.where(flat.sends[worst], 0.0, flat.values))
    return keep_best(task, counts, removed)


def saliency(task: Task, flat: Flat, curvature: str, seed: int) -> np.ndarray:
    """½ Σ H_qq w_q² over the weights of each neuron, shape (draw, neuron)."""
    sites = {**flat.held, **split(flat.shapes, flat.values)}
    static, x = (task.model, flat.shapes), jnp.asarray(task.x)
    values, held = jnp.asarray(flat.values), {k: jnp.asarray(v) for k, v in flat.held.items()}
    if curvature == "hessian":
        diagonal = hessian_diagonals(*static, values, held, x, jnp.asarray(task.y))
    else:
        diagonal = np.zeros(flat.values.shape)
        for i in range(_OBSERVED):
            drawn = {"seed": seed * _OBSERVED + i, "numbers": task.draw_numbers}
            y = evaluate(task.model, sites, x, keep=("y",), **drawn)["y"]
            square = gradient_moments(*static, values, held, x, jnp.asarray(y))[1]
            diagonal += len(x) / _OBSERVED * np.asarray(square)
    each = 0.5 * np.maximum(np.asarray(diagonal), 0.0) * flat.values**2
    return each @ (flat.reads | flat.sends).T.astype(float)
