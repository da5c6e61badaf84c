"""Pairs of a baseline and a size in which it is better or worse than our merge."""

import pandas as pd

OURS = "merge (ours)"


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Error of each baseline less that of ours, by terms, refit and size, with its standard error.

    Both are over networks, paired.
    """
    keys = ["refit", "neurons"]
    ours = table[table["method"] == OURS].set_index([*keys, "seed"])["error"]
    rows = []
    others = table[~table["method"].isin([OURS, "full"])]
    for (method, terms, refit, neurons), part in others.groupby(["method", "terms", *keys]):
        gap = (part.set_index([*keys, "seed"])["error"] - ours).dropna()
        if len(gap) > 1:
            rows.append({"method": method, "terms": terms, "refit": refit, "neurons": neurons,
                         "gap": gap.mean(), "se": gap.sem()})  # fmt: skip
    return pd.DataFrame(rows)


def tally(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs, and those beyond one standard error, by refit and terms."""
    beyond = pairs.assign(
        pairs=1,
        better=(pairs["gap"] < -pairs["se"]).astype(int),
        worse=(pairs["gap"] > pairs["se"]).astype(int),
    )
    counts = beyond.groupby(["refit", "terms"], sort=False)[["pairs", "better", "worse"]].sum()
    names = beyond[beyond["better"] == 1].groupby(["refit", "terms"])["method"]
    lists = names.agg(lambda m: "; ".join(f"{k} {n}" for k, n in m.value_counts().items()))
    return counts.join(lists.rename("which")).reset_index()
