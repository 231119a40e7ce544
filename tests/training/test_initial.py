"""Where training starts is where scikit-learn's perceptrons start, but for the last biases."""

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

from sgnn import SparseMLPRegressor
from sgnn.networks.activations import ACTIVATIONS
from sgnn.training.initial import random_network
from tests.training.prepared import prepared

RNG = np.random.RandomState(0)
X, Y = RNG.randn(50, 7), RNG.randn(50)
HIDDEN = (9, 5)


def initial(activation, y=Y, dtype=np.float64):
    model = SparseMLPRegressor(HIDDEN, activation)
    problem, *_ = prepared(model, X.astype(dtype), y)
    return random_network(problem, (7, *HIDDEN, 1), np.random.RandomState(3)), problem


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_weights_are_those_of_scikit_learn_for_targets_in_their_unit(activation):
    standing = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1, "alpha": 0.0}
    standing |= {"hidden_layer_sizes": HIDDEN, "activation": activation}
    reference = MLPRegressor(**standing, random_state=3).fit(X, Y)
    network, problem = initial(activation, 50 * Y)
    told = problem.tell(network)
    # So the first outputs are those of scikit-learn's, in the unit of the targets.
    ours = told.forward(X).ravel() - told.intercepts[-1]
    theirs = reference.predict(X) - reference.intercepts_[-1]
    np.testing.assert_allclose(ours, 50 * Y.std() * theirs, rtol=1e-12)
    for coef, expected in zip(network.coefs, reference.coefs_, strict=True):
        np.testing.assert_allclose(coef, expected, rtol=1e-14)
    assert network.n_neurons == (7, *HIDDEN, 1)


@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_the_last_bias_is_the_best_constant(activation):
    network, problem = initial(activation, y=100 + Y)
    assert network.activation == activation
    told = problem.tell(network)
    assert told.intercepts[-1] == pytest.approx(100 + Y.mean(), rel=1e-12)
    assert problem.best_constant == network.intercepts[-1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_both_data_types_start_from_the_same_numbers(activation, dtype):
    network, problem = initial(activation, dtype=dtype)
    double, _ = initial(activation)
    assert problem.best_constant.dtype == dtype
    for name in ("coefs", "intercepts"):
        for array, expected in zip(getattr(network, name), getattr(double, name), strict=True):
            assert array.dtype == dtype
            np.testing.assert_allclose(array, expected, rtol=1e-6)
