"""The continuation of a series, decoded draw by draw."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.data.recursion import Recursion, to_inputs, to_samples
from bayesneuron.data.times_after import step_of_windows
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.linearised import is_linearised
from bayesneuron.draws.network import network_of
from bayesneuron.draws.provenance import TargetScaling, provenance_of, with_provenance
from bayesneuron.draws.tree import LINEARISED, has_data, numbered_like
from bayesneuron.forecasting.beside import known_at_starts
from bayesneuron.forecasting.free_running import Plan, Starts, decode, decode_linearised
from bayesneuron.forecasting.origins import Origins, origins_of
from bayesneuron.forecasting.references import references_ahead
from bayesneuron.forecasting.rows_ahead import readings, rows_of_windows
from bayesneuron.forecasting.sizes import (
    Sizes,
    recursion_of,
    row_of_draws,
    sizes_of,
    training_data,
    training_range,
)
from bayesneuron.forecasting.spread import QUANTILES, has_diverged, spread
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_memory, check_positive, check_seed
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.warn import warn_once

FEWEST = 1000  # noisy paths in all by default, for quantiles of 5% and 95%


@double
def forecast(
    draws: xr.DataTree,
    history: Any,
    steps: int,
    *,
    paths: int | None = None,
    exogenous: Any = None,
    covariates: Any = None,
    model: Model | None = None,
    seed: int = 0,
) -> xr.DataTree:
    """Continue a series: every draw of the network feeds its own noisy forecasts back to itself.

    Parameters
    ----------
    draws : DataTree
        From an estimator, aligned or not, trained on windows (`bayesneuron.windows`) or on data
        laid out like them: history · channel columns of x, horizon · channel columns of y.
    history : DataArray, Series, DataFrame or array_like
        What to continue, at least as long as a window. A series is in its own units, plain numbers
        too: the scaling that travels with the draws is applied here. Each of its recordings is
        continued, and each entry along a dim ``start``, ``series`` or ``origin``. With windows (x
        of `bayesneuron.windows`) each row is continued.
    steps : int
        Samples to forecast. A network of several outputs is appended block by block; samples of the
        last block beyond `steps` are left out.
    paths : int, optional
        Noisy continuations of each draw. By default as many as make 1,000 in all, at least 2. With
        one the parts of the variance are NaN.
    exogenous : DataArray, Series, DataFrame or array_like, optional
        One series of what is known ahead, named as in training. It covers the last window of the
        history (for a recurrent network all of it) and all steps (of whole outputs). Where both
        have time stamps, they are aligned; otherwise it begins with the first sample of the
        history, in each recording, or with that of the series that windows were cut from. Windows
        that hold what is known ahead need none for one output.
    covariates : DataFrame, mapping or array_like, optional
        As in `bayesneuron.windows`, by recording of the history; windows bring theirs.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    seed : int
        Of the noise.

    Returns
    -------
    DataTree
        All in the units of the series. Groups:

        ``forecast``
            ``y`` (chain, draw, path[, start], step[, channel]), noisy continuations, and ``mean``
            (chain, draw[, start], step[, channel]), the continuation of each draw without noise.
            The latter feeds outputs of the network back, so it is not the mean of the former.
            ``diverged`` says which noisy paths left the sensible range, ``lasted`` after how many
            steps.
        ``summary``
            By step: ``mean``, ``sd`` and ``quantiles`` (5, 25, 50, 75 and 95%) over all paths; the
            variances ``weights`` and ``noise``, and their shares ``weights_share`` and
            ``noise_share``; ``diverged``, the share of paths that diverged by then, which the other
            columns leave out.
        ``history``
            The last window before each start, of the channels that are forecast.
        ``references``
            ``persistence``, the last sample repeated, and ``autoregression``, least squares on the
            training windows fed back, where the draws carry these.

        Coordinates: ``time`` of what comes next, where the history has times in regular steps;
        ``recording`` and ``channel`` of the history. The provenance is that of `draws`.

    Raises
    ------
    ValueError
        If the history is shorter than a window or has other channels, the network predicts classes
        or reconstructs its windows, what was known ahead in training is missing, only some channels
        are forecast and `steps` is beyond one output, the model is needed, or results do not fit
        into memory.

    Warns
    -----
    StatisticalWarning
        If paths diverge: a value is not finite, or more than 10 ranges of the training series
        outside its range.

    Notes
    -----
    The parts of the variance follow the law of total variance over the paths of each draw:
    ``weights`` is the variance between draws of the expected value, ``noise`` the variance within
    draws, averaged. Noise includes what earlier noise does along the recursion. ``weights`` is zero
    where chance makes its estimate negative; more `paths` make it sharper.

    The state of a recurrent network (`rnn`) is carried on over the whole history, then over the
    forecasts. It is not restarted at each window, as it was in training.

    Draws of `bayesneuron.laplace` forecast as they predict: through the network linearised at the
    mode, its state as well. The first output is that of `bayesneuron.predict`. Through the network
    itself (``linearise=False`` of `laplace`) the recursion amplifies the wide steps of a normal
    approximation; ``docs/series.md`` compares the two.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=120)
    >>> x, y = bn.windows(series[:100], history=4)
    >>> model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=50, starts=2)
    >>> ahead = bn.forecast(draws, series[:100], 20)
    >>> dict(ahead.forecast["y"].sizes)
    {'chain': 1, 'draw': 50, 'path': 20, 'step': 20}
    >>> ahead.summary["quantiles"].sel(quantile=[0.05, 0.95]).shape
    (2, 20)
    """
    check_seed(seed)
    check_positive(steps=steps, **({} if paths is None else {"paths": paths}))
    model = network_of(draws, model)
    origins = origins_of(history)
    sizes = sizes_of(draws, model, origins)
    shape = tuple(draws["posterior"].sizes[d] for d in ("chain", "draw"))
    count = int(np.prod(shape))
    each = max(2, -(-FEWEST // count)) if paths is None else paths
    numbers = (1 + each) * count * len(origins.samples) * origins.width
    check_memory("steps", steps, 3 * numbers)
    row, recursion = row_of_draws(draws), recursion_of(draws, origins.width)
    known = known_at_starts(
        row, history, origins, sizes, steps, exogenous=exogenous, covariates=covariates
    )
    blocks = -(-steps // sizes.horizon)
    plan = Plan(blocks, sizes.horizon, origins.width, sizes.span, sizes.recurrent, each)
    starts, beside = _starts(origins, sizes), None
    if known is not None:
        own = readings(known, sizes, blocks, recursion.transform, starts.lengths)
        starts = starts._replace(beside=own)
        beside = rows_of_windows(known, sizes, blocks, recursion.transform)
    values = _decoded(draws, model, plan, starts, recursion, seed)
    values = values[..., :steps, :].reshape(*shape, *values.shape[1:3], steps, -1)
    values = np.moveaxis(values, 3, 2)  # (chain, draw, 1 + path, start, step, channel)
    last = np.stack([samples[-sizes.history :] for samples in origins.samples])
    references = references_ahead(training_data(draws), last, recursion, steps, beside)
    tree = _tree(draws, values, origins.of(recursion.targets), sizes, recursion, references)
    return with_provenance(tree, provenance_of(draws))


def _starts(origins: Origins, sizes: Sizes) -> Starts:
    lengths = np.array([len(samples) for samples in origins.samples])
    recent = np.stack([samples[-sizes.span :] for samples in origins.samples])
    if not sizes.recurrent:
        return Starts(recent, recent, np.full(len(lengths), sizes.span))
    padded = np.zeros((len(lengths), lengths.max(), origins.width))
    for row, samples in zip(padded, origins.samples, strict=True):
        row[: len(samples)] = samples
        row[len(samples) :] = samples[-1]
    return Starts(padded, recent, lengths)


def _decoded(
    draws: xr.DataTree, model: Model, plan: Plan, starts: Starts, recursion: Recursion, seed: int
) -> np.ndarray:
    beside = None if starts.beside is None else starts.beside.heard[:1, 0]
    row = np.zeros_like(to_inputs(recursion, np.ones((1, plan.span, plan.channels)), beside))
    sites = latent_sites(draws, model, row)
    if not is_linearised(draws):
        return decode(model, sites, plan, starts, recursion, seed=seed)
    targets = jnp.asarray(np.asarray(draws["observed_data"]["y"])[:1])
    dens = density(model, jnp.asarray(row), targets)
    theta, centre = (np.asarray(draws[LINEARISED][name]) for name in ("theta", "centre"))
    theta = theta.reshape(-1, dens.size)
    return decode_linearised(dens, theta, centre, plan, starts, recursion, seed=seed)


def _tree(
    draws: xr.DataTree,
    values: np.ndarray,
    origins: Origins,
    sizes: Sizes,
    recursion: Recursion,
    references: dict[str, np.ndarray],
) -> xr.DataTree:
    """Groups of a result, from paths (chain, draw, 1 + path, start, step, channel)."""
    quiet, noisy = values[:, :, 0], values[:, :, 1:]
    diverged = has_diverged(noisy, *_sensible(draws, origins, recursion))
    _warn_of_diverged(diverged)
    over = noisy.reshape(-1, *noisy.shape[2:])
    parts = spread(over, ~diverged.reshape(over.shape[:-1])[..., None])
    total = parts.weights + parts.noise
    some = np.where(total > 0, total, np.nan)
    summary = {
        "mean": parts.mean, "sd": parts.sd, "weights": parts.weights, "noise": parts.noise,
        "weights_share": parts.weights / some, "noise_share": parts.noise / some,
    }  # fmt: skip
    last = np.stack([samples[-sizes.history :] for samples in origins.samples])
    one = ("start", "step", "channel")
    groups = {
        "forecast": {
            "y": (("chain", "draw", "path", *one), noisy),
            "mean": (("chain", "draw", *one), quiet),
            "diverged": (("chain", "draw", "path", "start"), diverged[..., -1]),
            "lasted": (("chain", "draw", "path", "start"), (~diverged).sum(axis=-1)),
        },
        "summary": {
            **{name: (one, value) for name, value in summary.items()},
            "quantiles": (("quantile", *one), parts.quantile),
            "diverged": (one[:2], diverged.mean(axis=(0, 1, 2))),
        },
        "history": {"y": (("start", "lag", "channel"), last)},
        "references": {name: (one, value) for name, value in references.items()},
    }
    labelled = {name: _labelled(xr.Dataset(g), origins, draws) for name, g in groups.items()}
    labelled["forecast"] = numbered_like(draws, labelled["forecast"])
    return xr.DataTree.from_dict(labelled)


def _labelled(data: xr.Dataset, origins: Origins, draws: xr.DataTree) -> xr.Dataset:
    """With the coordinates of every dim, those that the history does not have left out."""
    numbers = {d: np.arange(n) for d, n in data.sizes.items() if d in ("chain", "draw", "path")}
    numbers["start"] = origins.labels.get("start", np.arange(data.sizes["start"]))
    if origins.channels is not None:
        numbers["channel"] = origins.channels
    if "quantile" in data.dims:
        numbers["quantile"] = np.array(QUANTILES)
    if "lag" in data.dims:
        numbers["lag"] = np.arange(1 - data.sizes["lag"], 1)
    data = data.assign_coords({k: v for k, v in numbers.items() if k in data.dims})
    others = {k: ("start", v) for k, v in origins.labels.items() if k != "start"}
    data = data.assign_coords(others)
    if "step" in data.dims:
        data = data.assign_coords(step=np.arange(1, data.sizes["step"] + 1))
        known = (
            step_of_windows(draws["constant_data"].to_dataset()["x"]) if has_data(draws) else None
        )
        times = origins.times(data.sizes["step"], known)
        data = data if times is None else data.assign_coords(time=(("start", "step"), times))
    if not origins.several:
        data = data.isel(start=0).drop_vars("start", errors="ignore")
    if origins.channels is None:
        data = data.isel(channel=0, drop=True)
    units = origins.units or (provenance_of(draws).scaling or TargetScaling()).units
    return data.assign_attrs({"units": units} if units else {})


def _sensible(
    draws: xr.DataTree, origins: Origins, recursion: Recursion
) -> tuple[np.ndarray, np.ndarray]:
    """Range of the training series, or of the history where draws carry no data."""
    known = training_range(draws, len(recursion.center))
    if known is None or recursion.transform.by_window:
        every = np.concatenate(origins.samples)
        return every.min(axis=0), every.max(axis=0)
    none = np.zeros((1, 0, len(recursion.center)))
    low, high = (to_samples(recursion, v[None], none)[0, 0] for v in known)
    return low, high


def _warn_of_diverged(diverged: np.ndarray) -> None:
    lost = diverged[..., -1]
    if lost.any():
        first = int(diverged.any(axis=(0, 1, 2, 3)).argmax()) + 1
        warn_once(
            f"forecast: {lost.sum()} of {lost.size} paths left the range of the training series by "
            f"more than 10 times its width, the first at step {first}; the summary leaves them out"
        )
