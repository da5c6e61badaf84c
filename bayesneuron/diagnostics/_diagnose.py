"""What is wrong with draws, in words: which neurons, why, and what to do next."""

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from bayesneuron.diagnostics.facts import facts_of
from bayesneuron.diagnostics.findings import NO_POSTERIOR, Finding, findings_of
from bayesneuron.diagnostics.glossary import hint
from bayesneuron.diagnostics.mixtures.result import Modes
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.network.model import Model
from bayesneuron.numerics import display

SHOWN = 12  # findings printed


@dataclass(frozen=True)
class Diagnosis:
    """A short report on draws.

    Attributes
    ----------
    method : str
    findings : tuple of Finding
        Serious ones first.
    modes : Modes or None
        None for draws that are independent by construction, bags and ensembles.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.diagnose(draws).method
    'laplace'
    """

    method: str
    findings: tuple[Finding, ...]
    modes: Modes | None

    @property
    def converged(self) -> bool:
        """Whether there is no serious finding."""
        return not any(f.serious for f in self.findings)

    @property
    def verdict(self) -> str:
        """Whether the estimate is fit to report, in one line."""
        words = f"{self.method}: {'fit to report' if self.converged else 'not fit to report'}"
        if self.converged and any(f.cause in NO_POSTERIOR for f in self.findings):
            words += ", but not as a posterior"
        return words if self.modes is None else f"{words}; {self.modes.verdict}"

    def table(self) -> pd.DataFrame:
        """One row per finding."""
        columns = ["cause", "serious", "neurons", "evidence", "advice"]
        rows = [
            [f.cause, f.serious, ", ".join(f.neurons), f.evidence, f.advice] for f in self.findings
        ]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        if not self.findings:
            return f"{self.verdict}. No problems found."
        lines = [f"{'!!' if f.serious else ' -'} {f}" for f in self.findings[:SHOWN]]
        if len(self.findings) > SHOWN:
            lines.append(f" … {len(self.findings) - SHOWN} more in .table()")
        return "\n".join([self.verdict, *lines])

    def _repr_html_(self) -> str:
        return f"{display.html(self.verdict, self.table())}<p>{hint('cause')}</p>"


def diagnose(draws: xr.DataTree, *, model: Model | None = None) -> Diagnosis:
    """Report whether draws can be believed, neuron by neuron, in words.

    Parameters
    ----------
    draws : DataTree
        From an estimator, aligned or not.
    model : Model, optional
        Needed for predictions, PSIS-LOO and the null where the model is not a shipped one.

    Returns
    -------
    Diagnosis
        Its repr is a report; use ``.converged`` in code.

    Raises
    ------
    ValueError
        If draws carry no layout, or are fewer than 8 per chain of a sampler.

    Notes
    -----
    Chains are judged within each mode that has weight. Where weights disagree (R-hat above
    1.01) but predictions do not, the cause is called a flat direction: the network's function
    is known, that neuron's share in it is not. Members of an ensemble are expected in different
    modes: they are judged by their predictions together.

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
    check_draws(draws)
    facts = facts_of(draws, model=model)
    return Diagnosis(facts.method, findings_of(facts), facts.modes)
