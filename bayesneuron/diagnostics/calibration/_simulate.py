"""A true network drawn from the prior, and data simulated from it."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import xarray as xr

from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.draws.prior_draws import PIECE, sample_prior
from bayesneuron.draws.provenance import provenance_for
from bayesneuron.draws.tree import check_room, tree_of_sites
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_not_negative, check_seed
from bayesneuron.numerics.precision import double

CANDIDATES = 256  # prior draws among which a network above the floor is sought


@double
def simulate(
    model: Model, x: Any, *, seed: int = 0, floor: float = 0.0
) -> tuple[xr.DataTree, np.ndarray]:
    """Draw a network from the prior of `model`, and from it one observation per row of `x`.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    seed : int
    floor : float
        Least strength |incoming| · |outgoing| of every hidden neuron; the first prior draw that
        has it is taken. A neuron of zero strength is not identified: the data hold no information
        about its weights. With a floor the truth is no longer drawn from the model's prior, and
        not even the exact posterior has nominal coverage. The default, no floor, keeps it.

    Returns
    -------
    truth : DataTree
        One chain of one draw, every latent site; as draws of a network it can be aligned.
    y : ndarray, shape of the model's observed site

    Raises
    ------
    ValueError
        If x does not fit, the floor is negative, or none of 256 prior draws reaches it.

    Examples
    --------
    >>> import numpy as np, bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> truth, y = simulate(model, np.random.default_rng(0).normal(size=(20, 3)), seed=1)
    >>> truth.posterior["hidden_weight"].shape, y.shape
    ((1, 1, 2, 3), (20, 1))
    """
    inputs = as_inputs(model, x)
    check_seed(seed)
    check_not_negative(floor=floor)
    key = jax.random.fold_in(jax.random.key(seed), 8)
    check_room(model, inputs, "simulate fewer neurons", candidates=PIECE)
    sites = _first_strong(model, inputs, key, floor)
    y = evaluate(model, sites, inputs, keep=("y",), seed=seed)["y"][0]
    provenance = provenance_for(model, "truth", seed=seed, details={"floor": floor})
    return tree_of_sites({k: v[None] for k, v in sites.items()}, provenance), y


def _first_strong(
    model: Model, inputs: np.ndarray, key: jax.Array, floor: float
) -> dict[str, np.ndarray]:
    """The first prior draw whose neurons all reach the floor, (1, ...)."""
    best = 0.0
    for first in range(0, CANDIDATES, PIECE):
        wanted = range(first, first + PIECE)
        few = sample_prior(model, inputs, draws=CANDIDATES, key=key, wanted=wanted)
        drawn = {k: v[0] for k, v in few.items()}
        if not floor:
            return {k: v[:1] for k, v in drawn.items()}
        weakest = np.min([s.min(axis=1) for s in strengths(model.layout, drawn).values()], axis=0)
        strong, best = np.flatnonzero(weakest >= floor), max(best, weakest.max())
        if len(strong):
            return {k: v[strong[:1]] for k, v in drawn.items()}
    raise ValueError(
        f"floor: expected a strength that a prior draw reaches, got {floor}; the best of "
        f"{CANDIDATES} has {best:.2f}"
    )


def seed_of(seed: int, number: int) -> int:
    """The seed of data set `number` of a study, whatever the others.

    Examples
    --------
    >>> seed_of(0, 1) == seed_of(0, 1), seed_of(0, 1) == seed_of(1, 0)
    (True, False)
    """
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)


def strengths(layout: Layout, sites: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """|incoming with bias| · |outgoing| of every hidden neuron, by layer, (draw, neuron).

    No permutation and no sign changes their set, nor a scale moved from one side to the other.

    Examples
    --------
    >>> layout = Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    >>> w, v = np.array([[[3.0, 4.0], [1.0, 0.0]]]), np.array([[[2.0, -1.0]]])
    >>> strengths(layout, {"W": w, "V": v})["hidden"].tolist()
    [[10.0, 1.0]]
    """
    products = {}
    for layer in layout.hidden:
        vectors = coordinates(layout, sites, layer)
        leaving = np.array([role == "outgoing" for role in vectors.roles])
        products[layer] = np.linalg.norm(vectors.values[..., ~leaving], axis=-1) * np.linalg.norm(
            vectors.values[..., leaving], axis=-1
        )
    return products or {"none": np.full((len(next(iter(sites.values()))), 1), np.inf)}
