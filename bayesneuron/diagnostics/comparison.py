"""Estimates side by side, and why some of them have no neurons in common."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import xarray as xr

from bayesneuron.diagnostics.glossary import hint
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.numerics import display

WIDTH = 100  # of a line
SHOWN = 6  # unpaired pairs of estimates printed
PAIRS = "Pairs of estimates, means over the neurons of a layer"
FUTURE = (
    "Windows overlap: estimates are judged by elpd_lfo, of later windows each from the rows before "
    "it. elpd_loo is optimistic."
)
BAD_K = "PSIS-LOO is not reliable, rows of too large k: "
LATE = (
    "Windows too far from the last refit, predicted from fewer rows, so that elpd_lfo is too low; "
    "where they are many, cv='lfo' allows more refits: "
)
OVERLAP = "Windows overlap: elpd_loo is optimistic. Without elpd_lfo: "


@dataclass(frozen=True)
class Comparison:
    """Estimates side by side.

    Attributes
    ----------
    methods : DataFrame
        One row per estimate. ``rhat_raw``, ``rhat``, ``rhat_function`` and the same for ``ess``:
        worst over weights as drawn, over weights aligned to their own reference, over
        predictions. ``elpd_loo``, ``elpd_se``, ``bad_k``: PSIS-LOO, its standard error, the
        observations whose Pareto k makes it unreliable. ``elpd_diff``, ``diff_se``: less the best
        estimate, by ``elpd_lfo`` where all have it and by ``elpd_loo`` otherwise, and the standard
        error of this difference, row by row. ``rmse`` (original units;
        ``error_rate`` for classes), ``coverage`` of 90% predictive intervals and ``lpd`` (mean
        log density) on held-out data, with prefix ``train_`` on the training data.
        ``null_ratio``, ``ambiguous``: means over the hidden neurons. ``seconds``.
    pairs : DataFrame
        Tidy, one row per neuron and pair of estimates of one network: ``shift`` of means
        (Mahalanobis), ``wasserstein``, ``log_volume_ratio``, ``affine_invariant``, ``overlap``
        of regions.
    unpaired : mapping of (str, str) to str
        Pairs of estimates whose neurons cannot be matched, and why.
    aligned : mapping of str to DataTree
        Those of one network to one reference.
    posteriors : mapping of str to (layer to NeuronPosterior)
    incomplete : mapping of str to str
        Estimates without predictions, PSIS-LOO and null, and why.
    without_lfo : mapping of str to str
        Estimates of windows that overlap that have no ``elpd_lfo``, and why: their PSIS-LOO left
        out windows of a series that share samples with others.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.compare({"laplace": draws}).methods.index.tolist()
    ['laplace']
    """

    methods: pd.DataFrame
    pairs: pd.DataFrame
    unpaired: Mapping[tuple[str, str], str]
    aligned: Mapping[str, xr.DataTree]
    posteriors: Mapping[str, Mapping[str, NeuronPosterior]]
    incomplete: Mapping[str, str] = field(default_factory=dict)
    without_lfo: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """`methods`: one row per estimate."""
        return self.methods.copy()

    def means(self) -> pd.DataFrame:
        """Pairs of estimates, means over the neurons of a layer."""
        keys = ["layer", "first", "second"]
        return pd.DataFrame(self.pairs.drop(columns="neuron").groupby(keys, sort=False).mean())

    def reasons(self) -> str:
        """Why some estimates are not compared, one line each."""
        lines = [
            f"Neurons not compared: {first}, {second} ({reason})"
            for (first, second), reason in list(self.unpaired.items())[:SHOWN]
        ]
        if len(self.unpaired) > SHOWN:
            lines.append(f"… and {len(self.unpaired) - SHOWN} more in .unpaired")
        lines += [
            f"No predictions, PSIS-LOO or null: {name} ({reason})"
            for name, reason in list(self.incomplete.items())[:SHOWN]
        ]
        return "\n".join(lines)

    def cautions(self) -> tuple[str, ...]:
        """What to keep in mind about the scores by cross-validation, one line each."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.without_lfo.items():
            by_reason.setdefault(reason, []).append(name)
        without = "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
        lines = [OVERLAP + without] if without else []
        if "elpd_lfo" in self.methods and not without:
            lines.append(FUTURE)
        for caution, column, rows in ((BAD_K, "bad_k", None), (LATE, "lfo_bad_k", "lfo_rows")):
            counts = self.methods.to_dict().get(column, {})
            totals = self.methods[rows].map("{:.0f}".format) if rows in self.methods else {}
            bad = ", ".join(
                f"{name} ({count:.0f}{f' of {totals[name]}' if rows else ''})"
                for name, count in counts.items()
                if count > 0
            )
            if bad:
                lines.append(caution + bad)
        return tuple(lines)

    def __repr__(self) -> str:
        parts = [display.show("Estimates", self.methods.T, rows=40)]
        if len(self.pairs):
            parts += ["", display.show(PAIRS, self.means())]
        if self.unpaired or self.incomplete:
            parts += ["", self.reasons()]
        cautions = [part for line in self.cautions() for part in textwrap.wrap(line, WIDTH)]
        return "\n".join([*parts, *cautions, hint("elpd_loo")])

    def _repr_html_(self) -> str:
        parts = [display.html("Estimates", self.methods.T, rows=40)]
        if len(self.pairs):
            parts.append(display.html(PAIRS, self.means()))
        if self.unpaired or self.incomplete:
            parts.append(display.html(self.reasons(), pd.DataFrame()))
        lines = (f"<p>{line}</p>" for line in (*self.cautions(), hint("elpd_loo")))
        return "\n".join([*parts, *lines])
