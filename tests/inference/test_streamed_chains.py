"""Chains whose draws go to a file: the same draws, whole or not at all, and longer in place."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.draws import appended
from bayesneuron.inference import segments
from bayesneuron.inference.segments import Chain, Stretch
from bayesneuron.inference.whitened import Thinning

X, Y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
NUTS = {"chains": 2, "warmup": 20, "start": "prior"}
CALLS = {
    "nuts": lambda n, **where: bn.nuts(MODEL, X, Y, samples=n, **NUTS, **where),
    "thinned": lambda n, **where: bn.nuts(MODEL, X, Y, samples=n, thinning=3, **NUTS, **where),
    "single": lambda n, **where: bn.nuts(
        MODEL, X, Y, samples=n, precision="single", **NUTS, **where
    ),
    "ensemble": lambda n, **where: bn.ensemble(
        MODEL, X, Y, members=3, samples=n, warmup=50, optimizer=bn.Adam(epochs=2), **where
    ),
    "bootstrap": lambda n, **where: bn.bootstrap(
        MODEL, X, Y, replicates=n, optimizer=bn.Adam(epochs=2), **where
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")


def assert_same(expected, file):
    draws = bn.open(file)
    assert set(draws.children) == set(expected.children)
    for group in expected.children:
        xr.testing.assert_equal(draws[group].dataset, expected[group].dataset)
    assert set(draws.attrs) == set(expected.attrs)
    for name, value in expected.attrs.items():
        same = np.array_equal(np.ravel(draws.attrs[name]), np.ravel(value))
        assert name == "seconds" or same, name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nuts", "thinned", "single", "ensemble"])
def test_a_file_has_the_draws_that_memory_would(tmp_path, name):
    lazy = CALLS[name](45, into=tmp_path / "draws.nc")
    assert lazy["posterior"]["noise"].variable._in_memory is False
    lazy.close()
    assert_same(CALLS[name](45), tmp_path / "draws.nc")
    assert [f.name for f in tmp_path.iterdir()] == ["draws.nc"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nuts", "ensemble", "bootstrap"])
def test_draws_of_a_file_are_extended_there_or_elsewhere(tmp_path, name):
    whole, path = CALLS[name](55), tmp_path / "draws.nc"
    CALLS[name](30, into=path).close()
    before = path.read_bytes()
    bn.extend(path, 25, into=tmp_path / "longer.nc").close()
    assert path.read_bytes() == before
    bn.extend(path, 25, into=path).close()
    for file in (path, tmp_path / "longer.nc"):
        assert_same(whole, file)


def test_members_that_fail_are_left_out_of_the_file(tmp_path, monkeypatch):
    import bayesneuron.inference._ensemble as module

    def losing(plan, training, theta, *data, write=None, **options):
        trained, chains = run(plan, training, theta, *data, write=None, **options)
        chains.theta[1, 5] = np.nan
        if write is None:
            return trained, chains
        for k in range(len(chains.theta)):
            write(k, 0, chains.theta[k], {name: v[k] for name, v in chains.stats.items()})
        none = Chain(chains.theta[:, :0], {k: v[:, :0] for k, v in chains.stats.items()})
        return trained, none._replace(state=chains.state)

    run = module.run_members
    monkeypatch.setattr(module, "run_members", losing)
    with pytest.warns(bn.StatisticalWarning, match="1 of 3 members failed and are left out"):
        CALLS["ensemble"](45, into=tmp_path / "draws.nc").close()
    expected = CALLS["ensemble"](45)
    assert expected["sample_stats"]["member"].to_numpy()[:, 0].tolist() == [0, 2]
    assert_same(expected, tmp_path / "draws.nc")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nuts", "ensemble"])
def test_a_stopped_run_goes_on_from_its_checkpoint_to_the_same_file(tmp_path, monkeypatch, name):
    path, kept = tmp_path / "draws.nc", tmp_path / "kept"
    CALLS["bootstrap"](30, into=path).close()
    old, put, calls = path.read_bytes(), appended.Growing.put, []

    def stop(self, tree, chain, draw):
        calls.append(draw)
        if len(calls) > 8:
            raise KeyboardInterrupt
        put(self, tree, chain, draw)

    with monkeypatch.context() as patch:
        patch.setattr(appended.Growing, "put", stop)
        with pytest.raises(KeyboardInterrupt):
            CALLS[name](45, into=path, checkpoint=kept)
    assert path.read_bytes() == old
    assert len(list(kept.glob("segment-*.npz"))) >= 8
    monkeypatch.setattr(segments, "check_stopped", lambda: None)
    CALLS[name](45, into=path, checkpoint=kept).close()
    assert_same(CALLS[name](45), path)


def test_what_is_not_streamed_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "draws.nc"
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="into: expected no exec"):
        CALLS["nuts"](5, into=path, executor=pool)
    draws = bn.laplace(MODEL, X, Y, samples=5, starts=1)
    with pytest.raises(ValueError, match="into: expected none with laplace"):
        bn.extend(draws, 5, into=path)
    with pytest.raises(ValueError, match=r"samples: expected at most .* GiB; use into=, a file"):
        CALLS["nuts"](2_000_000_000)
    monkeypatch.setattr(appended, "SPARE", 2**62)
    for name in ("nuts", "ensemble"):
        with pytest.raises(ValueError, match=r"into: the draws take .* GB are free"):
            CALLS[name](5, into=path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_not_extended(tmp_path):
    path = bn.save(CALLS["bootstrap"](5), tmp_path / "draws.nc")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="expected the file as it was saved, got a damaged one"):
        bn.extend(path, 5, into=path)
    path.write_bytes(b"thesis")
    with pytest.raises(ValueError, match="expected a file that bayesneuron wrote"):
        bn.extend(path, 5, into=path)
    assert path.read_bytes() == b"thesis"


@pytest.mark.parametrize("every", [1, 3, 7])
@pytest.mark.parametrize("warm", [0, 5, 13])
def test_thinning_by_segments_is_that_of_the_whole(warm, every):
    rng, moves = np.random.default_rng(0), warm + 10 * every
    theta, diverging = rng.normal(size=(2, moves, 3)), rng.random((2, moves)) < 0.2
    thin, parts = Thinning(warm, every), []
    for first in range(0, moves, 4):
        at = slice(first, first + 4)
        parts.append(thin(Chain(theta[:, at], {"diverging": diverging[:, at]})))
    drawn = np.concatenate([part.theta for part in parts], axis=1)
    np.testing.assert_array_equal(drawn, theta[:, warm:][:, every - 1 :: every])
    bad = np.concatenate([part.stats["diverging"] for part in parts], axis=1)
    by_draw = diverging[:, warm:].reshape(2, 10, every).any(axis=2)
    np.testing.assert_array_equal(bad, by_draw)


def test_segments_of_long_chains_stay_small():
    assert Stretch(0, 2000, 50).length == 100
    long = Stretch(0, 10**7, 1000)
    assert long.length * long.size <= segments.NUMBERS
    assert long.length * long.segments >= 10**7
