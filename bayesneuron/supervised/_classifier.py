"""Classification by a network and its posterior, under scikit-learn's interface."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from bayesneuron.supervised.network import NeuronNetwork


class NeuronClassifier(ClassifierMixin, NeuronNetwork):
    """Classification by a multilayer perceptron whose neurons have a posterior.

    Two classes have one output and the likelihood ``bernoulli``, more have one output each and
    ``categorical``.

    Parameters
    ----------
    hidden : int or tuple of int
        Widths of the hidden layers.
    activation, prior, skip
        Of the network ``mlp``, see `bayesneuron.load`.
    method : {"laplace", "nuts", "svi", "bootstrap", "ensemble"}
        The estimator.
    options : mapping, optional
        For it, such as ``{"samples": 200}``.
    standardize : bool
        Whether inputs are scaled to mean zero and standard deviation one.
    random_state : int, RandomState or None
        An int is the ``seed`` of the estimator: the same seed, the same draws.

    Attributes
    ----------
    classes_ : ndarray, shape (class,)
        Labels, sorted.
    draws_ : DataTree
        Of the weights, which the other functions read: `bayesneuron.diagnose` says whether they
        are to be believed.
    neurons_ : dict of str to NeuronPosterior
        By layer.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X has names. They also name the weights of the neurons.

    Raises
    ------
    ValueError
        In `fit`, as scikit-learn's classifiers, `bayesneuron.load` and the estimator, or with
        fewer than two classes.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> labels = load_iris().target_names[y]
    >>> network = bn.NeuronClassifier(
    ...     hidden=2, prior="normal", options={"samples": 100, "starts": 2}
    ... )
    >>> network.fit(X, labels).classes_.tolist()
    ['setosa', 'versicolor', 'virginica']
    >>> network.predict_proba(X[:5]).shape, network.score(X, labels) > 0.9
    ((5, 3), True)
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Draw the weights given rows X (row, input) and labels y (row,)."""
        self._check()
        data: Any = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        x, labels = data
        check_classification_targets(labels)
        encoder = LabelEncoder().fit(labels)
        self.classes_: np.ndarray = np.asarray(encoder.classes_)
        if len(self.classes_) < 2:
            raise ValueError(f"y: expected two classes or more, got one class, {self.classes_[0]}")
        numbers: Any = encoder.transform(labels)
        if len(self.classes_) == 2:
            self._estimate(x, numbers[:, None], outputs=1, likelihood="bernoulli")
        else:
            self._estimate(x, numbers, outputs=len(self.classes_), likelihood="categorical")
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The most probable label of every row of X (row, input)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The probability of every class, the mean over draws.

        Parameters
        ----------
        X : array_like, shape (row, input)

        Returns
        -------
        ndarray, shape (row, class)
            In the order of ``classes_``.
        """
        mean = self._predicted(X, "mean").mean(axis=0)
        return np.hstack([1 - mean, mean]) if mean.shape[1] == 1 else mean
