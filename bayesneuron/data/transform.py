"""What is done to the samples of a series before they are standardised, and how it is undone.

In this order: a power transform of every sample, which steadies a spread that grows with the level;
the difference to the sample `difference` steps before, which takes out a trend or a season; and the
centre (and scale) of every window, which follow a level that wanders. The functions take NumPy or
JAX arrays, so that forecasts undo them inside a compiled recursion. Which samples a window holds
(every one, or every `delay`-th) is kept here too: it travels with the rest.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesneuron.numerics.checks import check_choice

POWERS = ("log", "box-cox", "yeo-johnson")
LOCAL = ("mean", "zscore")
_END = -1 + 1e-12  # of λ times a value, for a power λ; at -1 the sample is zero or infinite
_FLAT = 1e-9  # share of the level below which the spread of a window is rounding


@dataclass(frozen=True)
class Transform:
    """What is done to samples before they are standardised; by default nothing.

    Attributes
    ----------
    kind : {"", "box-cox", "yeo-johnson"}
        The power transform; the logarithm is that of Box and Cox with power zero.
    power : tuple of float, length channel
    difference : int
        Steps back to the sample that is subtracted; 0 for none.
    local : {"", "mean", "zscore"}
        What every window is centred by, and with ``zscore`` scaled by.
    delay : int
        Samples from one entry of a window to the next.

    Examples
    --------
    >>> Transform("box-cox", (0.0,), difference=12)
    Transform: log, difference to 12 samples before
    """

    kind: str = ""
    power: tuple[float, ...] = ()
    difference: int = 0
    local: str = ""
    delay: int = 1

    def __repr__(self) -> str:
        return f"Transform: {self.words or 'none'}"

    @property
    def words(self) -> str:
        """What is done, for people; empty where nothing is."""
        powers = ", ".join(f"{power:.3g}" for power in self.power)
        parts = [
            "log" if self.is_log else f"{self.kind} of power {powers}" if self.kind else "",
            f"difference to {self.difference} samples before" if self.difference > 1 else "",
            "first difference" if self.difference == 1 else "",
            {"": "", "mean": "windows centred", "zscore": "windows standardised"}[self.local],
            f"windows of every {self.delay} samples" if self.delay > 1 else "",
        ]
        return ", ".join(filter(None, parts))

    @property
    def is_log(self) -> bool:
        """Whether the power transform is the logarithm."""
        return self.kind == "box-cox" and not any(self.power)

    @property
    def by_window(self) -> bool:
        """Whether a value depends on its window, so that it cannot be undone on its own."""
        return bool(self.difference or self.local)

    def samples(self, history: int) -> int:
        """How many samples in a row a window of so many entries is made of.

        Examples
        --------
        >>> Transform(difference=1, delay=3).samples(4)
        11
        """
        return self.difference + (history - 1) * self.delay + 1

    def to_json(self) -> str:
        """As a string that `from_json` reads; empty where nothing is done."""
        if self == Transform():
            return ""
        parts = [self.kind, list(self.power), self.difference, self.local]
        return json.dumps([*parts, self.delay] if self.delay > 1 else parts)

    @classmethod
    def from_json(cls, text: str) -> "Transform":
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is nothing that `to_json` writes.

        Examples
        --------
        >>> Transform.from_json(Transform("box-cox", (0.5,)).to_json())
        Transform: box-cox of power 0.5
        """
        if not text:
            return cls()
        try:
            kind, power, difference, local, *delay = json.loads(text)
            powers = tuple(float(v) for v in power)
            transform = cls(str(kind), powers, int(difference), str(local), *map(int, delay))
        except (TypeError, ValueError):
            raise ValueError(f"transform: expected one of bn.windows, got {text!r}") from None
        check_choice("transform", transform.kind, ("", *POWERS[1:]))
        check_choice("local", transform.local, ("", *LOCAL))
        return transform


def measure_power(values: np.ndarray, kind: str) -> tuple[str, tuple[float, ...]]:
    """Kind and powers of a transform, of most likelihood where they are not fixed.

    Parameters
    ----------
    values : ndarray, shape (time, channel)
    kind : {"log", "box-cox", "yeo-johnson"}

    Raises
    ------
    ValueError
        If the kind is unknown, or a value is not positive and has to be.

    Examples
    --------
    >>> measure_power(np.array([[1.0], [2.0]]), "log")
    ('box-cox', (0.0,))
    """
    from sklearn.preprocessing import PowerTransformer

    check_choice("transform", kind, POWERS)
    if kind != "yeo-johnson" and values.min() <= 0:
        raise ValueError(
            f"transform={kind!r}: expected positive samples, got {values.min():g}; "
            "'yeo-johnson' takes any"
        )
    if kind == "log":
        return "box-cox", (0.0,) * values.shape[1]
    fitted = PowerTransformer(kind, standardize=False).fit(values)
    return kind, tuple(float(power) for power in fitted.lambdas_)


def transform_of(part: Any) -> Transform:
    """What was done to the samples of windows or targets, as these say.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> x, y = windows([1.0, 2.0, 4.0, 9.0, 16.0], history=2, difference=1)
    >>> transform_of(x).difference
    1
    """
    return Transform.from_json(part.attrs.get("transform", ""))


