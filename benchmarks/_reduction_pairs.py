"""Pairs of a baseline and a size in which it is better or worse than our merge."""

import pandas as pd

OURS = "merge (ours)"
TIE = 1e-4  # share of the measure below which a gap is rounding
KEYS = ["refit", "neurons"]


def gaps(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """`measure` of each baseline less that of ours, by terms, refit and size, with its error.

    Mean and standard error are over networks, paired. A gap of less than 0.01% is a tie.
    """
    ours = table[table["method"] == OURS].set_index([*KEYS, "seed"])[measure].sort_index()
    rows = []
    others = table[~table["method"].isin([OURS, "full"])]
    for (method, terms, refit, neurons), part in others.groupby(["method", "terms", *KEYS]):
        gap = (part.set_index([*KEYS, "seed"])[measure] - ours).dropna()
        if len(gap) > 1:
            tie = abs(gap.mean()) < TIE * ours.loc[refit, neurons].mean() + 1e-9
            rows.append({"method": method, "terms": terms, "refit": refit, "neurons": neurons,
                         "gap": 0.0 if tie else gap.mean(), "se": gap.sem()})  # fmt: skip
    return pd.DataFrame(rows)


def tally(table: pd.DataFrame, measures: tuple[str, ...] = ("error", "change")) -> pd.DataFrame:
    """Pairs, and those beyond one standard error, by measure, refit and terms.

    Of the change after refit nothing is counted: the refit is meant to change the network.
    """
    parts = []
    for measure in measures:
        pairs = gaps(table, measure)
        if measure == "change":
            pairs = pairs[pairs["refit"] == 0]
        beyond = pairs.assign(
            measure=measure,
            pairs=1,
            better=(pairs["gap"] < -pairs["se"]).astype(int),
            worse=(pairs["gap"] > pairs["se"]).astype(int),
        )
        groups = ["measure", "refit", "terms"]
        counts = beyond.groupby(groups)[["pairs", "better", "worse"]].sum()
        names = beyond[beyond["better"] == 1].groupby(groups)["method"]
        lists = names.agg(lambda m: "; ".join(f"{k} {n}" for k, n in m.value_counts().items()))
        parts.append(counts.join(lists.rename("better are")).reset_index())
    return pd.concat(parts, ignore_index=True)
