"""The main job's output folder: draws, tables, figures and a one-page summary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from matplotlib.axes import Axes

from bayesneuron import plots
from bayesneuron.app.job import Result
from bayesneuron.app.summary import HALF, SCORED, in_words
from bayesneuron.draws._predict import predict
from bayesneuron.draws.storage import save

CAPTIONS = {
    "reconstruction": "Held-out part of the series and the network's forecast",
    "regions": "Neurons in the plane of their principal components, all methods",
    "ellipsoids": "Neurons in the space of their first three principal components",
    "forest": "Weights of the first neuron, method by method",
    "mixture": "Density of a neuron picked at random",
    "trace": "One weight as drawn by NUTS, and aligned",
    "graph": "Neurons joined where their activations share more than half of their variance",
    "communities": "Probability that two neurons share a community",
    "relevance": "Share of the output variance of every neuron",
    "reduction": "Error of the reduced networks against their size",
}
LISTED = 30  # neurons in the summary; the table has all


def write_report(result: Result, folder: Path) -> None:
    """Write everything the job found into an existing folder."""
    for method, draws in result.estimates.items():
        save(draws, folder / f"{method}.nc")
    result.comparison.methods.to_csv(folder / "methods.csv")
    result.comparison.pairs.to_csv(folder / "pairs.csv", index=False)
    found = result.structure
    nx.write_graphml(found.graph, folder / "graph.graphml")
    found.table().to_csv(folder / "neurons.csv")
    found.reduction.curve.to_csv(folder / "reduction.csv", index=False)
    save(found.reduction.draws, folder / "reduced.nc")
    with _off_screen():
        drawn = _figures(result, folder)
    (folder / "summary.md").write_text(_summary(result, drawn), encoding="utf-8")


@contextmanager
def _off_screen() -> Iterator[None]:
    """Draw without a display, and leave the caller's backend and open figures alone."""
    before, open_figures = mpl.get_backend(), set(plt.get_fignums())
    plt.switch_backend("agg")
    try:
        yield
    finally:
        for number in set(plt.get_fignums()) - open_figures:
            plt.close(number)
        plt.switch_backend(before)


