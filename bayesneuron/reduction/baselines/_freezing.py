"""Weight freezing: the weights of irrelevant neurons stop training instead of vanishing.

References
----------
After Grabovoy, Bakhteev, Strijov, "Ordering the set of neural network parameters", Informatics and
Applications 14(2), 2020: weights are put in order by the covariance matrix of their gradients, and
those whose gradient varies least are no longer trained.
"""

import jax.numpy as jnp
import numpy as np

from bayesneuron.numerics.checks import check_choice
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.baselines._obd import EXACT_SIZE, saliency
from bayesneuron.reduction.baselines.flat import Flat, flatten, gradient_moments, split
from bayesneuron.reduction.task import Task, check_sizes


@double
def freezing(
    task: Task, sizes: object, *, seed: int = 0, relevance: str = "gradient"
) -> dict[int, dict[str, np.ndarray]]:
    """Which weights go on training when only the most relevant neurons of the layer do.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
        Numbers of neurons that go on training.
    seed : int
        Used by ``saliency`` above 2500 weights.
    relevance : {"gradient", "saliency"}
        Of a neuron: the sum over its weights of the variance, over observations, of the gradient of
        the loss; or the saliency of `obd`.

    Returns
    -------
    dict of int to dict of str to ndarray of bool
        By size, for each site that holds weights, (draw, ...), whether a weight goes on training.
        All do except the incoming and outgoing weights of frozen neurons. Sites not named go on
        training.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, or `relevance` is unknown.

    Notes
    -----
    The free matrix behind an orthonormal one has the same mask. As orthonormality couples all rows,
    frozen rows of the orthonormal matrix turn a little with those that train.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = (np.asarray(v) for v in bn.windows(bn.datasets.noisy_sine(length=40), history=3))
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> sites = bn.prior(model, x, samples=2)["posterior"].data_vars.items()
    >>> task = Task(model, {k: v.values[0] for k, v in sites}, "hidden", x, y)
    >>> freezing(task, [1])[1]["hidden_bias"].sum(axis=1).tolist()
    [1, 1]
    """
    check_choice("relevance", relevance, ("gradient", "saliency"))
    counts, flat = check_sizes(task, sizes, seed), flatten(task)
    if relevance == "gradient":
        score = _gradient_variance(task, flat)
    else:
        exact = flat.values.shape[1] <= EXACT_SIZE
        score = saliency(task, flat, "hessian" if exact else "fisher", seed)
    rank = np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1)
    own = (flat.reads | flat.sends).astype(float)
    by_size = {}
    for size in counts:
        frozen = (rank >= size).astype(float) @ own > 0
        masks = split(flat.shapes, ~frozen)
        for free in task.layout.free:
            dims = task.layout.sites[free]
            masks[free] = next(masks[k] for k, _ in flat.shapes if task.layout.sites[k] == dims)
        by_size[size] = masks
    return by_size


def _gradient_variance(task: Task, flat: Flat) -> np.ndarray:
    """Sum over each neuron's weights of Var_t ∂ log p(y_t) / ∂w, shape (draw, neuron)."""
    y = jnp.broadcast_to(jnp.asarray(task.y), (task.count, *task.y.shape))
    held = {k: jnp.asarray(v) for k, v in flat.held.items()}
    mean, square = gradient_moments(
        task.model, flat.shapes, jnp.asarray(flat.values), held, jnp.asarray(task.x), y
    )
    variance = np.maximum(np.asarray(square) - np.asarray(mean) ** 2, 0.0)
    return variance @ (flat.reads | flat.sends).T.astype(float)
