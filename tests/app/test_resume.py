"""An interrupted run leaves its finished methods, and goes on to the same bits."""

import json
import os
import signal
import sys
from contextlib import nullcontext, suppress

import numpy as np
import pandas as pd
import pytest
from conftest import full_disk

import bayesneuron as bn
from bayesneuron.app.cli import main
from bayesneuron.app.settings import METHODS
from bayesneuron.app.terminal import heard, say

OPTIONS = [
    "--column", "wave", "--history", "2", "--hidden", "1", "--no-skip", "--prior", "normal",
    "--quick", "--local", "none", "--methods", "laplace,bootstrap",
]  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    wave = np.sin(np.arange(60) / 3) + 0.1 * np.random.default_rng(0).normal(size=60)
    pd.DataFrame({"wave": wave}).to_csv(tmp_path / "series.csv", index=False)

    monkeypatch.setattr("bayesneuron.app.figures.draw_figures", lambda *_: {})  # take long

    def of(folder, *more):
        arguments = ["run", tmp_path / "series.csv", "--output", tmp_path / folder, *OPTIONS, *more]
        monkeypatch.setattr(sys, "argv", ["bayesneuron", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, *capsys.readouterr()

    return of


def stopped(*arguments, **options):
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_stopped_run_goes_on_to_the_same_bits(run, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(METHODS, "bootstrap", stopped)
        code, _, err = run("parts")
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    assert code == 130
    last = err.splitlines()[-1]
    assert last.startswith(f"Stopped. Saved in {parts}: laplace.nc. ")
    assert "--resume" in last
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts", "series.csv"]
    assert sorted(p.name for p in parts.iterdir()) == ["laplace.nc", "run.json"]
    assert bn.open(parts / "laplace.nc")["posterior"].sizes["draw"] == 100

    code, _, err = run("parts", "--resume", "--seed", "1", "--hidden", "2")
    assert code == 2
    assert "hidden 2 (there 1); seed 1 (there 0)" in err
    assert sorted(p.name for p in parts.iterdir()) == ["laplace.nc", "run.json"]

    with monkeypatch.context() as patch:
        patch.setitem(METHODS, "laplace", stopped)
        code, _, err = run("parts", "--resume")
        assert code == 0, "laplace is read, not run again"
        assert "wave: laplace read, done before" in err
    code, _, err = run("whole", "--resume")
    assert code == 0
    assert f"Nothing to resume in {whole}: a new run." in err
    for name in ("pairs.csv", "neurons.csv", "reduction.csv", "backtest_steps.csv", "errors.csv"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), name
    for method in ("laplace", "bootstrap"):
        one, other = (bn.open(f / f"{method}.nc")["posterior"] for f in (parts, whole))
        assert one.to_dataset().equals(other.to_dataset())
    assert {p.name for p in parts.iterdir()} == {p.name for p in whole.iterdir()}

    # another run into the folder of a whole one leaves it whole until it is whole itself
    before = {p.name: p.read_bytes() for p in parts.iterdir()}
    with monkeypatch.context() as patch:
        patch.setitem(METHODS, "bootstrap", stopped)
        assert run("parts", "--seed", "1")[0] == 130
    unfinished = parts / "unfinished"
    assert sorted(p.name for p in unfinished.iterdir()) == ["laplace.nc", "run.json"]
    assert {p.name: p.read_bytes() for p in parts.iterdir() if p.is_file()} == before
    (unfinished / "laplace.nc").write_bytes(before["laplace.nc"])
    code, _, err = run("parts", "--resume", "--seed", "1")
    assert code == 2
    assert "as it was saved, got another file" in err
    state = json.loads((unfinished / "run.json").read_text())
    assert set(state["methods"]) == {"laplace"}
    assert state["methods"]["laplace"]["seconds"] > 0


def test_what_stops_early_saves_nothing_and_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setitem(METHODS, "laplace", stopped)
    code, _, err = run("parts")
    assert code == 130
    assert err.endswith("Stopped before any method was done: nothing is saved.\n")
    assert [p.name for p in tmp_path.iterdir()] == ["series.csv"]


def test_a_failure_leaves_what_is_done(run, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise ValueError("expected luck, got none")

    monkeypatch.setitem(METHODS, "bootstrap", fail)
    code, _, err = run("parts")
    assert code == 2
    assert err.splitlines()[-2].startswith("Stopped. Saved in")
    assert err.splitlines()[-1] == "bayesneuron: expected luck, got none"
    assert (tmp_path / "parts" / "laplace.nc").is_file()


def test_an_interrupt_that_python_drops_is_heard_at_the_next_step():
    with heard() as check:
        check()
        with suppress(KeyboardInterrupt):  # as in a callback
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()


def test_a_reader_that_has_gone_costs_only_the_text(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        say("a" * 100_000)
        say("more")


def full(*arguments):
    raise OSError(28, "No space left on device")


@pytest.mark.slow
def test_a_full_disk_keeps_an_earlier_run(run, tmp_path, monkeypatch):
    assert run("out")[0] == 0
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    for early in (True, False):
        if not early:  # once the draws are written
            monkeypatch.setattr("bayesneuron.app.figures.draw_figures", full)
        with full_disk() if early else nullcontext():
            code, out, err = run("out")
        assert code == 2
        assert "can be written" in err.splitlines()[-1]
        assert "Traceback" not in out + err
        assert {p: p.read_bytes() for p in before} == before
