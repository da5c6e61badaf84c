"""The options of the command's ``run``: what each is for, and what completes it."""

from pathlib import Path
from typing import Annotated

import typer

from bayesneuron.app.completion import column_names, methods, one_of
from bayesneuron.app.settings import AUTO, METHODS
from bayesneuron.data.delimited import NAMED
from bayesneuron.data.missing import WAYS
from bayesneuron.data.transform import LOCAL, POWERS
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.priors import PRIORS

LOCALS = (AUTO, "none", *LOCAL)
EVERY = ",".join(METHODS)

Output = Annotated[Path, typer.Option(help="Folder for draws, tables, figures and summary.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Methods = Annotated[
    str, typer.Option(help="Some of these, separated by commas.", autocompletion=methods)
]
Quick = Annotated[bool, typer.Option(help="Few draws: to see that it runs, not to believe it.")]

File = Annotated[Path, typer.Argument(help="Text with a header, .npy, .parquet or .xlsx.")]
Column = Annotated[
    list[str] | None,
    typer.Option(
        help="Column, or its number from 0; again for several.", autocompletion=column_names
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        help="Column to forecast, the others being only read.", autocompletion=column_names
    ),
]
Exogenous = Annotated[
    list[str] | None,
    typer.Option(help="Column that is known ahead, such as a plan.", autocompletion=column_names),
]
Recording = Annotated[
    str | None, typer.Option(help="Column that labels recordings.", autocompletion=column_names)
]
Time = Annotated[
    str | None,
    typer.Option(
        help="Column of time stamps; '' for none.", show_default="dates",
        autocompletion=column_names,
    ),
]  # fmt: skip
Missing = Annotated[
    str,
    typer.Option(
        help="Missing samples: raise, drop, interpolate or split.", autocompletion=one_of(WAYS)
    ),
]
MissingValues = Annotated[
    str | None,
    typer.Option(help="What stands for missing, such as -9999; commas between, '' for none."),
]
Separator = Annotated[
    str | None,
    typer.Option(
        help="Between columns; 'tab', 'space'.", show_default="recognised",
        autocompletion=one_of(name for name in NAMED if name.isalpha()),
    ),
]  # fmt: skip
Decimal = Annotated[
    str | None,
    typer.Option(help="'.' or ','.", show_default="recognised", autocompletion=one_of(".,")),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="Of text, such as latin-1.", show_default="utf-8",
        autocompletion=one_of(("utf-8", "utf-16", "latin-1", "cp1251", "cp1252")),
    ),
]  # fmt: skip
SkipRows = Annotated[
    str, typer.Option(help="So many rows at the top, or row numbers: 2-2, or 1-3,7.")
]
Comment = Annotated[str, typer.Option(help="What comment lines begin with.")]
Header = Annotated[
    bool | None, typer.Option(help="Whether the first row holds names.", show_default=False)
]
Sheet = Annotated[str | None, typer.Option(help="Sheet of an Excel file.")]
Units = Annotated[str, typer.Option(help="Units of the values.")]
History = Annotated[int, typer.Option(help="Samples per window.")]
Horizon = Annotated[int, typer.Option(help="Samples to forecast.")]
Stride = Annotated[int, typer.Option(help="Samples between windows.")]
Delay = Annotated[int, typer.Option(help="Samples from one entry of a window to the next.")]
Difference = Annotated[
    int, typer.Option(help="Steps back to the sample that is subtracted: 1, or a period.")
]
Local = Annotated[
    str,
    typer.Option(
        help="Each window on its own: mean, zscore or none; auto: the data decide.",
        autocompletion=one_of(LOCALS),
    ),
]
Power = Annotated[
    str | None,
    typer.Option(
        help="Of every sample: log, box-cox or yeo-johnson.", show_default="none",
        autocompletion=one_of(POWERS),
    ),
]  # fmt: skip
Hidden = Annotated[int, typer.Option(help="Hidden neurons.")]
Skip = Annotated[
    bool, typer.Option("--skip/--no-skip", help="A direct linear path beside the neurons.")
]
Prior = Annotated[
    str,
    typer.Option(
        help="Of the weights: normal, hierarchical or horseshoe.", autocompletion=one_of(PRIORS)
    ),
]
Activation = Annotated[
    str,
    typer.Option(help="Activation of the hidden layer.", autocompletion=one_of(ACTIVATIONS)),
]
Test = Annotated[float, typer.Option(help="Share held out, the end of each recording.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with this run, from the methods that are done.")
]

Results = Annotated[
    list[Path], typer.Argument(help="Files of draws (.nc), or the output folder of a run.")
]
Page = Annotated[Path, typer.Option("--output", "-o", help="The HTML page.")]
Title = Annotated[str | None, typer.Option(help="Of the page.", show_default="names")]
Reduce = Annotated[bool, typer.Option("--reduce", help="Reduce the network too: minutes, by NUTS.")]
