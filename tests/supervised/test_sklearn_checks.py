"""scikit-learn's own checks of an estimator; `benchmarks/sklearn_checks.py` has more methods."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import bayesneuron as bn

SMALL = {"hidden": 3, "prior": "normal", "method": "bootstrap", "options": {"replicates": 10}}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([bn.NeuronRegressor(**SMALL), bn.NeuronClassifier(**SMALL)])
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
