"""Networks trained elsewhere, without scales of a prior, are reduced and sampled all the same."""

import jax.numpy as jnp
import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.inference.starts import starts_from
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
CLASSES = np.argmax(X[:, :3], axis=1)


def member(seed):
    rng = np.random.default_rng(seed)
    return {
        "0.weight": rng.normal(size=(4, 4)), "0.bias": rng.normal(size=4),
        "2.weight": rng.normal(size=(3, 4)), "2.bias": rng.normal(size=3),
    }  # fmt: skip


@pytest.fixture(scope="module")
def draws():
    members = [member(seed) for seed in range(5)]
    return bn.from_state_dicts(members, activation="tanh", output="softmax", data=(X, CLASSES))


def test_they_are_reduced_on_test_data_and_go_back(draws):
    reduction = bn.reduce(draws, test=(X, CLASSES), sizes=[2, 3], score="merged")
    small, fewer = reduction.at(3)
    assert list(small.options["hidden"]) == [3]
    np.testing.assert_array_equal(fewer["constant_data"]["x"], X)
    back = bn.to_state_dict(fewer, like=member(0), draw=1)
    h = np.tanh(X @ back["0.weight"].T + back["0.bias"])
    logits = h @ back["2.weight"].T + back["2.bias"]
    own = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    mean = bn.predict(fewer, X).predictions["mean"][0, 1].squeeze()
    np.testing.assert_allclose(mean, own, atol=1e-10)


def test_their_merge_keeps_the_data(draws):
    merged = bn.merge(bn.align(draws), [0, 0, 1, 2]).draws
    assert {"observed_data", "constant_data"} <= set(merged.children)


def test_chains_may_start_from_them_as_the_diagnosis_advises(draws):
    model = bn.load("mlp", inputs=4, hidden=(4,), outputs=3, likelihood="categorical")

    @double
    def started():
        dens = density(model, jnp.asarray(X), jnp.asarray(CLASSES))
        return [dens.constrain(one) for one in starts_from(dens, draws, 5)]

    values = started()
    assert {float(one["hidden1_scale"]) for one in values} == {1.0}
    weights = sorted(float(one["output_weight"][0, 0]) for one in values)
    own = np.sort(draws.posterior["output_weight"].values[0, :, 0, 0])
    np.testing.assert_allclose(weights, own, rtol=1e-5)
