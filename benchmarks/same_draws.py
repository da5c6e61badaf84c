"""Compare two checkouts of the library: do the same seeds give the same draws, bit for bit?

    python benchmarks/same_draws.py OLD NEW

Each checkout runs in a process of its own, with the packages of this interpreter. Printed: one
line per case, `same` or the largest difference. Exit status 1 where bits differ.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

CASES = """
import inspect, sys, warnings
import numpy as np
import bayesneuron as bn

warnings.simplefilter("ignore")
series = bn.datasets.noisy_sine(length=80)
x, y = bn.windows(series, history=4)
iris_x, iris_y = bn.datasets.iris()
classes = dict(x=np.asarray(iris_x)[::3], y=np.asarray(iris_y)[::3])
networks = {
    "two_layer": (bn.load("two_layer", inputs=4, hidden=3, outputs=1), x, y),
    "relu": (bn.load("two_layer", inputs=4, hidden=3, outputs=1, activation="relu"), x, y),
    "mlp": (bn.load("mlp", inputs=4, hidden=(3, 2), outputs=1), x, y),
    "classes": (
        bn.load("mlp", inputs=4, hidden=(3,), outputs=3, likelihood="categorical"),
        classes["x"], classes["y"],
    ),
    "rnn": (bn.load("rnn", inputs=1, hidden=2, outputs=1), x, y),
    "pca": (bn.load("nonlinear_pca", inputs=4, hidden=2, outputs=1), x, y),
}
adam, newton = {"epochs": 4}, {"optimizer": "newton"}
if hasattr(bn, "Adam"):
    adam, newton = {"optimizer": bn.Adam(epochs=4)}, {"optimizer": bn.Newton()}
quick = {"starts": 3, "samples": 60}
runs = {
    "bootstrap, Adam": lambda *a: bn.bootstrap(*a, replicates=30, seed=1, **adam),
    "bootstrap, Newton": lambda *a: bn.bootstrap(
        *a, replicates=10, seed=1, scheme="block", **newton
    ),
    "svi": lambda *a: bn.svi(*a, steps=60, seed=1, **quick),
    "laplace": lambda *a: bn.laplace(*a, seed=1, **quick),
    "sandwich": lambda *a: bn.laplace(*a, seed=1, covariance="sandwich", **quick),
    "nuts": lambda *a: bn.nuts(*a, chains=2, warmup=60, seed=1, **quick),
    "bag": lambda *a: bn.bag(bn.laplace, *a, bags=3, seed=1, **quick),
}
out = {}

def keep(name, tree, groups):
    for group in groups:
        if group in tree.children:
            for site, values in tree[group].data_vars.items():
                if np.asarray(values).dtype.kind in "fiub":
                    out[f"{name}|{group}|{site}"] = np.asarray(values)

for network, (model, a, b) in networks.items():
    for method, run in runs.items():
        if network not in ("two_layer", "classes") and method not in ("bootstrap, Adam", "laplace"):
            continue
        draws = run(model, a, b)
        name = f"{network}, {method}"
        keep(name, draws, ["posterior", "sample_stats"])
        full = bn.complete(draws) if hasattr(bn, "complete") else draws
        keep(name, full, ["log_likelihood", "posterior_predictive", "prior"])
        keep(f"{name}, aligned", bn.align(draws), ["posterior", "reference", "alignment"])
        for layer, post in bn.neurons(draws).items():
            out[f"{name}|neurons {layer}|mean"] = post.mean
            out[f"{name}|neurons {layer}|cov"] = post.cov
            out[f"{name}|neurons {layer}|radius"] = post.region(0.9).radius
            if post.null_cov is not None:
                out[f"{name}|neurons {layer}|null_cov"] = post.null_cov
    small = bn.laplace(model, a, b, seed=2, **quick)
    sizes = None if network != "pca" else [1, 2]
    if network != "pca":
        merged = bn.merge(bn.align(small), [0] * np.shape(small.posterior[
            model.layout.axes(model.layout.hidden[0])[0].site])[2], layer=model.layout.hidden[0])
        keep(f"{network}, merged", merged.draws, ["posterior"])
np.savez(sys.argv[1], **out)
"""


def draws_of(checkout: Path, folder: Path) -> dict[str, np.ndarray]:
    """Run the cases on a copy of the package of `checkout`, its models inside as in the wheel."""
    shutil.copytree(
        checkout / "bayesneuron",
        folder / "bayesneuron",
        ignore=shutil.ignore_patterns("models", "__pycache__"),
    )
    shutil.copytree(checkout / "models", folder / "bayesneuron" / "models")
    (folder / "cases.py").write_text(CASES)
    subprocess.run(
        [sys.executable, str(folder / "cases.py"), str(folder / "draws.npz")],
        check=True,
        cwd=folder,
    )
    with np.load(folder / "draws.npz", allow_pickle=False) as file:
        return dict(file)


def main() -> None:
    """Print what differs."""
    old_checkout, new_checkout = (Path(p).resolve() for p in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        old, new = draws_of(old_checkout, Path(a)), draws_of(new_checkout, Path(b))
    different = 0
    for name in old:
        if name not in new:
            print(f"{name}: only in the old version")
            different += 1
        elif old[name].shape != new[name].shape:
            print(f"{name}: shape {old[name].shape} against {new[name].shape}")
            different += 1
        elif old[name].tobytes() != new[name].astype(old[name].dtype).tobytes():
            apart = np.nanmax(np.abs(old[name].astype(float) - new[name].astype(float)))
            print(f"{name}: largest difference {apart:.3g}")
            different += 1
    print(f"{len(old) - different} of {len(old)} arrays have the same bits")
    raise SystemExit(different > 0)


if __name__ == "__main__":
    main()
