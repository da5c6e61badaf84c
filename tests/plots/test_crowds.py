"""Figures of more neurons than colours: outlines, and labels of those that stand apart."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import posterior_of
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from mpl_toolkits.mplot3d.art3d import Text3D
from mpl_toolkits.mplot3d.proj3d import proj_transform

import bayesneuron as bn
from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.plots._ellipsoids import outline_in_space
from bayesneuron.plots.crowd import MUTED, STRONG, stand_apart

SIZES = (16, 64, 128)


def crowd(count, k=4):
    """Two neurons far away, the others about the origin."""
    rng = np.random.default_rng(count)
    means = rng.normal(size=(count, k)) * np.linspace(2.0, 0.5, k)
    means[0, 1], means[1, 0] = 12.0, -12.0
    return posterior_of(means + 0.4 * rng.normal(size=(150, count, k)))


def numbers(ax):
    return [text for text in ax.texts if text.get_text().isdigit()]


def boxes(ax):
    """Of the letters alone, as they are on the page, less half a point: the layout settles last."""
    ax.figure.canvas.draw()
    extents = []
    for text in numbers(ax):
        if isinstance(text, Text3D):  # its place is that of the projection only while it is drawn
            text.set_position(proj_transform(*text.get_position_3d(), ax.get_proj())[:2])
        extents.append(Text.get_window_extent(text).padded(-0.5 * ax.figure.dpi / 72))
    return extents


def drawn(name, post, **options):
    source = {"a": post} if name == "projection" else post
    with bn.plot.style("single"):
        return getattr(bn.plot, name)(source, **options)


@pytest.mark.parametrize("name", ["regions", "ellipsoid", "mixture", "projection"])
@pytest.mark.parametrize("count", SIZES)
def test_labels_are_counted_stand_inside_and_cover_no_other(name, count):
    ax = drawn(name, crowd(count))
    placed = boxes(ax)
    assert {"0", "1"} <= {text.get_text() for text in numbers(ax)}
    assert not [1 for i, a in enumerate(placed) for b in placed[:i] if a.overlaps(b)]
    whole = ax.figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 for box in placed)
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert f"{len(placed)} of {count} labelled" in said


def test_a_crowd_is_of_thin_outlines_and_the_labelled_ones_are_dark():
    ax = drawn("regions", crowd(64))
    assert not ax.collections
    outlines = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert len(outlines) == 64
    assert {line.get_linewidth() for line in outlines} == {0.6}
    dark = sum(to_rgba(line.get_color()) == to_rgba(STRONG) for line in outlines)
    muted = sum(to_rgba(line.get_color()) == to_rgba(MUTED) for line in outlines)
    assert (dark, muted) == (len(numbers(ax)), 64 - len(numbers(ax)))


def test_seven_neurons_have_colours_and_eight_are_a_crowd():
    seven, eight = (drawn("regions", crowd(count)) for count in (7, 8))
    assert len(seven.collections) == 7
    assert len(seven.get_legend().get_texts()) == 7
    assert not eight.collections


@pytest.mark.parametrize("asked", [range(24), [60, *range(10, 20)]])
def test_neurons_asked_for_are_all_labelled_and_no_other(asked):
    ax = drawn("regions", crowd(64), neurons=list(asked))
    assert [int(text.get_text()) for text in numbers(ax)] == list(asked)
    placed = boxes(ax)
    assert not [1 for i, a in enumerate(placed) for b in placed[:i] if a.overlaps(b)]
    assert not [t for t in ax.get_legend().get_texts() if "labelled" in t.get_text()]


def test_neurons_that_all_overlap_are_pale_and_the_legend_says_how_to_pick_some():
    rng = np.random.default_rng(0)
    ax = drawn("regions", posterior_of(3.0 * rng.normal(size=(150, 64, 4))))
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "none of 64 stands apart; neurons= picks some" in said
    outlines = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert {line.get_alpha() for line in outlines} == {0.25}


def test_few_neurons_are_named_under_the_panel():
    ax = drawn("regions", crowd(3))
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y1 < ax.bbox.y0


def test_seven_of_many_neurons_have_colours_before_and_after_alignment():
    rng = np.random.default_rng(0)
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    sites = {"W": rng.normal(size=(20, 40, 3)), "V": rng.normal(size=(20, 1, 40))}
    for ax in bn.plot.aligned(bn.from_arrays(sites, layout=layout)):
        *coloured, others = ax.get_legend_handles_labels()[1]
        assert len(coloured) == 7
        assert others == "33 others"


def test_neurons_asked_for_in_space_are_all_labelled():
    for ax in bn.plot.ellipsoids(dict.fromkeys("ab", crowd(64)), neurons=range(5, 15)):
        assert [int(text.get_text()) for text in numbers(ax)] == list(range(5, 15))


def test_a_neuron_stands_apart_where_no_mean_is_in_its_region_nor_its_mean_in_another():
    means = np.array([[0.0, 0.0], [2.5, 0.0], [9.0, 0.0], [20.0, 0.0]])
    region = Region(means, np.tile(np.eye(2), (4, 1, 1)), np.array([3, 1, 1, np.inf]), 0.9, "draws")
    assert stand_apart(region, np.arange(4)).tolist() == [False, False, True, True]
    assert stand_apart(region, np.array([1, 2])).tolist() == [True, True]


def test_an_outline_in_space_is_where_the_surface_turns_away():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(3, 3))
    region = Region(np.ones((1, 3)), (root @ root.T)[None], np.array([2.0]), 0.9, "draws")
    ax = plt.figure().add_subplot(projection="3d")
    ax.view_init(elev=90, azim=0)  # from above: no point of the surface is farther out
    apart = outline_in_space(ax, region, 0) - 1.0
    distance = np.einsum("ip,ij,jp->p", apart, np.linalg.inv(root @ root.T), apart)
    np.testing.assert_allclose(distance, 4.0)
    flat = np.linalg.inv((root @ root.T)[:2, :2])
    np.testing.assert_allclose(np.einsum("ip,ij,jp->p", apart[:2], flat, apart[:2]), 4.0)


def test_regions_without_bound_have_means_and_no_outlines():
    rng = np.random.default_rng(0)
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    sites = {"W": rng.normal(size=(2, 9, 3)), "V": rng.normal(size=(2, 1, 9))}
    with pytest.warns(bn.StatisticalWarning):
        post = bn.neurons(bn.from_arrays(sites, layout=layout))["hidden"]
    for name in ("regions", "ellipsoid"):
        ax = drawn(name, post)
        ax.figure.canvas.draw()
        assert len([line for line in ax.lines if len(np.ravel(line.get_xdata())) > 1]) == 0


def test_names_of_communities_and_of_nodes_do_not_overlap():
    rng = np.random.default_rng(8)
    labels = np.sort(rng.integers(0, 21, 128))
    wrong = rng.random((60, 128)) < 0.15
    parts = bn.communities(np.where(wrong, rng.integers(0, 21, (60, 128)), labels))
    with bn.plot.style("single"):
        ax = bn.plot.comembership(parts)
        ax.figure.canvas.draw()
    names = [t.get_window_extent().padded(-1) for t in ax.get_yticklabels() if t.get_text()]
    assert len(names) > 10
    assert not [1 for a, b in pairwise(names) if a.overlaps(b)]
