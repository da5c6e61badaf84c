"""One reading of a network: its mean output, a noisy one, and its state afterwards.

Of draws that are linearised at a mode, the state is linear in θ as well. It is carried on as its
value at the mode and its derivative along the draw.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bayesneuron.draws.linearised import mean_of, observed
from bayesneuron.network.density import Density
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import NEXT_STATE, STATE, run


class Outputs(NamedTuple):
    """What a network puts out, each (row, output), and its state, a tree of arrays or None."""

    mean: jax.Array
    y: jax.Array
    state: Any


Read = Callable[[jax.Array, Any, jax.Array], Outputs]  # of x, state (None: its first) and key


def reader(model: Model, sites: dict[str, jax.Array]) -> Read:
    """A network with these weights."""

    def read(x: jax.Array, state: Any, key: jax.Array) -> Outputs:
        trace = run(model, _at(sites, state), x, key=key)
        return _outputs(trace["mean"]["value"], trace["y"]["value"], _state(trace))

    return read


def linearised_reader(dens: Density, centre: jax.Array, theta: jax.Array) -> Read:
    """The network linearised at `centre`, see `bayesneuron.draws.linearised`."""
    along = theta - centre

    def read(x: jax.Array, state: Any, key: jax.Array) -> Outputs:
        def both(at: jax.Array, before: Any) -> tuple[dict[str, jax.Array], Any]:
            trace = run(dens.model, _at(dens.constrain(at), before), x)
            return observed(trace["y"]).natural, _state(trace)

        before, moved = (None, None) if state is None else state
        values, tangents = jax.jvp(both, (centre, before), (along, moved))
        natural = jax.tree.map(jnp.add, values[0], tangents[0])
        family = observed(run(dens.model, _at(dens.constrain(centre), before), x)["y"])
        fn = family._replace(natural=natural).distribution()
        after = None if values[1] is None else (values[1], tangents[1])
        return _outputs(mean_of(fn), jnp.asarray(fn.sample(key)), after)

    return read


def _at(sites: dict[str, jax.Array], state: Any) -> dict[str, jax.Array]:
    return sites if state is None else {**sites, STATE: state}


def _state(trace: Any) -> Any:
    return trace[NEXT_STATE]["value"] if NEXT_STATE in trace else None


def _outputs(mean: jax.Array, y: jax.Array, state: Any) -> Outputs:
    flat = lambda v: v.reshape(len(v), -1).astype(float)
    return Outputs(flat(mean), flat(y), state)
