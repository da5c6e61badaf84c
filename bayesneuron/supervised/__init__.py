"""Estimators of scikit-learn: regression and classification by a network and its posterior."""

from bayesneuron.supervised._classifier import NeuronClassifier
from bayesneuron.supervised._regressor import NeuronRegressor

__all__ = ["NeuronClassifier", "NeuronRegressor"]
