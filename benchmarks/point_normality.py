"""Size and power of the tests of points, under three nulls: which surrogates keep 5%?

The autoregression is the null of `bn.point_normality`. Beside it: the raw periodogram with complex
normal amplitudes, and phases made random while amplitudes stay. `independent` takes points for
independent. Points are windows of 5 of series of 300 samples, tested at 5% with 99 surrogates. It
resumes: cases in the table are not run again.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from bayesneuron.data.surrogates import GaussianProcess, gaussian_process
from bayesneuron.geometry.trajectory_points import NAMES, TrajectoryPoints, p_value
from bayesneuron.numerics.normality_statistics import normality_statistics

OUTPUT = Path(__file__).parent / "results" / "point_normality.csv"
LENGTH, WIDTH, SURROGATES, LEVEL = 300, 5, 99, 0.05


def wave(r, period):
    return [2 * r * np.cos(2 * np.pi / period), -(r**2)]


GAUSSIAN = {
    "white noise": [],
    "AR(1), 0.5": [0.5],
    "AR(1), 0.9": [0.9],
    "AR(2), period 20, decay 0.9": wave(0.9, 20),
    "AR(2), period 20, decay 0.97": wave(0.97, 20),
}


def gaussian(coefficients, length, rng):
    shaped = np.reshape(coefficients, (-1, 1, 1)).astype(float)
    return GaussianProcess(np.zeros(1), shaped, np.eye(1)).draw([length], 1, rng)[0]


def drifting_sine(rng, drift=0.15, noise=0.1):
    phase = 2 * np.pi * np.arange(LENGTH) / 20 + np.cumsum(rng.normal(0, drift, LENGTH))
    return (np.sin(phase) + rng.normal(0, noise, LENGTH))[:, None]


def skewed(rng):
    return np.exp(0.7 * gaussian([0.7], LENGTH, rng) * np.sqrt(1 - 0.7**2))


CASES = {
    **{k: lambda rng, a=v: gaussian(a, LENGTH, rng) for k, v in GAUSSIAN.items()},
    "sine whose phase drifts, noise 0.1": drifting_sine,
    "sine whose phase drifts, noise 0.7": lambda rng: drifting_sine(rng, noise=0.7),
    "sine of steady phase, noise 0.1": lambda rng: drifting_sine(rng, drift=0.0),
    "exponential of AR(1), 0.7": skewed,
}


def of_spectrum(values, count, rng, *, amplitudes):
    spectrum = np.fft.rfft(values[:, 0] - values.mean())
    shape = (count, len(spectrum))
    if amplitudes:
        turn = (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)
    else:
        turn = np.exp(2j * np.pi * rng.random(shape))
    return np.fft.irfft(np.abs(spectrum) * turn, len(values))[..., None]


NULLS = {
    "autoregression": lambda x, b, rng: gaussian_process([x]).draw([len(x)], b, rng),
    "periodogram": lambda x, b, rng: of_spectrum(x, b, rng, amplitudes=True),
    "random phases": lambda x, b, rng: of_spectrum(x, b, rng, amplitudes=False),
}


def rejections(case, series):
    """Share of series that each test rejects at 5%, by null."""
    test = TrajectoryPoints(WIDTH, 1, np.array([LENGTH]), None, 1, WIDTH)
    rejected = {null: np.zeros(len(NAMES)) for null in [*NULLS, "independent"]}
    shape = (SURROGATES, LENGTH - WIDTH + 1, WIDTH)
    normal = np.random.default_rng(99).normal(size=shape)
    independent = np.array([normality_statistics(points) for points in normal])
    for seed in range(series):
        rng = np.random.default_rng(seed)
        values = CASES[case](rng)
        found = test.statistics(values)[0]
        for null, draw in NULLS.items():
            made = draw(values, SURROGATES, rng)
            null_statistics = np.array([test.statistics(one)[0] for one in made])
            rejected[null] += decided(found, null_statistics)
        rejected["independent"] += decided(found, independent)
    return {null: count / series for null, count in rejected.items()}


def decided(found, null):
    p = [p_value(name, found[k : k + 1], null[:, k, None])[0] for k, name in enumerate(NAMES)]
    return np.array(p) <= LEVEL


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=200)
    chosen = parser.parse_args()
    rows = pd.read_csv(OUTPUT).to_dict("records") if OUTPUT.exists() else []
    for case in [c for c in CASES if c not in {row["series"] for row in rows}]:
        for null, shares in rejections(case, chosen.series).items():
            rows.append({"series": case, "null": null, "count": chosen.series})
            rows[-1] |= {name: round(float(v), 3) for name, v in zip(NAMES, shares, strict=True)}
            print(rows[-1], flush=True)
        OUTPUT.parent.mkdir(exist_ok=True)
        pd.DataFrame(rows).to_csv(OUTPUT, index=False)


if __name__ == "__main__":
    main()
