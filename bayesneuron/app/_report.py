"""One HTML page on draws: what to believe first, then everything that they tell."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import xarray as xr

from bayesneuron.app.ahead import table_ahead
from bayesneuron.app.markdown import bullets, captioned, figure, frame
from bayesneuron.app.of_estimates import (
    each_neuron,
    findings_of,
    made_with,
    side_by_side,
    together,
    what_each_does,
)
from bayesneuron.app.page import figures_in, page
from bayesneuron.app.smaller import in_one_sentence, smaller
from bayesneuron.app.summary import Related, relate, some_draws
from bayesneuron.app.verdict import verdict_line
from bayesneuron.diagnostics._compare import Comparison, compare
from bayesneuron.diagnostics._diagnose import diagnose
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.provenance import Provenance, provenance_of
from bayesneuron.forecasting.backtest_result import Backtest
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.network.priors import default_prior
from bayesneuron.numerics.checks import check_type
from bayesneuron.numerics.files import check_path, write_whole
from bayesneuron.reduction import Reduction

Estimates = Mapping[str, xr.DataTree]


def report(
    draws: xr.DataTree | Sequence[xr.DataTree] | Estimates,
    path: str | Path,
    *,
    title: str | None = None,
    reduction: Reduction | None = None,
    backtest: Backtest | None = None,
) -> Path:
    """Write one HTML page on draws, which needs no other file and no network.

    Parameters
    ----------
    draws : DataTree, sequence of DataTree, or mapping of str to DataTree
        One estimate or several of the same observations; a sequence is named by method.
    path : str or Path
        Of the page. It is written whole; an old one is replaced.
    title : str, optional
        By default the names of the estimates.
    reduction : Reduction, optional
        Of `bayesneuron.reduce`: what became of the network, and the figure of its sizes.
    backtest : Backtest, optional
        Of `bayesneuron.backtest`: forecasts several steps ahead, beside the references.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there are no draws, they are of different observations, or they are too few to
        diagnose; or if `reduction` or `backtest` is something else.
    FileNotFoundError
        If the folder does not exist.

    Notes
    -----
    The page says what `bayesneuron.diagnose` finds, serious things first; what network and data
    these are; the table of `bayesneuron.compare`, by PSIS-LOO on the training data; figures;
    the neurons of every hidden layer of one estimate (NUTS, else the first), in the units of its
    weights; what the neurons of its first hidden layer do, over the training data; versions.
    Seeds are 0: the same draws give the same page.

    Examples
    --------
    >>> import bayesneuron as bn, tempfile
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=100, starts=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = bn.report(draws, f"{folder}/sine.html", title="Sine").read_text()
    >>> "<h1>Sine</h1>" in text, "laplace" in text
    (True, True)
    """
    estimates = _by_name(draws)
    path = check_path("report", path)
    further = [("reduction", reduction, Reduction), ("backtest", backtest, Backtest)]
    for name, value, kind in further:
        if value is not None:
            check_type(name, value, kind)
    with tempfile.TemporaryDirectory() as folder:
        name = title or ", ".join(estimates)
        text = _text_of(estimates, name, Path(folder), reduction, backtest)
        return write_whole(path, page(text, figures_in(Path(folder))).encode())


def _by_name(draws: object) -> dict[str, xr.DataTree]:
    if isinstance(draws, xr.DataTree):
        draws = [draws]
    if isinstance(draws, Mapping):
        named = [(str(name), tree) for name, tree in draws.items()]
    elif isinstance(draws, Sequence) and not isinstance(draws, str):
        named = [("", tree) for tree in draws]
    else:
        raise ValueError(f"draws: expected draws, or several, got {type(draws).__name__}")
    if not named:
        raise ValueError("draws: expected draws, or several, got none")
    estimates: dict[str, xr.DataTree] = {}
    for name, tree in named:
        check_draws(tree, f"draws {name!r}" if name else "draws")
        method = name or provenance_of(tree).method
        count = sum(other.rsplit(" ", 1)[0] == method for other in estimates)
        estimates[f"{method} {count + 1}" if method in estimates else method] = tree
    return estimates


def _text_of(
    estimates: Estimates,
    title: str,
    folder: Path,
    reduction: Reduction | None,
    backtest: Backtest | None,
) -> str:
    diagnoses = {name: diagnose(draws) for name, draws in estimates.items()}
    comparison = compare(estimates, cv="loo")
    best = best_of(estimates)
    related, reason = _related(comparison.aligned.get(best, estimates[best]))
    order = sorted(diagnoses, key=lambda name: diagnoses[name].converged)
    own = comparison.posteriors.get(best, {})
    layer = provenance_of(estimates[best]).layout.hidden[0]
    alike = _alike(comparison, best, layer) if own else {}
    from bayesneuron.app.figures import draw_figures_of  # with Matplotlib, when it is needed

    captions = draw_figures_of(alike, best, related, folder, reduction, backtest)
    blocks = [
        f"# {' '.join(title.split())}",
        "## What to believe",
        bullets(verdict_line(name, diagnoses[name]) for name in order),
        *findings_of(diagnoses),
        "## Data and network",
        *_networks(estimates),
        "## Estimates compared",
        *side_by_side(comparison),
        *(["### Several steps ahead", *table_ahead(backtest)] if backtest else []),
        *(["## Figures", *map(figure, captions, captions.values())] if captions else []),
        "## The neurons",
        *(block for name in provenance_of(estimates[best]).layout.hidden if name in own
          for block in each_neuron(own[name])),
        *(what_each_does(related, "training") if related else [f"Relevance: not known, {reason}."]),
        *(["## The neurons together", *together(related)] if related else []),
        *(["## Reduced network", *smaller(reduction, in_one_sentence(reduction), "error")]
          if reduction else []),
        "## Settings and versions",
        *_made(estimates),
        *made_with(),
    ]  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def best_of(estimates: Estimates) -> str:
    """The estimate whose neurons are shown alone: NUTS, else the first."""
    by_method = {provenance_of(draws).method: name for name, draws in estimates.items()}
    return by_method.get("nuts", next(iter(estimates)))


def _related(aligned: xr.DataTree) -> tuple[Related | None, str]:
    """How neurons of the first hidden layer relate, or why this is not known."""
    if not {"constant_data", "observed_data"} <= set(aligned.children):
        return None, "the draws carry no data"
    x, y = aligned["constant_data"]["x"], aligned["observed_data"]["y"]
    layer = provenance_of(aligned).layout.hidden[0]
    try:
        return relate(aligned, some_draws(aligned), x, (x, y), seed=0, layer=layer), ""
    except ValueError as error:
        return None, str(error)


def _alike(comparison: Comparison, best: str, layer: str) -> dict[str, NeuronPosterior]:
    """Posteriors of one layer in all estimates of the same network as the best one's."""
    wanted = comparison.posteriors[best][layer]
    others = {name: of[layer] for name, of in comparison.posteriors.items() if layer in of}
    return {
        name: of
        for name, of in others.items()
        if of.weights == wanted.weights and of.mean.shape == wanted.mean.shape
    }


