"""The main job's output folder: draws, tables, figures, one summary and a page of it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import networkx as nx

from bayesneuron.app._report import best_of, report
from bayesneuron.app.files import MARK, RUN, SUMMARY, is_ours
from bayesneuron.app.job import Result
from bayesneuron.app.markdown import bullets, figure
from bayesneuron.app.of_estimates import findings_of, together
from bayesneuron.app.page import figures_in, page
from bayesneuron.app.sections import compared, data_and_network, reduced, singly, used
from bayesneuron.draws.storage import open as read_draws
from bayesneuron.draws.storage import save
from bayesneuron.numerics.files import check_path, write_whole
from bayesneuron.reduction import reduce

PAGE = "report.html"

FILES = {
    PAGE: "this summary with its figures, in one file",
    "findings.csv": "what `bn.diagnose` finds, with evidence and advice",
    "errors.csv": "held-out errors of methods and references",
    "methods.csv": "the table of methods",
    "pairs.csv": "methods compared in pairs, neuron by neuron",
    "neurons.csv": "relevance, verdict and community of each neuron",
    "graph.graphml": "the graph of neurons",
    "reduction.csv": "error against size of the network",
    "reduced.nc": "draws of the reduced network",
    RUN: "what `--resume` compares",
}
OF_BACKTEST = {
    "backtest.csv": "errors, scores and coverage of forecasts several steps ahead",
    "backtest_steps.csv": "the same by step",
}


def write_folder(result: Result, folder: Path) -> None:
    """Write draws, tables, figures, ``summary.md`` and ``report.html`` into an existing folder."""
    _write_tables(result, folder)
    for method, draws in result.estimates.items():
        save(draws, folder / f"{method}.nc")
    save(result.structure.reduction.draws, folder / "reduced.nc")
    from bayesneuron.app.figures import draw_figures  # with Matplotlib, when it is needed

    captions = draw_figures(result, folder)
    text = summary(result, captions)
    (folder / SUMMARY).write_text(text, encoding="utf-8")
    (folder / PAGE).write_text(page(text, figures_in(folder)), encoding="utf-8")


def summary(result: Result, captions: Mapping[str, str]) -> str:
    """The result in Markdown: what to believe, then the data, the methods and the neurons.

    Parameters
    ----------
    result : Result
    captions : mapping of str to str
        Of the figures that were drawn, by name.
    """
    blocks = [
        f"# {result.name}",
        "## What to believe",
        *([f"**{result.caution}**"] if result.caution else []),
        *result.verdict.blocks(),
        *findings_of(result.verdict.diagnoses),
        *(["### Warnings", bullets(result.warnings)] if result.warnings else []),
        "## Data and network",
        *data_and_network(result),
        "## Methods compared",
        *compared(result),
        *(["## Figures", *map(figure, captions, captions.values())] if captions else []),
        "## The neurons",
        *singly(result),
        "## The neurons together",
        *together(result.structure),
        "## Reduced network",
        *reduced(result),
        "## Settings and versions",
        *used(result),
        "## Files",
        bullets(_files(result)),
        MARK,
    ]
    return "\n\n".join(blocks) + "\n"


def write_report(
    results: Sequence[Path], path: Path, title: str | None = None, *, smaller: bool = False
) -> Path:
    """Write the HTML page on files of draws, or on the output folder of a run.

    Parameters
    ----------
    results : sequence of Path
        Files of `bayesneuron.save`, folders of such files, or one folder of a finished run, whose
        summary and figures are set as they are.
    path : Path
    title : str, optional
    smaller : bool
        Reduce the network of the estimate whose neurons are shown; the page of a run has that.

    Raises
    ------
    ValueError
        If there are no draws.
    FileNotFoundError
        If there is no such file or folder.
    """
    if len(results) == 1 and is_ours(results[0], (SUMMARY,)):
        text = (results[0] / SUMMARY).read_text(encoding="utf-8")
        if title:
            text = re.sub(r"\A# .*", lambda _: f"# {' '.join(title.split())}", text)
        return write_whole(check_path("output", path), page(text, figures_in(results[0])).encode())
    files = [file for place in results for file in _draws_in(place)]
    stems = [file.stem for file in files]
    names = [f.stem if stems.count(f.stem) == 1 else f"{f.parent.name}/{f.stem}" for f in files]
    if len(set(names)) < len(files) or not files:
        raise ValueError(f"results: expected different files of draws, got {names or 'none'}")
    estimates = dict(zip(names, map(read_draws, files), strict=True))
    check_path("output", path)
    reduction = reduce(estimates[best_of(estimates)]) if smaller else None
    return report(estimates, path, title=title, reduction=reduction)


def _draws_in(place: Path) -> list[Path]:
    """A file, or the draws in a folder but for those of a reduced network."""
    if not place.is_dir():
        return [place]
    return sorted(file for file in place.glob("*.nc") if file.stem != "reduced")


def _files(result: Result) -> list[str]:
    draws = ", ".join(f"`{method}.nc`" for method in result.estimates)
    further = OF_BACKTEST if result.backtest else {}
    return [
        f"{draws}: draws of each method; `bn.open('{result.best}.nc')` reads them",
        *(f"`{name}`: {content}" for name, content in {**FILES, **further}.items()),
        "each figure as `.png`, `.pdf` and `.svg`",
    ]


def _write_tables(result: Result, folder: Path) -> None:
    structure = result.structure
    result.verdict.findings().to_csv(folder / "findings.csv")
    result.verdict.errors.to_csv(folder / "errors.csv")
    result.comparison.methods.to_csv(folder / "methods.csv")
    result.comparison.pairs.to_csv(folder / "pairs.csv", index=False)
    if result.backtest is not None:
        result.backtest.table().to_csv(folder / "backtest.csv")
        result.backtest.by_step.to_dataframe().to_csv(folder / "backtest_steps.csv")
    structure.table().to_csv(folder / "neurons.csv")
    structure.reduction.curve.to_csv(folder / "reduction.csv", index=False)
    nx.write_graphml(structure.graph, folder / "graph.graphml")
