"""The figures of a result, drawn without a display."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron import plots
from bayesneuron.app.ahead import few_draws
from bayesneuron.app.held_out import as_observed, in_samples
from bayesneuron.app.job import Result
from bayesneuron.app.summary import SCORED
from bayesneuron.draws._predict import predict

CAPTIONS = {
    "reconstruction": "Held-out part of the series and the network's forecast",
    "backtest": "Error of the forecasts against how far ahead they are, beside the references",
    "regions": "90% regions of the neurons in the plane of their principal components, all methods",
    "ellipsoids": "Neurons in the space of their first three principal components",
    "forest": "Weights of the first neuron, method by method",
    "mixture": "Density of a neuron picked at random",
    "trace": "One weight as drawn by NUTS, and after alignment",
    "graph": "Neurons joined where their activations share more than half of their variance",
    "communities": "Probability that two neurons are in one community",
    "relevance": "Share of each neuron in the variance of the output",
    "reduction": "Error of the reduced networks against their size",
}


def draw_figures(result: Result, folder: Path) -> dict[str, str]:
    """Draw every figure that the result has into `folder`, as PDF and PNG.

    Returns
    -------
    dict of str to str
        Captions by name.
    """
    figures = _of_estimates(result) | _of_structure(result)
    with _off_screen():
        for name, draw in figures.items():
            plots.save_figure(draw(), folder / name)
    return {name: CAPTIONS[name] for name in figures}


def _of_estimates(result: Result) -> dict[str, Callable[[], Axes]]:
    posteriors = {
        method: layers[result.layer] for method, layers in result.comparison.posteriors.items()
    }
    best, raw = result.best, result.estimates[result.best]
    figures: dict[str, Callable[[], Axes]] = {
        "reconstruction": lambda: _forecast(result),
        "regions": lambda: plots.projection(posteriors),
        "ellipsoids": lambda: plots.ellipsoids(posteriors)[0],
        "forest": lambda: plots.forest(posteriors),
        "mixture": lambda: plots.mixture(posteriors[best]),
    }
    tested = result.backtest
    if tested is not None:
        figures["backtest"] = lambda: plots.backtest(tested)
    if best == "nuts":
        figures["trace"] = lambda: plots.trace(raw)[0]
    return figures


def _forecast(result: Result) -> Axes:
    predicted = predict(few_draws(result.estimates[result.best]), *result.dense)
    y, rate = result.dense[1], result.train[1].attrs.get("rate")
    if result.seen:
        new = predicted["predictions"].to_dataset()
        new = new.assign({k: new[k].copy(data=in_samples(new[k], y, result.late)) for k in new})
        predicted, y = xr.DataTree.from_dict({"predictions": new}), as_observed(y, result.late)
    return plots.reconstruction(predicted, y, rate=rate)


def _of_structure(result: Result) -> dict[str, Callable[[], Axes]]:
    structure = result.structure
    together, reduction = structure.communities, structure.reduction
    figures: dict[str, Callable[[], Axes]] = {
        "relevance": lambda: plots.relevance(structure.relevance)
    }
    if together is not None:
        figures["graph"] = lambda: plots.graph(
            structure.graph, communities=together if together.significant else None
        )
        figures["communities"] = lambda: plots.comembership(together)
    if len(reduction.curve) > 1:
        label = f"{result.error_seen} {SCORED[reduction.scored]}"
        figures["reduction"] = lambda: plots.curve(reduction, label=label)
    return figures


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
