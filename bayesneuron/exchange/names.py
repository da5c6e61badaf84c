"""Names of tensors: which module each belongs to, and which part of it each is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesneuron.exchange.order import OWN, UNKNOWN, natural, numbered

OUT_IN, IN_OUT = "out_in", "in_out"  # axes of a weight matrix: (receiving, sending) or the reverse

_ROLES = {
    "weight": "weight", "weights": "weight", "kernel": "weight", "coefs": "weight",
    "coefs_": "weight", "coef": "weight", "w": "weight", "scale": "weight", "gamma": "weight",
    "bias": "bias", "biases": "bias", "intercepts": "bias", "intercepts_": "bias",
    "intercept": "bias", "b": "bias", "beta": "bias",
    "running_mean": "mean", "moving_mean": "mean", "mean": "mean",
    "running_var": "var", "moving_variance": "var", "var": "var",
}  # fmt: skip
_WORDS = "|".join(sorted(_ROLES, key=len, reverse=True))
_NAME = re.compile(rf"(?:(?P<before>.+)_)??(?P<role>{_WORDS})_?(?P<number>\d*)", re.IGNORECASE)


@dataclass(frozen=True)
class Module:
    """A layer of weights or a batch normalisation.

    Attributes
    ----------
    stem : str
        What the names of its tensors share.
    tensors : mapping of str to str
        Names by role: ``weight``, ``bias``, ``mean``, ``var``.
    """

    stem: str
    tensors: Mapping[str, str]

    @property
    def normalises(self) -> bool:
        """Whether it is a batch normalisation."""
        return {"mean", "var"} <= set(self.tensors)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers in its stem."""
        return tuple(int(n) for n in re.findall(r"\d+", self.stem))

    @property
    def orientation(self) -> str | None:
        """The axes of its matrix by a library's name for it; None where anybody uses that name."""
        word = (_parsed(self.tensors["weight"]) or ("", ""))[1].lower()
        if word == "weight":
            return OUT_IN
        return IN_OUT if word in ("kernel", "coefs", "coefs_") else None


def modules_of(
    values: Mapping[str, np.ndarray], names: Iterable[str], order: str = OWN
) -> list[Module]:
    """Tensors by module, in the order in which modules come.

    A tensor whose name says nothing is a matrix or the bias of the last matrix, by its axes.

    Raises
    ------
    ValueError
        If two tensors play one part, or it is not known which matrix a bias is of.

    Examples
    --------
    >>> values = {"fc.weight": np.ones((2, 3)), "fc.bias": np.ones(2), "arr_0": np.ones((1, 2))}
    >>> [(m.stem, *m.tensors) for m in modules_of(values, values)]
    [('fc', 'weight', 'bias'), ('arr_0', 'weight')]
    """
    names = list(names)
    unnamed = [name for name in names if _parsed(name) is None]
    if numbered(unnamed):
        unnamed = sorted(unnamed, key=natural)
    elif order == UNKNOWN and len({values[name].ndim for name in unnamed}) > 1:
        raise ValueError(
            f"names: expected ones that say which matrix each bias is of, got {unnamed}: pass a "
            "mapping with every bias after its matrix"
        )
    found: dict[str, dict[str, str]] = {}
    matrix = ""  # the last one without a name
    at = iter(unnamed)
    for name in names:
        parsed = _parsed(name)
        if parsed is None:
            name = next(at)
            role = "weight" if values[name].ndim > 1 else "bias"
            matrix = name if role == "weight" else matrix
            stem = matrix
        else:
            stem, role = parsed[0], _ROLES[parsed[1].lower()]
        own = found.setdefault(stem, {})
        if role in own:
            raise ValueError(f"{name}: expected one {role} of {stem!r}, got {own[role]!r} as well")
        own[role] = name
    return [Module(stem, roles) for stem, roles in found.items()]


def _parsed(name: str) -> tuple[str, str] | None:
    """Stem and word of a role; None for a name without such a word."""
    *parents, last = name.split(".")
    number = ""
    if last.isdigit() and parents:  # lists of weights and of biases
        number, last = last, parents.pop()
    match = _NAME.fullmatch(last)
    if match is None:
        return None
    parts = (*parents, match["before"], match["number"], number)
    return ".".join(p for p in parts if p), match["role"]
