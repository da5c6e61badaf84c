"""Names that frameworks give by themselves do not stand in the way; frameworks are not imported."""

import numpy as np
import pytest

import bayesneuron as bn

RNG = np.random.default_rng(3)


class Dense:
    """As a layer of Keras hands itself out."""

    def __init__(self, name, inputs, units, activation):
        self.name, self.activation = name, activation
        self.arrays = [RNG.normal(size=(inputs, units)), RNG.normal(size=units)]

    def get_weights(self):
        return self.arrays


class Model:
    def __init__(self, *layers):
        self.layers = layers

    def get_weights(self):
        return [array for layer in self.layers for array in layer.arrays]

    def predict(self, x):
        (w, b), (v, c) = (layer.arrays for layer in self.layers)
        return np.tanh(x @ w + b) @ v + c


def model(*names):
    return Model(Dense(names[0], 3, 5, "tanh"), Dense(names[1], 5, 2, "linear"))


def test_models_that_keras_numbers_on_are_members_of_one_ensemble():
    members = [model("dense", "dense_1"), model("dense_2", "dense_3"), model("dense_9", "dense_10")]
    draws = bn.from_state_dicts(members, noise=0.1)
    x = RNG.normal(size=(7, 3))
    means = bn.predict(draws, x).predictions["mean"].to_numpy()[0]
    np.testing.assert_allclose(means, [m.predict(x) for m in members], atol=1e-12)
    back = bn.to_state_dict(draws, like=members[1], draw=1)
    assert list(back) == ["dense_2.kernel", "dense_2.bias", "dense_3.kernel", "dense_3.bias"]
    for own, again in zip(members[1].get_weights(), back.values(), strict=True):
        np.testing.assert_array_equal(own, again)


def test_names_of_the_user_are_kept_and_compared():
    members = [model("below", "above"), model("below", "other")]
    with pytest.raises(ValueError, match=r"member 1: expected the names of member 0.*other"):
        bn.from_state_dicts(members, noise=0.1)
    back = bn.to_state_dict(bn.from_state_dicts(members[:1], noise=0.1), like=members[0])
    assert next(iter(back)) == "below.kernel"


def test_keys_and_counts_of_random_layers_are_no_weights():
    weights = {
        "a": {"kernel": RNG.normal(size=(3, 5)), "bias": RNG.normal(size=5)},
        "b": {"kernel": RNG.normal(size=(5, 2)), "bias": RNG.normal(size=2)},
    }
    random = {"drop": {"rngs": {"count": np.uint32(4), "key": np.zeros(2, np.uint32)}}}
    options = {"activation": "tanh", "noise": 0.1}
    draws = bn.from_state_dicts({**weights, **random}, **options)
    plain = bn.from_state_dicts(weights, **options)
    assert draws.posterior.equals(plain.posterior)
    back = bn.to_state_dict(draws, like={**weights, **random})
    assert sorted(back) == ["a.bias", "a.kernel", "b.bias", "b.kernel"]
