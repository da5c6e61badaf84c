"""Every notebook has its page, made from its code of today; nothing is executed here."""

import doctest
import re
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
PAGES = ROOT / "docs" / "notebooks"
FIGURES = ROOT / "docs" / "figures" / "notebooks"
GALLERY = (ROOT / "docs" / "notebooks.md").read_text()


def code_of(notebook):
    cells = jupytext.read(notebook).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_every_notebook_has_a_page_and_every_page_a_notebook():
    assert [page.stem for page in sorted(PAGES.glob("*.md"))] == [n.stem for n in NOTEBOOKS]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_a_page_has_the_code_of_its_notebook(notebook):
    page = (PAGES / f"{notebook.stem}.md").read_text()
    shown = re.findall(r"^```python\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    assert shown == code_of(notebook), f"make pages ONLY={notebook.stem[:2]}"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_a_page_has_the_text_of_its_notebook(notebook):
    page = (PAGES / f"{notebook.stem}.md").read_text()
    for cell in jupytext.read(notebook).cells[1:]:
        if cell.cell_type == "markdown" and "docs/" not in cell.source:
            assert cell.source in page, f"make pages ONLY={notebook.stem[:2]}"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_a_page_has_its_figures_and_a_thumbnail(notebook):
    page = (PAGES / f"{notebook.stem}.md").read_text()
    named = set(re.findall(r'src="\.\./figures/notebooks/([^"]+)"', page))
    thumbnail = f"{notebook.stem}_thumbnail.png"
    assert named
    assert {f.name for f in FIGURES.glob(f"{notebook.stem}_*")} == named | {thumbnail}
    assert f"figures/notebooks/{thumbnail}" in GALLERY
    assert f"notebooks/{notebook.stem}" in GALLERY


def test_pages_say_how_they_were_made_and_hold_text_only():
    for page in PAGES.glob("*.md"):
        text = page.read_text()
        assert re.search(r"executed\s+at full size in .* \(bayesneuron [\d.]+, jax [\d.]+", text)
        assert not re.search(r"base64|/(tmp|root|home|work|Users)/|\x1b|\d+%\|", text), page.name


def test_figures_of_all_pages_are_small():
    assert sum(f.stat().st_size for f in FIGURES.iterdir()) < 6_000_000


def test_tables_of_pandas_become_markdown(monkeypatch):
    pytest.importorskip("bs4")
    monkeypatch.syspath_prepend(ROOT / "tools")
    import html_tables

    result = doctest.testmod(html_tables)
    assert result.attempted > 0
    assert result.failed == 0
    head = "<thead><tr><th>n</th><th colspan='2'>a</th></tr><tr><th>k</th><th>b</th><th>c</th></tr>"
    body = "</thead><tr><th rowspan='2'>x</th><td>1</td><td>u*v</td></tr><tr><td>2</td><td></td>"
    lines = html_tables.to_markdown(f"<table>{head}{body}</tr></table>").splitlines()
    assert lines == [
        "| k | a b | a c |", "| --- | ---: | --- |", r"| x | 1 | u\*v |", "|  | 2 |  |",
    ]  # fmt: skip


def test_neither_the_tests_nor_the_wheel_take_part():
    assert "pages" not in (ROOT / ".ci" / "run").read_text()
    make = (ROOT / "Makefile").read_text()
    assert re.search(r"^pages: ", make, re.M)
    assert not re.search(r"^(test|docs|wheel|notebooks):.*pages", make, re.M)
