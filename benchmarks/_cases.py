"""The time series that benchmarks share, cut into windows, with the network fitted to them."""

from typing import Any, NamedTuple

import bayesneuron as bn


class Case(NamedTuple):
    """A series cut into windows, and the network fitted to it."""

    title: str
    x: Any
    y: Any
    model: bn.results.Model


def sine(history: int = 10, hidden: int = 2, horizon: int = 20) -> Case:
    """The noisy sine: 500 samples, noise 0.2."""
    x, y = bn.windows(bn.datasets.noisy_sine(length=500, noise=0.2, seed=0), history, horizon)
    return _case("sine", x, y, hidden, "tanh")


def walking(history: int, hidden: int, horizon: int, activation: str = "tanh") -> Case:
    """MotionSense `wlk_7`, first 3000 samples, stride 5; else the embedded recording, stride 1."""
    try:
        name, series, stride = "walking", bn.datasets.motionsense("wlk_7")[:3000], 5
    except (ValueError, OSError):
        name, series, stride = "embedded walking", bn.datasets.walking(), 1
    x, y = bn.windows(series, history, horizon, stride=stride)
    return _case(name, x, y, hidden, activation)


def walking_split(history: int, horizon: int) -> tuple[Any, Any, Any, Any]:
    """Windows (x, y) of the first 3000 samples of MotionSense `wlk_7`, and of the next 2000."""
    series = bn.datasets.motionsense("wlk_7")
    x, y = bn.windows(series[:3000], history, horizon, stride=5)
    return x, y, *bn.windows(series[3000:5000], history, horizon, stride=5, standardize=x)


def _case(name: str, x: Any, y: Any, hidden: int, activation: str) -> Case:
    inputs, outputs = x.shape[1], y.shape[1]
    model = bn.load(
        "two_layer", inputs=inputs, hidden=hidden, outputs=outputs, activation=activation
    )
    tail = "" if activation == "tanh" else f" {activation}"
    return Case(f"{name} {inputs}-{hidden}-{outputs}{tail}", x, y, model)
