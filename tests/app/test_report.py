"""The page: whole in one file, safe against names from elsewhere, legible in order."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from conftest import full_disk
from typer.testing import CliRunner

import bayesneuron as bn
from bayesneuron.app.cli import app, main
from bayesneuron.app.markdown import captioned, figure, table
from bayesneuron.app.of_estimates import findings_of
from bayesneuron.app.page import page

ORDER = [
    "What to believe", "Data and network", "Estimates compared", "Figures", "The neurons",
    "The neurons together", "Settings and versions",
]  # fmt: skip
EVIL = '<script>alert(1)</script>[x](http://evil.example)![y](http://evil.example/y.png)"|`'


class Parsed(HTMLParser):
    """What a browser would fetch, run and show."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.headings = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append([int(tag[1]), ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            self.headings[-1][1] += data


def checked(text):
    """Parse a page, and check what every page must be."""
    parsed = Parsed(text)
    assert not parsed.open, "every tag is closed"
    assert not {"script", "link", "iframe", "object", "form"} & set(parsed.tags)
    assert {"main", "nav", "title"} <= set(parsed.tags)
    ids = [a["id"] for _, a in parsed.attributes if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in parsed.attributes:
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "a":
            assert attributes["href"].removeprefix("#") in ids
        if tag == "img":
            assert re.match(r"data:image/(png|svg\+xml);base64,", attributes["src"])
            assert attributes["alt"]
    assert "url(" not in text
    assert "@import" not in text
    levels = [level for level, _ in parsed.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert parsed.tags.count("caption") == parsed.tags.count("table")
    return parsed


@pytest.fixture(scope="module")
def draws():
    wave = bn.datasets.noisy_sine(length=60).values
    series = bn.as_series(pd.DataFrame({"<script>": wave, "b|c": wave[::-1]}))
    x, y = bn.windows(series.assign_attrs(units="V", source=EVIL), history=2)
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=2)
    return [bn.laplace(model, x, y, samples=60, starts=2, seed=seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def path(draws, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    with pytest.warns(bn.StatisticalWarning, match="none significant"):
        return bn.report(draws, folder / "two.html", title=EVIL)


@pytest.mark.slow
def test_a_report_on_draws_is_whole_and_in_order(path):
    text = path.read_text()
    parsed = checked(text)
    assert [name for level, name in parsed.headings if level == 2][1:] == ORDER
    assert [name for level, name in parsed.headings if level == 1] == [EVIL]
    assert parsed.tags.count("img") >= 5
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text, "the title and the source, as text"
    assert "&lt;script&gt;(t-1)</th>" in text, "a channel, among the weights"
    assert "b|c(t)</th>" in text
    assert "laplace 2" in text
    assert [p.name for p in path.parent.iterdir()] == ["two.html"]


def test_the_numbers_are_those_of_the_library(path, draws):
    text = path.read_text()
    table = bn.compare({"laplace": draws[0], "laplace 2": draws[1]}, cv="loo").methods
    for value in table["elpd_loo"]:
        assert f">{value:.4g}</td>" in text
    findings = bn.diagnose(draws[0]).findings
    assert findings
    assert all(f.cause in text for f in findings)


@pytest.mark.slow
def test_the_same_draws_give_the_same_tables(path, draws, tmp_path):
    with pytest.warns(bn.StatisticalWarning):
        again = bn.report(draws, tmp_path / "again.html", title=EVIL).read_text()
    without = [re.sub('base64,[^"]*', "", text) for text in (again, path.read_text())]
    assert without[0] == without[1]


def test_names_cannot_become_markup():
    text = "\n\n".join(
        [f"# {EVIL}", f"## {EVIL}", EVIL, captioned(EVIL, table([EVIL, "b"], [[EVIL, EVIL]])),
         "![a](missing.png)", figure("missing", "not drawn"), f"- {EVIL}"]
    )  # fmt: skip
    parsed = checked(page(text, {}))
    assert parsed.tags.count("td") == 2, "a bar in a name is no border of a cell"
    assert "img" not in parsed.tags


@pytest.mark.parametrize(
    ("given", "message"),
    [([], "expected draws, or several, got none"), ("a.nc", "got str"), ({"a": 1}, "a DataTree")],
)
def test_what_is_no_draws_is_refused(given, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        bn.report(given, tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


def test_draws_without_data_have_a_report_of_what_they_know(tmp_path):
    sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    layout, rng = bn.Layout(sites, {"hidden": "tanh"}), np.random.default_rng(0)
    made = {"W": rng.normal(size=(50, 2, 3)) + 2, "V": rng.normal(size=(50, 1, 2))}
    text = bn.report(bn.from_arrays(made, layout=layout), tmp_path / "a.html").read_text()
    parsed = checked(text)
    assert "The neurons together" not in [name for _, name in parsed.headings]
    assert "Relevance: not known, the draws carry no data." in text


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_a_full_disk_keeps_an_earlier_report(draws, path):
    before = path.read_bytes()
    with full_disk(), pytest.raises(ValueError, match="can be written"):
        bn.report(draws[0], path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", ["none", "truncated", "text"])
def test_what_the_command_cannot_read_is_one_line(draws, tmp_path, monkeypatch, capsys, kind):
    file, page_of = tmp_path / "draws.nc", tmp_path / "out.html"
    page_of.write_text("an earlier page")
    if kind != "none":
        content = bn.save(draws[0], file).read_bytes()
        file.write_bytes(content[:-100] if kind == "truncated" else b"no draws")
    monkeypatch.setattr("sys.argv", ["bayesneuron", "report", str(file), "-o", str(page_of)])
    with pytest.raises(SystemExit) as stop:
        main()
    err = capsys.readouterr().err
    assert (stop.value.code, err.count("\n")) == (2, 1)
    assert err.startswith("bayesneuron: ")
    assert "draws.nc" in err
    assert page_of.read_text() == "an earlier page"


@pytest.mark.slow
def test_the_command_reads_files(draws, tmp_path):
    for i, one in enumerate(draws):
        bn.save(one, tmp_path / f"part{i}.nc")
    page_of = tmp_path / "out.html"
    done = CliRunner().invoke(app, ["report", str(tmp_path), "-o", str(page_of)])
    assert done.exit_code == 0, done.output
    parsed = checked(page_of.read_text())
    assert parsed.headings[0] == [1, "part0, part1"]
    twice = [str(tmp_path / "part0.nc")] * 2
    done = CliRunner().invoke(app, ["report", *twice, "-o", str(page_of)])
    assert "expected different files" in str(done.exception)


@pytest.mark.slow
def test_reduction_and_backtest_have_sections_of_their_own(tmp_path):
    series = bn.datasets.noisy_sine(length=80)
    x, y = bn.windows(series, history=3)
    model = bn.load("two_layer", inputs=3, hidden=3, outputs=1)
    draws = bn.laplace(model, x[:55], y[:55], samples=60, starts=2)
    with pytest.warns(bn.StatisticalWarning, match="projected onto the output weights"):
        reduction = bn.reduce(draws, test=(x[55:], y[55:]), sizes=[1], score="merged")
    tested = bn.backtest(draws, series, horizon=3, origins=4, test_size=0.3)
    with pytest.warns(bn.StatisticalWarning, match="none significant"):
        path = bn.report(draws, tmp_path / "whole.html", reduction=reduction, backtest=tested)
    text = path.read_text()
    names = [name for _, name in checked(text).headings]
    assert names.index("Several steps ahead") < names.index("Figures")
    assert names.index("The neurons together") < names.index("Reduced network")
    assert f"{tested.table().loc['network', 'rmse']:.4g}</td>" in text
    before = reduction.curve.iloc[-1]
    assert f"{before['elpd']:.1f} ± {before['se']:.1f}</td>" in text
    assert "backtest_steps.csv" not in text, "a file of runs alone"
    with pytest.raises(ValueError, match="reduction: expected a Reduction, got Backtest"):
        bn.report(draws, tmp_path / "whole.html", reduction=tested)


def test_findings_of_one_cause_are_one_item():
    wide = [
        bn.results.Finding("narrow prior", (f"h:{k}",), f"{k} times", "Widen it.", False)
        for k in (2, 3)
    ]
    report = bn.results.Diagnosis("laplace", tuple(wide), None)
    assert findings_of({"laplace": report})[1] == (
        "- **laplace, narrow prior** (h:2): 2 times; (h:3): 3 times. Widen it."
    )


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser")
def test_a_browser_shows_it(path, tmp_path):
    image = tmp_path / "page.png"
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'user'}", f"--screenshot={image}", "--window-size=390,900",
    ]  # fmt: skip
    subprocess.run(["chromium", *options, path.as_uri()], check=True, capture_output=True)
    assert image.stat().st_size > 10_000
