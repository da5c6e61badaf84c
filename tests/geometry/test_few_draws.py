"""Too few draws have no region, and say so once."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn


def draws_of(count):
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    return bn.align(bn.prior(model, np.zeros((1, 3)), samples=count))


def messages(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", bn.StatisticalWarning)
        result = call()
    own = [str(w.message) for w in caught if issubclass(w.category, bn.StatisticalWarning)]
    return result, own


@pytest.mark.parametrize(("count", "subject"), [(1, "1 draw determines"), (2, "2 draws determine")])
def test_one_and_two_draws_have_no_region(count, subject):
    draws = draws_of(count)
    posts, said = messages(lambda: bn.neurons(draws))
    assert len(said) == 1
    assert said[0].startswith(f"neurons: {subject} no region of a neuron; at least 3 are needed")
    region, more = messages(posts["hidden"].region)
    assert np.isinf(region.radius).all()
    assert len(more) == 1
    assert more[0].endswith("weights; at least 3 are needed")


def test_three_draws_have_one_if_shrunk():
    posts, said = messages(lambda: bn.neurons(draws_of(3)))
    assert not said
    region, said = messages(posts["hidden"].region)
    assert np.isfinite(region.radius).all()
    assert not said


def test_without_shrinkage_two_more_draws_than_weights_are_needed():
    few = bn.neurons(draws_of(6), shrink=False)["hidden"]  # five weights
    region, said = messages(few.region)
    assert np.isinf(region.radius).all()
    assert said == [
        "region: unbounded for 2 of 2 neurons of 'hidden': 6 draws of 5 weights; without "
        "shrinkage at least 7 are needed"
    ]
    enough = bn.neurons(draws_of(7), shrink=False)["hidden"]
    region, said = messages(enough.region)
    assert np.isfinite(region.radius).all()
    assert not said
