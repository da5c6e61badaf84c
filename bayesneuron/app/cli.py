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

from bayesneuron import __version__
from bayesneuron.app.columns_read import read_columns
from bayesneuron.app.files import SUMMARY, staged
from bayesneuron.app.folder import PAGE, write_folder, write_report
from bayesneuron.app.job import run_job
from bayesneuron.app.resume import Kept
from bayesneuron.app.settings import AUTO, METHODS, Settings
from bayesneuron.app.terminal import heard, say
from bayesneuron.data.times import NUMBER
from bayesneuron.datasets import noisy_sine, walking
from bayesneuron.inference import Adam
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.warn import StatisticalWarning, statistical

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Output = Annotated[Path, typer.Option(help="Folder for draws, tables, figures and summary.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Methods = Annotated[str, typer.Option(help="Some of these, separated by commas.")]
EVERY = ",".join(METHODS)
Quick = Annotated[bool, typer.Option(help="Few draws: to see that it runs, not to believe it.")]

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
    output: Output = Path("bayesneuron-output"),
    methods: Methods = EVERY,
    seed: Seed = 0,
    quick: Quick = False,
) -> None:
    """Estimate and reduce networks: walking (10-16-1) and a noisy sine (10-3-20)."""
    common = {"seed": seed, "methods": _names(methods), **PLAIN, **effort(quick)}
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
    file: Annotated[Path, typer.Argument(help="Text with a header, .npy, .parquet or .xlsx.")],
    output: Output = Path("bayesneuron-output"),
    column: Annotated[
        list[str] | None, typer.Option(help="Column, or its number from 0; again for several.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Column to forecast, the others being only read.")
    ] = None,
    exogenous: Annotated[
        list[str] | None, typer.Option(help="Column that is known ahead, such as a plan.")
    ] = None,
    recording: Annotated[str | None, typer.Option(help="Column that labels recordings.")] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of time stamps; '' for none.", show_default="dates")
    ] = None,
    missing: Annotated[
        str, typer.Option(help="Missing samples: raise, drop, interpolate or split.")
    ] = "raise",
    missing_values: Annotated[
        str | None,
        typer.Option(help="What stands for missing, such as -9999; commas between, '' for none."),
    ] = None,
    separator: Annotated[
        str | None, typer.Option(help="Between columns; 'tab', 'space'.", show_default="recognised")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(help="'.' or ','.", show_default="recognised")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of text, such as latin-1.", show_default="utf-8")
    ] = None,
    skip_rows: Annotated[
        str, typer.Option(help="So many rows at the top, or row numbers: 2-2, or 1-3,7.")
    ] = "0",
    comment: Annotated[str, typer.Option(help="What comment lines begin with.")] = "#",
    header: Annotated[
        bool | None, typer.Option(help="Whether the first row holds names.", show_default=False)
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of an Excel file.")] = None,
    units: Annotated[str, typer.Option(help="Units of the values.")] = "",
    history: Annotated[int, typer.Option(help="Samples per window.")] = 10,
    horizon: Annotated[int, typer.Option(help="Samples to forecast.")] = 1,
    stride: Annotated[int, typer.Option(help="Samples between windows.")] = 1,
    delay: Annotated[int, typer.Option(help="Samples from one entry of a window to the next.")] = 1,
    difference: Annotated[
        int, typer.Option(help="Steps back to the sample that is subtracted: 1, or a period.")
    ] = 0,
    local: Annotated[
        str,
        typer.Option(help="Each window on its own: mean, zscore or none; auto: the data decide."),
    ] = AUTO,
    transform: Annotated[
        str | None,
        typer.Option(help="Of every sample: log, box-cox or yeo-johnson.", show_default="none"),
    ] = None,
    hidden: Annotated[int, typer.Option(help="Hidden neurons.")] = WIDE,
    skip: Annotated[
        bool, typer.Option("--skip/--no-skip", help="A direct linear path beside the neurons.")
    ] = True,
    prior: Annotated[
        str, typer.Option(help="Of the weights: normal, hierarchical or horseshoe.")
    ] = "hierarchical",
    activation: Annotated[str, typer.Option(help="Activation of the hidden layer.")] = "tanh",
    methods: Methods = EVERY,
    test: Annotated[float, typer.Option(help="Share held out, the end of each recording.")] = 0.2,
    seed: Seed = 0,
    quick: Quick = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with this run, from the methods that are done.")
    ] = False,
) -> None:
    """Estimate neurons on your own series, compare the methods, reduce the network."""
    check_positive(history=history, horizon=horizon, stride=stride, delay=delay, hidden=hidden)
    settings = Settings(
        history=history, horizon=horizon, stride=stride, delay=delay, difference=difference,
        local=None if local == "none" else local, transform=transform,
        hidden=hidden, activation=activation, skip=skip, prior=prior,
        test=test, seed=seed, methods=_names(methods), **effort(quick),
    )  # fmt: skip
    places = {"column": column, "target": target, "exogenous": exogenous}
    read = read_columns(
        file, **{kind: [_place(name) for name in of or []] for kind, of in places.items()},
        recording=None if recording is None else _place(recording),
        time=None if time is None else _place(time), units=units, missing=missing,
        missing_values=None if missing_values is None else _codes(missing_values),
        separator=separator, decimal=decimal, encoding=encoding, skip_rows=_rows(skip_rows),
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
    results: Annotated[
        list[Path], typer.Argument(help="Files of draws (.nc), or the output folder of a run.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML page.")] = Path(
        "report.html"
    ),
    title: Annotated[str | None, typer.Option(help="Of the page.", show_default="names")] = None,
    reduce: Annotated[
        bool, typer.Option("--reduce", help="Reduce the network too: minutes, by NUTS.")
    ] = False,
) -> None:
    """Write one HTML page: what to believe, estimates compared, figures, neurons."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StatisticalWarning)
        write_report(results, output, title, smaller=reduce)
    for warning in statistical(caught):
        _progress(f"warning: {warning}")
    say(f"Written: {output}")


def _names(methods: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in methods.split(",") if name.strip())


def _place(column: str) -> str | int:
    """A column by name, or by number where the name is one."""
    return int(column) if column.isdecimal() else column


def _codes(text: str) -> list[str | float]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [float(part) if NUMBER.fullmatch(part) else part for part in parts]


def _rows(text: str) -> int | list[int]:
    """``3``: the first three; ``2-2`` or ``1-3,7``: those rows."""
    parts = [part.split("-") for part in text.replace(" ", "").split(",")]
    if not all(1 <= len(part) <= 2 and all(n.isdecimal() for n in part) for part in parts):
        raise ValueError(
            f"skip-rows: expected a number, or rows such as 2-2 or 1-3,7, got {text!r}"
        )
    if len(parts) == 1 and len(parts[0]) == 1:
        return int(parts[0][0])
    return [row for part in parts for row in range(int(part[0]), int(part[-1]) + 1)]


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
    write_folder(result, folder)
    if kept is not None:
        kept.finish(folder)
    told = "".join(f"\nwarning: {warning}" for warning in result.warnings)
    return f"{result!r}\n\n{result.comparison!r}\n{told}"


def _progress(text: str) -> None:
    say(text, stderr=True)


def main() -> None:
    """Run the command; bad input is one line and exit status 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that unfinished files go
    try:
        app()
    except (ValueError, OSError) as error:
        sys.stderr.write(f"bayesneuron: {' '.join(str(error).split())}\n")
        raise SystemExit(2) from None
