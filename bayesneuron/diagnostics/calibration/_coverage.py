"""Coverage with an interval that allows for the dependence of neurons of one network."""

from typing import Any

import numpy as np
import pandas as pd

from bayesneuron.diagnostics.calibration.ranks import uniformity
from bayesneuron.numerics.arrays import as_finite, as_numbers
from bayesneuron.numerics.checks import check_probability

COLUMNS = ("set", "part", "kind", "neuron", "rank", "inside", "normal")


def clustered_interval(
    hits: np.ndarray, cluster: np.ndarray, *, level: float = 0.95
) -> tuple[float, float, float]:
    """A share and its exact binomial interval, for hits that come in dependent clusters.

    Clopper and Pearson's interval with the number of trials replaced by the effective one,
    n* = p (1 - p) / Var(p), Var(p) = Σ_c (Σ_{i ∈ c} (z_i - p))² / n² (Korn and Graubard), at most
    n. With one hit per cluster n* = n, and this is the plain binomial interval. Where all hits
    agree, n* is the number of clusters.

    Parameters
    ----------
    hits : ndarray of bool, shape (trial,)
        Whether each region holds the truth.
    cluster : ndarray, shape (trial,)
        Such as the number of the data set.
    level : float

    Returns
    -------
    share, low, high : float

    Raises
    ------
    ValueError
        If there are no trials or the lengths differ.

    References
    ----------
    Korn and Graubard, "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data", Survey Methodology 1998.

    Examples
    --------
    >>> hits = np.arange(40) % 10 > 0
    >>> [round(v, 3) for v in clustered_interval(hits, np.arange(40))]
    [0.9, 0.763, 0.972]
    >>> [round(v, 3) for v in clustered_interval(np.repeat(hits, 3), np.arange(120) // 3)]
    [0.9, 0.763, 0.972]
    """
    from statsmodels.stats.proportion import proportion_confint

    check_probability(level=level)
    z = as_finite("hits", hits, "trial")
    cluster = as_numbers("cluster", cluster)
    if z.shape != cluster.shape or not np.isin(z, (0, 1)).all():
        raise ValueError(
            f"hits: expected 0 or 1 for each of {cluster.shape} trials, got {z.shape} "
            f"from {z.min():g} to {z.max():g}"
        )
    p, n = z.mean(), len(z)
    group = np.unique(cluster, return_inverse=True)[1]
    sums = np.bincount(group, z - p)
    variance = (sums**2).sum() / n**2
    trials = min(n, p * (1 - p) / variance) if variance > 1e-15 else len(sums)
    ends = proportion_confint(p * trials, trials, alpha=1 - level, method="beta")
    low, high = np.asarray(ends, float)
    return float(p), float(low), float(high)


def coverage(
    table: pd.DataFrame, *, by: tuple[str, ...] = (), part: str | None = None
) -> pd.DataFrame:
    """Coverage of regions by group, from the rows of `bayesneuron.calibrate`.

    Parameters
    ----------
    table : DataFrame
        Columns set, part, neuron, rank, inside, normal, and those of `by`.
    by : tuple of str
        Columns that define the groups, such as ``("architecture", "method")``.
    part : str, optional
        Whose rows; by default all hidden neurons, ``kind == "neuron"``.

    Returns
    -------
    DataFrame
        One row per group: ``sets``; ``coverage``, ``low``, ``high`` of the regions, with a 95%
        interval clustered by data set; ``normal``, ``normal_low``, ``normal_high`` of the χ²
        regions; ``p_uniform`` of the ranks, one neuron per data set.

    Raises
    ------
    ValueError
        If there are no such rows.

    Examples
    --------
    >>> rank = (np.arange(50) + 0.5) / 50
    >>> table = pd.DataFrame({"set": range(50), "part": "hidden", "kind": "neuron", "neuron": 0,
    ...                       "rank": rank, "inside": rank < 0.9, "normal": rank < 0.8})
    >>> coverage(table)[["coverage", "normal"]].values.tolist()
    [[0.9, 0.8]]
    """
    _check_table(table, by)
    chosen = table["kind"] == "neuron" if part is None else table["part"] == part
    rows = pd.DataFrame(table[chosen])
    if rows.empty:
        raise ValueError(f"coverage: expected rows of {part or 'neurons'}, got none")
    if not by:
        return pd.DataFrame([_coverage(rows)])
    groups = []
    for name, group in rows.groupby(list(by), sort=False):
        names = name if isinstance(name, tuple) else (name,)
        groups.append(dict(zip(by, names, strict=True)) | _coverage(pd.DataFrame(group)))
    return pd.DataFrame(groups)


def _check_table(table: Any, by: Any) -> None:
    if not isinstance(table, pd.DataFrame):
        raise ValueError(f"table: expected a DataFrame (bn.calibrate), got {type(table).__name__}")
    if not isinstance(by, list | tuple):
        raise ValueError(f"by: expected a tuple of columns, got {by!r}")
    missing = [name for name in (*COLUMNS, *by) if name not in table]
    if missing:
        raise ValueError(f"table: expected columns {[*COLUMNS, *by]}, missing {missing}")
    for name in ("rank", "inside", "normal"):
        values = as_numbers(f"table, {name}", table[name].to_numpy()).astype(float)
        unknown = np.isnan(values) if name != "rank" else np.zeros(len(values), bool)
        if not (unknown | ((values >= 0) & (values <= 1))).all():
            raise ValueError(f"table, {name}: expected shares in [0, 1], got others")


def _coverage(rows: pd.DataFrame) -> dict[str, float]:
    cluster, rank = (np.asarray(rows[c], float) for c in ("set", "rank"))
    _, first = np.unique(cluster, return_index=True)
    row: dict[str, float] = {"sets": len(first)}
    columns = {
        "inside": ("coverage", "low", "high"),
        "normal": ("normal", "normal_low", "normal_high"),
    }
    for column, names in columns.items():
        hits = np.asarray(rows[column], float)
        has_region = np.isfinite(hits).all()  # TARP's shares and invariants have none
        interval = clustered_interval(hits > 0.5, cluster) if has_region else (np.nan,) * 3
        row |= dict(zip(names, interval, strict=True))
    return row | {"p_uniform": uniformity(rank[first])}
