"""Whether a layout is that of its model: its symmetries must leave the function as it was.

Nothing else would show a wrong layout. Axes that are swapped in a square matrix, or a ReLU layer
that is declared tanh, give numbers of the right shapes that mean nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import numpy as np
from numpyro import distributions as dist

from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model, load
from bayesneuron.network.symmetry import act, rescale
from bayesneuron.network.tracing import Site, latent_of, run, sites_of
from bayesneuron.numerics.precision import double

TOLERANCE = 1e-6  # of the output's own variation; rounding is below 1e-10
_ROWS = 5
_SPREAD = 0.8  # of weights times √width: recurrent networks forget, so rounding does not grow

Sites = Mapping[str, np.ndarray]


class Move(NamedTuple):
    """One element of a layer's symmetry group."""

    layer: str
    what: str
    apply: Callable[[Sites], Sites]


def check_layout(model: Model, inputs: int) -> None:
    """Check that the symmetries the layout declares are those of `model`.

    A random permutation of every layer, and its random signs, positive scales or mixing, act on
    random weights; the site ``mean`` at random inputs must stay as it was. Networks that differ
    in widths only are checked once.

    Parameters
    ----------
    model : Model
    inputs : int
        Width of the data.

    Raises
    ------
    ValueError
        If the layout does not fit the model's sites, or ``mean`` changes.
    """
    _check_once(_Case(model, inputs))


