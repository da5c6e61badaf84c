"""Tables for papers: sensible digits, numbers with their uncertainty, LaTeX and Markdown."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bayesneuron.app import markdown
from bayesneuron.numerics.checks import check_positive

UNCERTAINTY = {  # of a column: the column with its standard error or deviation
    "elpd_loo": "elpd_se",
    "elpd_lfo": "lfo_se",
    "elpd_diff": "diff_se",
    "elpd": "se",
    "loss": "loss_se",
    "removed": "removed_se",
    "taken_over": "taken_over_se",
    "rmse": "rmse_se",
    "error_each": "error_sd",
}
MISSING = "–"
LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$", "∞": r"$\infty$",
}  # fmt: skip


def to_markdown(source: Any, *, columns: Sequence[str] | None = None, digits: int = 3) -> str:
    r"""A table of Markdown with rounded numbers.

    Parameters
    ----------
    source : DataFrame, or a result with ``.table()``
        Such as `bayesneuron.compare`, `bayesneuron.neurons` of a layer, the curve of
        `bayesneuron.reduce`.
    columns : sequence of str, optional
        Which, in this order; by default all.
    digits : int
        Significant digits of a number without uncertainty. Whole numbers are whole.

    Returns
    -------
    str
        Where the table has a column and its standard error or deviation (``elpd_loo`` and
        ``elpd_se``), they become one, ``-12.3 ± 1.2``, with two digits of the uncertainty.

    Raises
    ------
    ValueError
        If the source has no table, or a column is not in it.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"elpd_loo": [-12.345, -20.1], "elpd_se": [1.234, 2.5], "rhat": [1.00412, 1.1]},
    ...     index=["nuts", "a|b"],
    ... )
    >>> print(to_markdown(table))
    |      |    elpd_loo | rhat |
    | :--- | ----------: | ---: |
    | nuts | −12.3 ± 1.2 | 1.00 |
    | a\|b | −20.1 ± 2.5 | 1.10 |
    """
    header, rows = _cells(source, columns, digits)
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in [header, *rows]]
    return markdown.table(escaped[0], escaped[1:])


def to_latex(
    source: Any,
    *,
    columns: Sequence[str] | None = None,
    digits: int = 3,
    caption: str | None = None,
    label: str | None = None,
) -> str:
    r"""A table of LaTeX (package ``booktabs``) with rounded numbers.

    Parameters
    ----------
    source, columns, digits
        As for `to_markdown`.
    caption, label : str, optional
        With a caption the tabular stands in a ``table``. The caption is LaTeX and not escaped.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        As `to_markdown`, or if there is a label without a caption.

    Examples
    --------
    >>> table = pd.DataFrame({"elpd_loo": [-12.345], "elpd_se": [1.234]}, index=["nuts & svi"])
    >>> print(to_latex(table))
    \begin{tabular}{lr}
    \toprule
     & elpd\_loo \\
    \midrule
    nuts \& svi & $-$12.3 $\pm$ 1.2 \\
    \bottomrule
    \end{tabular}
    """
    if label is not None and caption is None:
        raise ValueError(f"label: expected a caption as well, got label={label!r} alone")
    header, rows = _cells(source, columns, digits)
    lines = [
        rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}", r"\toprule", _line(header),
        r"\midrule", *map(_line, rows), r"\bottomrule", r"\end{tabular}",
    ]  # fmt: skip
    if caption is not None:
        named = [] if label is None else [rf"\label{{{label}}}"]
        lines = [
            r"\begin{table}", r"\centering", rf"\caption{{{caption}}}", *named, *lines,
            r"\end{table}",
        ]  # fmt: skip
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return " & ".join("".join(LATEX.get(c, c) for c in cell) for cell in cells) + r" \\"


def _cells(
    source: Any, columns: Sequence[str] | None, digits: int
) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text, the index first."""
    check_positive(digits=digits)
    table = _table(source)
    if columns is not None:
        if isinstance(columns, str) or set(columns) - set(table.columns):
            raise ValueError(f"columns: expected some of {list(table.columns)}, got {columns!r}")
        taken = [UNCERTAINTY[c] for c in columns if UNCERTAINTY.get(c) in table.columns]
        table = table[list(dict.fromkeys([*columns, *taken]))]
    with_error = {c: e for c, e in UNCERTAINTY.items() if {c, e} <= set(table.columns)}
    shown = [c for c in table.columns if c not in with_error.values()]
    plain = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    names = [] if plain else [str(name or "") for name in table.index.names]
    keys = [[]] * len(table) if plain else [list(map(str, _tuple(key))) for key in table.index]
    texts = [
        [uncertain(v, e) for v, e in zip(table[c], table[with_error[c]], strict=True)]
        if c in with_error
        else _numbers(pd.Series(table[c]), digits)
        for c in shown
    ]
    rows = [[*key, *row] for key, row in zip(keys, zip(*texts, strict=True), strict=True)]
    return [*names, *map(str, shown)], rows


def _table(source: Any) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    if callable(getattr(source, "table", None)):
        made = source.table()
        if isinstance(made, pd.DataFrame):
            return made
    raise ValueError(
        f"source: expected a DataFrame or a result with .table(), got {type(source).__name__}"
    )


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _numbers(column: pd.Series, digits: int) -> list[str]:
    """Texts of a column: numbers with as many decimals as the smallest needs, within reason."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return [MISSING if _is_missing(value) else str(value) for value in column]
    values = column.to_numpy(float)
    finite = values[np.isfinite(values)]
    if (finite == np.round(finite)).all():
        return [_text(value, 0) for value in values]
    size = float(np.median(np.abs(finite[finite != 0])))
    decimals = min(max(digits - 1 - math.floor(math.log10(size)), 0), 8)
    return [_text(value, decimals) for value in values]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def uncertain(value: float, error: float) -> str:
    """A number with its uncertainty, which has two digits.

    Examples
    --------
    >>> uncertain(-1234.5, 12.3), uncertain(0.12345, 0.00678), uncertain(5.0, float("nan"))
    ('−1234 ± 12', '0.1235 ± 0.0068', '5.00')
    """
    if not (math.isfinite(error) and error > 0 and math.isfinite(value)):
        return _text(value, 2)
    decimals = max(1 - math.floor(math.log10(error)), 0)
    return f"{_text(value, decimals)} ± {_text(error, decimals)}"


def _text(value: float, decimals: int) -> str:
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")
