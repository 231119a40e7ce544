"""Natural units, and the strength that "auto" is."""

import numpy as np
import pytest

from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    TASKS,
    classifier,
    regressor,
    task,
    weights_equal,
)


# All pairs of levels.
@pytest.mark.parametrize(
    ("activation", "hidden", "solver", "factor"),
    [
        ("relu", (), "adam", 1000.0),
        ("relu", (12,), "adam", 1e-6),
        ("relu", (8, 6), "sgd", 1000.0),
        ("leaky_relu", (), "sgd", 1e-6),
        ("leaky_relu", (12,), "adam", 1000.0),
        ("leaky_relu", (8, 6), "adam", 1e-6),
        ("identity", (), "adam", 1e-6),
        ("identity", (12,), "sgd", 1000.0),
        ("identity", (8, 6), "adam", 1e-6),
    ],
)
def test_the_unit_of_the_targets_does_not_matter(activation, hidden, solver, factor):
    shared = {"activation": activation, "hidden_layer_sizes": hidden, "solver": solver}
    model = regressor(**shared).fit(DIABETES_X, DIABETES_Y)
    scaled = regressor(**shared).fit(DIABETES_X, factor * DIABETES_Y)
    assert scaled.n_neurons_ == model.n_neurons_
    expected = model.predict(DIABETES_X)
    np.testing.assert_allclose(scaled.predict(DIABETES_X) / factor, expected, rtol=1e-3, atol=1e-3)


def test_the_unit_of_the_targets_does_not_matter_to_early_stopping():
    shared = {"early_stopping": True, "max_iter": 100}
    epochs = [
        regressor(**shared).fit(DIABETES_X, factor * DIABETES_Y).n_iter_ for factor in (1.0, 1000.0)
    ]
    assert epochs[0] == epochs[1]


def test_the_unit_of_the_targets_does_not_matter_to_tol():
    shared = {"learning_rate": "constant", "max_iter": 300, "batch_size": 1000, "tol": 1e-3}
    epochs = [
        regressor(**shared).fit(DIABETES_X, factor * DIABETES_Y).n_iter_ for factor in (1.0, 1000.0)
    ]
    assert epochs[0] == epochs[1] < 300


@pytest.mark.parametrize("name", TASKS)
def test_alpha_auto_is_recorded_and_removes_something_from_wide_data(name):
    model, X, y = task(name)
    model.set_params(alpha="auto", max_iter=16).fit(X, y)
    assert model.alpha == "auto"
    assert isinstance(model.alpha_, float)
    given = task(name)[0].set_params(alpha=model.alpha_, max_iter=16).fit(X, y)
    assert weights_equal(model, given)


@pytest.mark.parametrize(
    ("weights", "n_samples"),
    [
        (np.full(442, 0.1), 442),
        (np.r_[np.full(42, 0.1), np.zeros(400)], 42),
        (np.r_[np.full(42, 10.0), np.zeros(400)], 420),
        (np.r_[100.0, np.full(441, 1e-3)], 442),
    ],
    ids=["light", "light and none", "heavy and none", "one heavy"],
)
def test_weights_count_as_samples_but_no_sample_of_some_weight_as_less_than_one(weights, n_samples):
    """Else the strength of the penalty would grow without bound as the weights get small."""
    labels = (np.arange(442) % 2).astype(int)
    clf = classifier(max_iter=1).fit(DIABETES_X, labels, weights)
    assert clf.alpha_ == pytest.approx(0.17 * n_samples**-0.85)
    reg = regressor(max_iter=1).fit(DIABETES_X, DIABETES_Y, weights)
    mean = np.average(DIABETES_Y, weights=weights)
    unit = np.sqrt(np.average((DIABETES_Y - mean) ** 2, weights=weights))
    assert reg.alpha_ == pytest.approx(0.42 * n_samples**-0.85 * unit**1.5)
