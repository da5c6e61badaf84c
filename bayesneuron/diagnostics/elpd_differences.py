"""Estimates ranked by what they say of the same rows.

The standard error of a difference is over rows, paired (Vehtari, Gelman and Gabry 2017, eq. 24).
What makes a row hard for one estimate makes it hard for the other, so that it is far smaller than
that of either elpd.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

JUDGES = ("elpd_lfo", "elpd_loo")  # by which estimates are judged, the first that all of them have
FIRST = ("elpd_lfo", "lfo_se", "lfo_rows", "lfo_bad_k", "refits", "elpd_diff", "diff_se")


def differences(pointwise: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Each elpd less that of the best, with its standard error.

    Parameters
    ----------
    pointwise : mapping of str to ndarray, shape (row,)
        Log densities of the same rows, by estimate.

    Examples
    --------
    >>> differences({"a": np.array([0.0, 1.0, 2.0]), "b": np.array([0.0, 0.0, 1.0])}).round(3)
       elpd_diff  diff_se
    a        0.0      0.0
    b       -2.0      1.0
    """
    totals = {name: float(values.sum()) for name, values in pointwise.items()}
    best = pointwise[max(totals, key=lambda name: totals[name])]
    rows = {}
    with np.errstate(invalid="ignore"):  # a density of zero
        for name, values in pointwise.items():
            gap = values - best
            se = np.sqrt(len(gap)) * gap.std(ddof=1)
            rows[name] = {"elpd_diff": float(gap.sum()), "diff_se": float(se)}
    return pd.DataFrame.from_dict(rows, orient="index")


def ranked(
    methods: pd.DataFrame, pointwise: Mapping[str, Mapping[str, np.ndarray]]
) -> pd.DataFrame:
    """The table with differences, and the score by which estimates are judged before the others.

    Parameters
    ----------
    methods : DataFrame
        A row for each estimate.
    pointwise : mapping of str to (str to ndarray)
        Log densities of rows by estimate and by the column of `JUDGES` that sums them.
    """
    for judge in JUDGES:
        each = {name: scores[judge] for name, scores in pointwise.items() if judge in scores}
        sizes = {len(values) for values in each.values()}
        if len(each) == len(methods) > 1 and len(sizes) == 1 and sizes.pop() > 1:
            methods = methods.join(differences(each))
            break
    columns = list(methods.columns)
    first = [name for name in FIRST if name in columns]
    rest = [name for name in columns if name not in first]
    at = rest.index("elpd_loo") if "elpd_loo" in rest else len(rest)
    return methods.reindex(columns=[*rest[:at], *first, *rest[at:]])
