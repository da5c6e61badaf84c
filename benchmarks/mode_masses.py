"""Are modes weighed by their masses? Random small networks whose masses quadrature knows.

`two_layer` 1-1-1 with fixed noise on few rows of random data. Output weight and bias are
integrated exactly, hidden weight and bias on a grid. The domains are those of the maxima of what is
left, with the copies under (w, b) → (-w, -b) taken together. `tv`: total variation between their
masses and the shares of `bn.modes(bn.nuts(...)).mixed()` in them. `certified`: whether
`bn.diagnose` has nothing serious. Writes benchmarks/results/mode_masses.csv.

    python benchmarks/mode_masses.py [networks] [samples] [second]

Data sets whose second domain has less than `second` of the mass (0) are passed over.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from _tables import report

import bayesneuron as bn

NOISE, SCALE, ROWS, STEP, FAR = 0.2, 2.0, 8, 0.04, 10.0


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a network drawn from the prior, or, every second time, of noise alone."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.7, ROWS)
    w, b, v, c = rng.normal(0, SCALE, 4)
    y = v * np.tanh(w * x + b) + c + rng.normal(0, NOISE, ROWS)
    if seed % 2:
        y = rng.normal(0, 0.8, ROWS)
    return x[:, None], y[:, None]


def domains(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The grid, the domain of each of its points, (w, b), and the domains' masses."""
    grid = np.arange(-FAR, FAR + STEP / 2, STEP)
    h = np.tanh(grid[:, None, None] * x[:, 0] + grid[None, :, None])
    t = y[:, 0]
    a11 = (h**2).sum(-1) / NOISE**2 + SCALE**-2
    a12, a22 = h.sum(-1) / NOISE**2, len(t) / NOISE**2 + SCALE**-2
    g1, g2 = (h * t).sum(-1) / NOISE**2, t.sum() / NOISE**2
    det = a11 * a22 - a12**2
    fit = (a22 * g1**2 - 2 * a12 * g1 * g2 + a11 * g2**2) / det
    prior = -0.5 * (grid[:, None] ** 2 + grid**2) / SCALE**2
    height = 0.5 * fit - 0.5 * np.log(det) + prior
    n = len(grid)
    padded = np.pad(height, 1, constant_values=-np.inf)
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    around = np.stack([padded[1 + i : n + 1 + i, 1 + j : n + 1 + j] for i, j in shifts])
    step = np.array([i * n + j for i, j in shifts])[around.argmax(0)]
    to = np.arange(n * n) + step.ravel()
    while (to[to] != to).any():
        to = to[to]
    to = np.minimum(to, n * n - 1 - to)  # the copy (-w, -b)
    _, label = np.unique(to, return_inverse=True)
    p = np.exp(height - height.max()).ravel()
    return grid, label.reshape(n, n), np.bincount(label, p) / p.sum()


def shares(draws: object, grid: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    post = draws.posterior  # pyright: ignore
    at = [
        np.clip(np.round((np.asarray(post[k]).ravel() + FAR) / STEP).astype(int), 0, len(grid) - 1)
        for k in ("hidden_weight", "hidden_bias")
    ]
    found = np.bincount(label[at[0], at[1]], minlength=count)
    return found / found.sum()


def main() -> None:
    networks, samples, second = (
        float(v) for v in [*sys.argv[1:], *("40", "1000", "0")[len(sys.argv) - 1 :]]
    )
    seeds = iter(range(1000))
    model = bn.load("two_layer", inputs=1, hidden=1, outputs=1, noise=NOISE, prior_scale=SCALE)
    rows = []
    while len(rows) < networks:
        seed = next(seeds)
        x, y = data(seed)
        grid, label, mass = domains(x, y)
        if np.sort(np.append(mass, 0.0))[-2] < second:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            draws = bn.nuts(model, x, y, chains=4, samples=int(samples), seed=seed)
            modes, certified = bn.modes(draws, cv="loo"), bn.diagnose(draws).converged
        tv = 0.5 * np.abs(shares(modes.mixed(), grid, label, len(mass)) - mass).sum()
        start = getattr(modes, "start", None)
        rows.append(
            {
                "network": seed,
                "domains": int((mass > 0.01).sum()),
                "largest": float(mass.max()),
                "optima": getattr(start, "optima", 0),
                "modes": len(modes.trees),
                "by": getattr(modes, "weighted_by", "stacking"),
                "tv": float(tv),
                "tv_chains": float(
                    0.5 * np.abs(shares(draws, grid, label, len(mass)) - mass).sum()
                ),
                "certified": certified,
            }
        )
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    sure = table["tv"][table["certified"]]
    many = table[table["domains"] > 1]
    print(
        f"tv at most 0.1 in {(table['tv'] <= 0.1).mean():.0%} of {len(table)} "
        f"(in {(many['tv'] <= 0.1).mean():.0%} of the {len(many)} with several domains), "
        f"certified {len(sure)}, worst certified {sure.max():.3f}"
    )
    report("mode_masses" if not second else "mode_masses_several", table)


if __name__ == "__main__":
    main()
