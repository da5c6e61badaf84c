"""The sections of a run's summary, each a list of blocks of Markdown."""

import json
from dataclasses import fields
from typing import Any

import numpy as np

from bayesneuron.app.ahead import table_ahead
from bayesneuron.app.job import Result
from bayesneuron.app.markdown import bullets, code
from bayesneuron.app.of_estimates import each_neuron, made_with, side_by_side, what_each_does
from bayesneuron.app.smaller import smaller
from bayesneuron.app.summary import ends
from bayesneuron.data.row import row_of
from bayesneuron.data.trajectory import channels_of, one_channel
from bayesneuron.reduction.result import NO_SIZE, undecided

BY_STEP = "Errors and scores by step: `backtest_steps.csv`."


def data_and_network(result: Result) -> list[str]:
    """Where the data come from, how they were cut, and what was fitted."""
    s, y = result.settings, result.train[1]
    units = f" {result.units}" if result.units else ""
    count = channels_of(y)
    scales = [np.ravel(one_channel(y, c).attrs["scale"])[0] for c in range(count)]
    scale = ", ".join(f"{value:.4g}" for value in scales)
    path = ", with a direct linear path" if s.skip else ""
    channels = f" {count} channels: errors are over all of them together." if count > 1 else ""
    delay = f" at delay {s.delay}" if s.delay > 1 else ""
    return [
        *_roles(result),
        f"Source: {y.attrs.get('source') or 'not stated'}. Windows of {s.history} samples{delay}, "
        f"horizon {s.horizon}, stride {s.stride}: {len(y)} to train, {len(result.test[1])} held "
        f"out (the last {s.test:.0%} of every recording). {_seen(result)}Standardised by mean and "
        f"standard deviation ({scale}{'' if result.seen else units}) of the training part."
        f"{channels}",
        *([f"{result.chosen}."] if result.chosen else []),
        f"Network {result.network}, {s.activation}{path}, {s.prior} prior, seed "
        f"{s.seed}. All methods together took {result.seconds:.0f} s.",
    ]


def compared(result: Result) -> list[str]:
    """The methods side by side, and their forecasts several steps ahead."""
    return [
        *side_by_side(result.comparison),
        *(["### Several steps ahead", *table_ahead(result.backtest), BY_STEP]
          if result.backtest else []),
    ]  # fmt: skip


def singly(result: Result) -> list[str]:
    """Every neuron by the best method, and by the bootstrap."""
    methods = dict.fromkeys([result.best, "bootstrap"])
    posteriors = {m: of for m, of in result.comparison.posteriors.items() if m in methods}
    on = "held-out" if result.structure.reduction.scored == "test" else "training"
    return [
        *(block for method in methods if method in posteriors
          for block in each_neuron(posteriors[method][result.layer])),
        *what_each_does(result.structure, on),
    ]  # fmt: skip


def used(result: Result) -> list[str]:
    """What makes the same numbers again."""
    values = {part.name: getattr(result.settings, part.name) for part in fields(result.settings)}
    options = values.pop("options")
    rows = {name: _said(value) for name, value in values.items()} | {
        f"{method}, {name}": _said(value)
        for method in result.settings.methods
        for name, value in options.get(method, {}).items()
    }
    return [
        bullets(f"{name}: `{value}`" for name, value in rows.items()),
        *made_with(),
    ]


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "all"
    return "none" if value is None else str(value)


def reduced(result: Result) -> list[str]:
    """What became of the network, and how to go on from it."""
    return [
        *smaller(result.structure.reduction, _outcome(result), result.error_seen),
        "To open the reduced network, and to go on with NUTS from it:",
        code(_script(result), "python"),
    ]


def _roles(result: Result) -> list[str]:
    """Which columns are forecast, read and known ahead; nothing where all are forecast."""
    row = row_of(result.train[0])
    if row.plain:
        return []
    forecast = [row.channels.names[k] for k in row.targets]
    others = [name for name in row.channels.names if name not in forecast]
    parts = {"Forecast": forecast, "Read as well": others, "Known ahead": row.exogenous.names}
    words = [f"{what}: {', '.join(names)}." for what, names in parts.items() if names]
    if others:
        words.append(
            "Nothing is known of what is only read beyond one output; forecasts end there."
        )
    if row.exogenous.names:
        words.append(
            "Windows hold what is known ahead up to the samples that are forecast, and so do those "
            "of the autoregression."
        )
    return [" ".join(words)]


def _seen(result: Result) -> str:
    """What was done to the series, and that it is undone; empty where nothing was."""
    if not result.seen:
        return ""
    return (
        f"The network sees: {result.seen}. Forecasts and errors are of the series itself, unless "
        "a table says otherwise. "
    )


def _outcome(result: Result) -> str:
    if undecided(result.structure.reduction.curve):
        return f"{NO_SIZE[0].upper()}{NO_SIZE[1:]}; `reduced.nc` holds the network itself."
    before, after = ends(result.structure.reduction)
    if after["neurons"] == before["neurons"]:
        return "No smaller network will do; `reduced.nc` holds the network itself."
    x, y = result.train
    share = after["parameters"] / before["parameters"]
    return (
        f"{x.shape[1]}-{after['neurons']:.0f}-{y.shape[1]} will do, with {share:.0%} of the "
        "parameters (`reduction.csv`, `reduced.nc`)."
    )


def _script(result: Result) -> str:
    chosen = {
        **result.model.options,
        "hidden": round(ends(result.structure.reduction)[1]["neurons"]),
    }
    options = ", ".join(
        f"{k}={json.dumps(v)}" if isinstance(v, str) else f"{k}={v}" for k, v in chosen.items()
    )
    return f"""import bayesneuron as bn

draws = bn.open("reduced.nc")
x, y = draws.constant_data["x"].values, draws.observed_data["y"].values
bn.predict(draws, x)  # x standardised as these are
model = bn.load("{result.model.name}", {options})
nuts = bn.nuts(model, x, y, start=draws)"""
