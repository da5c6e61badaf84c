"""Regression and classification under scikit-learn's interface."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import bayesneuron as bn

pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal([5.0, -300.0], [1.0, 40.0], (200, 2)), columns=["age", "dose"])
NOISE = 7.0
TARGETS = 1000 + 20 * ROWS["age"] - 0.5 * ROWS["dose"] + RNG.normal(0, NOISE, 200)
FAST = {"method": "bootstrap", "options": {"replicates": 50, "optimizer": "newton"}}


@pytest.fixture(scope="module")
def linear():
    return bn.NeuronRegressor(hidden=2, skip=True, **FAST).fit(ROWS, TARGETS)


def test_predictions_are_in_the_units_of_the_targets(linear):
    inputs = StandardScaler().fit(ROWS)
    targets = StandardScaler().fit(TARGETS.to_numpy()[:, None])
    x = pd.DataFrame(inputs.transform(ROWS), columns=ROWS.columns)
    model = bn.load("mlp", inputs=2, hidden=(2,), outputs=1, skip=True)
    scaled = targets.transform(TARGETS.to_numpy()[:, None])
    draws = bn.bootstrap(model, x, scaled, seed=0, **FAST["options"])
    expected = bn.predict(draws, x[:9])["predictions"]["mean"].mean(("chain", "draw")).values
    pd.testing.assert_frame_equal(linear.inputs_of(ROWS), x)
    np.testing.assert_allclose(linear.predict(ROWS[:9]), targets.inverse_transform(expected)[:, 0])


def test_the_spread_of_a_new_observation_is_that_of_the_noise(linear):
    mean, sd = linear.predict(ROWS, return_std=True)
    assert np.sqrt(np.mean((mean - TARGETS) ** 2)) < 1.1 * NOISE
    assert 0.85 * NOISE < np.median(sd) < 1.25 * NOISE
    low, high = linear.predict_interval(ROWS, coverage=0.9)
    assert 0.84 < np.mean((low < TARGETS) & (high > TARGETS)) < 0.97
    drawn = linear.sample_y(ROWS[:5], n_samples=500, random_state=1)
    assert drawn.shape == (5, 500)
    np.testing.assert_allclose(drawn.std(axis=1), sd[:5], rtol=0.25)


def test_neurons_carry_the_names_of_the_columns(linear):
    assert linear.feature_names_in_.tolist() == ["age", "dose"]
    hidden = linear.neurons_["hidden1"]
    assert hidden.weights[:2] == ("age", "dose")
    assert linear.neurons_["hidden1"] is hidden  # aligned once


@pytest.mark.slow
def test_several_targets_and_counts():
    both = np.column_stack([TARGETS, -TARGETS])
    network = bn.NeuronRegressor(hidden=2, skip=True, **FAST).fit(ROWS, both)
    mean, sd = network.predict(ROWS[:4], return_std=True)
    assert mean.shape == sd.shape == (4, 2)
    assert network.predict_interval(ROWS[:4]).shape == (2, 4, 2)
    assert network.sample_y(ROWS[:4], n_samples=3).shape == (4, 2, 3)
    np.testing.assert_allclose(mean.sum(axis=1), 0, atol=4.0)
    x = RNG.normal(size=(300, 1))
    counts = RNG.poisson(np.exp(1 + 0.7 * x[:, 0]))
    rate = bn.NeuronRegressor(
        hidden=1, skip=True, likelihood="poisson", prior="normal", **FAST
    ).fit(x, counts)
    np.testing.assert_allclose(rate.predict([[0.0], [1.0]]), np.exp([1.0, 1.7]), rtol=0.15)
    assert (rate.sample_y(x[:5], n_samples=4) % 1 == 0).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_labels_of_text(classes):
    x, y = load_iris(return_X_y=True)
    kept = y < classes
    labels = np.array(["setosa", "versicolor", "virginica"])[y][kept]
    network = bn.NeuronClassifier(hidden=2, prior="normal", **FAST).fit(x[kept], labels)
    assert network.classes_.tolist() == sorted(set(labels))
    shares = network.predict_proba(x[kept])
    assert shares.shape == (kept.sum(), classes)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert network.score(x[kept], labels) > 0.95


def test_pipelines_cross_validation_and_grid_search():
    rows, targets = ROWS.to_numpy()[:60], TARGETS.to_numpy()[:60]
    options = {"replicates": 20}
    network = bn.NeuronRegressor(hidden=1, skip=True, method="bootstrap", options=options)
    pipeline = make_pipeline(PolynomialFeatures(2, include_bias=False), network)
    scores = cross_val_score(pipeline, rows, targets, cv=2)
    assert scores.shape == (2,)
    grid = GridSearchCV(pipeline, {"neuronregressor__hidden": [1, (2,)]}, cv=2).fit(rows, targets)
    assert grid.best_score_ > 0.3
    assert grid.best_estimator_[-1].draws_ is not None


def test_the_seed_decides_the_draws():
    def drawn(random_state):
        network = bn.NeuronRegressor(hidden=1, **FAST, random_state=random_state)
        return network.fit(ROWS, TARGETS).draws_

    first = drawn(3)
    assert first["posterior"].equals(drawn(np.int64(3))["posterior"])
    assert not first["posterior"].equals(drawn(4)["posterior"])
    generator = np.random.RandomState(5)
    assert drawn(generator)["posterior"].equals(drawn(np.random.RandomState(5))["posterior"])


def test_bad_input_is_named():
    with pytest.raises(NotFittedError):
        bn.NeuronRegressor().predict(ROWS)
    with pytest.raises(NotFittedError):
        _ = bn.NeuronClassifier().neurons_
    with pytest.raises(ValueError, match="method: expected one of"):
        bn.NeuronRegressor(method="mcmc").fit(ROWS, TARGETS)
    with pytest.raises(ValueError, match="likelihood: expected one of"):
        bn.NeuronRegressor(likelihood="bernoulli").fit(ROWS, TARGETS)
    with pytest.raises(ValueError, match="y: expected values that vary, got 5 in every row"):
        bn.NeuronRegressor().fit(ROWS, np.full(200, 5.0))
    with pytest.raises(ValueError, match="one class"):
        bn.NeuronClassifier().fit(ROWS, np.ones(200, int))
    with pytest.raises(ValueError, match="hidden"):
        bn.NeuronClassifier(hidden=(0,)).fit(ROWS, TARGETS > 1250)
    with pytest.raises(ValueError, match="coverage"):
        bn.NeuronRegressor(hidden=1, **FAST).fit(ROWS, TARGETS).predict_interval(ROWS, 90)
