"""Figures as wide as a column of print."""

import re
import zlib

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bayesneuron as bn

X, Y = bn.windows(bn.datasets.noisy_sine(length=80), history=4)
DRAWS = bn.from_arrays(
    {
        "hidden_weight": np.random.default_rng(0).normal(size=(30, 12, 4)),
        "hidden_bias": np.zeros((30, 12)),
        "output_weight": np.ones((30, 1, 12)),
        "output_bias": np.zeros((30, 1)),
        "noise": np.ones(30),
    },
    model=bn.load("two_layer", inputs=4, hidden=12, outputs=1),
)
NEURONS = bn.neurons(DRAWS)["hidden"]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def page_of(path) -> tuple[float, float]:
    """Width and height of a PDF in inches."""
    box = re.search(rb"/MediaBox \[ ?([\d. ]+)\]", path.read_bytes())
    assert box is not None
    return tuple(float(v) / 72 for v in box[1].split()[2:])


@pytest.mark.parametrize(
    ("column", "journal", "width"),
    [("single", "generic", 3.3), ("double", "generic", 6.9), ("single", "nature", 89 / 25.4)],
)
def test_the_page_is_as_wide_as_the_column(tmp_path, column, journal, width):
    with bn.plot.style(column, journal=journal) as inches:
        ax = bn.plot.regions(NEURONS)
        pdf, _ = bn.plot.save_figure(ax, tmp_path / "regions")
    assert inches == pytest.approx(width)
    assert page_of(pdf)[0] == pytest.approx(width, abs=0.01)


def test_a_style_ends_with_its_block():
    size = plt.rcParams["font.size"]
    with pytest.raises(RuntimeError), bn.plot.style("double"):
        raise RuntimeError
    assert plt.rcParams["font.size"] == size
    assert bn.plot.regions(NEURONS).get_figure().get_size_inches()[0] == 5.0


def test_fonts_are_embedded_as_type_42(tmp_path):
    pdf, eps = bn.plot.save_figure(
        bn.plot.regions(NEURONS), tmp_path / "figure", formats=("pdf", "eps")
    )
    raw = pdf.read_bytes()
    parts = [raw] + [
        zlib.decompress(part)
        for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL)
        if part[:1] == b"\x78"
    ]
    text = b"".join(parts)
    assert b"/Type3" not in text
    assert b"/Type42" in text or b"/CIDFontType2" in text
    assert b"FontType 42" in eps.read_bytes()


def test_formats_are_those_that_are_asked_for(tmp_path):
    ax = bn.plot.regions(NEURONS)
    first = bn.plot.save_figure(ax, tmp_path / "a", formats="svg")
    again = bn.plot.save_figure(ax, tmp_path / "b", formats=["svg"])
    assert [p.name for p in first + again] == ["a.svg", "b.svg"]
    assert first[0].read_bytes() == again[0].read_bytes()
    with pytest.raises(ValueError, match="formats: expected one of"):
        bn.plot.save_figure(ax, tmp_path / "c", formats=["docx"])


@pytest.mark.parametrize("draw", ["relevance", "identified", "regions", "ellipsoids"])
def test_nothing_is_cut_at_the_width_of_a_column(draw):
    """Titles, labels and legends lie within the page."""
    sources = {
        "relevance": lambda: bn.relevance(DRAWS, X),
        "identified": lambda: bn.identified(DRAWS, X)["hidden"],
        "regions": lambda: NEURONS,
        "ellipsoids": lambda: {"a": NEURONS, "b": NEURONS},
    }
    source = sources[draw]()
    with bn.plot.style("single"):
        axes = np.ravel(getattr(bn.plot, draw)(source))
        figure = axes[0].get_figure(root=True)
        figure.canvas.draw()
        page = figure.bbox
        for ax in axes:
            words = [ax.title, ax.xaxis.label, ax.yaxis.label]
            if ax.get_legend() is not None:
                words += ax.get_legend().get_texts()
            for word in words:
                if word.get_text() and draw != "ellipsoids":
                    box = word.get_window_extent()
                    assert page.x0 - 1 <= box.x0, word
                    assert box.x1 <= page.x1 + 1, word
            assert ax.get_window_extent().width > page.width / 4


def test_unknown_columns_and_journals_are_named():
    with pytest.raises(ValueError, match="column: expected one of"), bn.plot.style("triple"):
        pass
    with pytest.raises(ValueError, match="journal: expected one of"):
        bn.plot.style(journal="the times").__enter__()
