"""What is returned has been looked at: it is finite, and better than a constant."""

from itertools import pairwise

import joblib
import numpy as np
import pytest

from sgnn import SgnnWarning, SparseMLPPath, sparse_mlp_path
from sgnn.estimators.data import check_data
from sgnn.estimators.prepare import prepare
from sgnn.losses import SquaredError
from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.network import Network
from sgnn.training.last_look import is_lost, is_surely_finite, is_worse_than_constant, look_at
from tests.estimators.tasks import (
    CANCER_X,
    CANCER_Y,
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    LABELS_X,
    LABELS_Y,
    LINNERUD_X,
    LINNERUD_Y,
    classifier,
    regressor,
)


def problem_of(model, X, y, sample_weight=None):
    """Return the problem and the start that a model trains on."""
    rng = np.random.RandomState(0)
    return prepare(model, check_data(model, X, y, sample_weight, rng=rng), rng)


QUICK = {"max_iter": 3, "batch_size": 1000}
PATH = {"alphas": [1e-3], "max_iter": 3}
WAYS = {
    "fit": lambda model: model.fit(DIABETES_X, DIABETES_Y),
    "refit": lambda model: model.set_params(refit=True).fit(DIABETES_X, DIABETES_Y),
    "partial_fit": lambda model: model.partial_fit(DIABETES_X, DIABETES_Y),
    "path": lambda model: sparse_mlp_path(model, DIABETES_X, DIABETES_Y, **PATH),
}


def outputs_become(monkeypatch, value):
    """Let the compact network put out a value for one sample, larger with each call."""
    forward, n_calls = Network.forward, iter(range(1, 100))

    def changed(self, X):
        outputs = forward(self, X)
        outputs[3] = value * next(n_calls)
        return outputs

    monkeypatch.setattr(Network, "forward", changed)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_predictions_that_overflow_are_no_result(loss):
    y = np.exp(DIABETES_Y / DIABETES_Y.std())
    model = regressor(loss=loss, hidden_layer_sizes=(), alpha=0, learning_rate_init=1e-30)
    model.partial_fit(DIABETES_X[:10], y[:10])
    far = 1e6 * np.sign(model.expand()[0][0].T)
    before = model.predict(DIABETES_X)
    with pytest.raises(ValueError, match=r"no longer finite; the columns of X reach 1e\+06"):
        model.partial_fit(far, [1.0])
    np.testing.assert_array_equal(model.predict(DIABETES_X), before)
    assert model.predict(far) == [np.inf]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("way", WAYS)
def test_a_network_that_predicts_what_is_not_finite_is_not_returned(monkeypatch, way, value):
    model = regressor(**QUICK).fit(DIABETES_X, DIABETES_Y)
    before = joblib.hash({**vars(model), "refit": None})
    outputs_become(monkeypatch, value)
    with pytest.raises(ValueError, match=r"no longer finite; lower learning_rate_init=0\.01"):
        WAYS[way](model)
    assert joblib.hash({**vars(model), "refit": None}) == before


@pytest.mark.parametrize("way", WAYS)
def test_a_network_that_is_worse_than_a_constant_is_warned_of_once(monkeypatch, way):
    model = regressor(**QUICK)
    forward, n_calls = Network.forward, []
    of_start = 3 if way == "path" else 2  # A path looks at the empty network first.

    def changed(self, X):
        n_calls.append(None)
        return forward(self, X) + (1e3 if len(n_calls) != of_start else 0)

    monkeypatch.setattr(Network, "forward", changed)
    with pytest.warns(SgnnWarning, match="above that of the best constant") as caught:
        result = WAYS[way](model)
    assert sum("best constant" in str(one.message) for one in caught) == 1
    assert isinstance(result, (SparseMLPPath, type(model)))


def test_a_network_on_the_way_is_lost_only_if_it_was_better_before():
    problem, state = problem_of(regressor(), DIABETES_X, DIABETES_Y)
    of_start = state.network.forward(problem.X)
    noise = np.random.RandomState(0).normal(size=of_start.shape)
    for size in 0.5, 1.3, 3:
        outputs = problem.best_constant + size * noise
        excess = np.mean((outputs[:, 0] - DIABETES_Y) ** 2) / 2 - 0.5
        before = np.mean((of_start[:, 0] - DIABETES_Y) ** 2) / 2 - 0.5
        expected = excess > max(1 + 10 / 442, before)
        assert is_lost(problem, outputs, 1, state.network) == expected == (size == 3)
    started_worse = state.network.with_constant(np.array([10.0]))
    assert not is_lost(problem, outputs, 1, started_worse)


