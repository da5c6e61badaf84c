"""One short call of everything public, to see that it runs with the installed dependencies."""

import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np

import bayesneuron as bn
from bayesneuron.app.cli import app


def main() -> None:
    """Run all steps; the first that fails stops it."""
    mpl.use("agg")
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    with tempfile.TemporaryDirectory() as folder:
        estimates, x, y = estimate()
        read(estimates, Path(folder))
        together(estimates["laplace"], x, y)
        draw(estimates, x, y, Path(folder))
        command(Path(folder))
    sys.stdout.write("every step runs\n")


def estimate() -> tuple[dict, object, object]:
    """Every estimator on one small network."""
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    quick = bn.Adam(epochs=2)
    return (
        {
            "bootstrap": bn.bootstrap(model, x, y, replicates=25, optimizer=quick),
            "svi": bn.svi(model, x, y, samples=50, steps=20, starts=2),
            "laplace": bn.laplace(model, x, y, samples=50, starts=2),
            "nuts": bn.nuts(model, x, y, chains=2, samples=50, warmup=50, starts=2),
            "ensemble": bn.ensemble(
                model, x, y, members=2, samples=25, warmup=100, thinning=1, optimizer=quick
            ),
            "bag": bn.bag(bn.laplace, model, x, y, bags=2, samples=25, starts=2),
        },
        x,
        y,
    )


def read(estimates: dict, folder: Path) -> None:
    """Align, compare, diagnose, save."""
    comparison = bn.compare(estimates)
    repr(comparison), comparison.methods.to_string()
    for draws in estimates.values():
        repr(bn.diagnose(draws))
        bn.neurons(draws)["hidden"].table()
        bn.identified(draws, most=10)["hidden"].table()
    repr(bn.modes(estimates["nuts"]))
    again = bn.open(bn.save(estimates["nuts"], folder / "nuts.nc"))
    assert again["posterior"].equals(estimates["nuts"]["posterior"])
    post = bn.neurons(again)["hidden"]
    for name in ("euclidean", "cosine", "bures_wasserstein", "jeffreys", "hellinger"):
        bn.distances.pairwise(post, name)


def together(draws: object, x: object, y: object) -> None:
    """Graph, communities, relevance, smaller networks, calibration."""
    repr(bn.graph(draws))
    for method in ("search", "louvain", "greedy", "spectral"):
        repr(bn.communities(np.kron(np.eye(2), np.ones((3, 3))), method=method, null=3))
    repr(bn.relevance(draws, x, y))
    repr(bn.merge(draws, [0, 0]))
    repr(bn.prune(draws, keep=[0]))
    small = bn.reduce(draws, sizes=[1])
    bn.refit(small.draws, optimizer=bn.Adam(epochs=1))
    bn.reduce(draws, sizes=[1], method=bn.baselines.obd)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    bn.calibrate(bn.laplace, model, x, sets=1, samples=50, starts=2)
    repr(bn.ssa(bn.datasets.walking()[:200], 20))


def draw(estimates: dict, x: object, y: object, folder: Path) -> None:
    """Some figures, and both formats of files."""
    comparison = bn.compare({k: estimates[k] for k in ("laplace", "nuts")})
    bn.plot.regions(bn.neurons(estimates["nuts"])["hidden"])
    bn.plot.ellipsoids(comparison)
    bn.plot.trace(estimates["nuts"])
    bn.plot.save_figure(bn.plot.forest(comparison), folder / "forest")
    bn.plot.reconstruction(estimates["laplace"], y)
    bn.plot.graph(bn.graph(estimates["laplace"]))


def command(folder: Path) -> None:
    """The command on a file of its own."""
    series = bn.datasets.noisy_sine(length=80).to_numpy()
    file = folder / "series.csv"
    file.write_text("wave\n" + "\n".join(map(str, series)) + "\n")
    options = ["--column", "wave", "--history", "3", "--hidden", "2", "--methods", "laplace"]
    app(
        ["run", str(file), *options, "--quick", "--output", str(folder / "out")],
        standalone_mode=False,
    )
    assert (folder / "out" / "summary.md").is_file()


if __name__ == "__main__":
    main()
