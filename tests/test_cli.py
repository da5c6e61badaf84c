"""The command: bad input is one line and exit status 2; good input leaves a whole folder."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from bayesneuron.cli import main


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["bayesneuron", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "series.csv"
    wave = np.sin(np.arange(80) / 3) + 0.1 * np.random.default_rng(0).normal(size=80)
    table = pd.DataFrame({"wave": wave, "flat": 1.0, "hole": wave, "word": "a"})
    table.loc[4, "hole"] = np.nan
    table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--column", "none"], "expected column 'none'"),
        ([], "expected a column name"),
        (["--column", "word"], "expected numbers in column 'word', got 'a' in row 2"),
        (["--column", "hole"], "got 1 missing or infinite, first at sample 4"),
        (["--column", "flat"], "got a constant"),
        (["--column", "wave", "--history", "100"], "at least 101 samples"),
        (["--column", "wave", "--history", "20"], "last 20% held out"),
        (["--column", "wave", "--methods", "nuts,mcmc"], "got ['mcmc']"),
        (["--column", "wave", "--methods", ","], "methods: expected some of"),
        (["--column", "wave", "--hidden", "0"], "hidden: expected a positive"),
        (["--column", "wave", "--activation", "tan"], "expected an activation"),
        (["--column", "wave", "--test", "2"], "test: expected a share"),
    ],
)
def test_bad_input(command, csv, tmp_path, options, message):
    code, out, err = command("run", csv, "--output", tmp_path / "out", *options)
    assert code == 2
    assert message in err
    assert err.startswith("bayesneuron: ")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    assert [p.name for p in tmp_path.iterdir()] == ["series.csv"], "nothing half-written"


def test_missing_file_and_output_that_is_a_file(command, csv, tmp_path):
    code, _, err = command("run", tmp_path / "none.csv")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = command("run", csv, "--column", "wave", "--output", csv)
    assert code == 2
    assert "expected a folder" in err


def test_run_writes_a_whole_folder_and_may_run_again(command, csv, tmp_path):
    folder = tmp_path / "out"
    options = ["--column", "wave", "--history", "4", "--hidden", "2", "--quick", "--units", "m"]
    code, out, _ = command("run", csv, "--output", folder, *options)
    assert code == 0
    names = {p.name for p in folder.iterdir()}
    assert {"summary.md", "methods.csv", "pairs.csv", "nuts.nc", "bootstrap.nc"} <= names
    assert {"ellipsoids.pdf", "ellipsoids.png", "trace.pdf", "reconstruction.png"} <= names
    assert "Estimates" in out
    summary = (folder / "summary.md").read_text()
    for name in names:
        if name.endswith(".png"):
            assert f"({name})" in summary
    (folder / "mine.txt").write_text("kept")
    first = (folder / "pairs.csv").read_bytes()
    code, _, _ = command("run", csv, "--output", folder, *options)
    assert code == 0
    assert (folder / "mine.txt").read_text() == "kept"
    assert (folder / "pairs.csv").read_bytes() == first, "the same seed, the same numbers"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "series.csv"]


def test_demo_as_a_module(tmp_path):
    folder = tmp_path / "out"
    run = [sys.executable, "-m", "bayesneuron", "demo", "--quick", "--output", str(folder)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr, "no bars where there is no terminal"
    for name in ("walking", "sine"):
        assert (folder / name / "summary.md").is_file()
