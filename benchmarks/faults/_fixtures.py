"""Names that the cases use: small data, models, draws and the results made of them."""
# ruff: noqa: F401

import json
import os
import pathlib
import tempfile
import warnings
from functools import partial

import jax.numpy as jnp
import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr

import bayesneuron as bn
from bayesneuron.reduction._leader_merging import leader_merging
from bayesneuron.reduction.rebuild import task_of

mpl.use("Agg")
warnings.simplefilter("ignore")

nan, inf = float("nan"), float("inf")
TMP = tempfile.mkdtemp(prefix="faults")
KEPT = pathlib.Path(os.environ.get("BAYESNEURON_FAULTS", TMP))  # fits, made once

S = bn.datasets.noisy_sine(length=60)
X, Y = bn.windows(S, history=3)
x0, y0 = np.asarray(X), np.asarray(Y)
M = bn.load("two_layer", inputs=3, hidden=3, outputs=1)
M2 = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
REL = bn.load("two_layer", inputs=3, hidden=3, outputs=1, activation="relu")
LAY = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
rng = np.random.default_rng(0)


def put(values, place, value):
    """A copy of an array with one value replaced."""
    values = np.array(values, dtype=object if isinstance(value, str) else None)
    values[place] = value
    return values


def arr(s=20, h=3, i=3, o=1, f=float):
    """Random weights of a network with `h` neurons, `s` draws."""
    generator = np.random.default_rng(1)
    shapes = {"W": (s, h, i), "V": (s, o, h)}
    return {k: generator.normal(size=v).astype(f) for k, v in shapes.items()}


def tampered(tree, site, change):
    """A copy of draws with one site changed."""
    tree = tree.copy(deep=True)
    data = tree["posterior"].to_dataset()
    data[site] = (data[site].dims, change(data[site].values.copy()))
    tree["posterior"] = xr.DataTree(data)
    return tree


def setv(values, place, value):
    """`values` with one replaced, in place."""
    values[place] = value
    return values


def attrs(tree, **changes):
    """Draws with other attributes."""
    tree = tree.copy()
    tree.attrs = {**tree.attrs, **changes}
    return tree


def without_layout(tree):
    """Draws that do not know their layout."""
    tree = tree.copy()
    tree.attrs = {k: v for k, v in tree.attrs.items() if k != "layout"}
    return tree


def chains_of(tree, chains):
    """Draws with their chains in another order."""
    groups = {k: v.to_dataset() for k, v in tree.children.items()}
    groups = {k: v.isel(chain=chains) if "chain" in v.dims else v for k, v in groups.items()}
    return xr.DataTree.from_dict(groups | {"/": xr.Dataset(attrs=tree.attrs)})


def file(name, text, mode="w", **options):
    """The path of a file with this text."""
    place = pathlib.Path(TMP) / name
    with place.open(mode, **options) as handle:
        handle.write(text)
    return str(place)


def draw(ax):
    """Render a figure."""
    first = ax[0] if isinstance(ax, (list, tuple, np.ndarray)) else ax
    first.figure.canvas.draw()
    plt.close("all")


def kept(name, make):
    """Draws from a file, made if it is not there."""
    place = KEPT / f"{name}.nc"
    if not place.exists():
        bn.save(make(), place)
    return bn.open(place)


D = kept("laplace", lambda: bn.laplace(M, X, Y, samples=20, starts=2))
D2 = kept("laplace2", lambda: bn.laplace(M2, X, Y, samples=20, starts=2))
N = kept("nuts", lambda: bn.nuts(M, X, Y, chains=2, samples=25, warmup=20, starts=2))
B = kept("bootstrap", lambda: bn.bootstrap(M, X, Y, replicates=8, optimizer=bn.Adam(epochs=2)))
F = bn.from_arrays(arr(), layout=LAY)
A, AN = bn.align(D), bn.align(N)
P = bn.neurons(D)["hidden"]
ACT = bn.activations(A, x0)["hidden"]
_spoiled = partial(tampered, D, "hidden_weight")
DNAN, DINF = (_spoiled(lambda v, to=to: setv(v, (0, 3), to)) for to in (nan, inf))
DBIG, DTINY = (_spoiled(lambda v, by=by: v * by) for by in (1e30, 1e-30))
D0, D1, DSAME = D.isel(draw=slice(0, 0)), D.isel(draw=slice(0, 1)), D.isel(draw=[0] * 20)
NOLAY, DPERM = without_layout(D), chains_of(N, [1, 0])
T = task_of(D, x0, y0)
SIM = np.abs(np.corrcoef(rng.normal(size=(6, 50))))
PART = np.array([[0, 0, 1, 1, 2, 2]] * 5 + [[0, 0, 0, 1, 1, 1]] * 5)
MEANS, COVS = rng.normal(size=(6, 2)), np.tile(np.eye(2), (6, 1, 1))
COM = bn.communities(PART)
