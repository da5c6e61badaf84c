"""Examples in the documentation and README run; notebooks run; nothing points at nothing."""

import doctest
import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import bayesneuron as bn
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.likelihoods import LIKELIHOODS
from bayesneuron.network.priors import PRIORS

ROOT = Path(__file__).parents[1]
EXTRAS = {"bayesneuron.forecasting.sktime": "sktime"}  # modules that need one
NEEDS = {"11_a_real_network.py": "neuralfoil", "12_published_tables.py": "bde"}  # of notebooks
MODULES = [m.name for m in pkgutil.walk_packages(bn.__path__, "bayesneuron.")]


# whether one of thousands of draws diverges is up to the rounding of a processor
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_examples_of_the_documentation(page):
    if ">>>" not in page.read_text():
        assert page.name in {
            "alternatives.md",
            "gallery.md",  # tests/plots/test_gallery.py runs it
            "notation.md",
            "notebooks.md",  # tests/test_notebook_pages.py
            "symmetry.md",
            "methods.md",
            "design.md",
            "speed.md",
            "evidence.md",
            "glossary.md",
        }
        return
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


class Tolerant(doctest.OutputChecker):
    """Numbers may differ by 5% or 0.02: whole processors round differently. Words may not."""

    def check_output(self, want, got, optionflags):
        number = r"-?\d+\.\d+"
        words = [re.sub(r"\s+", " ", re.sub(number, "#", text)).strip() for text in (want, got)]
        values = [[float(v) for v in re.findall(number, text)] for text in (want, got)]
        return words[0] == words[1] and values[1] == pytest.approx(values[0], rel=0.05, abs=0.02)


def run_readme(kind):
    """Every block of the README of one kind, one after another, with its output compared."""
    blocks = re.findall(rf"```{kind}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    example = doctest.DocTestParser().get_doctest(
        "\n".join(blocks), {}, "README.md", "README.md", 0
    )
    result = doctest.DocTestRunner(Tolerant()).run(example, clear_globs=False)
    assert result.attempted > 0
    assert result.failed == 0
    return example.globs


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_examples_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = run_readme("pycon")
    assert (tmp_path / "nuts.nc").is_file()
    assert values["own"].posterior.sizes["hidden"] == 3


def test_a_network_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    mine = next(b for b in blocks if b.startswith("# mine.py"))
    (tmp_path / "mine.py").write_text(mine)
    model = bn.load("mine.py", width=3)
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)  # of so few draws
        draws = bn.laplace(model, x, y, samples=50, starts=2)
    assert bn.neurons(draws)["hidden"].mean.shape == (3, 5)
    assert bn.merge(draws, [0, 0, 1], model=model).model.options["width"] == 2


def test_functions_named_in_the_readme_exist():
    text = (ROOT / "README.md").read_text()
    names = set(re.findall(r"\bbn\.([a-z_]+(?:\.[a-z_]+)?)\b", text))
    assert len(names) > 20
    for name in names:
        value = bn
        for part in name.split("."):
            value = getattr(value, part)


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("module", [m for m in MODULES if not m.endswith("__main__")])
def test_examples_of_docstrings(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if module in EXTRAS:
        pytest.importorskip(EXTRAS[module])
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "notebook", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.name
)
def test_notebooks(notebook, tmp_path):
    """Converted and executed, at reduced size."""
    package = NEEDS.get(notebook.name)
    # not imported: only its files are read, and it is installed without what it needs
    if package is not None and importlib.util.find_spec(package) is None:
        pytest.skip(f"reads files of {package}, which is not installed (make notebooks)")
    environment = {**os.environ, "BAYESNEURON_FAST": "1"}
    environment.pop("MPLBACKEND", None)  # the kernel's own, which shows figures
    made = tmp_path / f"{notebook.stem}.ipynb"
    steps = (
        ["jupytext", "--to", "ipynb", "--output", str(made), str(notebook)],
        ["nbconvert", "--to", "notebook", "--execute", "--inplace", str(made)],
    )
    for step in steps:
        done = subprocess.run(
            [sys.executable, "-m", *step], capture_output=True, text=True, check=False,
            env=environment, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
    assert '"image/png"' in made.read_text()


def test_files_named_in_the_readme_exist():
    text = (ROOT / "README.md").read_text()
    named = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(
        r"`((?:docs|notebooks|benchmarks)/[^`]+)`", text
    )
    assert named
    for name in named:
        if not name.startswith("docs/_build"):
            assert (ROOT / name.split()[0]).exists(), name


def test_the_page_of_the_networks_lists_every_option_and_choice():
    page = (ROOT / "docs/models.md").read_text()
    table = page.partition("## Likelihoods")[0].partition("## Options")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", table, re.M))
    for name in bn.available_models():
        module = importlib.import_module(f"bayesneuron.models.{name}")
        for option in inspect.signature(module.model).parameters.values():
            if option.kind is option.KEYWORD_ONLY:
                networks = rows[option.name]
                but = networks.partition("but ")[2]
                listed = name not in but if "all" in networks else name in networks
                assert listed, (name, option.name)
    assert {*LIKELIHOODS, *PRIORS, *ACTIVATIONS} <= set(re.findall(r"`\"?(\w+)\"?`", page))
