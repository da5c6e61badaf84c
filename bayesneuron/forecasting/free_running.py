"""A network run on its own output: every draw feeds its forecasts back to itself."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.data.recursion import Recursion, to_inputs, to_samples
from bayesneuron.draws.free_vectors import BATCH
from bayesneuron.forecasting.read import Outputs, Read, linearised_reader, reader
from bayesneuron.forecasting.rows_ahead import Readings
from bayesneuron.network.density import Density
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import map_lanes
from bayesneuron.numerics.precision import double


class Plan(NamedTuple):
    """Sizes of a recursion.

    Attributes
    ----------
    blocks : int
        Outputs of the network to put end to end.
    horizon, channels : int
        Samples in one output, and numbers in one sample.
    span : int
        Samples that the network reads before its first output. A recurrent one reads on from
        there, sample by sample.
    recurrent : bool
    paths : int
        Noisy continuations of each draw.
    """

    blocks: int
    horizon: int
    channels: int
    span: int
    recurrent: bool
    paths: int

    @property
    def reads(self) -> int:
        """Samples that the network reads after each output."""
        return self.span - 1 + self.horizon if self.recurrent else self.span


class Starts(NamedTuple):
    """Samples before the forecasts, in the units of the series.

    Attributes
    ----------
    samples : array, shape (start, time, channel)
        Oldest first; what follows the `lengths` of each is padding. Of networks without a state
        only the last `span`.
    recent : array, shape (start, span, channel)
        The last samples.
    lengths : array of int, shape (start,)
    beside : Readings or None
        What is known ahead, for every reading.
    """

    samples: Any
    recent: Any
    lengths: Any
    beside: Readings | None = None


@double
def decode(
    model: Model,
    sites: Mapping[str, np.ndarray],
    plan: Plan,
    starts: Starts,
    recursion: Recursion,
    *,
    seed: int,
    lanes: int = BATCH,
) -> np.ndarray:
    """Continuations by every draw of the weights.

    Parameters
    ----------
    sites : mapping of str to ndarray, shape (draw, ...)

    Returns
    -------
    ndarray, shape (draw, start, 1 + paths, blocks * horizon, target)
        In the units of the series, of the channels that are forecast; the first path feeds the mean
        back, the others are noisy.
    """
    values = {name: np.asarray(site) for name, site in sites.items()}
    count = len(next(iter(values.values())))
    shared = (noise_key(seed), starts, recursion)
    return map_lanes(
        partial(_decode, model, plan), values, np.arange(count),
        shared=shared, lanes=min(lanes, count),
    )  # fmt: skip


@double
def decode_linearised(
    dens: Density,
    theta: np.ndarray,
    centre: np.ndarray,
    plan: Plan,
    starts: Starts,
    recursion: Recursion,
    *,
    seed: int,
    lanes: int = BATCH,
) -> np.ndarray:
    """The same of the network linearised at `centre`, for draws θ, (draw, size)."""
    shared = (centre, noise_key(seed), starts, recursion)
    return map_lanes(
        partial(_decode_linearised, dens, plan), theta, np.arange(len(theta)),
        shared=shared, lanes=min(lanes, len(theta)),
    )  # fmt: skip


def noise_key(seed: int) -> jax.Array:
    """The key of the noise of forecasts of this seed."""
    return jax.random.fold_in(jax.random.key(seed), 7)


@partial(jax.jit, static_argnums=(0, 1))
def _decode(
    model: Model,
    plan: Plan,
    sites: dict[str, jax.Array],
    number: jax.Array,
    key: jax.Array,
    starts: Starts,
    recursion: Recursion,
) -> jax.Array:
    def one(values: dict[str, jax.Array], number: jax.Array) -> jax.Array:
        own = jax.random.fold_in(key, number)
        return _continuations(reader(model, values), plan, starts, recursion, own)

    return jax.vmap(one)(sites, number)


@partial(jax.jit, static_argnums=(0, 1))
def _decode_linearised(
    dens: Density,
    plan: Plan,
    theta: jax.Array,
    number: jax.Array,
    centre: jax.Array,
    key: jax.Array,
    starts: Starts,
    recursion: Recursion,
) -> jax.Array:
    def one(at: jax.Array, number: jax.Array) -> jax.Array:
        own = jax.random.fold_in(key, number)
        return _continuations(linearised_reader(dens, centre, at), plan, starts, recursion, own)

    return jax.vmap(one)(theta, number)


def _continuations(
    read: Read, plan: Plan, starts: Starts, recursion: Recursion, key: jax.Array
) -> jax.Array:
    """Of one draw, (start, 1 + paths, step, target)."""
    each = 1 + plan.paths
    rows = jax.tree.map(lambda v: jnp.repeat(jnp.asarray(v), each, axis=0), starts)
    quiet = (jnp.arange(len(rows.recent)) % each == 0)[:, None]
    before, after = jax.random.split(key)

    def samples_of(outputs: Outputs, recent: jax.Array) -> jax.Array:
        return to_samples(recursion, jnp.where(quiet, outputs.mean, outputs.y), recent)

    def extend(
        carry: tuple[jax.Array, Any, jax.Array], block: jax.Array
    ) -> tuple[tuple[jax.Array, Any, jax.Array], jax.Array]:
        recent, state, samples = carry
        longer = jnp.concatenate([recent, samples], axis=1)
        beside = None if rows.beside is None else rows.beside.later[:, block]
        x = to_inputs(recursion, longer[:, -plan.reads :], beside)
        outputs = read(x, state, jax.random.fold_in(after, block))
        new = samples_of(outputs, longer[:, -plan.reads :])
        return (longer[:, -plan.span :], outputs.state, new), new

    recent = jnp.asarray(rows.recent)
    outputs = _listen(read, plan, rows, recursion, before)
    first = samples_of(outputs, recent)
    blocks = first[None]  # (block, row, horizon, channel)
    if plan.blocks > 1:
        carry = (recent, outputs.state, first)
        _, later = jax.lax.scan(extend, carry, jnp.arange(plan.blocks - 1))
        blocks = jnp.concatenate([blocks, later])
    steps = jnp.moveaxis(blocks, 0, 1).reshape(len(recent), -1, first.shape[-1])
    return steps.reshape(-1, each, *steps.shape[1:])


def _listen(read: Read, plan: Plan, rows: Starts, recursion: Recursion, key: jax.Array) -> Outputs:
    """The outputs after all samples of every row, a recurrent network read through them."""
    heard = None if rows.beside is None else rows.beside.heard
    known = lambda time: None if heard is None else heard[:, time]
    if not plan.recurrent:
        return read(to_inputs(recursion, rows.recent, known(0)), None, key)
    samples, span = jnp.asarray(rows.samples), plan.span
    first = read(to_inputs(recursion, samples[:, :span], known(0)), None, key)

    def on(outputs: Outputs, time: jax.Array) -> tuple[Outputs, None]:
        window = jax.lax.dynamic_slice_in_dim(samples, time, span, axis=1)
        x = to_inputs(recursion, window, known(time))
        new = read(x, outputs.state, jax.random.fold_in(key, time))
        going = time + span <= rows.lengths
        keep = lambda a, b: jnp.where(going.reshape(-1, *(1,) * (a.ndim - 1)), a, b)
        return jax.tree.map(keep, new, outputs), None

    return jax.lax.scan(on, first, jnp.arange(1, samples.shape[1] - span + 1))[0]
