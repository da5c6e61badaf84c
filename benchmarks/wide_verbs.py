"""Seconds and peak memory of every verb on wide networks and on many rows, or what it answers.

    python benchmarks/wide_verbs.py
    python benchmarks/wide_verbs.py --cases deep --verbs modes calibrate

Draws are copies of one network of the prior with noise on every weight, their neurons permuted and
flipped at random: 100 of a 10-512-512-10, 400 of a 784-128-10, and 200 of a 10-64-1 with 100,000
rows. Verbs that align draws get aligned ones; `align` itself is a row of its own. Each verb is a
process of its own, stopped where it takes more than `--seconds` of the processor or `--gigabytes`.
Writes benchmarks/results/wide_verbs.csv: seconds (also of the processor), the peak of the resident
memory (VmHWM) in MB, or the line with which it refused; rows of other verbs and cases stay. Rows of
the case ``rows_before`` are of the version that ran 64 networks at once over any number of rows.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from _tables import RESULTS, machine, versions

CASES = {
    "deep": {"sizes": (10, (512, 512), 10), "draws": 100, "rows": 500},
    "wide": {"sizes": (784, (128,), 10), "draws": 400, "rows": 1000},
    "rows": {"sizes": (10, (64,), 1), "draws": 200, "rows": 100_000},
}
SPREAD = 0.3  # noise on every weight, of the standard deviation of its site


def network(case: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """The model of a case and its data."""
    import bayesneuron as bn

    (inputs, hidden, outputs), rows = CASES[case]["sizes"], CASES[case]["rows"]
    rng = np.random.default_rng(0)
    kind = {} if outputs == 1 else {"likelihood": "categorical"}
    model = bn.load("mlp", inputs=inputs, hidden=hidden, outputs=outputs, **kind)
    x = rng.normal(size=(rows, inputs))
    y = rng.integers(outputs, size=rows) if kind else np.sin(x[:, :1]) + rng.normal(size=(rows, 1))
    return model, x, y


def make(case: str, folder: Path) -> None:
    """Draws as they come, in a file."""
    import bayesneuron as bn
    from bayesneuron.network.symmetry import act

    model, x, y = network(case)
    rng, count = np.random.default_rng(1), CASES[case]["draws"]
    group = bn.prior(model, x[:2], samples=1)["posterior"]
    sites = {}
    for name, value in group.data_vars.items():
        if name not in model.layout.sites and name != "noise" and "scale" not in name:
            continue
        one = value.to_numpy()[0, 0]
        noise = rng.normal(size=(count, *one.shape))
        positive = name in model.layout.scales or name == "noise" or "scale" in name
        sites[name] = one * np.exp(0.1 * noise) if positive else one + SPREAD * one.std() * noise
    for layer in model.layout.hidden:
        width = model.layout.width(sites, layer)
        order = np.stack([rng.permutation(width) for _ in range(count)])
        sites |= act(model.layout, sites, layer, order, rng.choice([-1.0, 1.0], order.shape))
    halves = {k: v.reshape(2, count // 2, *v.shape[1:]) for k, v in sites.items()}
    draws = bn.from_arrays(halves, model=model, chains=True, data=(x, y))
    bn.save(draws, folder / "drawn.nc")


def fit(name: str, c: SimpleNamespace, **options: Any) -> Any:
    """An estimator of the library."""
    import bayesneuron as bn

    return getattr(bn, name)(c.model, c.x, c.y, **options)


def layer_of(c: SimpleNamespace) -> str:
    """The last hidden layer."""
    return c.model.layout.hidden[-1]


def half(c: SimpleNamespace) -> np.ndarray:
    """Labels that put neurons together in pairs."""
    return np.arange(c.model.layout.width(c.first, layer_of(c))) // 2


def calls() -> dict[str, Any]:
    """Every verb that works on draws or on data, by name."""
    import bayesneuron as bn

    s, d = bn.similarity, bn.distances
    epoch = bn.Adam(epochs=1, batch=100)
    post = lambda c: bn.neurons(c.draws)[layer_of(c)]
    return {
        "align": lambda c: bn.align(c.drawn),
        "align_together": lambda c: bn.align_together({"a": c.drawn.isel(draw=slice(10)),
                                                       "b": c.drawn.isel(draw=slice(10, 20))}),
        "activations": lambda c: bn.activations(c.draws),
        "clusterability": lambda c: bn.clusterability(c.draws),
        "communities": lambda c: bn.communities(c.draws, layer=layer_of(c)),
        "compare": lambda c: bn.compare({"a": c.draws, "b": c.draws}),
        "complete": lambda c: bn.complete(c.draws),
        "diagnose": lambda c: bn.diagnose(c.draws),
        "export": lambda c: bn.export(c.draws, c.folder / "one.safetensors"),
        "graph": lambda c: bn.graph(c.draws),
        "graph of neurons": lambda c: bn.graph(bn.neurons(c.draws)),
        "identified": lambda c: bn.identified(c.draws),
        "merge": lambda c: bn.merge(c.draws, half(c), layer=layer_of(c)),
        "modes": lambda c: bn.modes(c.draws),
        "neuron_evidence": lambda c: bn.neuron_evidence(c.draws, layer=layer_of(c)),
        "neuron_moments": lambda c: bn.neuron_moments(c.draws),
        "neurons": lambda c: bn.neurons(c.draws),
        "predict": lambda c: bn.predict(c.draws),
        "prune": lambda c: bn.prune(c.draws, np.arange(32), layer=layer_of(c)),
        "reduce": lambda c: bn.reduce(c.draws, layer=layer_of(c)),
        "refit": lambda c: bn.refit(c.draws, optimizer=epoch),
        "relevance": lambda c: bn.relevance(c.draws, layer=layer_of(c)),
        "report": lambda c: bn.report(c.draws, c.folder / "report.html"),
        "save": lambda c: bn.save(c.draws, c.folder / "again.nc"),
        "to_state_dict": lambda c: bn.to_state_dict(c.draws),
        "similarity.activation_similarity": lambda c: s.activation_similarity(
            bn.activations(c.draws)[layer_of(c)]),
        "similarity.canonical_correlation": lambda c: s.canonical_correlation(post(c)),
        "similarity.direction_similarity": lambda c: s.direction_similarity(post(c)),
        "similarity.posterior_correlation": lambda c: s.posterior_correlation(post(c)),
        "similarity.rv_coefficient": lambda c: s.rv_coefficient(post(c)),
        "similarity.wasserstein_similarity": lambda c: s.wasserstein_similarity(post(c)),
        "distances.pairwise": lambda c: d.pairwise(post(c)),
        "plot.regions": lambda c: bn.plot.regions(post(c)),
        "plot.graph": lambda c: bn.plot.graph(bn.graph(c.draws)),
        "bag": lambda c: bn.bag(bn.svi, c.model, c.x, c.y, bags=2, samples=20, steps=20, starts=1),
        "bootstrap": lambda c: fit("bootstrap", c, replicates=50, optimizer=epoch),
        "calibrate": lambda c: bn.calibrate(bn.laplace, c.model, c.x, sets=1),
        "ensemble": lambda c: fit("ensemble", c, members=2, samples=10, warmup=100,
                                  optimizer=epoch),
        "laplace": lambda c: fit("laplace", c, starts=1),
        "nuts": lambda c: fit("nuts", c, chains=2, samples=5, warmup=5, start="prior",
                              max_tree_depth=3),
        "prior": lambda c: bn.prior(c.model, c.x, samples=200),
        "svi": lambda c: fit("svi", c, samples=100, steps=50, starts=1),
    }  # fmt: skip


def run(case: str, verb: str, folder: Path) -> None:
    """One verb; prints what it took as JSON."""
    import bayesneuron as bn

    warnings.simplefilter("ignore")
    model, x, y = network(case)
    c = SimpleNamespace(model=model, x=x, y=y, folder=folder)
    names = {"drawn": "drawn.nc"} if verb.startswith("align") else {"draws": "aligned.nc"}
    for name, file in names.items():
        if (folder / file).exists():
            setattr(c, name, bn.open(folder / file).load())
            tree = getattr(c, name)["posterior"].to_dataset().isel(chain=0, draw=slice(1))
            c.first = {str(k): v.to_numpy() for k, v in tree.data_vars.items()}
    before, refusal = peak(), ""
    began, used = time.perf_counter(), time.process_time()
    try:
        result = calls()[verb](c)
    except ValueError as error:
        result, refusal = None, str(error)
    row = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used}
    row |= {"peak_MB": peak(), "before_MB": before}
    if verb == "align" and result is not None:
        bn.save(result, folder / "aligned.nc")
    print(json.dumps(row | {"refusal": refusal}))


def peak() -> float:
    """The largest resident set of this process so far, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(v for v in lines if v.startswith("VmHWM")).split()[1]) * 1024 / 1e6


