"""What is returned has been looked at: it is finite, and better than a constant."""

import joblib
import numpy as np
import pytest

from sgnn import SgnnWarning, SparseMLPPath, sparse_mlp_path
from sgnn.estimators.data import check_data
from sgnn.estimators.prepare import prepare
from sgnn.networks.network import Network
from sgnn.training.last_look import is_worse_than_constant
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

QUICK = {"max_iter": 3, "batch_size": 1000}
PATH = {"alphas": [1e-3], "max_iter": 3}
WAYS = {
    "fit": lambda model: model.fit(DIABETES_X, DIABETES_Y),
    "refit": lambda model: model.set_params(refit=True).fit(DIABETES_X, DIABETES_Y),
    "partial_fit": lambda model: model.partial_fit(DIABETES_X, DIABETES_Y),
    "path": lambda model: sparse_mlp_path(model, DIABETES_X, DIABETES_Y, **PATH),
}


def outputs_become(monkeypatch, value):
    """Let the compact network put out a value for one sample."""
    forward = Network.forward

    def changed(self, X):
        outputs = forward(self, X)
        outputs[3] = value
        return outputs

    monkeypatch.setattr(Network, "forward", changed)


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
    outputs_become(monkeypatch, 1e3)
    with pytest.warns(SgnnWarning, match="above that of the best constant") as caught:
        result = WAYS[way](model)
    assert len(caught) == 1
    assert isinstance(result, (SparseMLPPath, type(model)))


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


@pytest.mark.parametrize("weights", [None, np.r_[np.zeros(3), np.ones(147)]])
def test_samples_without_weight_are_not_looked_at(weights):
    rng = np.random.RandomState(0)
    data = check_data(classifier(), IRIS_X, IRIS_Y, weights, rng=rng)
    problem, _ = prepare(classifier(), data, rng)
    outputs = np.tile(problem.best_constant, (150, 1))
    outputs[:3] = np.nan
    if weights is None:
        with pytest.raises(FloatingPointError):
            is_worse_than_constant(problem, outputs, 1)
    else:
        assert not is_worse_than_constant(problem, outputs, 1)
        outputs[3:] += 5 * np.eye(3)[(IRIS_Y[3:] + 1) % 3]
        assert is_worse_than_constant(problem, outputs, 1)


def test_an_infinite_logit_is_not_finite_though_its_loss_is():
    rng = np.random.RandomState(0)
    problem, _ = prepare(classifier(), check_data(classifier(), CANCER_X, CANCER_Y, rng=rng), rng)
    outputs = np.where(CANCER_Y[:, None], np.inf, -1.0)
    with pytest.raises(FloatingPointError, match="not finite"):
        is_worse_than_constant(problem, outputs, 1)
