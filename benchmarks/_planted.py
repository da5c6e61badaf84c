"""Data made by a network of known size, each of whose neurons the data can show.

A truth has unit variance and is drawn anew until the best network with one neuron less is worse by
at least four standard errors: with f the truth and g that network, the log density of the data
differs by Σ [(y - g)² - (y - f)²] / 2σ², of which both mean and variance are known from f - g. A
truth that fails is not one of its size as far as the data go, whatever method is asked. Inputs,
rows and noise are drawn anew with it.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import bayesneuron as bn
from bayesneuron.inference.starts import find_optima
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

SHAPES = ((2, 200), (4, 220), (8, 400))  # inputs, rows
NOISES = (0.1, 0.25, 0.5)
WIDE = (4, 6, 8, 12, 16)
CLEAR = 4.0  # standard errors by which the truth must beat one neuron less
TRIES = 500
POINTS, STARTS = 1000, 20  # for the best network with one neuron less


@dataclass(frozen=True)
class Planted:
    """One data set, its true size, and the width of the network that is to be reduced."""

    case: int
    inputs: int
    rows: int
    noise: float  # standard deviation, of a signal of unit variance
    truth: int
    wide: int
    clear: float  # standard errors between the truth and one neuron less
    drawn: int  # truths drawn until one was clear
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def planted(case: int) -> Planted:
    """Case number `case`: the first ten are of 2 or 3 neurons, the others of 1 to 6."""
    rng = np.random.default_rng([15, case])
    truth = 2 + case % 2 if case < 10 else 1 + case % 6
    wide = 6 if case < 10 else int(rng.choice([w for w in WIDE if w > truth]))
    for drawn in range(1, TRIES + 1):  # noqa: B007
        inputs, rows, noise = 4, 220, 0.25
        if case >= 10:
            inputs, rows = SHAPES[rng.integers(len(SHAPES))]
            noise = float(rng.choice(NOISES))
        signal = Signal.draw(rng, truth, inputs)
        clear = clearness(signal, rng, rows, noise)
        if clear >= CLEAR:
            break
    else:
        raise RuntimeError(f"case {case}: no clear truth in {TRIES}")
    data = []
    for count in (rows, 2000):
        x = rng.normal(size=(count, inputs))
        data += [x, (signal(x) + noise * rng.normal(size=count))[:, None]]
    return Planted(case, inputs, rows, noise, truth, wide, clear, drawn, *data)


@dataclass(frozen=True)
class Signal:
    """Σ v tanh(W x + b), centred and of unit variance for standard normal x."""

    weight: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    centre: float
    scale: float

    @classmethod
    def draw(cls, rng: np.random.Generator, neurons: int, inputs: int) -> "Signal":
        """Random directions of length 1 to 2, small biases, outgoing weights of 0.5 to 1.5."""
        weight = rng.normal(size=(neurons, inputs))
        weight *= (rng.uniform(1, 2, neurons) / np.linalg.norm(weight, axis=1))[:, None]
        bias = 0.5 * rng.normal(size=neurons)
        out = rng.choice([-1, 1], neurons) * rng.uniform(0.5, 1.5, neurons)
        values = cls(weight, bias, out, 0.0, 1.0)(rng.normal(size=(10_000, inputs)))
        return cls(weight, bias, out, float(values.mean()), float(values.std()))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (np.tanh(x @ self.weight.T + self.bias) @ self.out - self.centre) / self.scale


def clearness(signal: Signal, rng: np.random.Generator, rows: int, noise: float) -> float:
    """Standard errors by which the truth's log density of the data exceeds one neuron less."""
    x = rng.normal(size=(POINTS, signal.weight.shape[1]))
    f = signal(x)
    gap = (f - _best(x, f, len(signal.out) - 1)) / noise
    # of the difference gap²/2 + gap ε by row, ε standard normal
    variance = (gap**2 / 2).var() + (gap**2).mean()
    return float(np.sqrt(rows) * (gap**2 / 2).mean() / np.sqrt(variance + 1e-12))


@double
def _best(x: np.ndarray, f: np.ndarray, neurons: int) -> np.ndarray:
    """Least squares of f by a network, from many starts; the mean for no neurons."""
    if neurons == 0:
        return np.full(len(f), f.mean())
    model = bn.load(
        "two_layer", inputs=x.shape[1], hidden=neurons, outputs=1,
        prior_scale=10.0, fan_in=False, noise=0.05,
    )  # fmt: skip
    data = jnp.asarray(x), jnp.asarray(f[:, None])
    dens = density(model, *data)
    # from starts of the scale of the truths, not of the flat prior
    key = jax.random.key(0)
    theta = 0.7 * np.asarray(jax.random.normal(key, (STARTS, dens.size)))
    optimum = find_optima(dens, *data, starts=STARTS, keep=1, seed=0, theta=theta)
    sites = dens.constrain(jnp.asarray(optimum.theta[0]))
    hidden = np.tanh(x @ np.asarray(sites["hidden_weight"]).T + np.asarray(sites["hidden_bias"]))
    return (hidden @ np.asarray(sites["output_weight"]).T + np.asarray(sites["output_bias"]))[:, 0]
