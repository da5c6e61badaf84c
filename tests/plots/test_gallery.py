"""The gallery shows every figure, with the code that draws it."""

import re
import sys
from pathlib import Path

import pytest

import bayesneuron as bn

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import draw_gallery  # noqa: E402

NO_FIGURES = {"save_figure", "style"}
QUICK = (
    "diagram", "regions", "regions_weights", "ellipsoid", "mixture", "responses",
    "prior_posterior", "reconstruction", "phase", "components",
)  # fmt: skip


def test_every_figure_has_an_entry():
    code = "\n".join(code for code, name in draw_gallery.blocks() if name)
    shown = set(re.findall(r"bn\.plot\.(\w+)\(", code))
    assert set(bn.plot.__all__) - shown - NO_FIGURES == set()
    assert "bn.plot.style" in code


def test_entries_are_short_and_their_thumbnails_small():
    entries = {name: code for code, name in draw_gallery.blocks() if name}
    assert len(entries) >= 25
    assert max(len(code.strip().splitlines()) for code in entries.values()) <= 15
    pictures = {p.stem: p for p in (ROOT / "docs" / "figures" / "gallery").glob("*.png")}
    assert set(pictures) == set(entries)
    assert sum(p.stat().st_size for p in pictures.values()) < 2_000_000


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_quick_entries_draw_what_the_page_shows():
    drawn = {}
    for name, figure in draw_gallery.figures(QUICK):
        drawn[name] = draw_gallery.thumbnail(figure)
    assert tuple(drawn) == QUICK
    assert all(picture[:4] == b"\x89PNG" for picture in drawn.values())
