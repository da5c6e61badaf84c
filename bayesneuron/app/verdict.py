"""What to believe of a result: diagnoses, held-out errors beside references, notes of caution."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.app.held_out import in_samples, samples_read
from bayesneuron.app.markdown import bullets, captioned, table
from bayesneuron.app.ranges import notes_on_ranges
from bayesneuron.data.row import row_of
from bayesneuron.diagnostics._diagnose import Diagnosis, diagnose
from bayesneuron.diagnostics.findings import NO_POSTERIOR, Finding
from bayesneuron.diagnostics.mixtures.result import MIXED
from bayesneuron.forecasting.references import autoregression, persistence, rmse
from bayesneuron.inference.importance import GOOD_K
from bayesneuron.numerics.display import html

COVERAGE = (0.80, 0.97)  # of 90% intervals on held-out data; beyond, they are not 90% intervals
NAMED = 4  # neurons in a line
PERSISTENCE, LINEAR = "persistence", "linear autoregression"
METRICS = ("rhat", "rhat_function", "bad_k", "pareto_k", "coverage")

Pair = tuple[xr.DataArray, xr.DataArray]


@dataclass(frozen=True)
class Verdict:
    """What to believe of the estimates of one network.

    Attributes
    ----------
    diagnoses : mapping of str to Diagnosis
        By method.
    errors : DataFrame
        One row per method, then one per reference: ``rmse`` on the held-out windows, its ratio
        to each reference's, and ``coverage`` of 90% predictive intervals (NaN for references).
    notes : tuple of str
        Why a result is not to be trusted, one line each.
    units : str
        Of ``rmse``.
    """

    diagnoses: Mapping[str, Diagnosis]
    errors: pd.DataFrame
    notes: tuple[str, ...]
    units: str

    def findings(self) -> pd.DataFrame:
        """All findings of all methods, with evidence and advice, one row per finding."""
        tables = [report.table().assign(method=method) for method, report in self.diagnoses.items()]
        return pd.concat(tables, ignore_index=True).set_index("method")

    def blocks(self) -> list[str]:
        """Verdicts, errors and notes, for both the terminal and the summary."""
        order = sorted(self.diagnoses, key=lambda method: self.diagnoses[method].converged)
        verdicts = bullets(verdict_line(method, self.diagnoses[method]) for method in order)
        pointer = "Evidence and advice for every finding are in `findings.csv`."
        notes = bullets(f"note: {note}" for note in self.notes)
        errors = captioned("Held-out errors", self._table())
        return [block for block in (verdicts, pointer, errors, notes) if block]

    def __repr__(self) -> str:
        return "\n\n".join(self.blocks())

    def _repr_html_(self) -> str:
        verdicts, *_ = self.blocks()
        return html(verdicts, self.errors) + html(bullets(self.notes), pd.DataFrame())

    def _table(self) -> str:
        header = [
            "held-out data, forecast by",
            f"RMSE ({self.units})" if self.units else "RMSE",
            "÷ persistence",
            "÷ linear",
            "90% coverage",
        ]
        shown = (
            [str(name), f"{row.iloc[0]:.4g}", *(f"{v:.2f}" for v in row.iloc[1:3]),
             "–" if np.isnan(row["coverage"]) else f"{row['coverage']:.0%}"]
            for name, row in self.errors.iterrows()
        )  # fmt: skip
        return table(header, shown)


def assess(
    estimates: Mapping[str, xr.DataTree],
    methods: pd.DataFrame,
    train: Pair,
    test: Pair,
    late: xr.DataArray,
) -> Verdict:
    """Diagnose every estimate, and set its held-out error beside the references'.

    Parameters
    ----------
    estimates : mapping of str to DataTree
    methods : DataFrame
        Of `bayesneuron.compare` with the same `test`, errors in the units of the series.
    train, test : pair of DataArray
        Windows and targets from `bayesneuron.windows`.
    late : DataArray
        The series that the held-out windows were cut from.

    Raises
    ------
    ValueError
        If there are too few draws to diagnose.
    """
    units = str(train[1].attrs.get("units", ""))
    errors = held_out_errors(methods, train, test, late)
    metrics = methods.reindex(columns=METRICS)
    notes = [
        *(
            note
            for method, row in metrics.to_dict("index").items()
            for note in notes_on_method(str(method), row, len(train[1]), test[1].size)
        ),
        *notes_on_errors(errors, units),
        *notes_on_ranges(train, test),
    ]
    diagnoses = {method: diagnose(draws) for method, draws in estimates.items()}
    return Verdict(diagnoses, errors, tuple(notes), units)


def held_out_errors(
    methods: pd.DataFrame, train: Pair, test: Pair, late: xr.DataArray
) -> pd.DataFrame:
    """Errors of the methods and of both references on the held-out windows, in original units.

    The autoregression reads what the network reads, and what it puts out is undone in the same way.
    """
    x, y, x_new = (np.asarray(a) for a in (*train, test[0]))
    last = samples_read(test[1], late)[:, -1]
    last = last[:, list(row_of(test[1]).targets)] if row_of(test[1]).some else last
    observed, linear = in_samples(np.stack([test[1], autoregression(x, y, x_new)]), test[1], late)
    forecasts = {PERSISTENCE: persistence(last, y.shape[1], last.shape[1]), LINEAR: linear}
    references = {name: rmse(forecast, observed) for name, forecast in forecasts.items()}
    errors = pd.concat([methods["rmse"], pd.Series(references)])
    return pd.DataFrame(
        {
            "rmse": errors,
            **{f"to_{name.split()[0]}": errors / value for name, value in references.items()},
            "coverage": methods["coverage"].reindex(errors.index),
        }
    ).rename_axis("forecast")


def verdict_line(method: str, report: Diagnosis) -> str:
    """The diagnosis in one line: serious causes with their first evidence, then the others.

    Examples
    --------
    >>> slow = Finding("slow mixing", ("hidden[0]",), "R-hat 1.3", "Draw longer.")
    >>> twins = Finding("ambiguous match", ("hidden[1]",), "in 40%", "Reduce.", serious=False)
    >>> verdict_line("nuts", Diagnosis("nuts", (slow, twins), None))
    'nuts: NOT fit to report. Slow mixing (hidden[0]): R-hat 1.3. Minor: ambiguous match.'
    """
    serious = _by_cause(f for f in report.findings if f.serious)
    minor = _by_cause(f for f in report.findings if not f.serious)
    head = "NOT fit to report" if serious else "fit to report"
    if not serious and any(cause in minor for cause in NO_POSTERIOR):
        head += ", but not as a posterior"
        minor = {cause: of for cause, of in minor.items() if cause not in NO_POSTERIOR}
    parts = [f"{method}: {head}"]
    if serious:
        causes = (f"{cause} ({_who(of)}): {of[0].evidence}" for cause, of in serious.items())
        text = "; ".join(causes)
        parts.append(text[0].upper() + text[1:])
    if minor:
        parts.append(f"Minor: {', '.join(minor)}")
    return ". ".join(parts) + "."


def notes_on_method(
    method: str, row: Mapping[str, float], windows: int, values: int
) -> Iterator[str]:
    """Chains that disagree, unreliable importance weights, intervals that do not hold.

    Parameters
    ----------
    method : str
    row : mapping
        Of the table of methods; NaN where a metric does not apply.
    windows : int
        Windows trained on, over which PSIS-LOO is computed.
    values : int
        Held-out values, over which coverage is.
    """
    if row["rhat"] > MIXED or row["rhat_function"] > MIXED:
        yield (
            f"{method}: R-hat is {row['rhat']:.3f} for weights and {row['rhat_function']:.3f} for "
            f"predictions, above {MIXED}: chains disagree"
        )
    if row["bad_k"] > 0:
        yield (
            f"{method}: Pareto k is too large in {row['bad_k']:.0f} of {windows} windows: do not "
            "trust elpd_loo, compare lpd"
        )
    if row["pareto_k"] > GOOD_K:
        yield (
            f"{method}: Pareto k is {row['pareto_k']:.2f}, above {GOOD_K}: the approximation "
            "misses much of the posterior"
        )
    low, high = COVERAGE
    if not low <= row["coverage"] <= high and np.isfinite(row["coverage"]):
        kind = "narrow" if row["coverage"] < low else "wide"
        yield (
            f"{method}: 90% intervals hold {row['coverage']:.0%} of the {values} held-out values: "
            f"too {kind}"
        )


def notes_on_errors(errors: pd.DataFrame, units: str = "") -> Iterator[str]:
    """Methods that forecast worse than a reference does."""
    unit = f" {units}" if units else ""
    for method in errors.index.drop([PERSISTENCE, LINEAR]):
        for reference in (PERSISTENCE, LINEAR):
            own, other = errors.loc[method, "rmse"], errors.loc[reference, "rmse"]
            if own > other:
                yield f"{method}: worse than {reference}: {own:.4g} against {other:.4g}{unit}"


def _by_cause(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    causes: dict[str, list[Finding]] = {}
    for finding in findings:
        causes.setdefault(finding.cause, []).append(finding)
    return causes


def _who(findings: list[Finding]) -> str:
    """The neurons concerned, the first few by name."""
    if not all(finding.neurons for finding in findings):
        return "whole network"
    names = list(dict.fromkeys(name for finding in findings for name in finding.neurons))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
