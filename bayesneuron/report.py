"""The main job's output folder: draws, tables, figures and a one-page summary."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from bayesneuron import plots
from bayesneuron.job import Result
from bayesneuron.predict import predict
from bayesneuron.storage import save

CAPTIONS = {
    "reconstruction": "Held-out part of the series and the network's forecast",
    "regions": "Neurons in the plane of their principal components, all methods",
    "ellipsoids": "Neurons in the space of their first three principal components",
    "forest": "Weights of the first neuron, method by method",
    "mixture": "Density of a neuron picked at random",
    "trace": "One weight as drawn by NUTS, and aligned",
}


def write_report(result: Result, folder: Path) -> None:
    """Write everything the job found into an existing folder."""
    for method, draws in result.estimates.items():
        save(draws, folder / f"{method}.nc")
    result.comparison.methods.to_csv(folder / "methods.csv")
    result.comparison.pairs.to_csv(folder / "pairs.csv", index=False)
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
    best = "nuts" if "nuts" in posts else next(iter(posts))
    raw = result.estimates[best]
    few = raw.isel(draw=slice(None, None, max(1, raw["posterior"].sizes["draw"] // 250)))
    told = predict(few, *result.dense)
    rate = 1 / _step(result)
    made = {
        "reconstruction": lambda: plots.reconstruction(told, result.dense[1], rate=rate),
        "regions": lambda: plots.projection(posts),
        "ellipsoids": lambda: plots.ellipsoids(posts)[0],
        "forest": lambda: plots.forest(posts),
        "mixture": lambda: plots.mixture(posts[best]),
    }
    if best == "nuts":
        made["trace"] = lambda: plots.trace(raw)[0]
    for name, draw in made.items():
        plots.save_figure(draw(), folder / name)
    return list(made)


def _step(result: Result) -> float:
    """Seconds between samples where the series says so, else 1."""
    return 1.0 / float(result.train[1].attrs.get("rate", 1.0))


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
        "standard deviations; `overlap` is 0.9 where two methods agree.",
        "",
    ]
    for name, layers in result.comparison.posteriors.items():
        lines += (
            ["```text", repr(layers["hidden"]), "```", ""] if name in ("nuts", "bootstrap") else []
        )
    if result.notes:
        lines += ["Warnings:", "", *(f"- {note}" for note in result.notes), ""]
    for name in drawn:
        lines += [
            f"![{CAPTIONS[name]}]({name}.png)",
            "",
            f"{CAPTIONS[name]} ([PDF]({name}.pdf)).",
            "",
        ]
    lines.append("Read the draws again with `bayesneuron.open('nuts.nc')`, and so on.")
    return "\n".join(lines) + "\n"
