"""How a network meets a series: what it reads and writes, in samples."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from bayesneuron.data.recursion import Recursion
from bayesneuron.data.row import Row
from bayesneuron.data.transform import Transform
from bayesneuron.draws.provenance import TargetScaling, provenance_of
from bayesneuron.forecasting.origins import Origins
from bayesneuron.network.arrays import option_of, takes_classes
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import NEXT_STATE, STATE, sites_of


class Sizes(NamedTuple):
    """Samples that a network reads and writes.

    Attributes
    ----------
    history : int
        That a window is made of: its own, at a delay those between, and of differences those
        before.
    horizon : int
        In one output.
    span : int
        Read before the first output: the window, or the samples of one step of a recurrent network.
    recurrent : bool
    """

    history: int
    horizon: int
    span: int
    recurrent: bool


def sizes_of(draws: xr.DataTree, model: Model, origins: Origins) -> Sizes:
    """The sizes at these channels.

    Raises
    ------
    ValueError
        If the draws are of a reconstruction or of classes, or the series has other channels or
        fewer samples than the network reads.
    """
    channels, data = origins.width, _training(draws)
    _check_forecasts(data)
    row, transform = row_of_draws(draws), transform_of_draws(draws)
    known = _channels(model, data, transform) if row.plain else len(row.channels.names)
    if known is not None and known != channels:
        raise ValueError(
            f"history: expected {known} channel{'s' * (known > 1)} as in training, got {channels}; "
            "several rows are windows only with the attributes of bn.windows"
        )
    recurrent = is_recurrent(model, _some_width(draws, model, data, channels))
    unit = option_of(model, "inputs") if recurrent else None
    span = unit if isinstance(unit, int) else 1
    inputs = data[0].shape[-1] if data else None
    if inputs is None:
        plain = recurrent and not row.beside
        inputs = span * channels if plain else _some_width(draws, model, data, channels)
    if recurrent and row.beside:
        _check_reads(model, row)
    if takes_classes(model, inputs):
        raise ValueError(
            f"{model.name}: expected a likelihood of numbers or counts, whose samples can be fed "
            "back, got one of classes"
        )
    outputs = int(np.prod(sites_of(model, (1, inputs))["mean"].shape[1:]))
    ahead = len(row.exogenous.names)
    horizon, odd = divmod(outputs, channels if row.plain else len(row.targets))
    columns = inputs - len(row.covariates.names) - horizon * ahead
    entries, rest = divmod(columns, channels + ahead)
    if rest or odd or entries < 1:
        raise ValueError(
            f"history: expected a number of channels that divides {inputs} inputs and {outputs} "
            f"outputs of {model.name}, got {channels}; several rows are windows only with the "
            "attributes of bn.windows"
        )
    if recurrent and transform.local:
        raise ValueError(
            f"{model.name}: expected windows of one level, which a state can be carried through, "
            f"got {transform!r}"
        )
    if recurrent and transform.delay > 1:
        raise ValueError(
            f"{model.name}: expected windows of delay 1, sample by sample as its state moves, got "
            f"delay {transform.delay}"
        )
    history, span = transform.samples(entries), span + transform.difference
    shortest = min(len(samples) for samples in origins.samples)
    if shortest < history:
        raise ValueError(f"history: expected at least {history} samples, a window, got {shortest}")
    return Sizes(history, horizon, span if recurrent else history, recurrent)


def _check_reads(model: Model, row: Row) -> None:
    """Raise ValueError unless a recurrent network says that it reads columns beside windows."""
    names = {"exogenous": row.exogenous.names, "covariates": row.covariates.names}
    for kind, own in names.items():
        if option_of(model, kind) != len(own):
            raise ValueError(
                f"{model.name}: expected a recurrent network with the options exogenous and "
                f"covariates (as rnn, elman, gru and lstm), {kind}={len(own)} for {list(own)}, got "
                f"{option_of(model, kind)}; networks without a state need none"
            )


def is_recurrent(model: Model, inputs: int) -> bool:
    """Whether the network carries a state from sample to sample."""
    sites = sites_of(model, (1, inputs))
    own = [sites[name].kind for name in (STATE, NEXT_STATE) if name in sites]
    return own == ["deterministic", "deterministic"]


def row_of_draws(draws: xr.DataTree) -> Row:
    """What the rows that draws were trained on are made of."""
    return Row.from_json((provenance_of(draws).scaling or TargetScaling()).row)


def transform_of_draws(draws: xr.DataTree) -> Transform:
    """What was done to the samples that draws were trained on."""
    return Transform.from_json((provenance_of(draws).scaling or TargetScaling()).transform)


def targets_of_draws(draws: xr.DataTree, channels: int) -> np.ndarray:
    """Places of the channels that the network forecasts."""
    row = row_of_draws(draws)
    return np.arange(channels) if row.plain else np.array(row.targets)


def recursion_of(draws: xr.DataTree, channels: int) -> Recursion:
    """How the network of these draws reads and writes samples."""
    row, transform = row_of_draws(draws), transform_of_draws(draws)
    if not row.plain:
        return Recursion.of_row(row, transform)
    scaling = provenance_of(draws).scaling or TargetScaling()
    return Recursion.of(scaling.center, scaling.scale, channels, transform)


def training_data(draws: xr.DataTree) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows and targets in training, (observation, input) and (observation, output), or None."""
    data = _training(draws)
    if data is None:
        return None
    x, y = (np.asarray(v, float) for v in data)
    return x, y.reshape(len(x), -1)


