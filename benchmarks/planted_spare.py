"""Are spare neurons found? Four neurons made the data, the network has sixteen.

Data sets are those of `_planted.py`, with truths of four neurons that the data can show. Posteriors
by SVI, or another estimator (``--methods``), under the prior ``horseshoe``, and under ``normal``
for comparison. A neuron is called spare if its verdict in `bn.relevance` is any but ``live``. Of
each network at most twelve are rightly called so, and what exceeds twelve are live ones called
spare. Numbers from 1000 on are for trials, with ``--file``. Writes
benchmarks/results/planted_spare.csv, row by row, and goes on where it stopped.
"""

import argparse
import time
import warnings
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from _planted import CLEAR, Signal, clearness
from _tables import RESULTS, machine, versions

import bayesneuron as bn

LIVE, WIDE, INPUTS, ROWS, NOISE = 4, 16, 4, 400, 0.25
WORDS = ("dead", "off", "irrelevant", "redundant", "duplicate")
METHODS = {
    "svi": partial(bn.svi, samples=200, steps=4000, learning_rate=0.05),  # time to prune
    "svi mean_field": partial(
        bn.svi, samples=200, steps=4000, learning_rate=0.05, family="mean_field"
    ),
    "laplace": partial(bn.laplace, samples=200),
    "nuts": partial(bn.nuts, chains=2, samples=300, warmup=300),
}


def data(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Data set `number`: x and y."""
    rng = np.random.default_rng([16, number])
    signal = Signal.draw(rng, LIVE, INPUTS)
    while clearness(signal, rng, ROWS, NOISE) < CLEAR:
        signal = Signal.draw(rng, LIVE, INPUTS)
    x = rng.normal(size=(ROWS, INPUTS))
    return x, (signal(x) + NOISE * rng.normal(size=ROWS))[:, None]


def row(number: int, prior: str, method: str) -> dict[str, object]:
    """Verdicts on one data set."""
    x, y = data(number)
    model = bn.load("two_layer", inputs=INPUTS, hidden=WIDE, outputs=1, prior=prior)
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = METHODS[method](model, x, y, seed=0)
    result = bn.relevance(draws)
    words = [word.split()[0] for word in result.verdict]
    spare = WIDE - words.count("live")
    counts = {word: words.count(word) for word in WORDS}
    return {
        "case": f"{number} {prior} {method}", "prior": prior, "method": method,
        "spare_found": min(spare, WIDE - LIVE), "live_called_spare": max(0, spare - (WIDE - LIVE)),
        **counts, "live_in_a_draw": float(np.median(result.live)),
        "seconds": time.process_time() - started,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--priors", nargs="+", default=["horseshoe", "normal"])
    parser.add_argument("--methods", nargs="+", default=["svi"], choices=list(METHODS))
    parser.add_argument("--file", type=Path, default=RESULTS / "planted_spare.csv")
    options = parser.parse_args()
    path = options.file
    known = pd.read_csv(path)["case"].tolist() if path.exists() else []
    for number in range(options.first, options.sets):
        for prior, method in product(options.priors, options.methods):
            if f"{number} {prior} {method}" in known:
                continue
            result = row(number, prior, method) | {"machine": machine(), "versions": versions()}
            pd.DataFrame([result]).to_csv(path, mode="a", header=not path.exists(), index=False)
            print(result, flush=True)
    table = pd.read_csv(path)
    for setting, part in table.groupby(table["prior"] + ", " + table["method"]):
        found = part["spare_found"].sum() / (len(part) * (WIDE - LIVE))
        lost = part["live_called_spare"].sum() / (len(part) * LIVE)
        shares = f"{found:.1%} of the spare, {lost:.1%} of the live"
        print(f"{setting}: {len(part)} data sets, {shares}")


if __name__ == "__main__":
    main()
