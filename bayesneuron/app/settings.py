"""What the main job does, and with which network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from bayesneuron.inference import by_name

METHODS: dict[str, Callable[..., xr.DataTree]] = {
    name: by_name.METHODS[name] for name in ("bootstrap", "svi", "laplace", "nuts")
}

AUTO = "auto"


@dataclass(frozen=True)
class Settings:
    """What the job does; the methods' own options by method name.

    The defaults of `local`, `skip` and `prior` were chosen on `benchmarks/public_series.py`.
    ``quick`` says that these are settings for a first look; the summary repeats it.
    """

    history: int = 10
    horizon: int = 1
    stride: int = 1
    delay: int = 1
    transform: str | None = None  # these three as in `bayesneuron.windows`
    difference: int = 0
    local: str | None = AUTO  # "auto": see `bayesneuron.app.seen`
    target: tuple[str, ...] = ()  # channels that are forecast; none for all
    hidden: int = 16
    activation: str = "tanh"
    skip: bool = True
    prior: str = "hierarchical"
    test: float = 0.2
    seed: int = 0
    score: str = "own"  # what decides the size of the reduced network
    methods: tuple[str, ...] = tuple(METHODS)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    quick: bool = False

    @property
    def cut(self) -> dict[str, Any]:
        """How windows are cut, but for `local`."""
        names = ("history", "horizon", "stride", "delay", "transform", "difference")
        target = list(self.target) or "forecast"
        return {**{name: getattr(self, name) for name in names}, "target": target}
