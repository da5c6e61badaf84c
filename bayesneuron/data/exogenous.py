"""What is known of a series beside its past: exogenous series and covariates of recordings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.input_names import names_of_series, numbered_names
from bayesneuron.data.prepared import is_unscaled, kind_of
from bayesneuron.data.recordings import recording_lengths, recording_of
from bayesneuron.data.row import Group, row_of
from bayesneuron.data.scaling import Scaling
from bayesneuron.data.series import as_series
from bayesneuron.numerics.arrays import as_numbers


def as_exogenous(exogenous: Any, names: tuple[str, ...] = ()) -> xr.DataArray:
    """An exogenous series with dims (time, channel) and named channels.

    Unnamed ones are called as `names`, if there are as many, else ``u``, or ``u0``, ``u1``, …

    Raises
    ------
    ValueError
        As `bayesneuron.as_series`.

    Examples
    --------
    >>> as_exogenous([[1.0, 2.0], [3.0, 4.0]])["channel"].values.tolist()
    ['u0', 'u1']
    """
    strings = [exogenous] if isinstance(exogenous, str) else exogenous
    if isinstance(strings, Mapping) or (
        isinstance(strings, list | tuple) and any(isinstance(v, str) for v in strings)
    ):
        raise ValueError(
            "exogenous: expected the values of the series known ahead, such as df[['price']], got "
            f"{exogenous!r}"
        )
    try:
        data = as_series(exogenous)
    except ValueError as error:
        words = str(error).removeprefix("series: ").removeprefix("time: ")
        raise ValueError(f"exogenous: {words}") from error
    own = names_of_series(data)
    if data.ndim == 1:
        data = data.drop_vars("channel", errors="ignore").expand_dims("channel", axis=1)
    count = data.shape[1]
    if own is None and len(names) == count:
        own = list(names)
    return data.assign_coords(channel=numbered_names("u", count) if own is None else own)


def check_same_samples(series: xr.DataArray, exogenous: xr.DataArray) -> None:
    """Raise ValueError unless both have the same samples, recordings and time stamps.

    The first difference is named. Time stamps and recordings are compared where both have them.
    """
    if len(series) != len(exogenous):
        raise ValueError(
            f"exogenous: expected {len(series)} samples as in the series, got {len(exogenous)}; "
            "bn.windows takes those of the series, bn.forecast later ones as well"
        )
    pairs = {"recording": (recording_of(series), recording_of(exogenous))}
    if all("time" in data.coords for data in (series, exogenous)):
        pairs["time"] = (series["time"].values, exogenous["time"].values)
    for name, (ours, theirs) in pairs.items():
        if ours is None or theirs is None:
            continue
        differ = np.flatnonzero(np.asarray(ours != theirs))
        if len(differ):
            i = int(differ[0])
            raise ValueError(
                f"exogenous: expected the {name} of the series, {ours[i]} at sample {i}, got "
                f"{theirs[i]}"
            )


def covariate_table(covariates: Any, labels: Any) -> pd.DataFrame:
    """Covariates of recordings, one row for each of `labels`, in their order.

    Parameters
    ----------
    covariates : DataFrame, Series, mapping or array_like
        A table, or a mapping of mappings, by recording label. For a single recording also a
        mapping of names to numbers, or a vector, named ``c0``, ``c1``, …
    labels : sequence
        Of the recordings; labels are compared as text.

    Raises
    ------
    ValueError
        If a recording or a value is missing.

    Examples
    --------
    >>> covariate_table({"s1": {"age": 30}, "s2": {"age": 50}}, ["s2", "s1"])["age"].tolist()
    [50, 30]
    """
    labels = list(labels)
    if isinstance(covariates, pd.Series):
        table = covariates.to_frame(covariates.name or "c0")
    elif isinstance(covariates, pd.DataFrame):
        table = covariates
    elif isinstance(covariates, Mapping) and any(
        isinstance(v, Mapping | pd.Series) for v in covariates.values()
    ):
        table = pd.DataFrame.from_dict({k: dict(v) for k, v in covariates.items()}, orient="index")
    else:
        single = len({str(label) for label in labels}) == 1
        named = covariates if isinstance(covariates, Mapping) else None
        values = as_numbers("covariates", list(named.values()) if named else covariates)
        if not single or values.ndim != 1 or not len(values):
            raise ValueError(
                "covariates: expected a table with a row for each recording (by label) or, for a "
                f"single recording, a vector, got shape {values.shape} for "
                f"{len(set(map(str, labels)))} recordings"
            )
        names = list(named) if named else [f"c{k}" for k in range(len(values))]
        table = pd.DataFrame([values], columns=names, index=[labels[0]])
    known = [str(label) for label in table.index]
    unknown = [label for label in labels if str(label) not in known]
    if unknown or len(set(known)) != len(known):
        raise ValueError(
            f"covariates: expected one row for each recording, got "
            f"{f'none for {unknown[0]!r}' if unknown else 'several for one label'} (rows "
            f"{known[:5]})"
        )
    rows = table.iloc[[known.index(str(label)) for label in labels]]
    values = as_numbers("covariates", rows.to_numpy())
    if not np.isfinite(values.astype(float)).all():
        raise ValueError("covariates: expected finite numbers, got a missing or infinite one")
    return rows.set_axis([str(name) for name in rows.columns], axis=1)


def scaled_covariates(group: Group, covariates: Any, labels: Any) -> np.ndarray:
    """Standardised covariates, (label, covariate), in the order of the group."""
    if not group.names:
        return np.zeros((len(labels), 0))
    table = covariate_table(covariates, labels)
    check_group("covariates", group, tuple(table.columns))
    return group.apply(table.to_numpy(float))


def check_group(kind: str, group: Group, names: tuple[str, ...]) -> None:
    """Raise ValueError unless these are the names that were trained on, in their order."""
    if group.names != names:
        raise ValueError(
            f"{kind}: expected {list(group.names)}, in this order as in training, got {list(names)}"
        )


def known_beside(
    data: xr.DataArray, exogenous: Any, covariates: Any, standardize: Any
) -> tuple[xr.DataArray | None, pd.DataFrame | None, tuple[Group, Group]]:
    """What windows of a series hold beside it.

    Parameters
    ----------
    data : DataArray
        The series.
    exogenous, covariates, standardize
        As in `bayesneuron.windows`, or None.

    Returns
    -------
    exogenous : DataArray or None
        Of the same samples as the series.
    covariates : DataFrame or None
        One row for each label of a recording.
    groups : tuple of Group
        Names and scaling of both, measured here or those of earlier windows.

    Raises
    ------
    ValueError
        If samples, names or recordings are not those expected, or an exogenous series is constant.
    """
    earlier = row_of(standardize) if isinstance(standardize, xr.DataArray) else None
    trained = () if earlier is None else earlier.exogenous.names
    known = None if exogenous is None else as_exogenous(exogenous, trained)
    if known is not None:
        check_same_samples(data, known)
    labels = list(dict.fromkeys(labels_by_recording(data)[0].tolist()))
    table = None if covariates is None else covariate_table(covariates, labels)
    names = () if known is None else tuple(map(str, known["channel"].values))
    statics = () if table is None else tuple(table.columns)
    if earlier is not None:
        check_group("exogenous", earlier.exogenous, names)
        check_group("covariates", earlier.covariates, statics)
        return known, table, (earlier.exogenous, earlier.covariates)
    if isinstance(standardize, Scaling) and (names or statics):
        raise ValueError(
            "standardize: expected earlier windows or a word with exogenous or covariates, which "
            "are scaled as well, got a Scaling"
        )
    kind = None if is_unscaled(standardize) else kind_of(standardize)
    groups = _group("exogenous", names, known, kind), _group("covariates", statics, table, kind)
    return known, table, groups


def _group(what: str, names: tuple[str, ...], data: Any, kind: str | None) -> Group:
    """Scaling measured on values, (time, name) or (recording, name).

    A covariate that is the same in all recordings has scale 1.
    """
    centers, scales = [], []
    for k, name in enumerate(names):
        values = np.asarray(data, float)[:, k, None]
        flat = np.ptp(values) <= 1e-12 * np.abs(values).max()
        if flat and what == "exogenous":
            raise ValueError(f"exogenous: expected values that vary, got a constant {name!r}")
        scaling = Scaling.of(values, kind) if kind and not flat else Scaling((0.0,), (1.0,))
        centers.append(float(values[0, 0]) if kind and flat else scaling.center[0])
        scales.append(scaling.scale[0])
    return Group(names, tuple(centers), tuple(scales))


def labels_by_recording(series: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Label of each recording, and the number of the recording of each sample."""
    labels = recording_of(series)
    lengths = recording_lengths(labels, len(series))
    every = np.zeros(len(series), int) if labels is None else labels
    return every[np.cumsum(lengths) - lengths], np.repeat(np.arange(len(lengths)), lengths)
