"""Columns that are forecast, only read, and known ahead, through the whole command."""

import sys

import numpy as np
import pandas as pd
import pytest
from conftest import stand_in

import bayesneuron as bn
from bayesneuron.app import ahead
from bayesneuron.app.ahead import judge_ahead
from bayesneuron.app.cli import main
from bayesneuron.app.columns_read import read_columns

COUNT = 120


@pytest.fixture
def file(tmp_path):
    """s_{t+1} = 0.6 s_t + 0.8 u_{t+1} and noise, and v, which tells nothing."""
    rng = np.random.default_rng(0)
    u, s = rng.normal(2.0, 1.5, COUNT), np.zeros(COUNT)
    for t in range(1, COUNT):
        s[t] = 0.6 * s[t - 1] + 0.8 * u[t] + 0.3 * rng.normal()
    path = tmp_path / "driven.csv"
    pd.DataFrame({"u": u, "s": s, "v": rng.normal(size=COUNT)}).to_csv(path, index=False)
    return path


def test_columns_are_told_apart_by_name_and_by_number(file):
    table = pd.read_csv(file)
    read = read_columns(file, column=["v"], target=[1], exogenous=["u"])
    assert read.series["channel"].values.tolist() == ["v", "s"]
    assert read.target == ("s",)
    np.testing.assert_array_equal(read.exogenous, table[["u"]])
    read = read_columns(file, target=["s"], exogenous=["u"])
    assert (read.series.dims, read.series.name, read.target) == (("time",), "s", ())
    np.testing.assert_array_equal(read.series, table["s"])
    assert read_columns(file, column=["s", "v"]).exogenous is None


def test_forecasts_are_of_whole_outputs_as_far_as_is_known(monkeypatch):
    asked = []
    monkeypatch.setattr(ahead, "backtest", lambda draws, data, **options: asked.append(options))
    both = np.random.default_rng(0).normal(size=(COUNT, 2))
    u = both[:, :1]
    for known, target in (({"exogenous": u}, "forecast"), ({}, ["s0"])):
        x, y = bn.windows(both[:96], 2, 4, target=target, **{k: v[:96] for k, v in known.items()})
        model = bn.load("two_layer", inputs=x.shape[1], hidden=1, outputs=y.shape[1])
        judge_ahead(stand_in(model, x, y), both, horizon=4, test=0.2, seed=0, **known)
    assert [options["horizon"] for options in asked] == [8, 4]
    assert asked[0]["exogenous"] is u


@pytest.mark.slow
def test_run_with_a_target_and_what_is_known_ahead(file, tmp_path, monkeypatch):
    output = tmp_path / "output"
    options = "--column s --column v --target s --exogenous u --history 2 --hidden 1 --local none"
    arguments = [*options.split(), "--methods", "laplace", "--quick"]
    monkeypatch.setattr(
        sys, "argv", ["bayesneuron", "run", str(file), "--output", str(output), *arguments]
    )
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    summary = (output / "summary.md").read_text()
    assert "Forecast: s. Read as well: v. Known ahead: u." in summary
    assert "| 1 step ahead, forecast by" in summary
    errors = pd.read_csv(output / "errors.csv", index_col=0)["rmse"]
    s, late = pd.read_csv(file)["s"].to_numpy(), COUNT * 4 // 5
    by_hand = np.sqrt(np.mean(np.diff(s[late + 1 :]) ** 2))
    assert errors["persistence"] == pytest.approx(by_hand)  # in the units of s alone
    tested = pd.read_csv(output / "backtest.csv", index_col=0)["rmse"]
    for table in (errors, tested):
        known = table[table.index.isin(["laplace", "network", "autoregression"])]
        assert (known < 0.5).all(), "0.3 is the noise; without u 1.24 is the least"
    assert errors["linear autoregression"] < 0.5 < tested["persistence"]
