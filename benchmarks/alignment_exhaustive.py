"""How often does alignment find the best group element? Against all of them, in small networks.

``independent``: draws from the prior and a reference from the prior, which have nothing in common,
the hardest case. ``noise 0.5``: copies of the reference with noise of half a weight's sd, each
moved by a random element. ``optimal``: share of draws whose gain is the largest of all elements';
``gain``: mean of the gain relative to the largest; ``start``: the same share for one descent, the
draw as it comes, without search. Writes benchmarks/results/alignment_exhaustive.csv.
"""

import itertools
import math

import numpy as np
import pandas as pd
from _symmetry import random_moves
from _tables import report

import bayesneuron as bn
from bayesneuron.alignment.match import Reference, match
from bayesneuron.alignment.scores import gain
from bayesneuron.network.symmetry import act, canonicalise

CASES = (
    ("rnn", {"hidden": 4}, "tanh"),
    ("rnn", {"hidden": 5}, "tanh"),
    ("rnn", {"hidden": 6}, "relu"),
    ("mlp", {"inputs": 3, "hidden": (3, 3), "outputs": 1}, "tanh"),
    ("mlp", {"inputs": 3, "hidden": (2, 2, 2), "outputs": 1}, "tanh"),
    ("mlp", {"inputs": 3, "hidden": (3, 3), "outputs": 1}, "sigmoid"),
    ("mlp", {"inputs": 3, "hidden": (4, 4), "outputs": 1}, "relu"),
)
DRAWS, REFERENCES = 100, 4
Sites = dict[str, np.ndarray]


def prior(model: bn.results.Model, count: int, seed: int) -> Sites:
    width = model.options["inputs"] if model.name == "mlp" else 4
    draws = bn.prior(model, np.zeros((2, width)), samples=count, seed=seed)["posterior"]
    sites = {s: np.asarray(draws[s], float)[0] for s in model.layout.sites}
    return canonicalise(model.layout, sites)


def elements(layout: bn.Layout, widths: dict[str, int]) -> list[list[tuple[np.ndarray, ...]]]:
    """Every signed permutation, layer by layer."""
    every = []
    for layer, n in widths.items():
        signs = itertools.product((1.0, -1.0), repeat=n) if layout.signed(layer) else [(1.0,) * n]
        pairs = itertools.product(itertools.permutations(range(n)), list(signs))
        every.append([(np.array(order), np.array(sign)) for order, sign in pairs])
    return every


def largest(layout: bn.Layout, sites: Sites, target: Sites, widths: dict[str, int]) -> np.ndarray:
    best = np.full(DRAWS, -np.inf)
    for element in itertools.product(*elements(layout, widths)):
        moved = sites
        for layer, (order, sign) in zip(widths, element, strict=True):
            moved = act(layout, moved, layer, np.tile(order, (DRAWS, 1)), np.tile(sign, (DRAWS, 1)))
        best = np.maximum(best, gain(moved, target))
    return best


def copies(layout: bn.Layout, one: Sites, widths: dict[str, int], seed: int) -> Sites:
    rng = np.random.default_rng(seed)
    sites = {k: v + 0.5 * v.std() * rng.normal(size=(DRAWS, *v.shape)) for k, v in one.items()}
    for layer, n in widths.items():
        moves = random_moves(rng, DRAWS, n, signed=layout.signed(layer))
        sites = act(layout, sites, layer, *moves)
    return canonicalise(layout, sites)


def main() -> None:
    rows = []
    for (name, options, activation), kind in itertools.product(CASES, ("independent", "noise 0.5")):
        model = bn.load(name, activation=activation, **options)
        layout, shares = model.layout, []
        for seed in range(REFERENCES):
            sites = prior(model, DRAWS + 1, seed)
            one = {k: v[0] for k, v in sites.items()}
            widths = {layer: layout.width(sites, layer) for layer in layout.hidden}
            draws = {k: v[1:] for k, v in sites.items()}
            if kind != "independent":
                draws = copies(layout, one, widths, seed)
            precision = {k: np.full([1] * v.ndim, 1 / np.mean(v**2)) for k, v in one.items()}
            reference = Reference(one, precision)
            target = reference.target(layout)
            best = largest(layout, draws, target, widths)
            gains = [
                gain(match(layout, draws, reference, search=s)[0], target) for s in (True, False)
            ]
            hit = [(g > best - 1e-9 * np.abs(best)).mean() for g in gains]
            shares.append((*hit, (gains[0] / best).mean()))
        optimal, start, ratio = np.mean(shares, axis=0)
        count = math.prod(len(e) for e in elements(layout, widths))
        rows.append({
            "network": f"{name} {'-'.join(map(str, np.ravel(options['hidden'])))}",
            "activation": activation, "draws": kind, "elements": count,
            "start": start, "optimal": optimal, "gain": ratio,
        })  # fmt: skip
        print(rows[-1], flush=True)
    report("alignment_exhaustive", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