def resident(process: int) -> float:
    """What a process holds now, GB."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return int(next(v for v in lines if v.startswith("VmRSS")).split()[1]) * 1024 / 1e9
    return 0.0


def processor(process: int) -> float:
    """Seconds of the processor that a process has used."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def measured(case: str, verb: str, folder: Path, seconds: float, gigabytes: float) -> dict:
    """The row of one verb."""
    command = [sys.executable, __file__, "--one", case, verb, str(folder)]
    environment = os.environ | {"BAYESNEURON_PROGRESS": "off"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    began = time.perf_counter()
    while process.poll() is None:
        used, held = processor(process.pid), resident(process.pid)
        if used > seconds or held > gigabytes:
            process.kill()
            process.wait()
            taken = time.perf_counter() - began
            why = "stopped: time" if used > seconds else "stopped: memory"
            return {"seconds": taken, "cpu_seconds": used, "peak_MB": 1000 * held, "refusal": why}
        time.sleep(0.1)
    out, error = process.communicate()
    if process.returncode:
        return {"refusal": f"failed: {error.strip().splitlines()[-1]}"}
    return json.loads(out.splitlines()[-1])


def main() -> None:
    """A table of verbs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--verbs", nargs="+", choices=list(calls()))
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--gigabytes", type=float, default=9.0)
    parser.add_argument("--folder", type=Path, help="keeps the draws for another call")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(args.one[0], args.one[1], Path(args.one[2]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        for case in args.cases:
            folder = (args.folder or Path(temporary)) / case
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "drawn.nc").exists():
                make(case, folder)
            verbs = args.verbs or list(calls())
            if not (folder / "aligned.nc").exists():
                verbs = ["align", *(v for v in verbs if v != "align")]
            for verb in verbs:
                row = measured(case, verb, folder, args.seconds, args.gigabytes)
                keep({"case": case, "verb": verb} | row)


def keep(row: dict) -> None:
    """Write one row into the table, in the place of an older one."""
    print(row, flush=True)
    path = RESULTS / "wide_verbs.csv"
    table = pd.DataFrame([row | {"machine": machine(), "versions": versions()}])
    if path.exists():
        there = pd.read_csv(path)
        same = (there["case"] == row["case"]) & (there["verb"] == row["verb"])
        table = pd.concat([there[~same], table])
    table.to_csv(path, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
