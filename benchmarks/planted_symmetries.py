"""Symmetries planted in noisy copies of one network, and the share that alignment undoes.

1000 copies per case. The noise is given as a share of each weight matrix's standard deviation.
"""

import numpy as np
from _symmetry import random_moves

import bayesneuron as bn
from bayesneuron.alignment._align import sites_of
from bayesneuron.network.symmetry import act

NETWORKS = {
    "two_layer": {"inputs": 10, "hidden": 16, "outputs": 3},
    "mlp": {"inputs": 6, "hidden": (16, 16, 16), "outputs": 2},
    "rnn": {"inputs": 1, "hidden": 16, "outputs": 1},
}
COPIES = 1000


def recovered(model: bn.results.Model, noise: float, seed: int) -> float:
    """Share of copies whose planted group element is recovered exactly."""
    rng = np.random.default_rng(seed)
    layout = model.layout
    draw = bn.prior(model, np.zeros((1, model.options.get("inputs", 10))),
                    samples=1, seed=seed)["posterior"]  # fmt: skip
    one = {s: np.asarray(draw[s])[0] for s in layout.sites}
    copies = {
        k: v + noise * v.std() * rng.normal(size=(COPIES, *v.shape[1:])) for k, v in one.items()
    }
    moved = dict(copies)
    for layer in layout.hidden:
        width = layout.width(copies, layer)
        order, sign = random_moves(rng, COPIES, width, signed=layout.signed(layer))
        moved = act(layout, moved, layer, order, sign)
    reference = bn.align(bn.from_arrays({k: v.repeat(2, 0) for k, v in one.items()}, model=model))
    expected, aligned = (
        sites_of(bn.align(bn.from_arrays(s, model=model), reference=reference), layout)
        for s in (copies, moved)
    )
    same = np.ones(COPIES, bool)
    for site in layout.sites:
        same &= np.abs(aligned[site] - expected[site]).reshape(COPIES, -1).max(axis=1) < 1e-8
    return float(same.mean())


def main() -> None:
    """Print one table."""
    print("network               activation   noise 0.1   0.3    0.5")
    for name, options in NETWORKS.items():
        for activation in ("tanh", "sigmoid", "relu"):
            model = bn.load(name, activation=activation, **options)
            shares = [recovered(model, noise, seed=0) for noise in (0.1, 0.3, 0.5)]
            sizes = "-".join(str(v) for v in np.ravel(options["hidden"]))
            cells = "".join(f"{s:7.1%}" for s in shares)
            print(f"{name + ' ' + sizes:21} {activation:11} {cells}")


if __name__ == "__main__":
    main()
