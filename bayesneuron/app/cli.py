"""The ``bayesneuron`` command."""

import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from joblib import Parallel, delayed

import bayesneuron.app.options as o
from bayesneuron import __version__
from bayesneuron.app.advice import warned, with_options
from bayesneuron.app.columns_read import read_columns
from bayesneuron.app.files import SUMMARY, staged
from bayesneuron.app.folder import PAGE, write_folder, write_report
from bayesneuron.app.job import run_job
from bayesneuron.app.resume import Kept
from bayesneuron.app.settings import AUTO, Settings
from bayesneuron.app.terminal import heard, say
from bayesneuron.app.words import codes_of, place_of, rows_of, words_of
from bayesneuron.datasets import noisy_sine, walking
from bayesneuron.inference import Adam
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.warn import StatisticalWarning, statistical

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

QUICK = {
    "bootstrap": {"replicates": 20, "optimizer": Adam(epochs=10)},
    "svi": {"samples": 100, "steps": 100},
    "laplace": {"samples": 100},
    "nuts": {"chains": 2, "samples": 50, "warmup": 50},
}
# Each replicate starts at the best optimum, as the other methods do: the spread is then that of
# the data, not of local optima.
FULL = {"bootstrap": {"start": "best"}}
WIDE = 16  # hidden neurons: more than most series need, so that there is something to reduce
PLAIN = {"local": None, "skip": False, "prior": "normal"}  # the demo's series need no more
SHORT = {"nuts": {"samples": 400, "warmup": 300}}  # of the demo: a thousand effective draws


def _version(wanted: bool) -> None:
    if wanted:
        say(f"bayesneuron {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit."),
    ] = False,
) -> None:
    """The posterior of every neuron of a small neural network."""


@app.command(short_help="Two examples: walking and a noisy sine.")
def demo(
    output: o.Output = Path("bayesneuron-output"),
    methods: o.Methods = o.EVERY,
    seed: o.Seed = 0,
    quick: o.Quick = False,
) -> None:
    """Estimate and reduce networks: walking (10-16-1) and a noisy sine (10-3-20)."""
    common = {"seed": seed, "methods": words_of(methods), **PLAIN, **effort(quick)}
    wide = common | {"options": SHORT | common["options"]}
    parts = {
        "walking": (walking(), Settings(stride=5, hidden=WIDE, **wide)),
        "sine": (noisy_sine(seed=seed), Settings(horizon=20, hidden=3, **common)),
    }
    with staged(output, parts=tuple(parts)) as folder:
        for name in parts:
            (folder / name).mkdir()
        # in processes: half of the time is tracing and compilation, which threads would not share
        texts: Any = Parallel(n_jobs=-1, return_as="generator")(
            delayed(_run)(name, series, settings, folder / name)
            for name, (series, settings) in parts.items()
        )
        for text in texts:
            say(text)
    say("Written: " + ", ".join(f"{output}/{name}/summary.md" for name in parts))


@app.command(short_help="Neurons of your own series, and a smaller network.")
def run(
    file: o.File,
    output: o.Output = Path("bayesneuron-output"),
    column: o.Column = None,
    target: o.Target = None,
    exogenous: o.Exogenous = None,
    recording: o.Recording = None,
    time: o.Time = None,
    missing: o.Missing = "raise",
    missing_values: o.MissingValues = None,
    separator: o.Separator = None,
    decimal: o.Decimal = None,
    encoding: o.Encoding = None,
    skip_rows: o.SkipRows = "0",
    comment: o.Comment = "#",
    header: o.Header = None,
    sheet: o.Sheet = None,
    units: o.Units = "",
    history: o.History = 10,
    horizon: o.Horizon = 1,
    stride: o.Stride = 1,
    delay: o.Delay = 1,
    difference: o.Difference = 0,
    local: o.Local = AUTO,
    transform: o.Power = None,
    hidden: o.Hidden = WIDE,
    skip: o.Skip = True,
    prior: o.Prior = "hierarchical",
    activation: o.Activation = "tanh",
    methods: o.Methods = o.EVERY,
    test: o.Test = 0.2,
    seed: o.Seed = 0,
    quick: o.Quick = False,
    resume: o.Resume = False,
) -> None:
    """Estimate neurons on your own series, compare the methods, reduce the network."""
    check_positive(history=history, horizon=horizon, stride=stride, delay=delay, hidden=hidden)
    settings = Settings(
        history=history, horizon=horizon, stride=stride, delay=delay, difference=difference,
        local=None if local == "none" else local, transform=transform,
        hidden=hidden, activation=activation, skip=skip, prior=prior,
        test=test, seed=seed, methods=words_of(methods), **effort(quick),
    )  # fmt: skip
    places = {"column": column, "target": target, "exogenous": exogenous}
    read = read_columns(
        file, **{kind: [place_of(name) for name in of or []] for kind, of in places.items()},
        recording=None if recording is None else place_of(recording),
        time=None if time is None else place_of(time), units=units, missing=missing,
        missing_values=None if missing_values is None else codes_of(missing_values),
        separator=separator, decimal=decimal, encoding=encoding, skip_rows=rows_of(skip_rows),
        comment=comment, header=header, sheet=sheet,
    )  # fmt: skip
    name = str(read.series.name or file.stem)
    kept = Kept(output, resume=resume)
    try:
        with heard() as check, staged(output) as folder:
            settings = replace(settings, target=read.target)
            text = _run(name, read.series, settings, folder, read.exogenous, kept, check)
            check()
        kept.clear()
    except KeyboardInterrupt:
        _progress(kept.words)
        raise SystemExit(130) from None
    except (Exception, SystemExit):  # SIGTERM, too
        if kept.done:
            _progress(kept.words)
        raise
    say(text)
    say(f"Written: {output}/{SUMMARY}, {output}/{PAGE}")


@app.command(short_help="One HTML page on draws, or on a run.")
def report(
    results: o.Results,
    output: o.Page = Path("report.html"),
    title: o.Title = None,
    reduce: o.Reduce = False,
) -> None:
    """Write one HTML page: what to believe, estimates compared, figures, neurons."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StatisticalWarning)
        write_report(results, output, title, smaller=reduce)
    for warning in statistical(caught):
        _progress(f"warning: {warning}")
    say(f"Written: {output}")


def effort(quick: bool) -> dict[str, Any]:
    """Settings by the time that they take."""
    if quick:
        return {"options": QUICK, "score": "merged", "quick": True}
    return {"options": FULL, "score": "own"}


def _run(
    name: str,
    series: object,
    settings: Settings,
    folder: Path,
    exogenous: object = None,
    kept: Kept | None = None,
    check: Callable[[], None] = lambda: None,
) -> str:
    """Estimate and write; what to print, what to believe first. Progress goes to standard error."""

    def progress(text: str) -> None:
        _progress(text)
        check()

    result = run_job(name, series, settings, exogenous=exogenous, progress=progress, kept=kept)
    progress(f"{name}: figures and summary ...")
    with warnings.catch_warnings(record=True) as caught:
        write_folder(result, folder)
    if kept is not None:
        kept.finish(folder)
    lines = dict.fromkeys([*result.warnings, *warned(caught)])
    told = "".join(f"\nwarning: {line}" for line in lines)
    return f"{result!r}\n\n{result.comparison!r}\n{told}"


def _progress(text: str) -> None:
    say(text, stderr=True)


def main() -> None:
    """Run the command; bad input is one line and exit status 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that unfinished files go
    try:
        app()
    except (ValueError, OSError) as error:
        sys.stderr.write(f"bayesneuron: {with_options(' '.join(str(error).split()))}\n")
        raise SystemExit(2) from None
