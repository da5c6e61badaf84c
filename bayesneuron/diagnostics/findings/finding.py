"""One thing that is wrong with draws, and what to do about it."""

from dataclasses import dataclass

import numpy as np

CAUSES = (
    "mode",
    "flat direction",
    "slow mixing",
    "too few draws",
    "divergence",
    "tree depth",
    "energy",
    "ambiguous match",
    "no information",
    "failed replicate",
    "poor fit",
    "no posterior",
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    cause : str
        One of `bayesneuron.diagnostics.findings.CAUSES`.
    neurons : tuple of str
        Those affected; empty where it is the whole network.
    evidence, advice : str
    serious : bool
        Whether numbers about these neurons should not be reported as they stand.
    """

    cause: str
    neurons: tuple[str, ...]
    evidence: str
    advice: str
    serious: bool = True

    def __str__(self) -> str:
        who = ", ".join(self.neurons) or "whole network"
        return f"{self.cause} ({who}): {self.evidence}\n     {self.advice}"


def where(names: tuple[str, ...], which: np.ndarray) -> tuple[str, ...]:
    """The names for which a condition holds."""
    return tuple(names[i] for i in np.flatnonzero(which))
