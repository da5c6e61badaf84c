"""The command: bad input is one line and exit status 2; good input leaves a whole folder."""

import subprocess
import sys

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.app.cli import main
from bayesneuron.app.settings import METHODS


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
        (["--column", "word"], "column 'word': expected a number, got 'a' in row 2"),
        (["--column", "hole"], "got 1 missing, first in row 6"),
        (["--column", "flat"], "flat: series: expected values that vary, got a constant"),
        (["--column", "wave", "--history", "100"], "at least 101 samples"),
        (["--column", "wave", "--history", "20"], "last 20% held out"),
        (["--column", "wave", "--history", "4", "--stride", "1000"], "1 and 1 with stride 1000"),
        (["--column", "wave", "--history", "4", "--delay", "30"], "at delay 30), got at most 80"),
        (
            ["--column", "wave", "--seed", "-1"],
            "seed: expected a whole number, 0 <= seed < 2**63, got -1",
        ),
        (["--column", "wave", "--methods", "nuts,mcmc"], "got ['mcmc']"),
        (["--column", "wave", "--methods", ","], "methods: expected some of"),
        (["--column", "wave", "--hidden", "0"], "hidden: expected a positive"),
        (["--column", "wave", "--activation", "tan"], "expected an activation"),
        (["--column", "wave", "--local", "median"], "local: expected one of ['auto', 'none'"),
        (["--column", "wave", "--difference", "-1"], "difference: expected"),
        (["--column", "wave", "--prior", "flat"], "prior: expected one of"),
        (["--column", "wave", "--test", "2"], "test: expected a"),
        (["--column", "9"], "by name or number, 0 to 3, got 9"),
        (["--column", "wave", "--missing", "ignore"], "missing: expected one of"),
        (["--column", "wave", "--skip-rows", "x"], "skip-rows: expected a number, or rows"),
        (["--column", "wave", "--separator", ";"], "expected column 'wave'"),
        (["--target", "wave", "--target", "wave"], "target: expected different columns"),
        (["--target", "wave", "--exogenous", "wave"], "no channels (of --column, --target), got"),
        (["--target", "wave", "--exogenous", "none"], "expected column 'none'"),
        (["--target", "wave", "--exogenous", "hole"], "got 1 missing, first in row 6"),
        (["--target", "wave", "--exogenous", "flat"], "exogenous: expected values that vary, got"),
        (["--exogenous", "wave"], "expected the series itself as well, by --target or --column"),
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


@pytest.mark.slow
def test_a_file_from_elsewhere(command, tmp_path):
    path = tmp_path / "log.txt"
    hours = pd.date_range("2024", periods=120, freq="h")
    values = 20 + np.sin(np.arange(120) / 4)
    values[[50, 51]] = -9999
    lines = [f"{h};{v:.4f};0".replace(".", ",") for h, v in zip(hours, values, strict=True)]
    header = ["Station: Hügel", "Zeit;Temp;Wind", "-;°C;m/s"]
    path.write_bytes("\n".join([*header, *lines]).encode("latin-1"))
    quick = ["--history", 4, "--hidden", 1, "--quick", "--methods", "laplace", "--prior", "normal"]
    say = ["--encoding", "latin-1", "--skip-rows", "1,3", "--column", "1"]
    for options, message in (
        ([], "row 1: expected text in utf-8, got byte 0xfc"),
        (say[:2], "row 2: expected 1 cell as in the header, got 3"),
        (say, "got -9999 in 2 of the samples, far from all others (19 to 21), first in row 54"),
        ([*say, "--missing-values", "-9999"], "got 2 missing, first in row 54"),
    ):
        code, _, err = command("run", path, "--output", tmp_path / "out", *quick, *options)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err
    options = [*quick, *say, "--missing-values", "-9999", "--missing", "split", "--test", "0.4"]
    code, _, err = command("run", path, "--output", tmp_path / "out", *options)
    assert code == 0
    assert "Temp: 62 windows" in err, "26 in the 30 of 50 and 36 in the 40 of 68, none across"
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "Source: log.txt, cut where samples are missing." in summary


def test_version(command):
    code, out, _ = command("--version")
    assert code == 0
    assert out.split() == ["bayesneuron", bn.__version__]


def test_missing_file_and_output_that_is_a_file(command, csv, tmp_path):
    code, _, err = command("run", tmp_path / "none.csv")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = command("run", csv, "--column", "wave", "--output", csv)
    assert code == 2
    assert "expected a folder" in err