def check_shapes(model: Model, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that every site of the layout is there, with its axes, and layers have one width.

    Raises
    ------
    ValueError
    """
    sizes: dict[str, int] = {}
    for site, dims in model.layout.sites.items():
        if site not in shapes:
            raise ValueError(f"layout: expected one of the sites {sorted(shapes)}, got {site!r}")
        if len(shapes[site]) != len(dims):
            raise ValueError(f"layout of {site!r}: expected {len(shapes[site])} axes, got {dims}")
        for name, size in zip(dims, shapes[site], strict=True):
            if sizes.setdefault(name, size) != size:
                raise ValueError(
                    f"layer {name!r}: expected {sizes[name]} neurons, got {size} in {site!r}"
                )


@dataclass(frozen=True, eq=False)
class _Case:
    """A model on data of one width, the same for all widths of its layers."""

    model: Model
    inputs: int

    def _key(self) -> tuple[object, ...]:
        model = self.model
        widths = {o if isinstance(o, str) else o[0] for o in model.layout.widths.values()}
        others = {k: v for k, v in model.options.items() if k not in widths}
        return model.body, repr(sorted(others.items())), model.layout.to_json(), self.inputs

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Case) and self._key() == other._key()


@lru_cache(maxsize=256)  # a refusal is not kept, and is found again
def _check_once(case: _Case) -> None:
    model = case.model
    if model.shipped and load(model.name, **model.options).layout == model.layout:
        return  # its own; the tests check these
    check_symmetries(model, case.inputs)


@double
def check_symmetries(model: Model, inputs: int) -> None:
    """`check_layout`, whatever was checked before."""
    sites = sites_of(model, (_ROWS, inputs))
    check_shapes(model, {name: site.shape for name, site in sites.items()})
    latent = latent_of(sites)
    if "mean" not in sites or any(s.support.is_discrete for s in latent.values()):
        return  # no network that is estimated
    rng = np.random.default_rng(0)
    moves = _moves(model.layout, {name: site.shape for name, site in sites.items()}, rng)
    if not moves:
        return
    derived = [name for name in model.layout.sites if name not in latent]
    x = rng.uniform(0.1, 1.0, (_ROWS, inputs))
    program = jax.jit(partial(_outputs, model, ("mean", *derived), x))
    points = _random_values(latent, len(moves), rng)
    before = {k: np.asarray(v) for k, v in program(points).items()}
    placed = {k: (points | before)[k] for k in model.layout.sites}
    moved = [
        move.apply({k: v[i : i + 1] for k, v in placed.items()}) for i, move in enumerate(moves)
    ]
    after = program(
        points | {k: np.concatenate([m[k] for m in moved]) for k in points if k in placed}
    )
    for i, move in enumerate(moves):
        _compare(model, move, before["mean"][i], np.asarray(after["mean"][i]), latent)


def _compare(
    model: Model, move: Move, before: np.ndarray, after: np.ndarray, sites: Iterable[str]
) -> None:
    change = float(np.abs(after - before).max())
    size = float(np.abs(before - before.mean(axis=0)).max()) or float(np.abs(before).max())
    if change > TOLERANCE * size:  # not where either is NaN
        raise ValueError(
            f"layout of {model.name}, layer {move.layer!r} declared "
            f"{model.layout.layers[move.layer]!r}: expected the same 'mean' after {move.what} of "
            f"its neurons, got a change of {change:.2g} in an output that varies by {size:.2g}"
            f"{_left_out(model, sites)}"
        )


def _left_out(model: Model, sites: Iterable[str]) -> str:
    others = [name for name in sites if name not in model.layout.sites]
    return f"; sites that the layout leaves out: {', '.join(others)}" if others else ""


def _outputs(
    model: Model, keep: tuple[str, ...], x: np.ndarray, values: Mapping[str, jax.Array]
) -> dict[str, jax.Array]:
    def one(values: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
        trace = run(model, values, jax.numpy.asarray(x))
        return {name: trace[name]["value"] for name in keep}

    return jax.vmap(one)(values)


def _random_values(
    latent: Mapping[str, Site], count: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Values of every latent site on its support, (count, ...)."""
    values: dict[str, np.ndarray] = {}
    for name, site in latent.items():
        transform = dist.transforms.biject_to(site.support)
        shape = transform.inverse_shape(site.shape)
        scale = _SPREAD / np.sqrt(max(shape, default=1)) if len(shape) > 1 else _SPREAD
        free = scale * rng.normal(size=(count, *shape))
        values[name] = np.asarray(transform(jax.numpy.asarray(free)))
    return values


def _moves(
    layout: Layout, shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator
) -> list[Move]:
    moves: list[Move] = []
    for layer in layout.hidden:
        axis = layout.axes(layer)[0]
        width, kind = shapes[axis.site][axis.axis], layout.symmetry(layer)
        places, same = np.arange(width), np.ones((1, width))
        cycle, shuffled = places.copy(), rng.permutation(width)
        cycle[shuffled] = np.roll(shuffled, 1)
        signs = rng.choice([-1.0, 1.0], (1, width))
        signs[0, 0] = -1.0
        if width > 1:
            permute = partial(act, layout, layer=layer, order=cycle[None], sign=same)
            moves.append(Move(layer, "a permutation", permute))
        if kind in ("sign", "shift"):
            flip = partial(act, layout, layer=layer, order=places[None], sign=signs)
            moves.append(Move(layer, "a change of sign", flip))
        if kind == "scale":
            factor = np.exp(rng.uniform(0.2, 1.0, (1, width)))
            scale = partial(rescale, layout, layer=layer, factor=factor)
            moves.append(Move(layer, "a change of scale", scale))
        if kind == "linear" and not any(a.site in layout.auxiliary for a in layout.axes(layer)):
            matrix = np.linalg.qr(rng.normal(size=(width, width)))[0] * np.exp(rng.uniform(0, 1))
            moves.append(Move(layer, "a mixing", partial(_mix, layout, layer=layer, matrix=matrix)))
    return moves


def _mix(layout: Layout, sites: Sites, layer: str, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Incoming weights times the matrix, outgoing ones times its inverse."""
    back = np.linalg.inv(matrix).T
    mixed = layout.with_rows(
        sites, layer, "incoming", matrix @ layout.rows(sites, layer, "incoming")
    )
    return layout.with_rows(mixed, layer, "outgoing", back @ layout.rows(mixed, layer, "outgoing"))
