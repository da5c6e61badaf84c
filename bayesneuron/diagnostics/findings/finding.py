"""One thing that is wrong with draws, and what to do about it."""

import html
import textwrap
from dataclasses import dataclass

import numpy as np

NAMED = 8  # neurons named in a line
COLUMNS = 110  # of a line of text

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
    "short training",
    "poor fit",
    "no posterior",
    "sampler bias",
    "narrow prior",
    "scale of the data",
    "worse than linear",
    "no better than linear",
    "not examined",
)
NO_POSTERIOR = ("no posterior", "sampler bias")


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

    Examples
    --------
    >>> Finding("divergence", (), "3 of 100 draws diverged", "Raise target_accept.").serious
    True
    """

    cause: str
    neurons: tuple[str, ...]
    evidence: str
    advice: str
    serious: bool = True

    def __str__(self) -> str:
        named = list(self.neurons[:NAMED])
        if len(self.neurons) > NAMED:
            named = [*named, f"{len(self.neurons) - NAMED} more"]
        who = ", ".join(named) or "whole network"
        lines = [f"{self.cause} ({who}): {self.evidence}", self.advice]
        return "\n     ".join(part for line in lines for part in textwrap.wrap(line, COLUMNS))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def where(names: tuple[str, ...], which: np.ndarray) -> tuple[str, ...]:
    """The names for which a condition holds."""
    return tuple(names[i] for i in np.flatnonzero(which))
