"""The ``bayesneuron`` command."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bayesneuron import __version__
from bayesneuron.app.files import staged
from bayesneuron.app.job import METHODS, Settings, run_job
from bayesneuron.app.report import write_report
from bayesneuron.data import read_series
from bayesneuron.datasets import noisy_sine, walking
from bayesneuron.inference import Adam
from bayesneuron.numerics.checks import check_positive

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Output = Annotated[Path, typer.Option(help="Folder for draws, tables, figures and summary.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
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


def _version(wanted: bool) -> None:
    if wanted:
        _print(f"bayesneuron {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit."),
    ] = False,
) -> None:
    """The posterior of every neuron of a small neural network."""


@app.command()
def demo(output: Output = Path("bayesneuron-output"), seed: Seed = 0, quick: Quick = False) -> None:
    """Estimate and reduce networks: walking (10-3-1) and a noisy sine (10-3-20)."""
    options = QUICK if quick else FULL
    parts = {
        "walking": (walking(), Settings(stride=5, seed=seed, options=options)),
        "sine": (noisy_sine(seed=seed), Settings(horizon=20, seed=seed, options=options)),
    }
    with staged(output, parts=tuple(parts)) as folder:
        for name, (series, settings) in parts.items():
            (folder / name).mkdir()
            _run(name, series, settings, folder / name)
    _print("Written: " + ", ".join(f"{output}/{name}/summary.md" for name in parts))


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="CSV file with a header, or .npy.")],
    output: Output = Path("bayesneuron-output"),
    column: Annotated[str | None, typer.Option(help="Column to read.")] = None,
    recording: Annotated[str | None, typer.Option(help="Column that labels recordings.")] = None,
    units: Annotated[str, typer.Option(help="Units of the values.")] = "",
    history: Annotated[int, typer.Option(help="Samples per window.")] = 10,
    horizon: Annotated[int, typer.Option(help="Samples to forecast.")] = 1,
    stride: Annotated[int, typer.Option(help="Samples between windows.")] = 1,
    hidden: Annotated[int, typer.Option(help="Hidden neurons.")] = 3,
    activation: Annotated[str, typer.Option(help="Activation of the hidden layer.")] = "tanh",
    methods: Annotated[str, typer.Option(help="Methods, separated by commas.")] = ",".join(METHODS),
    test: Annotated[float, typer.Option(help="Share held out, the end of each recording.")] = 0.2,
    seed: Seed = 0,
    quick: Quick = False,
) -> None:
    """Estimate neurons on your own series, compare the methods, reduce the network."""
    check_positive(history=history, horizon=horizon, stride=stride, hidden=hidden)
    settings = Settings(
        history=history, horizon=horizon, stride=stride, hidden=hidden, activation=activation,
        test=test, seed=seed, methods=tuple(m.strip() for m in methods.split(",") if m.strip()),
        options=QUICK if quick else FULL,
    )  # fmt: skip
    series = read_series(file, column=column, recording=recording, units=units)
    with staged(output) as folder:
        _run(str(series.name or file.stem), series, settings, folder)
    _print(f"Written: {output}/summary.md")


def _run(name: str, series: object, settings: Settings, folder: Path) -> None:
    """Estimate, write and print: what to believe first; progress goes to standard error."""
    result = run_job(name, series, settings, progress=_progress)
    write_report(result, folder)
    _print(f"{result!r}\n\n{result.comparison!r}\n")
    for warning in result.warnings:
        _print(f"warning: {warning}")


def _print(text: str, *, stderr: bool = False) -> None:
    Console(soft_wrap=True, highlight=False, markup=False, stderr=stderr).print(text)


def _progress(text: str) -> None:
    _print(text, stderr=True)


def main() -> None:
    """Run the command; bad input is one line and exit status 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that unfinished files go
    try:
        app()
    except ValueError as error:
        sys.stderr.write(f"bayesneuron: {' '.join(str(error).split())}\n")
        raise SystemExit(2) from None
