"""The main figures look as they did: perceptual distance to small pictures, with tolerance.

`python tests/plots/test_baselines.py` draws the pictures anew; look at them before they are kept.
"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
from conftest import posterior_of
from matplotlib.testing.compare import compare_images

import bayesneuron as bn

BASELINE = Path(__file__).parent / "baseline"
TOLERANCE = 18  # root mean square of pixels: fonts and rasterisers differ, content does not
DPI = 60
FIXED = {"font.family": "DejaVu Sans", "svg.hashsalt": "fixed", "figure.dpi": DPI}


def draws():
    """Four neurons around planted weights; fixed bits, no estimator."""
    rng = np.random.default_rng(7)
    means = np.array([[2.0, 0.0, -1.0], [-1.0, 1.5, 0.0], [0.0, 1.0, 1.0], [0.3, 0.0, 0.0]])
    sites = {
        "hidden_weight": means + 0.25 * rng.normal(size=(150, 4, 3)),
        "hidden_bias": 0.2 * rng.normal(size=(150, 4)),
        "output_weight": [[4.0, 3.0, 2.0, 0.5]] + 0.2 * rng.normal(size=(150, 1, 4)),
        "output_bias": np.zeros((150, 1)),
        "noise": np.ones(150),
    }
    return bn.from_arrays(sites, model=bn.load("two_layer", inputs=3, hidden=4, outputs=1))


def communities():
    rng = np.random.default_rng(8)
    labels = np.repeat([0, 1, 2], [6, 5, 4])
    wrong = rng.random((60, 15)) < 0.15
    return bn.communities(np.where(wrong, rng.integers(0, 3, (60, 15)), labels))


def tied():
    g = nx.Graph()
    g.add_nodes_from((f"hidden[{i}]", {"layer": "hidden", "index": i}) for i in range(10))
    for i in range(10):
        weight = (-1) ** i * (0.4 + 0.05 * i)
        ends = f"hidden[{i}]", f"hidden[{(i + 1 + i // 5) % 10}]"
        g.add_edge(*ends, weight=abs(weight), correlation=weight)
    return g


def responses():
    rows = np.linspace(-2, 2, 12)[:, None] * [1.0, 0.5, -0.5]
    return bn.plot.responses(draws(), rows, input=0)


def crowd():
    rng = np.random.default_rng(9)
    means = rng.normal(size=(30, 2)) * [2.0, 1.0]
    post = posterior_of(means + 0.4 * rng.normal(size=(150, 30, 2)))
    return bn.plot.regions(post)


FIGURES = {
    "crowd": crowd,
    "diagram": lambda: bn.plot.diagram(draws()),
    "regions": lambda: bn.plot.regions(bn.neurons(draws())["hidden"], weights=(0, 1)),
    "responses": responses,
    "forest": lambda: bn.plot.forest({"external": bn.neurons(draws())["hidden"]}),
    "comembership": lambda: bn.plot.comembership(communities()),
    "dendrogram": lambda: bn.plot.dendrogram(communities()),
    "graph": lambda: bn.plot.graph(tied()),
}


def draw(name, path):
    """At the same size, with the same letters, whatever the user's settings."""
    with mpl.rc_context(), bn.plot.style("single"):
        mpl.rcParams.update(FIXED)
        FIGURES[name]().figure.savefig(path, dpi=DPI)
    plt.close("all")


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_figure_looks_as_it_did(name, tmp_path):
    drawn = tmp_path / f"{name}.png"
    draw(name, drawn)
    difference = compare_images(str(BASELINE / drawn.name), str(drawn), tol=TOLERANCE)
    assert difference is None, f"{difference}; if it is meant: python {Path(__file__).name}"


def test_the_comparison_notices_what_is_missing(tmp_path):
    other = tmp_path / "other.png"
    with mpl.rc_context(), bn.plot.style("single"):
        mpl.rcParams.update(FIXED)
        post = bn.neurons(draws())["hidden"]
        ax = bn.plot.regions(post, weights=(0, 1), legend=False, title=None)
        for artists in (ax.collections[::3], ax.lines[:2], ax.lines[-2:]):  # of the first and last
            for artist in list(artists):
                artist.remove()
        ax.figure.savefig(other, dpi=DPI)
    assert compare_images(str(BASELINE / "regions.png"), str(other), tol=TOLERANCE)


def test_baselines_are_small_and_all_used():
    pictures = list(BASELINE.glob("*.png"))
    assert {p.stem for p in pictures} == set(FIGURES)
    assert sum(p.stat().st_size for p in pictures) < 200_000


if __name__ == "__main__":
    mpl.use("agg")
    BASELINE.mkdir(exist_ok=True)
    for figure in FIGURES:
        draw(figure, BASELINE / f"{figure}.png")
