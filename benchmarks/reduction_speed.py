"""Seconds to reduce a network of 128 hidden neurons with 4,000 draws, alignment included.

A 4-128-3 network on Iris, 4,000 draws of the bootstrap's kind: 4,000 copies of one trained network
with noise of 10% of every weight's size, neurons permuted and flipped at random in each.
"""

import time

import numpy as np
from _reduction import CASES, trained

import bayesneuron as bn
from bayesneuron.network.symmetry import act

DRAWS = 4000


def main() -> None:
    case = CASES["iris"]
    data, held, _ = case.data(0)
    one = trained(case, data, 0)
    rng = np.random.default_rng(0)
    layout, width = case.model.layout, 128
    sites = {k: v * (1 + 0.1 * rng.standard_normal((DRAWS, *v.shape[1:]))) for k, v in one.items()}
    order = rng.permuted(np.tile(np.arange(width), (DRAWS, 1)), axis=1)
    sign = rng.choice([-1.0, 1.0], (DRAWS, width))
    draws = bn.from_arrays(act(layout, sites, "hidden1", order, sign), layout=layout)
    for run in ("first, with compilation", "second"):
        began = time.perf_counter()
        aligned = bn.align(draws)
        middle = time.perf_counter()
        found = bn.reduce(aligned, *data, test=held, model=case.model)
        ended = time.perf_counter()
        print(f"{run}: {ended - began:.1f} s, of which alignment {middle - began:.1f} s; "
              f"{width} to {found.widths['hidden1']} neurons")  # fmt: skip
    print(found.curve.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
