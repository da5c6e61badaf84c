"""Figures of a network, of its alignment, its prior and its answers show what they say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

import bayesneuron as bn

X, Y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def laplace():
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    return bn.laplace(model, X, Y, samples=60, starts=2)


def planted(width=2, draws=40):
    """W[0] = (3, -2, 0), other rows small; only W[0, :2] and V are not zero, V[0] the largest."""
    w = 0.01 * RNG.normal(size=(draws, width, 3))
    w[:, 0] += (3.0, -2.0, 0.0)
    sites = {
        "hidden_weight": w,
        "hidden_bias": np.zeros((draws, width)),
        "output_weight": np.r_[2.0, np.ones(width - 1)] + 0.01 * RNG.normal(size=(draws, 1, width)),
        "output_bias": np.zeros((draws, 1)),
        "noise": np.ones(draws),
    }
    return bn.from_arrays(sites, model=bn.load("two_layer", inputs=3, hidden=width, outputs=1))


def test_lines_of_the_network_are_wide_signed_and_pale_as_its_weights():
    ax = bn.plot.diagram(planted())
    lines = [line for line in ax.lines if line.get_zorder() == 1]
    assert len(lines) == 3 * 2 + 2
    widest = max(lines, key=lambda line: line.get_linewidth())
    assert (to_hex(widest.get_color()), widest.get_linestyle()) == ("#0072b2", "-")
    negative = max(
        (line for line in lines if to_hex(line.get_color()) == "#d55e00"),
        key=lambda line: line.get_linewidth(),
    )
    assert negative.get_linestyle() == "--"
    assert negative.get_linewidth() / widest.get_linewidth() == pytest.approx(2 / 3, abs=0.05)
    certain = [line for line in lines if line.get_alpha() > 0.5]
    assert len(certain) == 4  # two of W, both of V
    assert ax.get_title() == "8 weights"


def test_the_strongest_of_many_weights_are_drawn_and_said():
    ax = bn.plot.diagram(planted(70), edges=50)
    assert ax.get_title() == f"50 strongest of {70 * 4} weights"
    assert any("64 of 70" in text.get_text() for text in ax.texts)


@pytest.mark.slow
def test_neurons_that_are_not_needed_are_grey(laplace):
    relevance = bn.relevance(laplace, X)
    ax = bn.plot.diagram(laplace, relevance=relevance)
    hidden = ax.collections[1]
    grey = [to_hex(face) == "#dddddd" for face in hidden.get_facecolors()]
    assert grey == [word != "live" for word in relevance.verdict]
    with pytest.raises(ValueError, match="relevance: expected a layer and width"):
        bn.plot.diagram(planted(5), relevance=relevance)


def test_layers_stand_in_the_order_of_the_network():
    model = bn.load("mlp", inputs=3, hidden=(2, 4), outputs=1, skip=True)
    ax = bn.plot.diagram(bn.prior(model, X, samples=20))
    sizes = [len(np.asarray(nodes.get_offsets())) for nodes in ax.collections]
    assert sizes == [3, 2, 4, 1]
    skipped = [line for line in ax.lines if np.ptp(line.get_xdata()) == 3]
    assert len(skipped) == 3


def test_alignment_makes_one_cloud_of_each_neuron():
    one = planted(2, draws=60)
    w, v = (one.posterior[k].values.copy() for k in ("hidden_weight", "output_weight"))
    w[:, 30:], v[:, 30:] = -w[:, 30:, ::-1], -v[:, 30:, :, ::-1]  # the same functions
    sites = {k: np.asarray(one.posterior[k])[0] for k in one.posterior.data_vars}
    sites |= {"hidden_weight": w[0], "output_weight": v[0]}
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    draws = bn.from_arrays(sites, model=model)
    before, after = bn.plot.aligned(draws, weights=(0, 1))
    spread = [[np.ptp(line.get_xdata()) for line in ax.lines] for ax in (before, after)]
    assert min(spread[0]) > 2.9
    assert max(spread[1]) < 0.2
    assert before.get_xlim() == after.get_xlim()
    with pytest.raises(ValueError, match="got aligned ones"):
        bn.plot.aligned(bn.align(draws))
    with pytest.raises(ValueError, match="layer: expected one of"):
        bn.plot.aligned(draws, layer="output")
    _, panels = plt.subplots(1, 2)
    assert bn.plot.aligned(draws, ax=panels) is panels


def test_without_data_the_posterior_is_the_prior(laplace):
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    draws = bn.prior(model, X, samples=1000, seed=3)
    for group in ("constant_data", "observed_data"):  # read for their shapes only
        draws[group] = laplace[group]
    ax = bn.plot.prior_posterior(draws, weight="to output[0]")
    ratios = [float(t.get_text()) for t in ax.texts if t.get_text()[:1].isdigit()]
    assert ratios == pytest.approx([1.0, 1.0], abs=0.15)
    assert "no information" in [t.get_text() for t in ax.get_legend().get_texts()]
    assert ax.get_xlabel() == "weight to output[0]"


def test_the_norm_is_that_of_the_neurons(laplace):
    ax = bn.plot.prior_posterior(laplace, neurons=["hidden[1]"])
    norm = np.linalg.norm(bn.neurons(laplace)["hidden"].by_draw[:, 1], axis=1)
    at = ax.collections[0].get_paths()[0].vertices[:, 0]
    assert (at.min(), at.max()) == pytest.approx((norm.min(), norm.max()), rel=0.02)
    with pytest.raises(ValueError, match="weight: expected one of"):
        bn.plot.prior_posterior(laplace, weight="to nowhere")


def test_responses_are_the_activations():
    draws = planted()
    ax = bn.plot.responses(draws, np.array([[-1.0, 5, 5], [1.0, 5, 5]]), input=0, at=1)
    x, median = ax.lines[0].get_data()
    np.testing.assert_allclose(median, np.tanh(3 * x - 10), atol=0.05)
    assert (x.min(), x.max()) == (-1, 1)
    for options, message in (
        ({"input": "speed"}, "input: expected one of"),
        ({"input": 3}, "input: expected a whole number from 0 to 2"),
        ({"at": 2}, "at: expected a whole number from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=message):
            bn.plot.responses(draws, np.zeros((2, 3)), **options)


def test_a_recurrent_layer_answers_after_the_last_sample():
    model = bn.load("rnn", inputs=1, hidden=2, outputs=1)
    draws = bn.prior(model, X, samples=30)
    first = bn.plot.responses(draws, X, input=0).lines[0].get_ydata()
    rows = np.repeat(np.asarray(X).mean(axis=0)[None], 60, axis=0)
    rows[:, 0] = np.linspace(float(X[:, 0].min()), float(X[:, 0].max()), 60)
    own = bn.activations(bn.align(draws), rows)["hidden"]
    values = np.asarray(own)
    assert values.shape[-1] == 2
    last = values.reshape(30, 60, -1, 2)[:, :, -1, 0]
    np.testing.assert_allclose(first, np.median(last, axis=0), atol=1e-6)
