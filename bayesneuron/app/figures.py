"""The figures of a result, drawn without a display."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.axes import Axes

import bayesneuron.plots as plots
from bayesneuron.app.ahead import few_draws
from bayesneuron.app.held_out import as_observed, in_samples
from bayesneuron.app.job import Result
from bayesneuron.app.summary import SCORED, Related
from bayesneuron.data.trajectory import channels_of
from bayesneuron.draws._predict import predict
from bayesneuron.forecasting.backtest_result import Backtest
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.reduction import Reduction

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
    """Draw every figure that the result has into `folder`, as PDF, PNG and SVG.

    Returns
    -------
    dict of str to str
        Captions by name.
    """
    figures = _of_estimates(result) | _of_structure(result)
    return _drawn(figures, folder, ("pdf", "png", "svg"))


def draw_figures_of(
    posteriors: Mapping[str, NeuronPosterior],
    best: str,
    related: Related | None,
    folder: Path,
    reduction: Reduction | None = None,
    backtest: Backtest | None = None,
) -> dict[str, str]:
    """The same of draws alone: their neurons, and how these relate, as PNG and SVG.

    Parameters
    ----------
    posteriors : mapping of str to NeuronPosterior
        Of one layer, by estimate, aligned to one reference; empty where nothing is known of it.
    best : str
        The estimate whose neurons are shown alone.
    related : Related or None
    folder : Path
    reduction : Reduction, optional
    backtest : Backtest, optional
    """
    figures: dict[str, Callable[[], Axes]] = {}
    if backtest is not None:
        figures["backtest"] = lambda: plots.backtest(backtest)
    if posteriors:
        figures |= _of_posteriors(posteriors, best) | (_of_related(related) if related else {})
    if reduction is not None:
        figures |= _of_reduction(reduction, "Error")
    return _drawn(figures, folder, ("png", "svg"))


def _drawn(
    figures: Mapping[str, Callable[[], Axes]], folder: Path, formats: Sequence[str]
) -> dict[str, str]:
    with _off_screen():
        for name, draw in figures.items():
            plots.save_figure(draw(), folder / name, formats=formats)
    return {name: caption for name, caption in CAPTIONS.items() if name in figures}


def _of_estimates(result: Result) -> dict[str, Callable[[], Axes]]:
    posteriors = {
        method: layers[result.layer] for method, layers in result.comparison.posteriors.items()
    }
    best, raw = result.best, result.estimates[result.best]
    figures = {"reconstruction": lambda: _forecast(result), **_of_posteriors(posteriors, best)}
    tested = result.backtest
    if tested is not None:
        figures["backtest"] = lambda: plots.backtest(tested)
    if best == "nuts":
        figures["trace"] = lambda: plots.trace(raw)[0]
    return figures


def _of_posteriors(
    posteriors: Mapping[str, NeuronPosterior], best: str
) -> dict[str, Callable[[], Axes]]:
    return {
        "regions": lambda: plots.projection(posteriors),
        "ellipsoids": lambda: plots.ellipsoids(posteriors)[0],
        "forest": lambda: plots.forest(posteriors),
        "mixture": lambda: plots.mixture(posteriors[best]),
    }


def _forecast(result: Result) -> Axes:
    predicted = predict(few_draws(result.estimates[result.best]), *result.dense)
    y, rate = result.dense[1], result.train[1].attrs.get("rate")
    if result.seen:
        new = predicted["predictions"].to_dataset()
        new = new.assign({k: new[k].copy(data=in_samples(new[k], y, result.late)) for k in new})
        predicted, y = xr.DataTree.from_dict({"predictions": new}), as_observed(y, result.late)
    if channels_of(y) == 1:
        y = y.assign_attrs(channel=result.name)
    return plots.reconstruction(predicted, y, rate=rate)


def _of_structure(result: Result) -> dict[str, Callable[[], Axes]]:
    reduction = result.structure.reduction
    return _of_related(result.structure) | _of_reduction(reduction, result.error_seen)


def _of_reduction(reduction: Reduction, error: str) -> dict[str, Callable[[], Axes]]:
    if len(reduction.curve) < 2:
        return {}
    label = f"{error} {SCORED[reduction.scored]}"
    return {"reduction": lambda: plots.curve(reduction, label=label)}


def _of_related(related: Related) -> dict[str, Callable[[], Axes]]:
    together = related.communities
    figures: dict[str, Callable[[], Axes]] = {
        "relevance": lambda: plots.relevance(related.relevance)
    }
    if together is not None:
        figures["graph"] = lambda: plots.graph(
            related.graph, communities=together if together.significant else None
        )
        figures["communities"] = lambda: plots.comembership(together)
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