def _figures(result: Result, folder: Path) -> list[str]:
    posts = {name: layers["hidden"] for name, layers in result.comparison.posteriors.items()}
    best = result.best
    raw = result.estimates[best]
    few = raw.isel(draw=slice(None, None, max(1, raw["posterior"].sizes["draw"] // 250)))
    told = predict(few, *result.dense)
    rate = result.train[1].attrs.get("rate")
    made = {
        "reconstruction": lambda: plots.reconstruction(told, result.dense[1], rate=rate),
        "regions": lambda: plots.projection(posts),
        "ellipsoids": lambda: plots.ellipsoids(posts)[0],
        "forest": lambda: plots.forest(posts),
        "mixture": lambda: plots.mixture(posts[best]),
    }
    if best == "nuts":
        made["trace"] = lambda: plots.trace(raw)[0]
    made |= _structure_figures(result)
    for name, draw in made.items():
        plots.save_figure(draw(), folder / name)
    return list(made)


def _structure_figures(result: Result) -> dict[str, Callable[[], Axes]]:
    found = result.structure
    together, tried = found.communities, found.reduction
    made: dict[str, Callable[[], Axes]] = {"relevance": lambda: plots.relevance(found.relevance)}
    if together is not None:
        made["graph"] = lambda: plots.graph(
            found.graph, communities=together if together.significant else None
        )
        made["communities"] = lambda: plots.comembership(together)
    if len(tried.curve) > 1:
        label = f"RMSE{_units(result)}, {SCORED[tried.scored]}"
        made["reduction"] = lambda: plots.curve(tried, label=label)
    return made


def _units(result: Result) -> str:
    units = result.train[1].attrs.get("units")
    return f" ({units})" if units else ""


def _summary(result: Result, drawn: list[str]) -> str:
    x, y = result.train
    s = result.settings
    scale = np.ravel(y.attrs["scale"])[0]
    units = f" {y.attrs['units']}" if y.attrs.get("units") else ""
    lines = [
        f"# {result.name}",
        "",
        f"Source: {y.attrs.get('source') or 'not stated'}. Windows of {s.history} samples, horizon "
        f"{s.horizon}, stride {s.stride}: {len(x)} to train, {len(result.test[0])} held out "
        f"(the last {s.test:.0%} of every recording). Standardised by mean and standard deviation "
        f"({scale:.4g}{units}) of the training part.",
        "",
        f"Network {x.shape[1]}-{s.hidden}-{y.shape[1]}, {s.activation}, seed {s.seed}. "
        f"All methods together took {result.seconds:.0f} s.",
        "",
        "```text",
        repr(result.comparison),
        "```",
        "",
        "`rhat_raw` compares chains as drawn, before permutations and signs are undone; `rhat` "
        "after, `rhat_function` compares predictions. `null_ratio` is the width of the neurons "
        "against aligned draws of the prior: 1 means that the data said nothing. `shift` is in "
        "standard deviations; `overlap` is 0.9 where two methods agree. `elpd_loo` is not to be "
        "trusted where `bad_k`, its windows with a bad Pareto k, is more than a few: compare "
        "`lpd`, the mean log density of a held-out window, instead.",
        "",
        f"Which neurons are fit to report, and why: `bn.diagnose(bn.open('{result.best}.nc'))`.",
        "",
    ]
    for name, layers in result.comparison.posteriors.items():
        lines += (
            ["```text", repr(layers["hidden"]), "```", ""] if name in ("nuts", "bootstrap") else []
        )
    lines += _together(result)
    if result.notes:
        lines += ["Warnings:", "", *(f"- {note}" for note in result.notes), ""]
    for name in drawn:
        lines += [
            f"![{CAPTIONS[name]}]({name}.png)",
            "",
            f"{CAPTIONS[name]} ([PDF]({name}.pdf)).",
            "",
        ]
    lines.append(f"Read the draws again with `bayesneuron.open('{result.best}.nc')`, and so on.")
    return "\n".join(lines) + "\n"


def _together(result: Result) -> list[str]:
    """The section on the neurons' structure."""
    found = result.structure
    together, tried = found.communities, found.reduction
    on = SCORED[tried.scored]
    g = found.graph
    negative = sum(rho < 0 for *_, rho in g.edges(data="correlation"))
    lines = [
        "## The neurons together",
        "",
        f"From {found.draws} of {found.total} aligned draws of {found.method}.",
        "",
        f"**Graph** (`graph.graphml`): {g.number_of_edges()} of {len(g) * (len(g) - 1) // 2} pairs "
        f"are joined ({negative} by a negative correlation). A pair is joined where activations "
        f"over the training windows share more than half of their variance (|ρ| > {HALF:.2f}) with "
        f"probability above {g.graph['level']:.0%}.",
        "",
        f"**Communities**: {in_words(together)}.",
    ]
    if together is not None:
        lines[-1] += (
            f" p is the share of {len(together.null)} null networks, whose activations are moved "
            "in time against each other, with communities at least as distinct."
        )
        if not together.significant and together.labels.any():
            lines[-1] += " So the groups below describe noise: do not read anything into them."
    lines += ["", *_neurons(result), "", *_reduced(result, on), ""]
    return lines


def _neurons(result: Result) -> list[str]:
    """The verdict on every neuron, the most relevant first."""
    found = result.structure.relevance
    on = "held-out" if result.structure.reduction.scored == "test" else "training"
    table = result.structure.table().iloc[found.order]
    lines = [
        f"**Relevance** (`neurons.csv`), over the {on} windows. `share` of the variance of what "
        "the output layer receives, with its 90% interval, negative where a neuron works against "
        "the sum of all; change of the log density where the neuron is `removed`, and where the "
        "others `take over` as well as they can (± standard error).",
        "",
        "| neuron | verdict | community | share | removed | others take over |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in table.head(LISTED).iterrows():
        lines.append(
            f"| {name} | {row['verdict']} | {row['community']} | {row['share']:.0%} "
            f"({row['share_low']:.0%} to {row['share_high']:.0%}) | "
            f"{row['removed']:.1f} ± {row['removed_se']:.1f} | "
            f"{row['taken_over']:.1f} ± {row['taken_over_se']:.1f} |"
        )
    if len(table) > LISTED:
        lines.append(f"\n{len(table) - LISTED} less relevant ones are in `neurons.csv`.")
    words = [verdict.split()[0] for verdict in found.verdict]
    low, middle, high = np.quantile(found.live, [0.05, 0.5, 0.95])
    lines += [
        "",
        f"{words.count('live')} of {len(words)} are live by the verdict on all draws together; "
        f"in a draw by itself {middle:.0f} ({low:.0f} to {high:.0f} in 90% of the draws).",
    ]
    return lines


def _reduced(result: Result, on: str) -> list[str]:
    """What became of the network, and how to go on from it."""
    found, s = result.structure, result.settings
    old, new = found.full, found.chosen
    x, y = result.train
    shape = f"{x.shape[1]}-{new['neurons']:.0f}-{y.shape[1]}"
    outcome = (
        "No smaller network will do; `reduced.nc` holds the network itself."
        if new["neurons"] == old["neurons"]
        else f"{shape} will do, with {new['parameters'] / old['parameters']:.0%} of the parameters."
    )
    lines = [
        f"**Reduced network** (`reduction.csv`, `reduced.nc`): {outcome} The rule: the smallest "
        "network whose expected log predictive density (elpd) is within one standard error of the "
        f"best one's, the standard error being that of the difference, by {on}. No weight was "
        "trained again: merged neurons take over the outgoing weights of their members, draw by "
        "draw.",
        "",
        f"| | neurons | parameters | elpd | RMSE{_units(result)} |",
        "|---|---|---|---|---|",
    ]
    for name, row in {"before": old, "after": new}.items():
        lines.append(
            f"| {name} | {row['neurons']:.0f} | {row['parameters']:.0f} | {row['elpd']:.1f} ± "
            f"{row['se']:.1f} | {row['error']:.4g} |"
        )
    return [
        *lines,
        "",
        "Standard errors take windows for independent; where windows overlap they are too small. "
        f"The size was chosen by these same {on}, so its error is slightly optimistic. A neuron "
        "that is live can still be spared: live says that it has a part in the output, sparing it "
        "that the others, with new outgoing weights, do its part as well.",
        "",
        "Open the reduced network, and go on with NUTS from it (its draws come from draws of the "
        "large network and are not yet draws of its own posterior):",
        "",
        "```python",
        "import bayesneuron as bn",
        "",
        'draws = bn.open("reduced.nc")',
        'x, y = draws.constant_data["x"].values, draws.observed_data["y"].values',
        "bn.predict(draws, x)  # x standardised as these are",
        f'model = bn.load("{result.model.name}", inputs={x.shape[1]}, '
        f'hidden={new["neurons"]:.0f}, outputs={y.shape[1]}, activation="{s.activation}")',
        "nuts = bn.nuts(model, x, y, start=draws)",
        "```",
    ]
