"""Sections that a run and draws have in common, each a list of blocks of Markdown."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np

from bayesneuron.app.markdown import bullets, captioned, frame, table
from bayesneuron.app.printed import uncertain
from bayesneuron.app.summary import HALF, Related, in_words
from bayesneuron.diagnostics._compare import Comparison
from bayesneuron.diagnostics._diagnose import Diagnosis
from bayesneuron.diagnostics.comparison import PAIRS
from bayesneuron.geometry.posterior import NeuronPosterior

LISTED = 30  # neurons in a table; `.table()` has all
WIDEST = 12  # weights of a neuron, one a column
PACKAGES = ("bayesneuron", "jax", "numpyro", "blackjax", "arviz", "numpy", "scipy")

METRICS = (
    "`rhat_raw` compares chains as drawn, before permutations and signs are undone; `rhat` after "
    "that; `rhat_function` compares predictions. `null_ratio` is the width of the neurons relative "
    "to aligned draws of the prior: at 1 the data are uninformative. `shift` is in standard "
    "deviations. `overlap` is 0.9 where two methods agree. `bad_k` counts the windows whose Pareto "
    "k is too large for `elpd_loo`. `lpd` is the mean log density of a held-out window."
)


def findings_of(diagnoses: Mapping[str, Diagnosis]) -> list[str]:
    """Everything that `bayesneuron.diagnose` finds, serious things first.

    Findings of one cause that call for the same are one item, with the evidence for each.
    """
    together: dict[tuple[bool, str, str, str], list[str]] = {}
    for method, report in diagnoses.items():
        for f in report.findings:
            who = ", ".join(f.neurons[:LISTED]) or "whole network"
            key = (f.serious, method, f.cause, f.advice)
            together.setdefault(key, []).append(f"({who}): {f.evidence}")
    parts: dict[str, list[str]] = {"Serious": [], "Minor": []}
    for (serious, method, cause, advice), evidence in together.items():
        parts["Serious" if serious else "Minor"].append(
            f"**{method}, {cause}** {'; '.join(evidence)}. {advice}"
        )
    return [
        block
        for name, lines in parts.items() if lines
        for block in (f"### {name} findings", bullets(lines))
    ]  # fmt: skip


def side_by_side(comparison: Comparison) -> list[str]:
    """The table of estimates, and their neurons in pairs."""
    methods = comparison.methods.T.rename_axis("metric")
    blocks = [captioned("Estimates", frame(methods)), METRICS]
    if len(comparison.pairs):
        means = comparison.means().reset_index()
        blocks.append(captioned(PAIRS, frame(means.set_index("layer"))))
    reasons = comparison.reasons().splitlines()
    lines = [*reasons, *comparison.cautions()]
    return [*blocks, *([bullets(lines)] if lines else [])]


def each_neuron(posterior: NeuronPosterior) -> list[str]:
    """Where every neuron of a layer lies and how widely it scatters."""
    table_of = posterior.table()
    name = f"Neurons of {posterior.layer} by {posterior.method}"
    left = len(table_of) - LISTED
    blocks = [captioned(f"{name}: size, spread, match", frame(table_of, LISTED))]
    if len(posterior.weights) <= WIDEST:
        sd = np.sqrt(np.einsum("nii->ni", posterior.cov))
        rows = [
            [str(neuron), *map(uncertain, mean, of)]
            for neuron, mean, of in zip(table_of.index, posterior.mean, sd, strict=True)
        ]
        header = ["neuron", *map(str, posterior.weights)]
        caption = f"{name}: mean ± standard deviation of each weight"
        blocks.append(captioned(caption, table(header, rows[:LISTED])))
    return [*blocks, *([f"{left} more neurons are left out."] if left > 0 else [])]


def together(related: Related) -> list[str]:
    """Graph and communities of the neurons of one estimate."""
    return [
        f"From {related.scored} of {related.total} aligned draws of {related.method}.",
        _graph(related),
        _communities(related),
    ]


def versions() -> dict[str, str]:
    """Of what the numbers depend on."""
    return {"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def made_with() -> list[str]:
    """The versions as a table."""
    rows = map(list, versions().items())
    return [captioned("Versions", table(["package", "version"], rows))]


def what_each_does(related: Related, on: str) -> list[str]:
    """The verdict on every neuron, the most relevant first.

    Parameters
    ----------
    related : Related
    on : str
        Which windows relevance is of.
    """
    relevance = related.relevance
    neurons = related.table().iloc[relevance.order]
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
        f"**Relevance**, over the {on} windows. `share` of the variance of what "
        "the output layer receives, with its 90% interval, negative where a neuron works against "
        "the sum of all; change of the log density where the neuron is `removed`, and where the "
        "others `take over` as well as they can (± standard error).",
        captioned(
            f"What each neuron does, by {related.method}",
            table(["neuron", "verdict", "community", "share", "removed", "others take over"], rows),
        ),
        *([f"{left} less relevant neurons are left out."] if left > 0 else []),
        f"{verdicts.count('live')} of {len(verdicts)} are live by the verdict on all draws "
        f"together; in a single draw {middle:.0f} ({low:.0f} to {high:.0f} in 90% of the draws).",
    ]


def _graph(related: Related) -> str:
    g = related.graph
    negative = sum(rho < 0 for *_, rho in g.edges(data="correlation"))
    return (
        f"**Graph**: {g.number_of_edges()} of {len(g) * (len(g) - 1) // 2} pairs "
        f"are joined ({negative} by a negative correlation). A pair is joined where activations "
        f"over the training windows share more than half of their variance (|ρ| > {HALF:.2f}) with "
        f"probability above {g.graph['level']:.0%}."
    )


def _communities(related: Related) -> str:
    communities = related.communities
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
