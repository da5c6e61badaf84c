"""Windows of a series: the points of its phase trajectory, and what each should predict."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import xarray as xr

from bayesneuron.data.exogenous import known_beside, labels_by_recording, scaled_covariates
from bayesneuron.data.input_names import NAMES, names_of_series, numbered_names
from bayesneuron.data.missing import suspected_code
from bayesneuron.data.prepared import by_sample, kind_of, prepared
from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.row import ROW, Group, Row, check_names, columns_beside, targets_of
from bayesneuron.data.scaling import Scaling
from bayesneuron.data.series import as_series
from bayesneuron.data.transform import Transform, inputs_of, outputs_of
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.warn import warn_once


def windows(
    series: Any,
    history: int,
    horizon: int = 1,
    stride: int = 1,
    *,
    target: str | Sequence[str] = "forecast",
    exogenous: Any = None,
    covariates: Any = None,
    standardize: str | bool | Scaling | xr.DataArray = True,
    transform: str | None = None,
    difference: int = 0,
    local: str | None = None,
    delay: int = 1,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Cut a series into windows (its trajectory or Hankel matrix) and their targets.

    Row i is x_i = (s_t, s_{t + delay}, …, s_{t + (history - 1) delay}), oldest first, with
    t = i · stride; its target is the next `horizon` samples, or the window itself. What else is
    known of these samples can stand in the row: exogenous series and covariates. No window crosses
    from one recording (coordinate ``recording`` along time, or the instances of a MultiIndex) to
    the next.

    Parameters
    ----------
    series : DataArray, Series, DataFrame or array_like, shape (time,) or (time, channel)
    history, horizon, stride : int
        Samples in a window, samples to predict, samples between windows.
    target : {"forecast", "reconstruct"}, or channels
        A channel by name, or a list of them: these alone are forecast, in the order of the series,
        from windows of all channels. (A channel called ``forecast`` needs a list.)
    exogenous : DataArray, Series, DataFrame or array_like, optional
        Series that are known ahead, such as a stimulus or a calendar, of the same samples as the
        series. A row holds them at the samples of the window and at those of the targets.
    covariates : DataFrame, mapping or array_like, optional
        What is known of each recording, such as an age: a table by recording label, or a vector
        for a single recording. Each is a column of x.
    standardize : {True, "zscore", "maxabs", False}, Scaling, or earlier windows
        Measured on this series (True: ``zscore``), or, so that test data cannot leak in,
        taken from the training windows, with their transform, difference, local and delay.
        Exogenous series and covariates are scaled in the same way, each by itself; a covariate over
        recordings, and one that is the same in all of them is zero.
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
        by side within each sample. Columns of x are the window, exogenous series, covariates.

    Raises
    ------
    ValueError
        If a value is missing or not finite, time stamps repeat, run backwards or skip a step
        (see `as_series`), the series is constant, no recording is as long as a window with its
        target, the earlier windows have other channels, an exogenous series has other samples or
        is constant, a recording lacks a covariate, or an argument is not valid.

    Notes
    -----
    Targets that overlap (`horizon` larger than `stride`) repeat samples: a likelihood over them
    over-counts the data. A stride, moving-block resampling or a tempered likelihood each answer to
    that. Where only inputs overlap (`horizon=1`) every sample is predicted once.

    ``x["input_name"]`` says what a column is: ``sales(t-2)`` of a series or channel of that name,
    ``s(t-2)`` where it has none, ``power(t+1)`` of an exogenous series, ``age``. Tables and
    figures of neurons name incoming weights by it.

    `transform`, `difference` and `local` are of the series alone. Exogenous series are only
    standardised: their level may be what drives the series. Difference them before, if not.

    With these three, errors in tables such as those of `bayesneuron.compare` are of the values so
    made, times the scale.

    Examples
    --------
    >>> x, y = windows([1.0, 2.0, 3.0, 5.0, 8.0], history=3, standardize=False)
    >>> x.values.tolist(), y.values.tolist()
    ([[1.0, 2.0, 3.0], [2.0, 3.0, 5.0]], [[5.0], [8.0]])
    >>> x, y = windows([1.0, 2.0, 3.0], 1, exogenous=[7.0, 8.0, 9.0], standardize=False)
    >>> x["input_name"].values.tolist(), x.values.tolist()
    (['s(t)', 'u(t)', 'u(t+1)'], [[1.0, 7.0, 8.0], [2.0, 8.0, 9.0]])
    """
    check_positive(history=history, horizon=horizon, stride=stride, delay=delay)
    data = as_series(series)
    values = data.values.reshape(len(data), -1)
    _warn_of_codes(values)
    several = data.ndim == 2 and "channel" in data.coords
    channels = names_of_series(data) or numbered_names("s", values.shape[1])
    kind, targets = targets_of(target, channels)
    done, measured = prepared(values, standardize, transform, difference, local, delay)
    _check_forecast(kind, done.by_window, exogenous, covariates)
    known, table, groups = known_beside(data, exogenous, covariates, standardize)
    lead = done.samples(history)  # that a window reads
    reach = lead + (horizon if kind == "forecast" else 0)
    recording = recording_of(data)
    lengths = recording_lengths(recording, len(data))
    starts = _starts(lengths, reach, stride)
    if not len(starts):
        raise ValueError(
            f"windows: expected a recording of at least {reach} samples (history {history}"
            + (f" + horizon {horizon}" if kind == "forecast" else "")
            + (f" + difference {done.difference}" if done.difference else "")
            + (f" at delay {done.delay}" if done.delay > 1 else "")
            + f"), got at most {lengths.max()}"
        )
    at_inputs = starts[:, None] + (lead - 1) + done.delay * np.arange(1 - history, 1)
    at_outputs = at_inputs if kind == "reconstruct" else starts[:, None] + np.arange(lead, reach)
    if done.by_window:
        recent = values[starts[:, None] + np.arange(lead)]
        inputs, outputs = inputs_of(done, recent), outputs_of(done, values[at_outputs], recent)
        scaling = measured or Scaling.of(inputs.reshape(-1, values.shape[1]), kind_of(standardize))
        inputs, outputs = scaling.apply(inputs), scaling.apply(outputs)
    else:  # every sample once, however many windows it is in
        scaling = cast("Scaling", measured)
        scaled = scaling.apply(by_sample(done, values))
        inputs, outputs = scaled[at_inputs], scaled[at_outputs]
    row = Row(Group(tuple(channels), scaling.center, scaling.scale), *groups, targets, done.power)
    check_names(row)
    inputs, outputs = inputs.reshape(len(starts), -1), outputs[..., list(targets)]
    if row.beside:
        labels, number = labels_by_recording(data)
        by_label = scaled_covariates(row.covariates, table, labels)
        values = np.zeros((len(data), 0)) if known is None else known.values
        columns = row.exogenous.apply(values), by_label[number[starts]]
        inputs = np.concatenate([inputs, columns_beside(*columns, at_inputs, at_outputs)], axis=1)
    last = starts + lead - 1
    labels = np.zeros(len(data), int) if recording is None else recording
    coords: dict[str, Any] = {"recording": ("observation", labels[last])}
    if "time" in data.coords:
        coords["time"] = ("observation", data["time"].values[last])
    coords["first_sample"] = ("observation", starts)
    coords["last_sample"] = ("observation", starts + reach - 1)
    if not row.plain:
        coords["first_target"] = ("observation", starts + lead)
    attrs = {
        **{k: v for k, v in data.attrs.items() if k in ("units", "source", "rate")},
        "history": history,
        "horizon": horizon,
        "stride": stride,
        "target": kind,
        **({} if row.plain else {ROW: row.to_json()}),
    }
    beside = {"exogenous": row.exogenous.names, "covariates": row.covariates.names}
    x = xr.DataArray(
        inputs,
        dims=("observation", "input"),
        coords=coords | {NAMES: ("input", row.names(history, horizon, done.delay))},
        name="x",
        attrs={
            **attrs,
            **row.scaling(history, horizon).attrs(),
            **_transform(done),
            **({"channels": channels} if several else {}),
            **{name: list(names) for name, names in beside.items() if names},
        },
    )
    of_targets = Scaling(*(tuple(v[k] for k in targets) for v in (scaling.center, scaling.scale)))
    power = tuple(done.power[k] for k in targets) if done.power else ()
    y = xr.DataArray(
        outputs.reshape(len(starts), -1),
        dims=("observation", "output"),
        coords=coords,
        name="y",
        attrs={
            **attrs,
            **of_targets.repeat(outputs.shape[1]).attrs(),
            **_transform(replace(done, power=power)),
            **({"channels": [channels[k] for k in targets]} if several or row.some else {}),
        },
    )
    return x, y


def _transform(done: Transform) -> dict[str, str]:
    return {"transform": done.to_json()} if done != Transform() else {}


def _check_forecast(kind: str, by_window: bool, exogenous: Any, covariates: Any) -> None:
    given = {"exogenous": exogenous, "covariates": covariates}
    named = [name for name, value in given.items() if value is not None]
    named = ["difference, local"] * by_window + named
    if kind != "forecast" and named:
        raise ValueError(f"{named[0]}: expected target='forecast', got {kind!r}")


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
