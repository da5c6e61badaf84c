"""Known symmetries planted in noisy copies of one network, and the share that alignment undoes.

1000 copies a case; the noise is a share of each weight matrix's standard deviation.
"""

import numpy as np

import bayesneuron as bn
from bayesneuron.alignment._align import sites_of
from bayesneuron.network.symmetry import act

NETWORKS = {
    "two_layer": {"inputs": 10, "hidden": 16, "outputs": 3},
    "mlp": {"inputs": 6, "hidden": (16, 16, 16), "outputs": 2},
    "rnn": {"inputs": 1, "hidden": 16, "outputs": 1},
}
COPIES = 1000


def recovered(model: bn.Model, noise: float, seed: int) -> float:
    """Share of copies whose planted group element is found exactly."""
    rng = np.random.default_rng(seed)
    layout = model.layout
    drawn = bn.prior(model, np.zeros((1, 10 if model.name == "rnn" else model.options["inputs"])),
                     samples=1, seed=seed)["posterior"]  # fmt: skip
    one = {s: np.asarray(drawn[s])[0] for s in layout.sites}
    copies = {
        k: v + noise * v.std() * rng.normal(size=(COPIES, *v.shape[1:])) for k, v in one.items()
    }
    moved = dict(copies)
    for layer in layout.hidden:
        n = layout.width(copies, layer)
        order = rng.permuted(np.tile(np.arange(n), (COPIES, 1)), axis=1)
        sign = (
            rng.choice([-1.0, 1.0], (COPIES, n)) if layout.signed(layer) else np.ones((COPIES, n))
        )
        moved = act(layout, moved, layer, order, sign)
    reference = bn.align(bn.from_arrays({k: v.repeat(2, 0) for k, v in one.items()}, model=model))
    truth, found = (
        sites_of(bn.align(bn.from_arrays(s, model=model), reference=reference), layout)
        for s in (copies, moved)
    )
    same = np.ones(COPIES, bool)
    for site in layout.sites:
        same &= np.abs(found[site] - truth[site]).reshape(COPIES, -1).max(axis=1) < 1e-8
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


main()