def _networks(estimates: Estimates) -> list[str]:
    rows = pd.DataFrame({name: _network(draws) for name, draws in estimates.items()})
    return [captioned("What was fitted, and to what", frame(rows.rename_axis("of")))]


def _network(draws: xr.DataTree) -> dict[str, str]:
    provenance = provenance_of(draws)
    sizes, data = draws["posterior"].sizes, draws.children
    widths = {layer: sizes.get(layer) for layer in provenance.layout.layers}
    x = data["constant_data"].get("x") if "constant_data" in data else None
    y = data["observed_data"].get("y") if "observed_data" in data else None
    scaling = provenance.scaling
    return {
        "network": provenance.model,
        "layers": ", ".join(f"{n} {layer}" if n else layer for layer, n in widths.items()),
        "weights": str(
            sum(draws["posterior"][s].isel(chain=0, draw=0).size for s in provenance.layout.sites)
        ),
        **_assumed(provenance),
        "rows": "not known" if y is None else str(y.shape[0]),
        "inputs": "not known" if x is None else "×".join(map(str, x.shape[1:])),
        "outputs": "not known" if y is None else "×".join(map(str, y.shape[1:])) or "1",
        "file": (scaling.source if scaling else "") or "not stated",
        "units": (scaling.units if scaling else "") or "not stated",
        "chains × draws": f"{sizes['chain']} × {sizes['draw']}",
    }


def _assumed(provenance: Provenance) -> dict[str, str]:
    """Likelihood and prior; of a shipped network also where they are the default."""
    options = dict(provenance.options)
    if provenance.shipped:
        options.setdefault("likelihood", "gaussian")
        options["prior"] = options.get("prior") or default_prior(options["likelihood"])
    return {name: str(options.get(name, "of the model")) for name in ("likelihood", "prior")}


def _made(estimates: Estimates) -> list[str]:
    return [
        bullets(
            f"{name}: `{p.model}({', '.join(f'{k}={v!r}' for k, v in p.options.items())})`, method "
            f"{p.method}, seed {'not known' if p.seed is None else p.seed}, data with fingerprint "
            f"{p.fingerprint or 'not known'}, schema {p.schema}"
            for name, p in ((name, provenance_of(draws)) for name, draws in estimates.items())
        )
    ]
