"""The sections of the summary, each a list of blocks of Markdown."""

import json

import numpy as np

from bayesneuron.app.job import Result
from bayesneuron.app.markdown import code, table
from bayesneuron.app.summary import HALF, SCORED, Structure, in_words
from bayesneuron.data.row import row_of
from bayesneuron.data.trajectory import channels_of, one_channel

LISTED = 30  # neurons in the summary; the CSV file has all

METRICS = (
    "`rhat_raw` compares chains as drawn, before permutations and signs are undone; `rhat` after "
    "that; `rhat_function` compares predictions. `null_ratio` is the width of the neurons relative "
    "to aligned draws of the prior: at 1 the data are uninformative. `shift` is in standard "
    "deviations. `overlap` is 0.9 where two methods agree. `bad_k` counts the windows whose Pareto "
    "k is too large for `elpd_loo`. `lpd` is the mean log density of a held-out window."
)
REDUCTION_CAUTION = (
    "Standard errors treat windows as independent; where windows overlap they are too small. The "
    "size was chosen by the same score, so its error is slightly optimistic. A live neuron "
    "can still be redundant: it contributes to the output, but a network without it can learn to "
    "predict as well."
)
BASIS = {
    "own": "Every size that was scored has a posterior of its own: four short chains of NUTS, "
    "started at the merged draws.",
    "merged": "Sizes were scored by merged draws: no weight was trained again, merged neurons take "
    "over the outgoing weights of their members, draw by draw. That calls for more neurons than a "
    "posterior of the small network itself.",
}


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
    """The methods side by side, and the neurons of the best and of the bootstrap."""
    methods = dict.fromkeys([result.best, "bootstrap"])
    posteriors = result.comparison.posteriors
    return [
        code(repr(result.comparison)),
        METRICS,
        *(code(repr(posteriors[m][result.layer])) for m in methods if m in posteriors),
    ]


def together(result: Result) -> list[str]:
    """Graph, communities and relevance of the neurons of one estimate."""
    structure = result.structure
    return [
        f"From {structure.scored} of {structure.total} aligned draws of {structure.method}.",
        _graph(structure),
        _communities(structure),
        *_relevance(structure),
    ]


def reduced(result: Result) -> list[str]:
    """What became of the network, and how to go on from it."""
    structure = result.structure
    before, after = structure.full, structure.chosen
    rows = [
        [
            name,
            f"{row['neurons']:.0f}",
            f"{row['parameters']:.0f}",
            f"{row['elpd']:.1f} ± {row['se']:.1f}",
            f"{row['error']:.4g}",
        ]
        for name, row in {"before": before, "after": after}.items()
    ]
    return [
        f"{_outcome(result)} The rule: the smallest network whose expected log predictive density "
        "(elpd) is within one standard error of the best one's, or within 2 nats, the standard "
        f"error being that of the difference, scored {SCORED[structure.reduction.scored]}. "
        f"{BASIS[structure.reduction.basis]}",
        table(["network", "neurons", "parameters", "elpd", result.error_seen], rows),
        REDUCTION_CAUTION,
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


def _graph(structure: Structure) -> str:
    g = structure.graph
    negative = sum(rho < 0 for *_, rho in g.edges(data="correlation"))
    return (
        f"**Graph** (`graph.graphml`): {g.number_of_edges()} of {len(g) * (len(g) - 1) // 2} pairs "
        f"are joined ({negative} by a negative correlation). A pair is joined where activations "
        f"over the training windows share more than half of their variance (|ρ| > {HALF:.2f}) with "
        f"probability above {g.graph['level']:.0%}."
    )


def _communities(structure: Structure) -> str:
    communities = structure.communities
    text = f"**Communities**: {in_words(communities)}."
    if communities is None:
        return text
    text += (
        f" p is the share of {len(communities.null)} null networks, whose activations are moved in "
        "time against each other, with communities at least as distinct."
    )
    if not communities.significant and communities.labels.any():
        text += " So the groups below describe noise: do not interpret them."
    return text


def _relevance(structure: Structure) -> list[str]:
    """The verdict on every neuron, the most relevant first."""
    relevance = structure.relevance
    on = "held-out" if structure.reduction.scored == "test" else "training"
    neurons = structure.table().iloc[relevance.order]
    rows = [
        [
            str(name),
            row["verdict"],
            str(row["community"]),
            f"{row['share']:.0%} ({row['share_low']:.0%} to {row['share_high']:.0%})",
            f"{row['removed']:.1f} ± {row['removed_se']:.1f}",
            f"{row['taken_over']:.1f} ± {row['taken_over_se']:.1f}",
        ]
        for name, row in neurons.head(LISTED).iterrows()
    ]
    left = len(neurons) - LISTED
    verdicts = [verdict.split()[0] for verdict in relevance.verdict]
    low, middle, high = np.quantile(relevance.live, [0.05, 0.5, 0.95])
    return [
        f"**Relevance** (`neurons.csv`), over the {on} windows. `share` of the variance of what "
        "the output layer receives, with its 90% interval, negative where a neuron works against "
        "the sum of all; change of the log density where the neuron is `removed`, and where the "
        "others `take over` as well as they can (± standard error).",
        table(["neuron", "verdict", "community", "share", "removed", "others take over"], rows),
        *([f"{left} less relevant neurons are in `neurons.csv`."] if left > 0 else []),
        f"{verdicts.count('live')} of {len(verdicts)} are live by the verdict on all draws "
        f"together; in a single draw {middle:.0f} ({low:.0f} to {high:.0f} in 90% of the draws).",
    ]


def _outcome(result: Result) -> str:
    before, after = result.structure.full, result.structure.chosen
    if after["neurons"] == before["neurons"]:
        return "No smaller network will do; `reduced.nc` holds the network itself."
    x, y = result.train
    share = after["parameters"] / before["parameters"]
    return (
        f"{x.shape[1]}-{after['neurons']:.0f}-{y.shape[1]} will do, with {share:.0%} of the "
        "parameters (`reduction.csv`, `reduced.nc`)."
    )


def _script(result: Result) -> str:
    chosen = {**result.model.options, "hidden": round(result.structure.chosen["neurons"])}
    options = ", ".join(
        f"{k}={json.dumps(v)}" if isinstance(v, str) else f"{k}={v}" for k, v in chosen.items()
    )
    return f"""import bayesneuron as bn

draws = bn.open("reduced.nc")
x, y = draws.constant_data["x"].values, draws.observed_data["y"].values
bn.predict(draws, x)  # x standardised as these are
model = bn.load("{result.model.name}", {options})
nuts = bn.nuts(model, x, y, start=draws)"""
