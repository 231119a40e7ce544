"""Removal during training: nothing is lost, a convex problem ends at the minimum of the whole."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import Lasso
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor, kernels
from sgnn.networks.network import Network
from sgnn.penalties import L1, GroupGraph, GroupLasso, NeuronLasso
from sgnn.training import removal
from sgnn.training.data import Batches
from sgnn.training.subnetworks import Subnetworks
from tests.training.prepared import prepared

DIGITS_X, DIGITS_Y = scale(load_digits().data), load_digits().target
CANCER_X, CANCER_Y = scale(load_breast_cancer().data), load_breast_cancer().target
DIABETES_X, DIABETES_Y = scale(load_diabetes().data), scale(load_diabetes().target)


@pytest.fixture
def without_removal(monkeypatch):
    """Return a function that fits with removal switched off."""

    def fit(model, *data, **more):
        with monkeypatch.context() as patch:
            patch.setattr(removal, "LEAST_SAVING", 2.0)
            model.fit(*data, **more)
        assert not any(model.n_removed_)
        return model

    return fit


# The inputs that are removed too early


def suppressor():
    """Column 1 says nothing alone, and is wanted as soon as column 0 is fitted."""
    rng = np.random.default_rng(0)
    signal, nuisance = rng.normal(size=(2, 300))
    X = np.c_[signal + 3 * nuisance, nuisance, 0.3 * rng.normal(size=(300, 6))]
    y = signal + 0.1 * rng.normal(size=300)
    X[:, 1] -= X[:, 1] @ y / (y @ y) * y
    return scale(X), scale(y)


@pytest.mark.parametrize("readmits", [True, False])
@pytest.mark.parametrize("learning_rate", ["constant", "cosine", "adaptive"])
def test_an_input_that_was_removed_too_early_comes_back(learning_rate, readmits, monkeypatch):
    """Without the look at the gradient, the minimum would be missed."""
    X, y = suppressor()
    model = SparseMLPRegressor(
        **{"hidden_layer_sizes": (), "penalty": "l1", "alpha": 0.3, "solver": "sgd"},
        **{"momentum": 0.9, "learning_rate_init": 0.01, "learning_rate": learning_rate},
        **{"batch_size": len(X), "max_iter": 3000, "tol": 0.0, "warm_start": True},
        random_state=0,
    )
    model.fit(X, y)
    assert model.selected_features_.tolist() == [0]
    expected = Lasso(0.1, tol=1e-14, max_iter=100_000).fit(X, y).coef_
    assert expected[1] < -1
    if not readmits:
        monkeypatch.setattr(removal, "revived_units", nothing)
    model.set_params(alpha=0.1).fit(X, y)
    assert model.n_removed_ == (6 if readmits else 7, 0)
    distance = np.abs(model.expand()[0][0].ravel() - expected).max()
    tolerance = 1e-5 if learning_rate == "constant" else 1e-3
    assert distance < tolerance if readmits else distance > 0.9


def nothing(network, *_):
    return [np.zeros(size, dtype=bool) for size in network.parameters.sizes]


def test_an_input_that_is_wanted_only_in_the_end_prolongs_the_fit(monkeypatch):
    """The look at the gradient comes once, after the last epoch; callbacks hear of `max_iter`."""
    X, y = suppressor()
    really, looks = removal.revived_units, []

    def look(*arguments):
        looks.append(arguments[-1])
        return (really if looks[-1] == 1 else nothing)(*arguments)

    monkeypatch.setattr(removal, "revived_units", look)
    model = SparseMLPRegressor((), penalty="l1", alpha=0.3, batch_size=len(X), max_iter=400)
    model.set_params(warm_start=True, learning_rate_init=0.05, random_state=0).fit(X, y)
    monitor = ScoringMonitor(scoring="r2")
    model.set_params(alpha=0.1).set_callbacks(monitor).fit(X, y)
    assert model.n_iter_ in (500, 600, 700)
    assert sum(row["task_name"] == "epoch" for row in monitor.get_logs().data) == 400
    assert model.selected_features_.tolist() == [0, 1]
    assert model.objective_curve_[-1] < model.objective_curve_[399] - 0.01


# The same result as without removal


GRAPH = [(0, 1), (1, 2), (2, 3, 2.0), (3, 4), (5, 6), (7, 8)]
MASK = np.arange(30).reshape(10, 3) > 5
CONVEX = {
    "l1": ("l1", 0.1),
    "group_lasso": ("group_lasso", 0.1),
    "sparse_group_lasso": ("sparse_group_lasso", 0.1),
    "elastic_net": ("elastic_net", 0.2),
    "exclusive": (["exclusive_lasso", "l1"], 0.2),
    "incoming": ([NeuronLasso(), "group_lasso"], 0.1),
    "both": (GroupLasso(groups="both"), 0.1),
    "partial": (L1(fraction=[MASK]), 0.15),
    "partial groups": (GroupLasso(fraction=0.8), 0.1),
    "adaptive": (L1(adaptive=0.5), 0.05),
    "norms of a graph": (GroupGraph(GRAPH, smoothing=0.5), 0.1),
    "weights of a graph": (GroupGraph(GRAPH, smoothing=0.05, difference="weights"), 0.15),
}


BLOCKS = [[0, 1], [4, 5, 6]]


@pytest.mark.parametrize(
    ("case", "blocks"),
    [
        *((case, None) for case in CONVEX),
        *((case, BLOCKS) for case in ("group_lasso", "exclusive", "both", "partial groups")),
    ],
)
def test_a_linear_model_is_the_same_as_without_removal(case, blocks, without_removal):
    penalty, alpha = CONVEX[case]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 10)) @ (np.eye(10) + 0.1 * rng.normal(size=(10, 10)))
    Y = X[:, :3] @ rng.normal(size=(3, 3)) + 0.1 * rng.normal(size=(300, 3))
    model = SparseMLPRegressor((), penalty=penalty, alpha=alpha, batch_size=1000, random_state=0)
    model.set_params(feature_groups=blocks, learning_rate_init=0.03)
    model.set_params(max_iter=4000 if case == "norms of a graph" else 600)
    whole = without_removal(model, X, Y).expand()
    model.fit(X, Y)
    assert model.n_removed_[0] > 0
    for found, expected in zip(model.expand()[0], whole[0], strict=True):
        np.testing.assert_array_equal(found != 0, expected != 0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


# All pairs of levels.
@pytest.mark.parametrize(
    ("data", "sizes", "penalty", "form"),
    [
        ("digits", (100,), "group_lasso", np.asarray),
        ("digits", (30, 20), "sparse_group_lasso", sparse.csr_array),
        ("digits", (30, 20), "group_lasso", np.float32),
        ("breast_cancer", (30, 20), "group_lasso", np.asarray),
        ("breast_cancer", (100,), "group_lasso", sparse.csr_array),
        ("breast_cancer", (100,), "sparse_group_lasso", np.float32),
        ("diabetes", (100,), "sparse_group_lasso", np.asarray),
        ("diabetes", (30, 20), "group_lasso", sparse.csr_array),
        ("diabetes", (30, 20), "sparse_group_lasso", np.float32),
    ],
)
def test_a_network_has_no_higher_objective_than_without_removal(
    data, sizes, penalty, form, without_removal
):
    """Nor is it larger; and it predicts as well."""
    X, y, alpha = {
        "digits": (DIGITS_X, DIGITS_Y, 0.003),
        "breast_cancer": (CANCER_X, CANCER_Y, 0.005),
        "diabetes": (DIABETES_X, DIABETES_Y, 0.01),
    }[data]
    X = form(X)
    estimator = SparseMLPRegressor if data == "diabetes" else SparseMLPClassifier
    model = estimator(sizes, penalty=penalty, alpha=alpha, max_iter=60, random_state=0)
    without_removal(model, X, y)
    objective, units, score = model.objective_curve_[-1], model.n_neurons_, model.score(X, y)
    model.fit(X, y)
    assert any(model.n_removed_)
    assert model.objective_curve_[-1] < objective * 1.002
    assert np.sum(model.n_neurons_) <= np.sum(units) + 2
    assert model.score(X, y) > score - 0.005


# What users see of it


def test_what_is_said_of_it(capsys):
    model = SparseMLPClassifier(alpha=0.01, max_iter=40, random_state=0, verbose=True)
    model.fit(CANCER_X, CANCER_Y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "goes on" in line]
    last = lines[-1].split("with ")[1].split()[0]
    kept = [tuple(map(int, part.split("/"))) for part in last.split("-")]
    assert [all_ for _, all_ in kept] == [30, 100, 1]
    assert tuple(all_ - some for some, all_ in kept) == model.n_removed_
    assert model.n_removed_[0] <= 30 - model.n_neurons_[0]


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("penalty", ["group_lasso", "hoyer_square", "hoyer", "mcp"])
def test_a_network_may_die_at_once_or_little_by_little(penalty, solver):
    died = []
    for alpha in np.geomspace(0.003, 30, 8):
        model = SparseMLPClassifier(alpha=alpha, penalty=penalty, solver=solver)
        model.set_params(max_iter=24, learning_rate_init=0.03, random_state=0)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "alpha=.* left no weight")
            model.fit(CANCER_X, CANCER_Y)
        died.append(model.n_neurons_[0] == 0)
    assert died[-1]
    assert not died[0]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_warm_starts_partial_fits_and_refits_go_on_at_full_size(early_stopping):
    model = SparseMLPClassifier(alpha=0.01, max_iter=30, random_state=0, warm_start=True)
    model.set_params(early_stopping=early_stopping, n_iter_no_change=np.inf)
    model.fit(CANCER_X, CANCER_Y)
    assert model.n_removed_[0] > 5
    model.set_params(alpha=1e-4, early_stopping=False).fit(CANCER_X, CANCER_Y)
    assert model.support_.sum() > 25
    model.partial_fit(CANCER_X, CANCER_Y)
    assert model.n_removed_ == (0, 0, 0)
    model.set_params(alpha=0.01, refit=True, warm_start=False).fit(CANCER_X, CANCER_Y)
    assert model.n_removed_[0] > 5
    assert [coef.shape for coef in model.expand()[0]] == [(30, 100), (100, 1)]


def test_hidden_units_that_were_removed_come_back_with_a_warm_start(without_removal):
    rng = np.random.RandomState(0)
    X = rng.randn(300, 20)
    y = X[:, 0] + 0.5 * np.sin(3 * X[:, 1]) + 0.1 * rng.randn(300)
    model = SparseMLPRegressor((40,), max_iter=100, random_state=0, warm_start=True)
    without_removal(model.set_params(alpha=0.05), X, y)
    without_removal(model.set_params(alpha=1e-4), X, y)
    whole, units = model.objective_curve_[-1], model.n_neurons_[1]
    model = clone(model).set_params(alpha=0.05).fit(X, y)
    assert model.n_removed_[1] > 20
    full = model._state.network
    assert full.n_neurons == (20, 40, 1)
    np.testing.assert_allclose(full.forward(X).ravel(), model.predict(X), rtol=1e-9)
    model.set_params(alpha=1e-4).fit(X, y)
    assert model.n_neurons_[1] > units - 8
    assert model.objective_curve_[-1] < 1.5 * whole


def test_the_best_epoch_may_be_that_of_a_larger_network(capsys):
    X, y, X_val, y_val = CANCER_X[::2], CANCER_Y[::2], CANCER_X[1::2], CANCER_Y[1::2]
    model = SparseMLPClassifier(alpha=0.02, max_iter=100, batch_size=200, random_state=0)
    model.set_params(early_stopping=True, n_iter_no_change=np.inf, verbose=True)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert "training goes on with" in capsys.readouterr().out
    assert not any(model.n_removed_)
    assert model.score(X_val, y_val) == pytest.approx(max(model.validation_scores_))


# The parts


def test_units_on_no_path_are_not_alive():
    coefs = [np.zeros((4, 3)), np.zeros((3, 2)), np.zeros((2, 2))]
    coefs[0][[0, 1, 3], [0, 1, 2]] = 1.0
    coefs[1][[0, 2], [1, 0]] = 1.0
    coefs[2][1, 0] = 1.0
    alive = removal.live_units(coefs, None)
    assert [mask.tolist() for mask in alive] == [[1, 0, 0, 0], [1, 0, 0], [0, 1], [1, 1]]
    alive = removal.live_units(coefs, np.array([0, 1, 0, 2]))
    assert alive[0].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("margin", [1.0, 1.5])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [7, 47, 60])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_an_input_comes_back_if_its_gradient_over_all_samples_is_large_enough(
    form, batch_size, weighted, margin, monkeypatch
):
    """With the sum over batches written out: larger than the strength, times a margin."""
    monkeypatch.setattr("sgnn.training.data.ENTRIES_AT_ONCE", 1)
    rng = np.random.default_rng(0)
    X, y, weights = rng.normal(size=(47, 40)), 5 * rng.normal(size=47), rng.exponential(size=47)
    coef = np.where(np.arange(40) % 10 == 0, rng.normal(size=40), 0)
    residuals = (weights / weights.mean() if weighted else 1) * (X @ coef + 1 - y)
    gradient = np.abs(X.T @ residuals) / 47
    alpha = margin * np.median(gradient)

    model = SparseMLPRegressor((), penalty="l1", alpha=alpha, batch_size=batch_size)
    data = form(X), y, weights if weighted else None
    problem, settings, state = prepared(model, *data)
    network = Network.whole([coef[:, None]], [np.ones(1)], "relu")
    network = problem.untell(network)
    subnetworks = Subnetworks(problem, settings, Batches.of(problem, settings, state.rng), network)
    inputs, outputs = removal.revived_units(
        subnetworks.model(subnetworks.full),
        subnetworks.regulariser,
        subnetworks.batches,
        problem.l2,
        problem.scales,
        None,
        margin,
    )
    np.testing.assert_array_equal(inputs, (coef != 0) | (margin * gradient > alpha))
    assert 20 <= inputs.sum() < 30
    assert outputs.all()


def test_what_is_looked_at_is_cut_into_batches_by_the_width_of_the_network(monkeypatch):
    """Neither are wide data cut into tiny batches, nor are wide layers given all rows at once."""
    sizes = []
    whole = Batches.whole

    def spy(self, width):
        for batch in whole(self, width):
            sizes.append((len(batch[0]), width))
            yield batch

    monkeypatch.setattr(Batches, "whole", spy)
    monkeypatch.setattr("sgnn.training.data.ENTRIES_AT_ONCE", 5000)
    model = SparseMLPClassifier((20,), alpha=0.02, max_iter=16, batch_size=50, random_state=0)
    with kernels.switched_off():
        model.fit(CANCER_X, CANCER_Y)
    assert sizes
    assert {width for _, width in sizes} <= set(range(32, 52))
    assert all(n_rows == max(50, 5000 // width) for n_rows, width in sizes[:2])