def inputs_of(transform: Transform, recent: Any, xp: Any = np) -> Any:
    """What a window holds before it is standardised.

    Parameters
    ----------
    transform : Transform
    recent : array, shape (row, `Transform.samples` (history), channel)
        Samples, oldest first.
    xp : module
        `numpy` or `jax.numpy`, of which `recent` is an array.

    Returns
    -------
    array, shape (row, history, channel)

    Examples
    --------
    >>> inputs_of(Transform(difference=1), np.array([[[1.0], [3.0], [6.0]]])).ravel().tolist()
    [2.0, 3.0]
    """
    values = _differenced(transform, _powered(transform, recent, xp))[:, :: transform.delay]
    centre, spread = _level(transform, values, xp)
    return (values - centre) / spread if transform.local else values


def outputs_of(transform: Transform, future: Any, recent: Any, xp: Any = np) -> Any:
    """The targets of windows: the same of the samples that follow, shape (row, step, channel).

    Examples
    --------
    >>> recent, future = np.array([[[1.0], [3.0]]]), np.array([[[6.0], [10.0]]])
    >>> outputs_of(Transform(difference=1), future, recent).ravel().tolist()
    [3.0, 4.0]
    """
    both = _powered(transform, xp.concatenate([recent, future], axis=1), xp)
    values = _differenced(transform, both)
    history = recent.shape[1] - transform.difference
    centre, spread = _level(transform, values[:, : history : transform.delay], xp)
    values = values[:, history:]
    return (values - centre) / spread if transform.local else values


def samples_of(transform: Transform, outputs: Any, recent: Any, xp: Any = np) -> Any:
    """The samples that targets stand for: `outputs_of` undone, shape (row, step, channel).

    Examples
    --------
    >>> recent, outputs = np.array([[[1.0], [3.0]]]), np.array([[[3.0], [4.0]]])
    >>> samples_of(Transform(difference=1), outputs, recent).ravel().tolist()
    [6.0, 10.0]
    """
    before = _powered(transform, recent, xp)
    values = outputs
    if transform.local:
        seen = _differenced(transform, before)[:, :: transform.delay]
        centre, spread = _level(transform, seen, xp)
        values = values * spread + centre
    lag = transform.difference
    if lag:
        known = [before[:, i] for i in range(before.shape[1] - lag, before.shape[1])]
        for step in range(values.shape[1]):
            known.append(values[:, step] + known[step])
        values = xp.stack(known[lag:], axis=1)
    return _unpowered(transform, values, xp)


def unpowered(transform: Transform, values: Any) -> Any:
    """Undo the power transform alone, (..., channel), as far as its range goes."""
    return _unpowered(transform, values, np)


def _level(transform: Transform, values: Any, xp: Any) -> tuple[Any, Any]:
    """Centre and spread of every window, (row, 1, channel); a spread of one where it is flat."""
    if not transform.local:
        return 0.0, 1.0
    centre = values.mean(axis=1, keepdims=True)
    if transform.local == "mean":
        return centre, 1.0
    spread = values.std(axis=1, keepdims=True)
    flat = spread <= _FLAT * xp.abs(values).max(axis=1, keepdims=True)
    return centre, xp.where(flat, 1.0, spread)


def _differenced(transform: Transform, values: Any) -> Any:
    lag = transform.difference
    return values[:, lag:] - values[:, : values.shape[1] - lag] if lag else values


def _powered(transform: Transform, samples: Any, xp: Any) -> Any:
    if not transform.kind:
        return samples
    power = np.array(transform.power)
    if transform.kind == "box-cox":
        return _box_cox(samples, power, xp)
    # Yeo and Johnson 2000: Box-Cox of 1 + x, and of 1 - x with power 2 - λ below zero
    above = _box_cox(1.0 + xp.maximum(samples, 0.0), power, xp)
    below = -_box_cox(1.0 - xp.minimum(samples, 0.0), 2.0 - power, xp)
    return xp.where(samples >= 0, above, below)


def _unpowered(transform: Transform, values: Any, xp: Any) -> Any:
    if not transform.kind:
        return values
    power = np.array(transform.power)
    if transform.kind == "box-cox":
        return _inverse_box_cox(values, power, xp)
    above = _inverse_box_cox(xp.maximum(values, 0.0), power, xp) - 1.0
    below = 1.0 - _inverse_box_cox(-xp.minimum(values, 0.0), 2.0 - power, xp)
    return xp.where(values >= 0, above, below)


def _box_cox(samples: Any, power: np.ndarray, xp: Any) -> Any:
    """(x^λ - 1) / λ, or log x where λ is zero (Box and Cox 1964)."""
    safe = np.where(power == 0, 1.0, power)
    logs = xp.log(samples)
    return xp.where(power == 0, logs, xp.expm1(safe * logs) / safe)


def _inverse_box_cox(values: Any, power: np.ndarray, xp: Any) -> Any:
    """Undo `_box_cox`; beyond its range, which a noisy forecast may leave, the end of it."""
    safe = np.where(power == 0, 1.0, power)
    inside = xp.maximum(safe * values, _END)
    return xp.exp(xp.where(power == 0, values, xp.log1p(inside) / safe))