@pytest.mark.parametrize(("excess", "is_worse"), [(0.009, False), (0.011, True)])
def test_a_hundredth_of_the_unit_of_the_loss_is_no_noise(excess, is_worse):
    for unit in 1e-3, 1, 1e3:
        y = unit * DIABETES_Y
        problem, _ = problem_of(regressor(activation="tanh", alpha=0.01), DIABETES_X, y)
        outputs = np.full((442, 1), y.mean() + unit * np.sqrt(2 * excess))
        assert is_worse_than_constant(problem, outputs, 1) == is_worse


def test_a_strong_penalty_ends_at_the_constant_without_a_word():
    largest = np.abs(DIABETES_X.T @ DIABETES_Y).max() / len(DIABETES_Y)
    for share in 0.9, 0.97, 0.99:
        model = regressor(hidden_layer_sizes=(), penalty="l1", alpha=share * largest, max_iter=160)
        model.fit(DIABETES_X, DIABETES_Y)
        assert 1 <= model.n_neurons_[0] <= 2
        assert 0 < model.score(DIABETES_X, DIABETES_Y) < 0.1


@pytest.mark.parametrize("classes", [[0, 1, 2], [2, 0, 1]])
def test_streams_of_one_class_a_call_are_not_warned_of(classes):
    model = classifier(alpha=0, learning_rate_init=0.05)
    for label in 3 * classes:
        rows = label == IRIS_Y
        model.partial_fit(IRIS_X[rows], IRIS_Y[rows], classes=[0, 1, 2])


def test_a_path_that_becomes_infinite_ends_before(monkeypatch):
    forward = Network.forward

    def changed(self, X):
        outputs = forward(self, X)
        return outputs if self.n_neurons[0] == 10 else outputs * np.inf

    monkeypatch.setattr(Network, "forward", changed)
    alphas = np.geomspace(1e-3, 10, 8)
    with pytest.warns(SgnnWarning, match="The path ends at alpha=.*is not finite"):
        path = sparse_mlp_path(regressor(max_iter=5), DIABETES_X, DIABETES_Y, alphas=alphas)
    assert 1 < len(path) < 9
    assert (path.n_features == 10).all()


@pytest.mark.parametrize(
    ("model", "X", "y"),
    [
        (regressor(), DIABETES_X, DIABETES_Y),
        (regressor(), LINNERUD_X, LINNERUD_Y),
        (classifier(), IRIS_X, IRIS_Y),
        (classifier(), CANCER_X, CANCER_Y),
        (classifier(), LABELS_X, LABELS_Y),
    ],
    ids=["regression", "several outputs", "classes", "two classes", "labels"],
)
def test_real_divergence_is_told(model, X, y):
    """A rate of 1e8 ends far from any minimum, though everything is finite."""
    with pytest.warns(SgnnWarning, match="above that of the best constant"):
        model.set_params(learning_rate_init=1e8, max_iter=2).fit(X, y)


def test_streams_of_few_rows_are_not_warned_of():
    model = classifier()
    for start in range(0, 50, 5):
        rows = slice(start, None, 50)
        model.partial_fit(IRIS_X[rows], IRIS_Y[rows], classes=[0, 1, 2])


def test_samples_count_by_their_weights():
    weights = np.where(IRIS_Y == 2, 3.0, 1.0)
    repeated = np.repeat(np.arange(150), weights.astype(int))
    weighted, _ = problem_of(classifier(), IRIS_X, IRIS_Y, weights)
    whole, _ = problem_of(classifier(), IRIS_X[repeated], IRIS_Y[repeated])
    for size in np.geomspace(0.05, 0.5, 40):
        outputs = weighted.best_constant + size * np.eye(3)[(IRIS_Y + 1) % 2]
        is_worse = is_worse_than_constant(weighted, outputs, 1)
        assert is_worse == is_worse_than_constant(whole, outputs[repeated], 1)


