"""Many shapes of data must not exhaust the memory maps of the process."""

import sys

import jax
import jax.numpy as jnp
import pytest

from bayesneuron.numerics import compiled

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory maps are counted on Linux")


@linux
def test_programs_are_released_beyond_the_share_and_results_stay(monkeypatch):
    program = jax.jit(lambda v: jnp.sin(v) @ v)
    before = program(jnp.arange(3.0))
    monkeypatch.setattr(compiled, "_last_count", -compiled._SECONDS)
    assert compiled.memory_maps() > 0
    assert not compiled.release_compiled(share=1.0)
    monkeypatch.setattr(compiled, "_last_count", -compiled._SECONDS)
    assert program._cache_size() == 1
    assert compiled.release_compiled(share=0.0)
    assert program._cache_size() == 0
    assert program(jnp.arange(3.0)) == before


def test_systems_without_the_limit_are_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled, "_LIMIT", tmp_path / "none")
    monkeypatch.setattr(compiled, "_MAPS", tmp_path / "none")
    monkeypatch.setattr(compiled, "_last_count", -compiled._SECONDS)
    assert compiled.memory_maps() == 0
    assert not compiled.release_compiled(share=0.0)
