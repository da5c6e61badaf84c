"""Are spare neurons found? Four neurons made the data, the network has sixteen.

Data sets are those of `_planted.py`, with truths of four neurons that the data can show. Posteriors
by NUTS under the prior ``horseshoe``, and under ``normal`` for comparison. A neuron is called spare
if its verdict in `bn.relevance` is any but ``live``. Of each network at most twelve are rightly
called so, and what exceeds twelve are live ones called spare. Writes
benchmarks/results/planted_spare.csv, row by row, and goes on where it stopped.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from _planted import CLEAR, Signal, clearness
from _tables import RESULTS, machine, versions

import bayesneuron as bn

LIVE, WIDE, INPUTS, ROWS, NOISE = 4, 16, 4, 400, 0.25
CHAINS, DRAWS = 2, 300


def data(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Data set `number`: x and y."""
    rng = np.random.default_rng([16, number])
    signal = Signal.draw(rng, LIVE, INPUTS)
    while clearness(signal, rng, ROWS, NOISE) < CLEAR:
        signal = Signal.draw(rng, LIVE, INPUTS)
    x = rng.normal(size=(ROWS, INPUTS))
    return x, (signal(x) + NOISE * rng.normal(size=ROWS))[:, None]


def row(number: int, prior: str) -> dict[str, object]:
    """Verdicts on one data set."""
    x, y = data(number)
    model = bn.load("two_layer", inputs=INPUTS, hidden=WIDE, outputs=1, prior=prior)
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = bn.nuts(model, x, y, chains=CHAINS, samples=DRAWS, warmup=DRAWS, seed=0)
    words = [word.split()[0] for word in bn.relevance(draws).verdict]
    spare = WIDE - words.count("live")
    counts = {word: words.count(word) for word in ("dead", "irrelevant", "redundant", "duplicate")}
    return {
        "case": f"{number} {prior}", "prior": prior, "spare_found": min(spare, WIDE - LIVE),
        "live_called_spare": max(0, spare - (WIDE - LIVE)), **counts,
        "divergent": int(draws["sample_stats"]["diverging"].sum()),
        "seconds": time.process_time() - started,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--priors", nargs="+", default=["horseshoe", "normal"])
    options = parser.parse_args()
    path = RESULTS / "planted_spare.csv"
    known = pd.read_csv(path)["case"].tolist() if path.exists() else []
    for number in range(options.first, options.sets):
        for prior in options.priors:
            if f"{number} {prior}" in known:
                continue
            result = row(number, prior) | {"machine": machine(), "versions": versions()}
            pd.DataFrame([result]).to_csv(path, mode="a", header=not path.exists(), index=False)
            print(result, flush=True)
    table = pd.read_csv(path)
    for prior, part in table.groupby("prior"):
        found = part["spare_found"].sum() / (len(part) * (WIDE - LIVE))
        lost = part["live_called_spare"].sum() / (len(part) * LIVE)
        print(f"{prior}: {len(part)} data sets, {found:.1%} of the spare, {lost:.1%} of the live")


if __name__ == "__main__":
    main()
