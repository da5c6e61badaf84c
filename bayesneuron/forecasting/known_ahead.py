"""What is known ahead of a series in a backtest: at the samples of a fit, and at origins."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.exogenous import (
    as_exogenous,
    check_same_samples,
    covariate_table,
    labels_by_recording,
)
from bayesneuron.data.recordings import recording_of
from bayesneuron.forecasting.beside import pieces_of, place_in
from bayesneuron.forecasting.origins import origins_of
from bayesneuron.forecasting.rolling import Rolling, stacked


@dataclass(frozen=True)
class KnownAhead:
    """Arguments of `bayesneuron.windows` and `bayesneuron.forecast`; empty where there are none.

    Attributes
    ----------
    exogenous : DataArray or None
        Of the same samples as the series.
    covariates : DataFrame or None
        By recording label.
    """

    exogenous: xr.DataArray | None = None
    covariates: pd.DataFrame | None = None

    def at_samples(self, at: np.ndarray) -> dict[str, Any]:
        """For windows of these samples of the series."""
        own = None if self.exogenous is None else self.exogenous.isel(time=at)
        return {k: v for k, v in self._both(own).items() if v is not None}

    def at_origins(
        self, roll: Rolling, batch: np.ndarray, span: int | None, horizon: int
    ) -> dict[str, Any]:
        """For forecasts from `stacked` pasts of so many samples at most."""
        own = None
        if self.exogenous is not None:
            own = stacked(self.exogenous, roll, batch, span, horizon)
        known = self._both(own)
        if self.covariates is not None:
            labels = labels_by_recording(roll.series)[0][roll.recording[batch]]
            rows = covariate_table(self.covariates, labels)
            known["covariates"] = rows.set_axis(np.arange(len(batch)), axis=0)
        return {k: v for k, v in known.items() if v is not None}

    def _both(self, exogenous: xr.DataArray | None) -> dict[str, Any]:
        return {"exogenous": exogenous, "covariates": self.covariates}


def covering(series: xr.DataArray, exogenous: xr.DataArray) -> xr.DataArray:
    """The samples of a longer exogenous series that are those of the series.

    By time where both have time stamps; otherwise each recording begins with the same sample.

    Raises
    ------
    ValueError
        If samples are missing.
    """
    origins, pieces, at = origins_of(series), pieces_of(exogenous), []
    for start, samples in enumerate(origins.samples):
        piece, last = place_in(pieces, origins, series, start, 0)
        first = last + 1 - len(samples)
        if first < 0:
            raise ValueError(
                f"exogenous: expected the {len(samples)} samples of the series, got {last + 1} up "
                "to its end"
            )
        at.append(piece.begin + np.arange(first, last + 1))
    own = exogenous.isel(time=np.concatenate(at))
    labels = recording_of(series)
    return own if labels is None else own.assign_coords(recording=("time", labels))


def known_ahead(series: xr.DataArray, exogenous: Any, covariates: Any) -> KnownAhead:
    """What is known ahead of a series, checked.

    Raises
    ------
    ValueError
        If samples or recordings differ.
    """
    own = None if exogenous is None else as_exogenous(exogenous)
    if own is not None:
        own = own if len(own) == len(series) else covering(series, own)
        check_same_samples(series, own)
    labels = list(dict.fromkeys(labels_by_recording(series)[0].tolist()))
    return KnownAhead(own, None if covariates is None else covariate_table(covariates, labels))


def check_whole(known: KnownAhead, horizon: int, output: int) -> None:
    """Raise ValueError unless whole outputs of a network end with the horizon.

    What is known ahead ends with the series, and a network reads it up to the end of its output.
    """
    if known.exogenous is not None and horizon % output:
        raise ValueError(
            f"horizon: expected a multiple of {output}, the samples in an output of the network, "
            f"with exogenous series, got {horizon}"
        )
