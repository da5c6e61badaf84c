"""Public series of many kinds, from packages that carry them: nothing is downloaded."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import bayesneuron as bn

MOST = 400  # samples of each series, the latest
PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""  # thousands a month from 1949, Box and Jenkins, "Time Series Analysis", 1976, series G


def _arch(name: str, column: str) -> pd.Series:
    module = importlib.import_module(f"arch.data.{name}")
    return module.load()[column]


def _statsmodels(name: str) -> pd.DataFrame:
    return importlib.import_module(f"statsmodels.datasets.{name}").load_pandas().data


def _quarterly(name: str) -> pd.Series:
    data = _statsmodels("macrodata")
    index = pd.PeriodIndex.from_fields(
        year=data["year"].astype(int), quarter=data["quarter"].astype(int), freq="Q"
    )
    return pd.Series(data[name].to_numpy(), index=index)


def _el_nino() -> np.ndarray:
    return _statsmodels("elnino").iloc[:, 1:].to_numpy().ravel()


def _co2() -> xr.DataArray:
    return bn.as_series(_statsmodels("co2")["co2"], missing="interpolate")


def _vega(name: str, date: str, column: str, **where: Any) -> pd.Series:
    from vega_datasets import local_data

    table = getattr(local_data, name)()
    for key, value in where.items():
        table = table[table[key] == value]
    return table.set_index(date)[column]


def _wavelets(name: str) -> np.ndarray:
    import pywt.data

    values = getattr(pywt.data, name)()
    return values[1] if isinstance(values, tuple) else values


def _pulse() -> xr.DataArray:
    """Read as a file: the package itself is not needed, and need not be importable."""
    spec = importlib.util.find_spec("heartpy")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "data" / "data.csv"
    return bn.read_series(file, column=0, header=False)[::5]


# By kind: the series, whole.
SERIES: dict[str, Callable[[], Any]] = {
    "stock index": lambda: bn.as_series(_arch("sp500", "Adj Close"), missing="drop"),
    "volatility index": lambda: bn.as_series(_arch("vix", "vix"), missing="drop"),
    "oil price": lambda: bn.as_series(_arch("wti", "DCOILWTICO"), missing="drop"),
    "airline passengers": lambda: np.array(PASSENGERS.split(), float),
    "sunspots": lambda: _statsmodels("sunspots").set_index("YEAR")["SUNACTIVITY"],
    "carbon dioxide": _co2,
    "river flow": lambda: _statsmodels("nile").set_index("year")["volume"],
    "sea temperature": _el_nino,
    "unemployment": lambda: _quarterly("unemp"),
    "inflation": lambda: _quarterly("infl"),
    "domestic product": lambda: _quarterly("realgdp"),
    # an hour is skipped where summer time begins
    "hourly temperature": lambda: bn.as_series(
        _vega("seattle_temps", "date", "temp"), missing="interpolate"
    ),
    "daily wind": lambda: _vega("seattle_weather", "date", "wind"),
    "employment": lambda: _vega("us_employment", "month", "nonfarm"),
    "electrocardiogram": lambda: _wavelets("ecg"),
    "pulse wave": _pulse,
    "gait": bn.datasets.walking,
}
CARRIED = (*tuple(SERIES)[:11], "gait")  # by packages that bayesneuron itself requires


def public_series(kind: str, most: int = MOST) -> xr.DataArray:
    """The latest samples of a series; whole recordings where there are several."""
    series = bn.as_series(SERIES[kind]())
    return series[:most] if "recording" in series.coords else series[-most:]
