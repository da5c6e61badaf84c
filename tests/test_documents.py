"""Examples in the documentation and README run; notebooks run; nothing points at nothing."""

import doctest
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import bayesneuron as bn

ROOT = Path(__file__).parents[1]


# whether one of thousands of draws diverges is up to the rounding of a processor
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_examples_of_the_documentation(page):
    if ">>>" not in page.read_text():
        assert page.name in {
            "index.md",
            "notation.md",
            "symmetry.md",
            "methods.md",
            "design.md",
            "speed.md",
            "evidence.md",
            "glossary.md",
        }
        return
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried > 0
    assert failed == 0


def test_examples_of_the_readme(tmp_path, monkeypatch):
    """The Python of the README as it stands, with fewer draws."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    first = next(b for b in blocks if "bn.datasets.walking()" in b)
    first = first.replace("samples=1000", "samples=50, warmup=100")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)  # of so few draws
        told: dict[str, Any] = {}
        exec(compile(first, "README.md", "exec"), told)
        then = next(b for b in blocks if "bn.reduce(" in b)
        exec(
            compile(then.replace("samples=1000", "samples=20, warmup=20"), "README.md", "exec"),
            told,
        )
    assert (tmp_path / "nuts.nc").is_file()
    assert told["again"].posterior.sizes["hidden"] == told["small"].options["hidden"] <= 4
    mine = next(b for b in blocks if b.startswith("# mine.py"))
    (tmp_path / "mine.py").write_text(mine)
    model = bn.load("mine.py", width=3)
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=4)
    draws = bn.laplace(model, x, y, samples=50, starts=2)
    assert bn.neurons(draws)["hidden"].mean.shape == (3, 5)
    assert bn.merge(draws, [0, 0, 1], model=model).model.options["width"] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "notebook", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.name
)
def test_notebooks(notebook, tmp_path):
    """Converted and executed, at reduced size."""
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
    named = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(
        r"`((?:docs|notebooks|benchmarks)/[^`]+)`", text
    )
    assert named
    for name in named:
        if not name.startswith("docs/_build"):
            assert (ROOT / name.split()[0]).exists(), name
