"""Networks to reduce, some with planted duplicates, that several tests share."""

from functools import lru_cache

import numpy as np
from conftest import NETWORKS, data_for, network, random_sites

from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import load
from bayesneuron.network.width import widths_of, with_width
from bayesneuron.reduction.task import Task, check_sizes, select

FREE = sorted(set(NETWORKS) - {"nonlinear_pca"})  # orthonormal rows hold no duplicates


def plant(model, sites, layer, source, sign, x):
    """The same functions with one neuron more: a copy of `source`, each sending half."""
    layout = model.layout
    scale = 3.0 if layout.symmetry(layer) == "scale" else 1.0
    sign = sign if layout.signed(layer) else 1.0
    widened = {k: np.array(v) for k, v in sites.items()}
    for axis in layout.axes(layer):
        rows = np.moveaxis(widened[axis.site], axis.axis + 1, 1)
        one = rows[:, source : source + 1]
        if axis.role == "incoming":
            own = sign * scale * one if layout.flips(axis) else one
            rows = np.concatenate([rows, own], axis=1)
        else:
            half = one / 2
            rows = np.concatenate([rows, sign / scale * half], axis=1)
            rows[:, source] = half[:, 0]
            if layout.symmetry(layer) == "shift" and sign < 0:  # σ(-a) = 1 - σ(a)
                bias = layout.bias(layout.receiver(axis.site))
                widened[bias] = widened[bias] + half[:, 0]
        widened[axis.site] = np.moveaxis(rows, 1, axis.axis + 1)
    size = widths_of(model, x.shape[1])[layer] + 1
    return with_width(model, layer, size), widened


def means(model, sites, x):
    return evaluate(model, sites, np.asarray(x), keep=("mean",))["mean"]


def a_task(name, layer=None, count=5, seed=0):
    model = network(name)
    x, y = (np.asarray(v) for v in data_for(name))
    return Task(model, random_sites(model, count, seed), layer or model.layout.hidden[0], x, y)


@lru_cache  # one shape of draws a network: programs are compiled once
def task_of(name, count=6):
    model = network(name)
    x, y = as_arrays(model, *data_for(name))
    sites = random_sites(model, count, 0)
    return Task(model, sites, model.layout.hidden[0], x, y)


# Six neurons of which 3, 4, 5 are copies of 0, 1, 2.
def planted(activation="tanh", flip=(1.0, 1.0, 1.0), scale=1.0, count=4):
    model = load("two_layer", inputs=4, hidden=6, outputs=2, activation=activation)
    rng = np.random.default_rng(5)
    sites = random_sites(model, count, 1)
    w, b = 2 * rng.normal(size=(count, 3, 4)), rng.normal(size=(count, 3))
    if scale != 1:  # the originals are larger than all copies
        norm = np.linalg.norm(w, axis=2) + np.abs(b)
        w, b = w / norm[:, :, None], b / norm
    factor = np.array([*flip]) * scale
    v = rng.normal(size=(count, 2, 3))
    sites |= {
        "hidden_weight": np.concatenate([w, w * factor[:, None]], axis=1),
        "hidden_bias": np.concatenate([b, b * factor], axis=1),
        "output_weight": np.concatenate([v, v * np.array([*flip])], axis=2),
    }
    x = rng.normal(size=(50, 4))
    return Task(model, sites, "hidden", x, np.zeros((50, 2)))


def mean_of(task, sites, size):
    narrow = with_width(task.model, task.layer, size)
    return evaluate(narrow, sites, task.x, keep=("mean",))["mean"]


def first(task, sizes, *, seed=0):
    """A selection that could not be simpler."""
    del seed
    return {k: select(task, np.arange(k)) for k in check_sizes(task, sizes)}
