"""Data and networks that several tests share; all small, all seeded."""

import contextlib
import itertools
import os
import resource
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from hypothesis import settings

# Tests trace the same programs again and again, in two processes: each is compiled once.
# Before JAX is imported; commands that tests start inherit it.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "build" / "jax-cache")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

import jax.numpy as jnp

import bayesneuron as bn
from bayesneuron.draws.tree import Fit, build_tree
from bayesneuron.inference import Adam
from bayesneuron.network.density import density

mpl.use("agg")
# examples are derived from the test's own name: the same on every machine
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests come last. With --dist worksteal each worker starts on one part of the list."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    fast = [item for item in items if not item.get_closest_marker("slow")]
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [
        item
        for worker in range(workers)
        for tests in (fast, slow)
        for item in tests[worker * len(tests) // workers : (worker + 1) * len(tests) // workers]
    ]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Past SLOW_TESTS_UNTIL, in seconds since 1970, slow tests are skipped, and said to be."""
    until = float(os.environ.get("SLOW_TESTS_UNTIL", "inf"))
    if item.get_closest_marker("slow") and time.time() > until:
        pytest.skip("slow, and no time is left for slow tests")


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    """Figures of one test do not count against another."""
    yield
    plt.close("all")


# By network: the call that loads it, and data that it takes.
NETWORKS: dict[str, dict[str, Any]] = {
    "two_layer": {"inputs": 4, "hidden": 2, "outputs": 1},
    "two_layer_sigmoid": {"inputs": 4, "hidden": 2, "outputs": 2, "activation": "sigmoid"},
    "two_layer_relu": {"inputs": 4, "hidden": 2, "outputs": 1, "activation": "relu"},
    "mlp": {"inputs": 4, "hidden": (3, 2), "outputs": 1},
    "mlp_categorical": {
        "inputs": 4,
        "hidden": (3,),
        "outputs": 3,
        "likelihood": "categorical",
        "skip": True,
    },
    "rnn": {"inputs": 1, "hidden": 2, "outputs": 1},
    "nonlinear_pca": {"inputs": 4, "hidden": 2, "outputs": 1},
}


# Of many weights: they go through tests of what gates change.
GATED: dict[str, dict[str, Any]] = {
    "elman": {"inputs": 1, "hidden": (2, 2), "outputs": 1},
    "gru": {"inputs": 1, "hidden": (2, 2), "outputs": 1},
    "lstm": {"inputs": 1, "hidden": 2, "outputs": 1, "skip": True},
}
RECURRENT = ("elman", "gru", "lstm", "rnn")  # they read windows of any length


def network(name: str) -> bn.results.Model:
    options = (NETWORKS | GATED)[name]
    shipped = next(m for m in sorted(bn.available_models(), key=len)[::-1] if name.startswith(m))
    return bn.load(shipped, **options)


def data_for(name: str, rows: int = 40) -> tuple[Any, Any]:
    options = (NETWORKS | GATED)[name]
    if options.get("likelihood") == "categorical":
        x, y = bn.datasets.iris()
        return x[::3], y[::3]
    series = bn.datasets.noisy_sine(length=rows + 4 + options["outputs"] - 1, period=12.0)
    return bn.windows(series, 4, options["outputs"], standardize="maxabs")


# Few draws from every method, enough to see the shape of the result.
QUICK: dict[str, dict[str, Any]] = {
    "bootstrap": {"replicates": 30, "optimizer": Adam(epochs=4)},
    "svi": {"samples": 100, "steps": 20, "starts": 2, "particles": 2},
    "laplace": {"samples": 100, "starts": 2},
    "nuts": {"chains": 2, "samples": 50, "warmup": 100, "starts": 2},
    "ensemble": {"members": 2, "samples": 50, "warmup": 100, "optimizer": Adam(epochs=4)},
}
METHODS = {
    "bootstrap": bn.bootstrap, "svi": bn.svi, "laplace": bn.laplace, "nuts": bn.nuts,
    "ensemble": bn.ensemble,
}  # fmt: skip


def estimate(method: str, model: bn.results.Model, x: Any, y: Any, **options: Any) -> xr.DataTree:
    """A quick estimate; with so few draws its statistical warnings are beside the point."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return METHODS[method](model, x, y, **{"seed": 0, **QUICK[method], **options})


@pytest.fixture(scope="session")
def sine() -> tuple[xr.DataArray, xr.DataArray]:
    return data_for("two_layer")


@pytest.fixture(scope="session")
def two_layer() -> bn.results.Model:
    return network("two_layer")


@pytest.fixture(scope="session")
def quick(two_layer: bn.results.Model, sine: tuple[Any, Any]) -> dict[str, xr.DataTree]:
    """All five estimates of one small network."""
    return {method: estimate(method, two_layer, *sine) for method in METHODS}


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, where there is one beside the project or named by the user."""
    folder = Path(os.environ.get("BAYESNEURON_DATA") or Path(__file__).parents[2] / "shared/data")
    if not (folder / "motionsense").is_dir():
        pytest.skip("no real data folder; the embedded recording is tested instead")
    return folder


def random_sites(
    model: bn.results.Model, count: int, seed: int, scale: float = 1.0
) -> dict[str, np.ndarray]:
    """Prior draws of every site, (draw, ...)."""
    x = np.zeros((2, model.options["inputs"] if model.name not in RECURRENT else 4))
    tree = bn.prior(model, x, samples=count, seed=seed)
    return {str(k): np.asarray(v)[0] * scale for k, v in tree["posterior"].data_vars.items()}


def every_partition(n):
    """All partitions of n things, as canonical labels."""
    for labels in itertools.product(range(n), repeat=n):
        if all(v <= max(labels[:i], default=-1) + 1 for i, v in enumerate(labels)):
            yield labels


def posterior_of(draws: np.ndarray, method: str = "external") -> bn.results.NeuronPosterior:
    """A posterior of draws (draw, neuron, k) as they are, all weights incoming."""
    count, n, k = draws.shape
    centred = draws - draws.mean(axis=0)
    return bn.results.NeuronPosterior(
        layer="hidden",
        method=method,
        weights=tuple(f"input[{i}]" for i in range(k)),
        roles=("incoming",) * k,
        by_draw=draws,
        mean=draws.mean(axis=0),
        cov=np.einsum("sni,snj->nij", centred, centred) / (count - 1),
        shrinkage=np.zeros(n),
        margin=np.full((count, n), np.inf),
        independent=method in ("bootstrap", "svi", "laplace"),
    )


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def stand_in(model: Any, x: Any, y: Any, count: int = 3, scale: float = 0.3) -> xr.DataTree:
    """Draws that carry their data, and cost nothing."""
    size = density(model, jnp.asarray(x.values), jnp.asarray(y.values)).size
    theta = scale * np.random.default_rng(0).normal(size=(1, count, size))
    return build_tree(model, Fit(theta), x, y, method="stand-in", seed=0)


@contextlib.contextmanager
def full_disk(most: int = 1000) -> Iterator[None]:
    """No file may grow beyond `most` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
