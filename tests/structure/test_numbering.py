"""Neuron i is the same neuron in every function called on the same draws."""

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.alignment import aligned
from bayesneuron.alignment.numbering import numbered_as

# Outgoing weights of nearly one size: which neuron comes first depends on the draws averaged.
INCOMING = np.array([[2.0, 0.0, 0.0], [2.0, 0.5, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, -1.0]])
OUTGOING = np.array([[1.0, 1.02, 1.04, 1.06]])
PLANTED, TWIN = 0, 1
DRAWS, FEW, PART = 60, 6, 15


def moved(rng, sites):
    """Each draw with its neurons in an order and with signs of its own."""
    order = rng.permuted(np.tile(np.arange(4), (DRAWS, 1)), axis=1)
    sign = rng.choice([-1.0, 1.0], (DRAWS, 4))
    return {
        "hidden_weight": np.take_along_axis(sites["hidden_weight"], order[:, :, None], 1)
        * sign[:, :, None],
        "hidden_bias": np.take_along_axis(sites["hidden_bias"], order, 1) * sign,
        "output_weight": np.take_along_axis(sites["output_weight"], order[:, None], 2)
        * sign[:, None],
        "output_bias": sites["output_bias"],
    }


@pytest.fixture(scope="module")
def network():
    """A network of four neurons, draws in which they change places, and data."""
    rng = np.random.default_rng(0)
    model = bn.load("two_layer", inputs=3, hidden=4, outputs=1, noise=0.1)
    sites = {
        "hidden_weight": INCOMING + 0.02 * rng.normal(size=(DRAWS, 4, 3)),
        "hidden_bias": 0.02 * rng.normal(size=(DRAWS, 4)),
        "output_weight": OUTGOING + 0.2 * rng.normal(size=(DRAWS, 1, 4)),
        "output_bias": np.zeros((DRAWS, 1)),
    }
    x = rng.normal(size=(50, 3))
    y = rng.normal(size=(50, 1))
    return model, bn.from_arrays(moved(rng, sites), model=model), x, y


def place_of(post: bn.results.NeuronPosterior, neuron: int) -> int:
    """Where a planted neuron is, by its incoming weights."""
    mean = post.select("incoming").mean
    apart = np.minimum(*(np.abs(mean + s * INCOMING[neuron]).max(axis=1) for s in (1, -1)))
    assert (apart < 0.2).sum() == 1
    return int(apart.argmin())


@pytest.fixture(params=["raw", "aligned"])
def draws(request, network) -> xr.DataTree:
    return network[1] if request.param == "raw" else bn.align(network[1])


@pytest.fixture
def place(draws) -> tuple[int, int]:
    post = bn.neurons(draws)["hidden"]
    return place_of(post, PLANTED), place_of(post, TWIN)


def test_fewer_draws_alone_would_be_numbered_otherwise(network):
    """Else nothing below would be tested."""
    _, draws, _, _ = network
    some = [draws.isel(draw=slice(i, i + PART)) for i in range(0, DRAWS, PART)]
    places = {place_of(bn.neurons(part)["hidden"], PLANTED) for part in some}
    assert len(places) > 1


@pytest.mark.parametrize("most", [FEW, 200])
@pytest.mark.parametrize("seed", [0, 1])
def test_relevance(network, draws, place, most, seed):
    _, _, x, y = network
    judged = bn.relevance(draws, x, y, most=most, seed=seed)
    a = bn.activations(draws, x)["hidden"]
    v = np.asarray(aligned(draws)["posterior"]["output_weight"])[0, :, 0]
    effect = a.std(axis=1) * np.abs(v)
    rows = np.arange(DRAWS)
    if most < DRAWS:
        rows = np.sort(np.random.default_rng(seed).choice(DRAWS, most, replace=False))
    mine = [judged.effect[:, i] / judged.effect[:, place[0]] for i in range(4)]
    truth = [effect[rows, i] / effect[rows, place[0]] for i in range(4)]
    np.testing.assert_allclose(mine, truth, rtol=1e-6)


def test_activations(network, draws, place):
    _, _, x, _ = network
    a = bn.activations(draws, x)["hidden"]
    expected = np.tanh(x @ INCOMING[PLANTED])
    r = [np.corrcoef(a[s, :, place[0]], expected)[0, 1] for s in range(DRAWS)]
    assert np.abs(r).min() > 0.99
    assert np.ptp(np.sign(r)) == 0


def test_graph(network, draws, place):
    _, _, x, _ = network
    g = bn.graph(draws, x=x, threshold=0.9)
    assert [set(e) for e in g.edges] == [{f"hidden[{i}]" for i in place}]


def test_communities(network, draws, place):
    _, _, x, _ = network
    similar = bn.similarity.activation_similarity(draws, x)
    labels = bn.communities(similar.mean, null=0, seed=0).labels
    assert labels[place[0]] == labels[place[1]]
    assert (labels == labels[place[0]]).sum() == 2


def test_prune(network, draws, place):
    _, _, x, y = network
    _, small = bn.prune(draws, [place[0]], x, y)
    w = np.asarray(small["posterior"]["hidden_weight"])[0, :, 0]
    same = bn.neurons(draws)["hidden"].select("incoming").by_draw[:, place[0]]
    np.testing.assert_array_equal(w, same)


def test_merge(network, draws, place):
    _, _, x, y = network
    partition = np.ones(4, int)
    partition[list(place)] = 0
    _, small = bn.merge(draws, partition, x, y, centre="leader")
    w = np.asarray(small["posterior"]["hidden_weight"])[0, :, owner_of(partition, place[0])]
    assert np.abs(w[:, 2]).max() < 0.3 < np.abs(w[:, 0]).min()


def owner_of(partition, neuron):
    return 0 if partition[neuron] == partition[0] else 1


def test_one_draw_is_numbered_like_many(network):
    _, draws, x, y = network
    one = draws.isel(draw=[3])
    with pytest.warns(bn.StatisticalWarning, match="1 draw determines no region"):
        place = place_of(bn.neurons(one)["hidden"], PLANTED)
    _, small = bn.prune(one, [place], x, y)
    w = np.asarray(small["posterior"]["hidden_weight"])[0, 0, 0]
    assert np.abs(np.abs(w) - INCOMING[PLANTED]).max() < 0.2


def test_a_part_aligned_by_itself_takes_the_numbers_of_the_whole(network):
    _, draws, _, _ = network
    whole = bn.align(draws)
    for start in range(0, DRAWS, PART):
        part = draws.isel(draw=slice(start, start + PART))
        renumbered = numbered_as(bn.align(part), whole)
        post = bn.neurons(renumbered)["hidden"]
        for neuron in (PLANTED, TWIN):
            assert place_of(post, neuron) == place_of(bn.neurons(whole)["hidden"], neuron)
        replayed = bn.align(part, reference=renumbered)
        for site, values in renumbered["posterior"].data_vars.items():
            np.testing.assert_allclose(replayed["posterior"][site], values, atol=1e-12)
        for name in ("hidden_from", "hidden_sign"):
            np.testing.assert_array_equal(
                replayed["alignment"][name], renumbered["alignment"][name]
            )