def training_range(draws: xr.DataTree, channels: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Least and largest value in training of each channel that is forecast, standardised.

    None where not known.
    """
    data, row = _training(draws), row_of_draws(draws)
    if data is None:
        return None
    x, y = (np.asarray(v, float) for v in data)
    targets = targets_of_draws(draws, channels)
    seen = window_columns(row, x, y, channels).reshape(-1, channels)[:, targets]
    values = np.concatenate([seen, y.reshape(-1, len(targets))])
    return values.min(axis=0), values.max(axis=0)


def window_columns(row: Row, x: np.ndarray, y: np.ndarray, channels: int) -> np.ndarray:
    """The columns of the window among those of training rows, (observation, input)."""
    if not row.beside:
        return x
    ahead = len(row.exogenous.names)
    horizon = y[0].size // len(row.targets)
    entries = (x.shape[1] - len(row.covariates.names) - horizon * ahead) // (channels + ahead)
    return x[:, : entries * channels]


def _training(draws: xr.DataTree) -> tuple[xr.DataArray, xr.DataArray] | None:
    groups = ("constant_data", "x"), ("observed_data", "y")
    if any(g not in draws.children or name not in draws[g] for g, name in groups):
        return None
    x, y = (draws[g][name] for g, name in groups)
    return x, y  # pyright: ignore[reportReturnType]


def _check_forecasts(data: tuple[xr.DataArray, xr.DataArray] | None) -> None:
    if data is None:
        return
    x, y = (np.asarray(v) for v in data)
    if x.shape == y.shape and np.array_equal(x, y):
        raise ValueError(
            "draws: expected a network of forecasts (bn.windows with target='forecast'), got one "
            "that reconstructs its windows, which says nothing of what comes next"
        )


def _channels(
    model: Model, data: tuple[xr.DataArray, xr.DataArray] | None, transform: Transform
) -> int | None:
    """Channels in training, from the samples that windows cover or the network's option."""
    option = option_of(model, "channels")
    if isinstance(option, int):
        return option
    labels = ("first_sample", "last_sample")
    if data is None or not set(labels) <= set(data[0].coords):
        return None
    first, last = (int(data[0][name].values[0]) for name in labels)
    # of c channels, a window of I / c entries and targets of O / c steps cover `reach` samples
    reach, delay = last - first + 1, transform.delay
    numbers = data[0].shape[-1] * delay + data[1][0].size
    return max(1, numbers // (reach - transform.difference + delay - 1))


def _some_width(
    draws: xr.DataTree,
    model: Model,
    data: tuple[xr.DataArray, xr.DataArray] | None,
    channels: int,
) -> int:
    """Columns of x that the network takes."""
    if data:
        return data[0].shape[-1]
    row, reads = row_of_draws(draws), option_of(model, "exogenous") is not None
    if row.beside and reads:  # sample by sample
        unit, outputs = (int(option_of(model, name)) for name in ("inputs", "outputs"))
        ahead, series = outputs // len(row.targets), len(row.exogenous.names)
        return unit * channels + (unit + ahead) * series + len(row.covariates.names)
    own = [
        draws["posterior"][site].shape[2 + layers.index("input")]
        for site, layers in model.layout.sites.items()
        if "input" in layers and site in draws["posterior"]
    ]
    option = option_of(model, "inputs")
    if own:
        return own[0]
    return option * channels if isinstance(option, int) else channels
