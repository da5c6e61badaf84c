"""Windows of a series: the points of its phase trajectory, and what each should predict."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import xarray as xr

from bayesneuron.data.input_names import NAMES, lagged_names
from bayesneuron.data.missing import suspected_code
from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.scaling import KINDS, Scaling
from bayesneuron.data.series import as_series
from bayesneuron.data.trajectory import channels_of
from bayesneuron.data.transform import (
    LOCAL,
    Transform,
    inputs_of,
    measure_power,
    outputs_of,
    transform_of,
)
from bayesneuron.numerics.checks import check_choice, check_count, check_positive
from bayesneuron.numerics.warn import warn_once

TARGETS = ("forecast", "reconstruct")


def windows(
    series: Any,
    history: int,
    horizon: int = 1,
    stride: int = 1,
    *,
    target: str = "forecast",
    standardize: str | bool | Scaling | xr.DataArray = True,
    transform: str | None = None,
    difference: int = 0,
    local: str | None = None,
    delay: int = 1,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Cut a series into windows (its trajectory or Hankel matrix) and their targets.

    Row i is x_i = (s_t, s_{t + delay}, …, s_{t + (history - 1) delay}), oldest first, with
    t = i · stride; its target is the next `horizon` samples, or the window itself. No window
    crosses from one recording (coordinate ``recording`` along time, or the instances of a
    MultiIndex) to the next.

    Parameters
    ----------
    series : DataArray, Series, DataFrame or array_like, shape (time,) or (time, channel)
    history, horizon, stride : int
        Samples in a window, samples to predict, samples between windows.
    target : {"forecast", "reconstruct"}
    standardize : {True, "zscore", "maxabs", False}, Scaling, or earlier windows
        Measured on this series (True: ``zscore``), or, so that test data cannot leak in,
        taken from the training windows, with their transform, difference, local and delay.
    transform : {None, "log", "box-cox", "yeo-johnson"}
        Of every sample, first of all, for a series whose spread grows with its level; powers by
        maximum likelihood on this series.
    difference : int
        Replace every sample by its difference to the sample so many steps before, for a series
        with a trend (1) or a season (its period). With ``target="forecast"``.
    local : {None, "mean", "zscore"}
        Take the mean of every window from the window and its targets, and divide by its standard
        deviation, for a series whose level (and spread) wander. With ``target="forecast"``.
        `standardize` comes last of all. `bayesneuron.forecast` undoes all four.
    delay : int
        Samples from one entry of a window to the next (`bayesneuron.embedding` finds one). Targets
        are the very next samples all the same. Recurrent networks are not continued with it.

    Returns
    -------
    x : DataArray, dims (observation, input)
    y : DataArray, dims (observation, output)
        With coordinates ``time`` (of the window's last sample) and ``recording``, and
        attributes ``center``, ``scale``, ``units`` and ``source``. Several channels lie side
        by side within each sample.

    Raises
    ------
    ValueError
        If a value is missing or not finite, time stamps repeat, run backwards or skip a step
        (see `as_series`), the series is constant, no recording is as long as a window with its
        target, the earlier windows have other channels, or an argument is not valid.

    Notes
    -----
    Windows that overlap repeat samples: a likelihood over them over-counts the data. A
    stride, moving-block resampling or a tempered likelihood each answer to that.

    ``x["input_name"]`` says what a column is: ``s(t-2)``, with the channel where there are
    several. Tables and figures of neurons name incoming weights by it.

    With a transform, difference or local, errors in tables such as those of `bayesneuron.compare`
    are of the values so made, times the scale.

    Examples
    --------
    >>> x, y = windows([1.0, 2.0, 3.0, 5.0, 8.0], history=3, standardize=False)
    >>> x.values.tolist(), y.values.tolist()
    ([[1.0, 2.0, 3.0], [2.0, 3.0, 5.0]], [[5.0], [8.0]])
    """
    check_positive(history=history, horizon=horizon, stride=stride, delay=delay)
    check_choice("target", target, TARGETS)
    data = as_series(series)
    values = data.values.reshape(len(data), -1)
    _warn_of_codes(values)
    done, measured = _prepared(values, standardize, transform, difference, local, delay)
    if done.by_window and target != "forecast":
        raise ValueError(f"difference, local: expected target='forecast', got {target!r}")
    lead = done.samples(history)  # that a window reads
    reach = lead + (horizon if target == "forecast" else 0)
    recording = recording_of(data)
    lengths = recording_lengths(recording, len(data))
    starts = _starts(lengths, reach, stride)
    if not len(starts):
        raise ValueError(
            f"windows: expected a recording of at least {reach} samples (history {history}"
            + (f" + horizon {horizon}" if target == "forecast" else "")
            + (f" + difference {done.difference}" if done.difference else "")
            + (f" at delay {done.delay}" if done.delay > 1 else "")
            + f"), got at most {lengths.max()}"
        )
    at_inputs = starts[:, None] + done.delay * np.arange(history)
    at_outputs = at_inputs if target == "reconstruct" else starts[:, None] + np.arange(lead, reach)
    if done.by_window:
        recent = values[starts[:, None] + np.arange(lead)]
        inputs, outputs = inputs_of(done, recent), outputs_of(done, values[at_outputs], recent)
        scaling = measured or Scaling.of(inputs.reshape(-1, values.shape[1]), _kind(standardize))
        inputs, outputs = scaling.apply(inputs), scaling.apply(outputs)
    else:  # every sample once, however many windows it is in
        scaling = cast("Scaling", measured)
        scaled = scaling.apply(_by_sample(done, values))
        inputs, outputs = scaled[at_inputs], scaled[at_outputs]
    last = starts + lead - 1
    labels = np.zeros(len(data), int) if recording is None else recording
    coords: dict[str, Any] = {"recording": ("observation", labels[last])}
    if "time" in data.coords:
        coords["time"] = ("observation", data["time"].values[last])
    coords["first_sample"] = ("observation", starts)
    coords["last_sample"] = ("observation", starts + reach - 1)
    several = data.ndim == 2 and "channel" in data.coords
    names = {"channels": [str(name) for name in data["channel"].values]} if several else {}
    channels = names.get("channels") or _channel_names(values.shape[1])
    entries = {NAMES: ("input", lagged_names(history, done.delay, channels))}
    return tuple(
        xr.DataArray(
            part.reshape(len(starts), -1),
            dims=("observation", dim),
            coords=coords | (entries if dim == "input" else {}),
            name=name,
            attrs={
                **{k: v for k, v in data.attrs.items() if k in ("units", "source", "rate")},
                **scaling.repeat(part.shape[1]).attrs(),
                "history": history,
                "horizon": horizon,
                "stride": stride,
                "target": target,
                **({"transform": done.to_json()} if done != Transform() else {}),
                **names,
            },
        )
        for name, dim, part in (("x", "input", inputs), ("y", "output", outputs))
    )  # pyright: ignore[reportReturnType]


