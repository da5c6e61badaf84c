"""Draws of a network as the weights of another library."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.provenance import Provenance, provenance_of
from bayesneuron.exchange._from_state_dicts import PRECISION
from bayesneuron.exchange.members import reading_of
from bayesneuron.exchange.own_names import torch_places
from bayesneuron.exchange.places import Places
from bayesneuron.exchange.plan import plan_of
from bayesneuron.exchange.sources import tensors_of
from bayesneuron.exchange.tensors import Tensors
from bayesneuron.numerics.checks import check_within

EVERY = "every"


def to_state_dict(
    draws: xr.DataTree,
    *,
    like: Any = None,
    chain: int = 0,
    draw: int | str = 0,
    orientation: str | None = None,
    batch_norm: str | None = None,
    layers: Sequence[str] | None = None,
) -> Any:
    """The weights of a draw by name, as another library loads them.

    A network with the weights of a draw of `bayesneuron.laplace` is not linearised, as
    `bayesneuron.predict` has it by default: its predictions are others.

    Parameters
    ----------
    draws : DataTree
        Of a network of dense or recurrent layers, such as reduced ones.
    like : mapping, path or model, optional
        A network whose names, axes and precision the result has, as
        `bayesneuron.from_state_dicts` takes it. Its sizes may be others. By default the names are
        PyTorch's: ``layers.0.weight``, and for recurrent layers ``rnn.weight_ih_l0``.
    chain, draw : int
        Which; ``draw="every"`` returns a list of all, chains one after another.
    orientation, batch_norm, layers
        As for `bayesneuron.from_state_dicts`, where `like` needs them.

    Returns
    -------
    dict of str to ndarray, or list
        PyTorch's ``load_state_dict`` takes them as tensors. Weights that were not folded or summed
        are those that came in, bit for bit. The first of two biases of a gate is their sum, the
        second zero. Batch normalisations are written as ones that change nothing.

    Raises
    ------
    ValueError
        If there is no such draw, the network has other layers, or those of `like` differ.

    See Also
    --------
    export : to a file.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> member = {"fc.kernel": np.ones((3, 2)), "out.kernel": np.ones((2, 1))}
    >>> draws = bn.from_state_dicts(member, activation="tanh", noise=0.1)
    >>> {name: values.shape for name, values in bn.to_state_dict(draws, like=member).items()}
    {'fc.kernel': (3, 2), 'out.kernel': (2, 1)}
    >>> list(bn.to_state_dict(draws))
    ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
    """
    check_draws(draws)
    places, pattern = places_for(
        draws, like, orientation=orientation, batch_norm=batch_norm, layers=layers
    )
    sizes = draws["posterior"].sizes
    check_within("chain", chain, 0, sizes["chain"] - 1)
    if isinstance(draw, str) and draw != EVERY:
        raise ValueError(f"draw: expected a number or '{EVERY}', got {draw!r}")
    if draw != EVERY:
        check_within("draw", draw, 0, sizes["draw"] - 1)
        return _written(draws, places, pattern, chain, int(draw))
    every = [(c, d) for c in range(sizes["chain"]) for d in range(sizes["draw"])]
    return [_written(draws, places, pattern, c, d) for c, d in every]


def places_for(
    draws: xr.DataTree,
    like: Any,
    *,
    orientation: str | None = None,
    batch_norm: str | None = None,
    layers: Sequence[str] | None = None,
) -> tuple[Places, Tensors | None]:
    """Where the sites of `draws` go, and the network that says so."""
    provenance = provenance_of(draws)
    if like is None:
        return torch_places(provenance.layout, provenance.model), None
    pattern = tensors_of(like, "like")
    reading = reading_of(pattern, orientation=orientation, batch_norm=batch_norm, layers=layers)
    places = plan_of(pattern, reading).places
    own = _renamed(provenance)
    missing = sorted({*places.sites, *places.absent} ^ set(own))
    if missing:
        raise ValueError(
            f"like: expected a network with the sites {sorted(own)}, got one that differs in "
            f"{missing}"
        )
    return places, pattern


def _renamed(provenance: Provenance) -> dict[str, str]:
    """Sites of the draws by the names that plans give them."""
    layout = provenance.layout
    own = [site for site in layout.sites if site not in layout.auxiliary]
    if provenance.model == "two_layer":  # an mlp of one hidden layer
        return {site.replace("hidden_", "hidden1_"): site for site in own}
    return {site: site for site in own}


def _written(
    draws: xr.DataTree, places: Places, pattern: Tensors | None, chain: int, draw: int
) -> dict[str, np.ndarray]:
    provenance, posterior = provenance_of(draws), draws["posterior"]
    names = _renamed(provenance)
    if pattern is None:
        names = {site: site for site in names.values()}
    sites = {k: np.asarray(posterior[v].to_numpy()[chain, draw]) for k, v in names.items()}
    made = places.written(sites)
    if pattern is None:
        precision = np.dtype(str(provenance.details.get(PRECISION, "float64")))
        return {name: np.ascontiguousarray(v, precision) for name, v in made.items()}
    weights = {
        pattern.original[name]: np.ascontiguousarray(made[name], values.dtype)
        for name, values in pattern.values.items()
    }
    return {**weights, **_counts(pattern.unused)}


def _counts(unused: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(values) for name, values in unused.items()}
