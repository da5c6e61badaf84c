"""Backtests of public series: one fit, 30 origins in the last fifth, 12 steps ahead.

A 12-4-1 network by Laplace, on windows as they are and as a forecaster would take them, beside its
references; and as the command takes it, with a direct path, learnt scales and windows chosen by the
part before the first origin. AutoARIMA and AutoETS where the package statsforecast is there, on
series with no season longer than 24 samples. Writes results/backtest.csv and docs/figures/backtest.
Give words to run only cases that hold one.
"""

import importlib.util
import sys
import warnings
from importlib.metadata import version

import matplotlib.pyplot as plt
import pandas as pd
from _public import public_series
from _tables import FIGURES, report

import bayesneuron as bn
from bayesneuron.app.seen import choose_local

COMMAND = {"as": "the command"}
CASES = {  # by series: windows to fit with
    "stock index": [{}, {"transform": "log", "difference": 1}],
    "airline passengers": [{}, {"transform": "log", "difference": 12}],
    "carbon dioxide": [{}, {"difference": 52}],
    "sunspots": [{}],
    "sea temperature": [{}],
    "noisy sine": [{}],
    "gait": [{}],
}
PEERS = ("auto_arima", "auto_ets") if importlib.util.find_spec("statsforecast") else ()
VERSION = [f"statsforecast {version('statsforecast')}"] if PEERS else []
REFERENCES = ("persistence", "seasonal", "autoregression", "ssa")
DRAWN, UNITS = "sea temperature", "°C"
SCORES = ["rmse", "crps", "coverage_90", "dm_p"]


def tested_on(kind: str, options: dict) -> bn.results.Backtest:
    if kind == "noisy sine":
        series = bn.datasets.noisy_sine(length=500)
    else:
        series = public_series(kind, 600)
        series = series.assign_attrs(units=UNITS) if kind == DRAWN else series
    own: dict = {}
    if options == COMMAND:
        early = bn.split(series, test_size=0.2)[0]
        options = {"local": choose_local(early, history=12, horizon=1).local}
        own = {"skip": True, "prior": "hierarchical"}
    model = bn.load("two_layer", inputs=12, hidden=4, outputs=1, **own)
    given = {"horizon": 12, "origins": 30, "windows": {"history": 12, **options}}
    given["options"] = {"samples": 400}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        tested = bn.backtest(model, series, **given, references=REFERENCES)
        if PEERS and (tested.period or 1) <= 24:
            tested = bn.backtest(model, series, **given, references=(*REFERENCES, *PEERS))
    return tested


def words(kind: str, options: dict) -> str:
    done = ", ".join(f"{k}={v!r}" for k, v in options.items()) or "as they are"
    return f"{kind}, {'as the command' if options == COMMAND else done}"


def row(case: str, tested: bn.results.Backtest) -> dict:
    table = tested.table()
    return {
        "case": case, "period": tested.period,
        **{f"{name}_{score}": table.loc[name, score] for name in table.index for score in SCORES},
        "verdict": tested.verdict,
    }  # fmt: skip


def draw(tested: bn.results.Backtest) -> None:
    """Error and coverage side by side, one legend below both."""
    figure, axes = plt.subplots(1, 2, figsize=(7.0, 3.4), layout="constrained")
    for ax, score in zip(axes, ("rmse", "coverage_90"), strict=True):
        bn.plot.backtest(tested, score, ax=ax).get_legend().remove()
    lines = axes[0].get_legend_handles_labels()
    figure.legend(*lines, fontsize=8, frameon=False, ncols=4, loc="outside lower center")
    axes[1].set_ylim(bottom=min(0.6, axes[1].dataLim.y0 - 0.05))
    bn.plot.save_figure(figure, FIGURES / "backtest")


def main() -> None:
    for kind, choices in CASES.items():
        for options in [*choices, COMMAND]:
            case = words(kind, options)
            if sys.argv[1:] and not any(word in case for word in sys.argv[1:]):
                continue
            tested = tested_on(kind, options)
            report("backtest", pd.DataFrame([row(case, tested)]), *VERSION)
            if kind == DRAWN and options != COMMAND:
                draw(tested)


if __name__ == "__main__":
    main()