def _channel_names(count: int) -> list[str]:
    return ["s"] if count == 1 else [f"s{c}" for c in range(count)]


def _prepared(
    values: np.ndarray,
    standardize: str | bool | Scaling | xr.DataArray,
    power: str | None,
    difference: int,
    local: str | None,
    delay: int,
) -> tuple[Transform, Scaling | None]:
    """What is done to samples; the scaling is None where it is to be measured on the windows."""
    check_count(difference=difference)
    if local is not None:
        check_choice("local", local, LOCAL)
    earlier = isinstance(standardize, xr.DataArray)
    if earlier and (power is not None or difference or local is not None):
        raise ValueError(
            "standardize: earlier windows bring their own transform, difference and local; "
            f"got transform={power!r}, difference={difference}, local={local!r} beside them"
        )
    if earlier:
        done = transform_of(standardize)
        if delay not in (1, done.delay):
            raise ValueError(
                f"delay: expected {done.delay}, that of the earlier windows, got {delay}"
            )
        if done.kind == "box-cox" and values.min() <= 0:
            raise ValueError(f"series: expected positive samples ({done!r}), got {values.min():g}")
    else:
        kind, powers = ("", ()) if power is None else measure_power(values, power)
        done = Transform(kind, powers, int(difference), local or "", int(delay))
    return done, _scaling(values, standardize, done)


def _scaling(
    values: np.ndarray, standardize: str | bool | Scaling | xr.DataArray, done: Transform
) -> Scaling | None:
    channels = values.shape[1]
    if standardize is False or standardize is np.False_:
        return Scaling((0.0,) * channels, (1.0,) * channels)
    if isinstance(standardize, xr.DataArray):
        standardize = _scaling_of_windows(standardize)
    if isinstance(standardize, Scaling):
        if len(standardize.center) != channels:
            raise ValueError(
                f"standardize: expected {channels} channels, got {len(standardize.center)}"
            )
        return standardize
    if not isinstance(standardize, bool | np.bool_ | str):
        raise ValueError(
            "standardize: expected True, False, 'zscore', 'maxabs', a Scaling or earlier windows, "
            f"got {type(standardize).__name__}"
        )
    kind = _kind(standardize)
    if done.by_window:  # measured on the windows
        check_choice("standardize", kind, KINDS)
        return None
    return Scaling.of(_by_sample(done, values), kind)


def _by_sample(done: Transform, values: np.ndarray) -> np.ndarray:
    """Every sample transformed, where that takes no window."""
    return inputs_of(replace(done, delay=1), values[None])[0]


def _kind(standardize: Any) -> str:
    return "zscore" if isinstance(standardize, bool | np.bool_) else standardize


def _scaling_of_windows(earlier: xr.DataArray) -> Scaling:
    """That of each channel, from windows in which the channels of every sample lie side by side."""
    if not {"center", "scale", "history"} <= set(earlier.attrs):
        raise ValueError(
            "standardize: expected earlier windows (x from bn.windows), got an array without their "
            "scaling"
        )
    channels = channels_of(earlier)
    known = (np.ravel(earlier.attrs[name]).astype(float) for name in ("center", "scale"))
    center, scale = (v[:channels] if len(v) > 1 else v.repeat(channels) for v in known)
    return Scaling(tuple(center.tolist()), tuple(scale.tolist()))


def _warn_of_codes(values: np.ndarray) -> None:
    for channel in values.T:
        code = suspected_code(channel)
        if code is not None:
            warn_once(
                f"windows: {code}: a code for missing values? then make it NaN and choose missing= "
                "of as_series"
            )
            return


def _starts(lengths: np.ndarray, reach: int, stride: int) -> np.ndarray:
    """First samples of all windows, each recording cut on its own."""
    samples = by_recording(np.arange(lengths.sum()), lengths)
    return np.concatenate([at[: max(0, len(at) - reach + 1) : stride] for at in samples])
