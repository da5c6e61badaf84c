"""Blocks on the workers of an executor: the same bits, whatever happens to the workers."""

import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.numerics.cores import PROCESS, cores
from bayesneuron.numerics.elsewhere import run_there

X, Y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
ESTIMATES = {
    "bootstrap": lambda model, **where: bn.bootstrap(
        model, X, Y, replicates=60, optimizer=bn.Adam(epochs=2), **where
    ),
    "newton": lambda model, **where: bn.bootstrap(
        model, X, Y, replicates=3, optimizer="newton", **where
    ),
    "nuts": lambda model, **where: bn.nuts(
        model, X, Y, chains=2, samples=20, warmup=20, start="prior", **where
    ),
    "single": lambda model, **where: bn.nuts(
        model, X, Y, chains=2, samples=20, warmup=20, start="prior", precision="single", **where
    ),
    "ensemble": lambda model, **where: bn.ensemble(
        model, X, Y, members=2, samples=10, warmup=50, optimizer=bn.Adam(epochs=5), **where
    ),
}
DRAWS = "ignore:(nuts|ensemble|bootstrap).*:bayesneuron.StatisticalWarning"  # too few of them
pytestmark = pytest.mark.filterwarnings(DRAWS)


def assert_same(one, other):
    for group in ("posterior", "sample_stats"):
        for name, values in one[group].dataset.items():
            np.testing.assert_array_equal(values, other[group][name], err_msg=str(name))


@pytest.mark.parametrize("name", ESTIMATES)
def test_threads_give_the_same_bits(name):
    with ThreadPoolExecutor(2) as pool:
        assert_same(ESTIMATES[name](MODEL), ESTIMATES[name](MODEL, executor=pool))


FILE = """
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import bayesneuron as bn

def outputs(x, w, v):
    return jnp.tanh(x @ w.T) @ v.T

def model(x, y=None, *, width):
    w = numpyro.sample("W", dist.Normal(0, 0.5).expand([width, x.shape[1]]).to_event(2))
    v = numpyro.sample("V", dist.Normal(0, 1).expand([1, width]).to_event(2))
    mean = numpyro.deterministic("mean", outputs(x, w, v))
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)

def layout(*, width):
    return bn.Layout(
        sites={"W": ("hidden", "input"), "V": ("output", "hidden")}, layers={"hidden": "tanh"}
    )
"""


@pytest.mark.slow
def test_another_process_gives_the_same_bits_for_any_model(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    mine = bn.load(file, width=2)
    wrapped = lambda x, y=None, *, width: mine.body(x, y, width=width)  # no name to find it by
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for model in (MODEL, mine, bn.load(wrapped, layout=mine.layout, width=2)):
            elsewhere = ESTIMATES["bootstrap"](model, executor=pool)
            assert_same(ESTIMATES["bootstrap"](model), elsewhere)


class Dying:
    """An executor whose only worker dies with its second block."""

    def __init__(self):
        self.count = 0

    def submit(self, function, *args):
        self.count += 1
        future = Future()
        if self.count > 2:
            raise BrokenProcessPool("a worker died")
        if self.count == 2:
            future.set_exception(BrokenProcessPool("a worker died"))
        else:
            future.set_result(function(*args))
        return future


def test_a_worker_that_dies_changes_nothing():
    expected = ESTIMATES["bootstrap"](MODEL)
    with pytest.warns(bn.StatisticalWarning, match="blocks run here instead.*a worker died"):
        assert_same(expected, ESTIMATES["bootstrap"](MODEL, executor=Dying()))


class Killing:
    """An executor one of whose workers is killed when the first block is back."""

    def __init__(self, pool, process):
        self.pool, self.process, self.sent, self.left = pool, process, [], None

    def submit(self, function, *args):
        future = self.pool.submit(function, *args)
        self.sent.append(future)
        future.add_done_callback(self._strike)
        return future

    def _strike(self, _):
        if self.left is None:
            self.left = sum(not future.done() for future in self.sent)
            os.kill(self.process(), signal.SIGKILL)


def thousand(**where):
    return bn.bootstrap(MODEL, X, Y, replicates=1000, optimizer=bn.Adam(epochs=2), **where)


@pytest.mark.slow
def test_a_process_killed_in_mid_run_changes_nothing():
    expected = thousand()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        killing = Killing(pool, lambda: next(iter(pool._processes)))
        with pytest.warns(bn.StatisticalWarning, match="blocks run here.*BrokenProcessPool"):
            assert_same(expected, thousand(executor=killing))
    assert killing.left, "killed when all was done"


def test_a_worker_has_one_core():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = "bayesneuron.numerics.cores:cores"
        assert pool.submit(run_there, there, (), (), (), True, "another").result() == 1
    assert run_there(there, (), (), (), True, PROCESS) == cores()


def test_only_programs_of_the_package_run():
    with pytest.raises(ValueError, match="expected one of bayesneuron, got 'os:getcwd'"):
        run_there("os:getcwd", (), (), (), True, "")


def test_what_is_no_executor_is_named():
    with pytest.raises(ValueError, match=r"executor: expected a concurrent.futures.Executor.*int"):
        ESTIMATES["nuts"](MODEL, executor=3)


def test_forked_processes_are_refused_before_they_hang():
    pool = ProcessPoolExecutor(1, mp_context=get_context("fork"))
    with pool, pytest.raises(ValueError, match="executor: expected processes that are spawned"):
        ESTIMATES["nuts"](MODEL, executor=pool)


SCRIPT = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
import bayesneuron as bn
x, y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
    draws = bn.bootstrap(model, x, y, replicates=4, optimizer=bn.Adam(epochs=1), executor=pool)
print(draws["posterior"].sizes["draw"], "draws")
"""


@pytest.mark.slow
def test_a_script_without_a_guard_runs_once_and_its_workers_say_what_is_missing(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.stdout == "4 draws\n"
    assert 'expected the call under `if __name__ == "__main__":`' in done.stderr
    assert "4 of 4 blocks" in done.stderr or "1 of 1 blocks" in done.stderr