@pytest.mark.slow
def test_run_writes_a_whole_folder_and_may_run_again(command, csv, tmp_path):
    folder = tmp_path / "out"
    options = ["--column", "wave", "--history", "4", "--hidden", "2", "--quick", "--units", "m"]
    code, out, progress = command("run", csv, "--output", folder, *options)
    assert code == 0
    assert "wave: nuts done in" in progress
    names = {p.name for p in folder.iterdir()}
    assert {"summary.md", "methods.csv", "pairs.csv", "nuts.nc", "bootstrap.nc"} <= names
    assert {"findings.csv", "errors.csv"} <= names
    assert {"ellipsoids.pdf", "ellipsoids.png", "trace.pdf", "reconstruction.png"} <= names
    assert "Estimates" in out
    summary = (folder / "summary.md").read_text()
    for name in names:
        if name.endswith(".png"):
            assert f"({name})" in summary
    # both begin with one text: what to believe
    head, _, verdict = out.partition("\n\n")
    assert head == "wave, network 4-2-1: what to believe"
    verdict = verdict.partition("\n\nNeurons by nuts")[0]
    assert summary.startswith(f"# wave\n\n## What to believe\n\n{verdict}\n\n")
    lines = verdict.splitlines()
    fit = ["NOT fit to report" not in line for line in lines[:4]]
    assert {line.split(":")[0] for line in lines[:4]} == {f"- {m}" for m in METHODS}
    assert fit == sorted(fit), "the worst first"
    errors = pd.read_csv(folder / "errors.csv", index_col="forecast")
    assert list(errors.index) == [*METHODS, "persistence", "linear autoregression"]
    assert errors["rmse"].notna().all()
    (folder / "mine.txt").write_text("kept")
    first = (folder / "pairs.csv").read_bytes()
    code, _, _ = command("run", csv, "--output", folder, *options)
    assert code == 0
    assert (folder / "mine.txt").read_text() == "kept"
    assert (folder / "pairs.csv").read_bytes() == first, "the same seed, the same numbers"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "series.csv"]


@pytest.mark.slow
def test_run_goes_on_to_a_smaller_network(command, csv, tmp_path):
    folder = tmp_path / "out"
    options = [
        "--history",
        "4",
        "--hidden",
        "3",
        "--methods",
        "laplace",
        "--quick",
        "--prior",
        "normal",
        "--test",
        "0.4",
    ]
    code, out, _ = command("run", csv, "--column", "wave", "--output", folder, *options)
    assert code == 0
    for line in ("Neurons by laplace: 3", "Communities: ", "Reduced: 3 to "):
        assert line in out
    graph = nx.read_graphml(folder / "graph.graphml")
    table = pd.read_csv(folder / "neurons.csv", index_col="neuron")
    assert list(graph) == list(table.index) == [f"hidden[{i}]" for i in range(3)]
    assert {"community", "stability", "share", "removed", "verdict"} <= set(table.columns)
    sizes = pd.read_csv(folder / "reduction.csv")
    assert sizes["neurons"].tolist() == [1, 2, 3]
    assert sizes["chosen"].sum() == 1
    for name in ("graph", "communities", "relevance", "reduction"):
        assert (folder / f"{name}.pdf").stat().st_size > 0
        assert (folder / f"{name}.png").stat().st_size > 0

    draws = bn.open(folder / "reduced.nc")
    chosen = int(sizes.loc[sizes["chosen"], "neurons"].iloc[0])
    assert draws["posterior"].sizes["hidden"] == chosen
    assert bn.predict(draws, np.zeros((5, 4)))["predictions"]["mean"].shape == (1, 100, 5, 1)
    summary = (folder / "summary.md").read_text()
    assert "## The neurons together" in summary
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in summary.splitlines()]
    for neuron, verdict in table["verdict"].items():
        assert [neuron, verdict] in rows
    # what the summary tells the user to type must run, here with few draws
    code = (
        summary.split("```python\n")[1]
        .split("```")[0]
        .replace("start=draws", "start=draws, chains=1, samples=10, warmup=10, starts=1")
    )
    scope: dict = {}
    exec(code.replace("reduced.nc", str(folder / "reduced.nc")), scope)
    assert scope["nuts"]["posterior"].sizes["hidden"] == chosen


@pytest.mark.slow
def test_run_with_one_neuron_and_hardly_any_held_out(command, csv, tmp_path):
    options = ["--history", "4", "--hidden", "1", "--quick", "--activation", "relu", "--no-skip"]
    folder = tmp_path / "out"
    code, out, _ = command(
        "run", csv, "--column", "wave", "--methods", "bootstrap", "--output", folder, *options
    )
    assert code == 0
    assert "Reduced: 1 to 1 neurons" in out
    names = {p.name for p in folder.iterdir()}
    assert {"graph.graphml", "neurons.csv", "relevance.png", "reduced.nc"} <= names
    assert not {"graph.png", "communities.png", "reduction.png"} & names, "nothing to see"
    assert "none, a single neuron" in (folder / "summary.md").read_text()


@pytest.mark.slow
def test_demo_as_a_module(tmp_path):
    folder = tmp_path / "out"
    few = ["--quick", "--methods", "laplace"]
    run = [sys.executable, "-m", "bayesneuron", "demo", *few, "--output", str(folder)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr, "no bars where there is no terminal"
    for name in ("walking", "sine"):
        assert (folder / name / "summary.md").is_file()
        assert (folder / name / "reduced.nc").is_file()
