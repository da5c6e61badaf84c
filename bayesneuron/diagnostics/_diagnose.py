"""What is wrong with draws, in words: which neurons, why, and what to do next."""

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.diagnostics._modes import Modes, modes
from bayesneuron.diagnostics.findings import (
    Finding,
    of_count,
    of_fit,
    of_mixing,
    of_modes,
    of_neurons,
    of_sampler,
)
from bayesneuron.geometry.posterior import neurons


@dataclass(frozen=True)
class Diagnosis:
    """A short report on draws.

    Attributes
    ----------
    method : str
    findings : tuple of Finding
        Serious ones first.
    modes : Modes or None
        None for draws that are independent by construction, and for bags.
    """

    method: str
    findings: tuple[Finding, ...]
    modes: Modes | None

    @property
    def converged(self) -> bool:
        """Whether nothing serious was found."""
        return not any(f.serious for f in self.findings)

    def table(self) -> pd.DataFrame:
        """One row a finding."""
        columns = ["cause", "serious", "neurons", "evidence", "advice"]
        rows = [
            [f.cause, f.serious, ", ".join(f.neurons), f.evidence, f.advice] for f in self.findings
        ]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        head = f"{self.method}: {'fit to report' if self.converged else 'not fit to report'}"
        if self.converged and any(f.cause == "no posterior" for f in self.findings):
            head += ", but not as a posterior"
        if self.modes is not None:
            head += f"; {self.modes.verdict}"
        lines = [f"{'!!' if f.serious else ' -'} {f}" for f in self.findings]
        return "\n".join([head, *lines]) if lines else f"{head}. Nothing to remark."


def diagnose(draws: xr.DataTree) -> Diagnosis:
    """Say in words whether draws can be believed, neuron by neuron.

    Parameters
    ----------
    draws : DataTree
        From an estimator, aligned or not.

    Returns
    -------
    Diagnosis
        Prints as a report; ``converged`` is for programs.

    Raises
    ------
    ValueError
        If draws carry no layout, or are fewer than 8 a chain of a sampler.

    Notes
    -----
    Chains are judged within each mode that has weight. Where weights disagree (R-hat above
    1.01) but predictions do not, the cause is called a flat direction: the network's function
    is known, that neuron's share in it is not.

    References
    ----------
    Vehtari et al., Bayesian Analysis 2021 (R-hat at most 1.01, 400 effective draws); Betancourt,
    arXiv 1604.00695 (energy); Vehtari et al., JMLR 2024 (Pareto k).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> report = bn.diagnose(bn.laplace(model, x, y, samples=200, starts=4))
    >>> report.modes is None
    True
    """
    method = str(draws.attrs.get("method", "draws"))
    # bags are independent fits, whose draws lie one after another in one chain
    alone = draws.attrs.get("independent") or method.startswith("bagged")
    found = None if alone else modes(draws)
    findings: list[Finding] = []
    if found is None:
        posts = neurons(aligned(draws))
        findings += [*of_fit(draws), *of_count(posts)]
    else:
        posts = neurons(found.draws[0])
        findings += [*of_modes(found), *of_mixing(found), *of_sampler(draws)]
    findings += of_neurons(posts)
    return Diagnosis(method, tuple(sorted(findings, key=lambda f: not f.serious)), found)