@pytest.mark.filterwarnings("ignore:alpha=")
@pytest.mark.parametrize("value", [1 / 3, 5, -1e8 - 1 / 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_that_do_not_vary_are_predicted_as_they_are(value, dtype):
    """Also where hidden units of an empty network still put out their biases."""
    X, y = DIABETES_X.astype(dtype), np.full(442, value, dtype)
    for parameters in {}, {"activation": "logistic"}, {"refit": True, "warm_start": True}:
        model = regressor(**parameters).fit(X, y)
        assert model.n_neurons_[0] == 0
        np.testing.assert_array_equal(model.predict(X), y)
        assert model.score(X, y) == 1


@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_an_empty_network_is_the_best_constant(activation):
    with pytest.warns(SgnnWarning, match="left no weight"):
        model = regressor(alpha=10, activation=activation).fit(DIABETES_X, DIABETES_Y + 3)
    np.testing.assert_allclose(model.predict(DIABETES_X), 3, rtol=1e-12)


def test_an_infinite_logit_is_not_finite_though_its_loss_is():
    problem, _ = problem_of(classifier(), CANCER_X, CANCER_Y)
    outputs = np.where(CANCER_Y[:, None], np.inf, -1.0)
    with pytest.raises(FloatingPointError, match="not finite"):
        is_worse_than_constant(problem, outputs, 1)


@pytest.mark.parametrize("activation", [*ACTIVATIONS])
def test_what_is_surely_finite_is_finite(activation):
    sizes, rng = (10, 30, 20, 2), np.random.RandomState(0)
    answers = []
    for scale in [*np.geomspace(1e-3, 1e14, 18), np.inf, np.nan]:
        coefs, intercepts = (
            [scale * rng.normal(size=shape).astype(np.float32) for shape in shapes]
            for shapes in ([*pairwise(sizes)], [(n,) for n in sizes[1:]])
        )
        network = Network.whole(coefs, intercepts, activation)
        for loss in "squared_error", "poisson":
            model = regressor(loss=loss, dtype="float32", hidden_layer_sizes=(30, 20))
            y = np.abs(rng.normal(size=(442, 2)))
            problem, _ = problem_of(model, 10 * DIABETES_X, y)
            answers.append(is_surely_finite(problem, network))
            with np.errstate(all="ignore"):
                predicted = problem.loss.predicted(network.forward(problem.X))
            if answers[-1]:
                assert np.isfinite(predicted).all()
    assert answers[:2] == [True, True]
    assert answers[-4:] == [False] * 4


class ReciprocalError(SquaredError):
    """A loss whose predictions are infinite where raw outputs are 0."""

    def predicted(self, outputs):
        with np.errstate(divide="ignore"):
            return 1 / outputs


def test_a_link_that_is_not_finite_between_the_ends_is_looked_at_for_each_sample():
    model = regressor(loss=ReciprocalError(), hidden_layer_sizes=())
    problem, state = problem_of(model, DIABETES_X, DIABETES_Y)
    zero = Network.whole([np.zeros((10, 1))], [np.zeros(1)], "relu")
    with pytest.raises(FloatingPointError, match="not finite"):
        look_at(problem, state.network, zero, state.network, False, 1)


def test_of_very_many_samples_some_are_enough():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(3 * 2**16, 1))
    y = X[:, 0] + rng.normal(size=len(X))
    problem, _ = problem_of(regressor(hidden_layer_sizes=()), X, y)
    standard = problem.targets[:, 0]
    for slope in 0.0, 0.7, -0.7, 1.5:
        network = Network.whole([np.array([[slope]])], [np.array([standard.mean()])], "relu")
        errors = standard - slope * X[:, 0] - standard.mean()
        excess = (errors @ errors / len(X) - standard.var()) / 2
        assert is_worse_than_constant(problem, network, 1) == (excess > 0.01)
    far = X.copy()
    far[1] = 1e308
    problem, _ = problem_of(regressor(hidden_layer_sizes=()), far, y)
    network = Network.whole([np.array([[10.0]])], [np.array([0.0])], "relu")
    with pytest.raises(FloatingPointError, match="not finite"):
        is_worse_than_constant(problem, network, 1)
