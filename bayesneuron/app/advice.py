"""Warnings and advice of a run, in words that a user of the command can act on."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace

from bayesneuron.diagnostics._diagnose import Diagnosis
from bayesneuron.numerics.progress import LOGGER
from bayesneuron.numerics.warn import StatisticalWarning

# What the library says of its arguments, and the command's way to do the same.
WORDS = {
    "better give test=(x, y)": "better hold out 20 windows or more (--test, or a longer series)",
    "take draws of bn.nuts, bn.ensemble or bn.bootstrap": "see --methods nuts,bootstrap",
    "prior='hierarchical' learns the scale; or raise prior_scale": (
        "--prior hierarchical learns the scale"
    ),
    "(prior='hierarchical')": "(--prior hierarchical)",
    "(skip=True)": "(--skip)",
    "then make it NaN and choose missing= of as_series": "then name it by --missing-values",
    "Estimate the network on data, with bn.nuts or bn.laplace": "See --methods nuts,laplace",
    "; predictions may still be good, see bn.compare": "; predictions may still be good",
    "bn.nuts(start=draws)": "--methods nuts",
    "Use bn.nuts": "Use --methods nuts",
    "use bn.nuts, or bn.reduce the network": "use --methods nuts, or a smaller --hidden",
    "use bn.nuts": "use --methods nuts",
    "bn.nuts gives": "--methods nuts gives",
}
# Arguments of functions that are options of the command, with a value or without.
OPTION = re.compile(
    r"\b(separator|decimal|encoding|missing_values|skip_rows|comment|header|sheet|units|history|"
    r"horizon|stride|delay|difference|local|transform|activation)=(?:\[?'([^']*)'\]?)?"
)
PYTHON = re.compile(
    r"\bbn\.|\bdraws\.|\w=\S|\b(warmup|target_accept|thinning|max_\w+|[Rr]aise (samples|starts))\b"
)
IN_PYTHON = "in Python, where bn.open reads the draws"


def for_command(text: str) -> str:
    """The same, by options of the command; what it has no option for is said to be Python.

    Examples
    --------
    >>> for_command("let the prior's scale be learnt (prior='hierarchical')")
    "let the prior's scale be learnt (--prior hierarchical)"
    >>> for_command("Raise max_tree_depth.")
    'Raise max_tree_depth (in Python, where bn.open reads the draws).'
    """
    for library, command in WORDS.items():
        text = text.replace(library, command)
    text = with_options(text)
    if not PYTHON.search(text):
        return text
    stop = "." if text.endswith(".") else ""
    return f"{text.removesuffix('.')} ({IN_PYTHON}){stop}"


def with_options(text: str) -> str:
    """The same, with arguments by the names of the command's options.

    Examples
    --------
    >>> with_options("say decimal=',', or missing_values=['x']")
    'say --decimal ,, or --missing-values x'
    """
    return OPTION.sub(lambda m: f"--{m[1].replace('_', '-')} {m[2] or ''}".rstrip(), text)


def findings_for_command(diagnosis: Diagnosis) -> Diagnosis:
    """A diagnosis with the advice of its findings in the command's words."""
    findings = [replace(f, advice=for_command(f.advice)) for f in diagnosis.findings]
    return replace(diagnosis, findings=tuple(findings))


def warned(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """What a run says of its warnings, each once.

    Ours come in the command's words. Arithmetic that other libraries warn of (overflow, division by
    zero) is one line. The rest goes to the logger ``bayesneuron``.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     for _ in range(2):
    ...         warnings.warn("overflow encountered in exp", RuntimeWarning)
    ...     warnings.warn("reduce: lost", StatisticalWarning)
    >>> warned(caught)
    ('reduce: lost', 'arithmetic of NumPy and ArviZ: overflow encountered in exp')
    """
    own = [
        for_command(str(w.message)) for w in caught if issubclass(w.category, StatisticalWarning)
    ]
    sums = [str(w.message).strip() for w in caught if issubclass(w.category, RuntimeWarning)]
    for w in caught:
        if not issubclass(w.category, StatisticalWarning | RuntimeWarning):
            LOGGER.warning("%s: %s", w.category.__name__, w.message)
    if sums:
        own.append(f"arithmetic of NumPy and ArviZ: {'; '.join(dict.fromkeys(sums))}")
    return tuple(dict.fromkeys(own))
