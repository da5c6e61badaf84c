"""Blocks run on threads: in order, in the caller's precision, and with the caller's bits."""

import threading

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.numerics.blocks import by_block, run_blocks
from bayesneuron.numerics.lanes import map_lanes


def test_results_keep_the_order_of_the_blocks():
    assert run_blocks(lambda b: b**2, range(50), workers=4) == [b**2 for b in range(50)]


def test_threads_work_in_the_precision_of_the_caller():
    dtype = lambda _: jnp.ones(1).dtype
    with jax.enable_x64(True):
        assert {str(d) for d in run_blocks(dtype, range(8), workers=4)} == {"float64"}
    assert {str(d) for d in run_blocks(dtype, range(8), workers=4)} == {"float32"}


def test_one_worker_stays_in_the_thread_of_the_caller():
    assert set(run_blocks(lambda _: threading.get_ident(), range(5), workers=1)) == {
        threading.get_ident()
    }


def test_a_program_is_compiled_before_the_threads_ask_for_it():
    ran = []
    run_blocks(lambda b: ran.append((b, threading.get_ident())), range(6), workers=4)
    assert ran[0] == (0, threading.get_ident())


def test_no_blocks_give_no_results():
    assert run_blocks(sum, []) == []


def test_blocks_of_draws_are_joined_as_one():
    values = np.random.default_rng(0).normal(size=(100, 3))
    whole = by_block(lambda d: {"b": d["a"] * 2}, {"a": values}, cells=1)
    parts = by_block(lambda d: {"b": d["a"] * 2}, {"a": values}, cells=2**17)
    np.testing.assert_array_equal(whole["b"], parts["b"])


def test_the_number_of_lanes_in_a_block_is_always_the_same():
    seen = []

    def program(values, factor):
        seen.append(len(values))
        return values * factor

    scaled = map_lanes(program, np.arange(10.0), shared=(2.0,), lanes=4)
    np.testing.assert_array_equal(scaled, np.arange(10.0) * 2)
    assert set(seen) == {4}
