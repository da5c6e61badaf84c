"""Warnings name the user's line, not one within the package."""

import warnings

from bayesneuron.numerics.warn import StatisticalWarning, warn_once
from bayesneuron.structure import communities


def test_a_warning_points_to_the_caller_of_the_public_function():
    import numpy as np

    noise = np.random.default_rng(0).normal(size=(8, 8)) / 10
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StatisticalWarning)
        communities(noise + noise.T, seed=0)
        warn_once("here")
    assert len(caught) == 2
    assert {c.filename for c in caught} == {__file__}
