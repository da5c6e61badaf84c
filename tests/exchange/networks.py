"""Networks of other libraries, written by hand in NumPy: their weights and what they put out."""

import itertools

import numpy as np
from scipy import special

FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "identity": lambda a: a,
    "erf": special.erf,
    "sin": np.sin,
    "leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
    "softplus": lambda a: np.logaddexp(0, a),
    "gelu": lambda a: a / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3))),
    "softmax": lambda a: special.softmax(a, axis=-1),
    "exp": np.exp,
}
logistic = FUNCTIONS["sigmoid"]


def sequential(rng, widths, bias=True, dtype=float, step=2):
    """A PyTorch ``Sequential`` of linear layers, activation functions between them."""
    made = {}
    for i, (columns, rows) in enumerate(itertools.pairwise(widths)):
        made[f"{step * i}.weight"] = rng.normal(size=(rows, columns)).astype(dtype)
        if bias:
            made[f"{step * i}.bias"] = rng.normal(size=rows).astype(dtype)
    return made


def forward(member, x, activation, output="identity"):
    """The output of such a network."""
    layers = sorted({int(name.split(".")[0]) for name in member})
    h = np.asarray(x, float)
    for k in layers:
        h = h @ member[f"{k}.weight"].T + member.get(f"{k}.bias", 0.0)
        h = FUNCTIONS[activation if k != layers[-1] else output](h)
    return h


def recurrent(rng, kind, inputs, units, layers=1, outputs=2, bias=True):
    """PyTorch's recurrent layers ``rnn`` and a linear layer ``fc``."""
    parts, made = {"elman": 1, "gru": 3, "lstm": 4}[kind], {}
    for k in range(layers):
        below = inputs if k == 0 else units
        shapes = {"weight_ih": (parts * units, below), "weight_hh": (parts * units, units)}
        if bias:
            shapes |= {"bias_ih": (parts * units,), "bias_hh": (parts * units,)}
        made |= {f"rnn.{n}_l{k}": 0.5 * rng.normal(size=s) for n, s in shapes.items()}
    made |= {"fc.weight": rng.normal(size=(outputs, units)), "fc.bias": rng.normal(size=outputs)}
    return made


def last_output(member, x, kind):
    """The read-out of the last step, by the equations in PyTorch's manual; x (row, step, input)."""
    k, seen = 0, np.asarray(x, float)
    while f"rnn.weight_ih_l{k}" in member:
        w, u = member[f"rnn.weight_ih_l{k}"], member[f"rnn.weight_hh_l{k}"]
        b, a = (member.get(f"rnn.bias_{s}_l{k}", np.zeros(len(w))) for s in ("ih", "hh"))
        h = c = np.zeros((len(x), u.shape[1]))
        steps = []
        for t in range(x.shape[1]):
            read, own = seen[:, t] @ w.T + b, h @ u.T + a
            if kind == "elman":
                h = np.tanh(read + own)
            elif kind == "gru":
                (rr, rz, rn), (hr, hz, hn) = np.split(read, 3, 1), np.split(own, 3, 1)
                z = logistic(rz + hz)
                h = (1 - z) * np.tanh(rn + logistic(rr + hr) * hn) + z * h
            else:
                i, f, g, o = np.split(read + own, 4, 1)
                c = logistic(f) * c + logistic(i) * np.tanh(g)
                h = logistic(o) * np.tanh(c)
            steps.append(h)
        seen, k = np.stack(steps, axis=1), k + 1
    return seen[:, -1] @ member["fc.weight"].T + member["fc.bias"]
