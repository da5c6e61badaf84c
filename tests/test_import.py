"""Importing the package takes little, and leaves the process as it was."""

import ast
import json
import os
import pickle  # noqa: TID251 (what executors do)
import subprocess
import sys
from pathlib import Path

import pytest

import bayesneuron as bn

HEAVY = (
    "numpy", "scipy", "pandas", "xarray", "jax", "numpyro", "optax", "blackjax", "arviz_base",
    "arviz_stats", "sklearn", "networkx", "statsmodels", "h5py", "matplotlib", "plotly",
)  # fmt: skip
UNUSED = ("arviz_stats", "blackjax", "matplotlib", "networkx", "plotly", "sklearn", "statsmodels")
PROCESS = """
import json, os, sys, warnings
before, variables = list(warnings.filters), dict(os.environ)
def added():
    return [str(f) for f in warnings.filters if f not in before]
"""


def seen(code, *options, **variables):
    """What the last line of a program prints, as JSON, in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("KMP", "TF_", "TPU_"))}
    command = [sys.executable, *options, "-c", PROCESS + code]
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, env=inherited | variables
    )
    return json.loads(run.stdout.splitlines()[-1])


def test_no_library_is_imported_before_it_is_needed():
    code = f"""
import bayesneuron as bn
heavy = [m for m in {HEAVY} if m in sys.modules]
rooms = [m for m in sys.modules if m.startswith("bayesneuron.")]
changed = [k for k, v in os.environ.items() if variables.get(k) != v]
print(json.dumps([heavy, rooms, added(), changed]))
"""
    assert seen(code) == [[], [], [], []]


def test_a_bootstrap_imports_only_what_it_needs_and_adds_no_filters():
    code = f"""
import bayesneuron as bn
model = bn.load("mlp", inputs=1, hidden=(2,), outputs=1)
import numpy as np
x = np.linspace(-1, 1, 12)[:, None]
bn.bootstrap(model, x, x, replicates=3, optimizer=bn.Adam(epochs=2), seed=0)
unused = [m for m in {UNUSED} if m in sys.modules]
bn.plot.style
print(json.dumps([unused, added(), "matplotlib" in sys.modules]))
"""
    assert seen(code) == [[], [], True]


@pytest.mark.slow
def test_everything_can_be_imported_at_once_and_warnings_may_be_errors():
    code = """
from bayesneuron import *
import bayesneuron
print(json.dumps([sorted(set(bayesneuron.__all__) - set(globals())), added()]))
"""
    assert seen(code, "-W", "error") == [[], []]
    assert seen(code, EAGER_IMPORT="1") == [[], []]  # lazy_loader's switch


def test_threads_may_ask_for_names_at_the_same_time():
    code = """
from concurrent.futures import ThreadPoolExecutor
import bayesneuron as bn
names = ["plot", "align", "datasets", "bootstrap", "load", "embedding"] * 2
with ThreadPoolExecutor(12) as pool:
    values = list(pool.map(lambda name: getattr(bn, name), names))
print(json.dumps([[v is getattr(bn, n) for n, v in zip(names, values)], added()]))
"""
    assert seen(code) == [[True] * 12, []]


@pytest.mark.slow
def test_every_room_can_be_imported_first():
    code = """
import importlib, pkgutil, bayesneuron
rooms = [m.name for m in pkgutil.iter_modules(bayesneuron.__path__, "bayesneuron.") if m.ispkg]
for room in rooms:
    for name in [m for m in sys.modules if m.split(".")[0] == "bayesneuron"]:
        del sys.modules[name]
    importlib.import_module(room)
print(len(rooms))
"""
    assert seen(code) > 10


def test_type_checkers_and_users_see_the_same_names():
    stub = ast.parse(Path(bn.__file__).with_suffix(".pyi").read_text())
    (listed,) = [ast.literal_eval(n.value) for n in stub.body if isinstance(n, ast.Assign)]
    assert listed == bn.__all__ == sorted(listed)
    imported = [
        a.asname or a.name
        for n in stub.body
        if isinstance(n, ast.Import | ast.ImportFrom)
        for a in n.names
    ]
    assert sorted(imported) == listed


def test_public_names_pickle_and_unknown_ones_are_refused():
    for value in (bn.Layout, bn.NeuronRegressor, bn.align):
        assert pickle.loads(pickle.dumps(value)) is value
    assert bn.plots is bn.plot
    with pytest.raises(AttributeError, match="module 'bayesneuron' has no attribute 'lode'"):
        bn.lode  # noqa: B018
