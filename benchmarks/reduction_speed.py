"""Seconds to align and reduce a network of 128 hidden neurons with 4,000 draws.

4-128-3 on Iris, sizes scored by the merged draws. Draws resemble those of a bootstrap: 4,000 copies
of one trained network, with noise of 10% of every weight's size, neurons permuted and flipped at
random in each.
"""

import numpy as np
from _reduction import CASES, trained
from _symmetry import random_moves
from _timing import costed

import bayesneuron as bn
from bayesneuron.network.symmetry import act

DRAWS = 4000


def main() -> None:
    case = CASES["iris"]
    data, test, _ = case.data(0)
    one = trained(case, data, 0)
    rng = np.random.default_rng(0)
    layout, width = case.model.layout, 128
    sites = {k: v * (1 + 0.1 * rng.standard_normal((DRAWS, *v.shape[1:]))) for k, v in one.items()}
    moved = act(layout, sites, "hidden1", *random_moves(rng, DRAWS, width))
    draws = bn.from_arrays(moved, layout=layout)
    for run in ("first, with compilation", "second"):
        aligning, aligned = costed(lambda: bn.align(draws))
        reducing, reduction = costed(
            lambda a=aligned: bn.reduce(a, *data, test=test, model=case.model, score="merged")
        )
        wall, cpu = (sum(pair) for pair in zip(aligning, reducing, strict=True))
        print(f"{run}: {wall:.1f} s, {cpu:.1f} CPU s, of which alignment {aligning.wall:.1f} and "
              f"{aligning.cpu:.1f}; {width} to {reduction.widths['hidden1']} neurons")  # fmt: skip
    print(reduction.curve.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
