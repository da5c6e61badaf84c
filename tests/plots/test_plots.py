"""Every figure draws on the axes it is given, returns them, labels them, and can be saved."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import estimate

import bayesneuron as bn


@pytest.fixture(scope="module")
def comparison(quick):
    return bn.compare(quick)


@pytest.fixture(scope="module")
def posts(comparison):
    return {k: v["hidden"] for k, v in comparison.posteriors.items()}


@pytest.fixture(autouse=True)
def _close():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def figures(quick, posts, sine):
    one = posts["nuts"]
    return {
        "reconstruction": (lambda ax: bn.plot.reconstruction(quick["nuts"], sine[1], ax=ax), {}),
        "regions": (lambda ax: bn.plot.regions(one, ax=ax), {}),
        "regions_named": (lambda ax: bn.plot.regions(one, weights=("bias", 0), ax=ax), {}),
        "projection": (lambda ax: bn.plot.projection(posts, ax=ax), {}),
        "projection_3d": (
            lambda ax: bn.plot.projection(posts, dims=3, ax=ax),
            {"projection": "3d"},
        ),
        "ellipsoid": (lambda ax: bn.plot.ellipsoid(one, ax=ax), {"projection": "3d"}),
        "mixture": (lambda ax: bn.plot.mixture(one, ax=ax), {"projection": "3d"}),
        "forest": (lambda ax: bn.plot.forest(posts, ax=ax), {}),
    }


NAMES = (
    "reconstruction", "regions", "regions_named", "projection", "projection_3d", "ellipsoid",
    "mixture", "forest",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_figure(name, quick, posts, sine, tmp_path):
    draw, options = figures(quick, posts, sine)[name]
    ax = plt.figure().add_subplot(**options)
    assert draw(ax) is ax
    assert ax.get_xlabel()
    assert ax.get_ylabel() or name == "forest"  # whose rows are named
    other = draw(None)
    assert other is not ax
    pdf, png = bn.plot.save_figure(other, tmp_path / name)
    assert pdf.read_bytes()[:5] == b"%PDF-"
    assert png.stat().st_size > 5000
    assert sorted(p.name for p in tmp_path.iterdir()) == [pdf.name, png.name]


def test_ellipsoids_share_one_scale(posts):
    axes = bn.plot.ellipsoids(posts)
    limits = {(a.get_xlim(), a.get_ylim(), a.get_zlim()) for a in axes}
    assert len(limits) == 1
    low, high = np.array(limits.pop()).T
    for a in axes:
        unit = np.array(a.get_box_aspect()) / (high - low)
        assert np.ptp(unit) < 1e-9 * unit.max()  # of one length in all directions
    with pytest.raises(ValueError, match="expected 5 axes"):
        bn.plot.ellipsoids(posts, ax=axes[:2])


@pytest.mark.parametrize("name", ["forest", "projection", "ellipsoids"])
def test_a_comparison_is_drawn_as_its_posteriors_of_a_layer(name, comparison, posts):
    draw = getattr(bn.plot, name)
    drawn = [np.ravel(draw(source))[0] for source in (comparison, posts)]
    (one, other) = [[line.get_xydata() for line in ax.lines] for ax in drawn]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.ravel(draw(comparison, layer="output"))[0].get_title()
    with pytest.raises(ValueError, match="layer: expected one of"):
        draw(comparison, layer="elsewhere")
    with pytest.raises(ValueError, match="layer: expected only with a Comparison"):
        draw(posts, layer="hidden")


def test_trace(quick):
    axes = bn.plot.trace(quick["nuts"])
    assert len(axes) == 4
    assert len(axes[0].lines) == quick["nuts"].posterior.sizes["chain"]
    states = [ax.get_title().split(":")[1].strip() for ax in axes[::2]]
    assert states == ["as drawn", "aligned"]
    with pytest.raises(ValueError, match="got aligned ones"):
        bn.plot.trace(bn.align(quick["nuts"]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda p: bn.plot.regions(p["svi"], weights=("bias", "nothing")),
            "weights: expected some",
        ),
        (lambda p: bn.plot.regions(p["svi"], weights=(0,)), "weights: expected 2"),
        (lambda p: bn.plot.regions(p), "expected a NeuronPosterior .*, got dict"),
        (lambda p: bn.plot.regions(p["svi"].select("bias")), "at least 2 weights"),
        (lambda p: bn.plot.projection(p, dims=4), "dims: expected a whole number from 2 to 3"),
        (lambda p: bn.plot.forest(p, neuron=7), "neuron: expected a whole number from 0 to 1"),
    ],
)
def test_bad_calls(call, message, posts):
    with pytest.raises(ValueError, match=message):
        call(posts)


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_two_draws_are_drawn_without_a_region(two_layer, sine):
    post = bn.neurons(estimate("bootstrap", two_layer, *sine, replicates=2))["hidden"]
    assert np.isinf(post.region(0.9).radius).all()
    ax = bn.plot.regions(post)
    ax.figure.canvas.draw()
    assert len(ax.collections) == 2  # the neurons' draws
    assert not [one for one in ax.lines if len(one.get_xdata()) > 1]
    bn.plot.ellipsoids({"bootstrap": post})[0].figure.canvas.draw()


def test_reconstruction_draws_each_channel_on_its_own():
    t = np.arange(60.0)
    both = pd.DataFrame({"flow": 10 * np.sin(t / 4), "level": 100 + np.cos(t / 9)})
    _, y = bn.windows(both, 3, 2)
    drawn = (("chain", "draw", "observation", "output"), np.stack([[y.values] * 3]))
    draws = xr.DataTree.from_dict({"predictions": xr.Dataset({"mean": drawn, "y": drawn})})
    first = bn.plot.reconstruction(draws, y)
    panels = first.figure.axes
    assert [ax.get_ylabel() for ax in panels] == ["flow", "level"]
    for channel, name in enumerate(both):
        observed = next(ln for ln in panels[channel].lines if ln.get_label() == "observed")
        np.testing.assert_allclose(observed.get_xdata(), t[3:])
        np.testing.assert_allclose(observed.get_ydata(), both[name][3:])
        mean = next(ln for ln in panels[channel].lines if ln.get_label() == "network, mean")
        np.testing.assert_allclose(mean.get_ydata(), both[name][3:])
    alone = bn.plot.reconstruction(draws, y, channel=1, ax=plt.subplots()[1])
    assert alone.get_ylabel() == "level"
    for wrong in ({"channel": 2}, {"ax": alone}):
        with pytest.raises(ValueError, match="channel"):
            bn.plot.reconstruction(draws, y, **wrong)
    with pytest.raises(ValueError, match=r"y: expected shape \(56, 4\) as predicted"):
        bn.plot.reconstruction(draws, y[:3])
