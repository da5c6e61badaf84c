"""The ``bayesneuron`` command."""

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
Quick = Annotated[bool, typer.Option(help="Few draws: to see that it runs, not to believe.")]

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
        _tell(f"bayesneuron {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Tell it and exit."),
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
    with staged(output) as folder:
        for name, (series, settings) in parts.items():
            (folder / name).mkdir()
            _run(name, series, settings, folder / name)
    _tell("Written: " + ", ".join(f"{output}/{name}/summary.md" for name in parts))


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="CSV file with a header, or .npy.")],
    output: Output = Path("bayesneuron-output"),
    column: Annotated[str | None, typer.Option(help="Column to read.")] = None,
    recording: Annotated[
        str | None, typer.Option(help="Column that tells recordings apart.")
    ] = None,
    units: Annotated[str, typer.Option(help="Units of the values.")] = "",
    history: Annotated[int, typer.Option(help="Samples in a window.")] = 10,
    horizon: Annotated[int, typer.Option(help="Samples to forecast.")] = 1,
    stride: Annotated[int, typer.Option(help="Samples between windows.")] = 1,
    hidden: Annotated[int, typer.Option(help="Hidden neurons.")] = 3,
    activation: Annotated[str, typer.Option(help="Of the hidden layer.")] = "tanh",
    methods: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(METHODS),
    test: Annotated[float, typer.Option(help="Share held out, at the end.")] = 0.2,
    seed: Seed = 0,
    quick: Quick = False,
) -> None:
    """Estimate neurons on a series of your own, compare the methods, reduce the network."""
    check_positive(history=history, horizon=horizon, stride=stride, hidden=hidden)
    settings = Settings(
        history=history, horizon=horizon, stride=stride, hidden=hidden, activation=activation,
        test=test, seed=seed, methods=tuple(m.strip() for m in methods.split(",") if m.strip()),
        options=QUICK if quick else FULL,
    )  # fmt: skip
    series = read_series(file, column=column, recording=recording, units=units)
    with staged(output) as folder:
        _run(str(series.name or file.stem), series, settings, folder)
    _tell(f"Written: {output}/summary.md")


def _run(name: str, series: object, settings: Settings, folder: Path) -> None:
    result = run_job(name, series, settings, say=_tell)
    write_report(result, folder)
    _tell(f"\n{result.comparison!r}\n\n{result.structure!r}\n")
    for note in result.notes:
        _tell(f"note: {note}")


def _tell(text: str) -> None:
    Console(soft_wrap=True, highlight=False, markup=False).print(text)


def main() -> None:
    """Run the command; bad input is one line and exit status 2."""
    try:
        app()
    except ValueError as error:
        sys.stderr.write(f"bayesneuron: {' '.join(str(error).split())}\n")
        raise SystemExit(2) from None
