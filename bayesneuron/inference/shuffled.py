"""The first of some values in random order, by a program that is compiled for all of them.

A program whose data are filled up shuffles the rows that there are, in the order that they would
have without the others.
"""

from typing import Any

import jax
import jax.numpy as jnp

BITS = 2**32 - 1  # largest of the random numbers that are sorted by
ROUNDS = 3.0  # of sorting, in logarithms of the count to that base: ties then do not matter


def shuffled(key: jax.Array, values: jax.Array, count: Any) -> jax.Array:
    """The first `count` of `values` in random order, then the others as they are.

    The order is that of ``jax.random.permutation(key, values[:count])``, for a `count` that need
    not be known when the program is compiled.

    Parameters
    ----------
    key : Array
    values : Array, shape (value,)
    count : int or Array of int

    Examples
    --------
    >>> import jax
    >>> with jax.enable_x64(False):
    ...     shuffled(jax.random.key(0), jax.numpy.arange(6), 4).tolist()
    ...     jax.random.permutation(jax.random.key(0), 4).tolist()
    [0, 1, 3, 2, 4, 5]
    [0, 1, 3, 2]
    """
    others = jnp.arange(len(values)) >= count
    rounds = jnp.ceil(ROUNDS * jnp.log(jnp.maximum(count, 1)) / jnp.log(float(BITS)))

    def sort(k: Any, carry: Any) -> Any:
        key, values = carry
        key, own = jax.random.split(key)
        # bit k of the stream depends on k alone; a stable sort leaves the others last
        bits = jnp.where(others, jnp.uint32(BITS), jax.random.bits(own, others.shape, jnp.uint32))
        return key, jax.lax.sort_key_val(bits, values)[1]

    return jax.lax.fori_loop(0, rounds.astype(jnp.int32), sort, (key, values))[1]
