"""More draws by the call that made those that are there: the bits of one longer call."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn

X, Y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
CALLS = {
    "bootstrap": lambda n: bn.bootstrap(
        MODEL, X, Y, replicates=n, optimizer=bn.Adam(epochs=2), scheme="block"
    ),
    "laplace": lambda n: bn.laplace(MODEL, X, Y, samples=n, starts=2),
    "nuts": lambda n: bn.nuts(MODEL, X, Y, chains=2, samples=n, warmup=20, start="prior"),
    "ensemble": lambda n: bn.ensemble(
        MODEL, X, Y, members=2, samples=n, warmup=50, optimizer=bn.Adam(epochs=2)
    ),
    "svi": lambda n: bn.svi(MODEL, X, Y, samples=n, starts=2, steps=20),
}
pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")


@pytest.fixture(scope="module")
def replicates():
    return CALLS["bootstrap"](30)


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def assert_same(one, other):
    assert set(one.children) == set(other.children)
    for group in one.children:
        xr.testing.assert_equal(one[group].dataset, other[group].dataset)
    left = {"seconds"}
    assert {k: v for k, v in one.attrs.items() if k not in left} == {
        k: v for k, v in other.attrs.items() if k not in left
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_extended_draws_are_those_of_one_longer_call(name):
    assert_same(bn.extend(CALLS[name](30), 25), CALLS[name](55))


@pytest.mark.parametrize("name", ["bootstrap", "nuts", "ensemble"])
def test_workers_extend_to_the_same_bits(pool, name):
    draws = CALLS[name](30)
    assert_same(bn.extend(draws, 25), bn.extend(draws, 25, executor=pool))


def test_draws_of_a_file_extend_too(tmp_path, replicates):
    path = bn.save(replicates, tmp_path / "draws.nc")
    one, other = bn.extend(path, 5), bn.extend(replicates, 5)
    xr.testing.assert_equal(one["posterior"].dataset, other["posterior"].dataset)


def test_replicates_that_failed_stay_left_out(monkeypatch):
    import bayesneuron.inference._bootstrap as module

    def losing(plan, begun, numbers, **options):
        end = train(plan, begun, numbers, **options)
        lost = np.isin(np.array(numbers), (3, 29, 40))
        return end._replace(loss=np.where(lost, np.nan, end.loss))

    train = module.train_span
    monkeypatch.setattr(module, "train_span", losing)
    longer = bn.extend(CALLS["bootstrap"](30), 25)
    assert longer.attrs["failed"] == [3, 29, 40]
    assert_same(longer, CALLS["bootstrap"](55))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (bn.align, "as the estimator left them, got aligned ones"),
        (lambda d: d.isel(draw=slice(20)), "expected all 30 that the call made, got 20"),
        (lambda d: d.isel(draw=slice(None, None, -1)), "expected all 30"),
        (lambda d: _without(d, "call"), "record of the call"),
        (lambda d: _without(d, "model"), "it is not a shipped one"),
        (lambda d: _with(d, "observed_data", 1.0), "expected the data that they were made with"),
        (lambda d: _with(d, "posterior", 1e-3), "expected those that this call makes, got others"),
        (lambda d: bn.prior(MODEL, X, samples=5), "expected those of .*, got draws of 'prior'"),
    ],
)
def test_other_draws_are_refused(replicates, change, message):
    with pytest.raises(ValueError, match=message):
        bn.extend(change(replicates), 5)


def test_draws_that_started_at_draws_are_refused(replicates):
    draws = bn.bootstrap(MODEL, X, Y, replicates=2, start=replicates, optimizer=bn.Adam(epochs=1))
    with pytest.raises(ValueError, match="expected a start that is known by name"):
        bn.extend(draws, 5)
    with pytest.raises(ValueError, match="more: expected a positive whole number, got 0"):
        bn.extend(replicates, 0)
    with pytest.raises(FileNotFoundError, match="open: no file"):
        bn.extend("no.nc", 5)


def _without(draws, name):
    tree = draws.copy()
    tree.attrs = {k: v for k, v in draws.attrs.items() if k != name}
    return tree


def _with(draws, group, shift):
    tree = draws.copy()
    tree[group] = xr.DataTree(draws[group].to_dataset() + shift)
    return tree


def test_chains_refuse_what_is_not_theirs():
    chains = CALLS["nuts"](10)
    with pytest.raises(ValueError, match="expected all 2 chains that the call made, got 1"):
        bn.extend(chains.isel(chain=[0]), 5)
    with pytest.raises(ValueError, match="others, whose log density is not the one recorded"):
        bn.extend(_with(chains, "posterior", 0.5), 5)
    del chains["sampler_state"]
    with pytest.raises(ValueError, match="expected the state of the sampler"):
        bn.extend(chains, 5)
