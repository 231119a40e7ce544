"""Searches, folds and halves on a cluster are those of one process."""

import sys

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.model_selection import GridSearchCV

from sgnn import SparseMLPRegressor, SparseMLPRegressorCV, StabilitySelector

distributed = pytest.importorskip("distributed")

X, Y = make_friedman1(150, n_features=8, random_state=0)
X = X - 0.5
MODEL = SparseMLPRegressor((5,), max_iter=8, random_state=0)
PATH = {"alphas": [0.01, 0.1, 1], "max_iter": 2}
SEARCHES = {
    "grid": GridSearchCV(MODEL, {"alpha": [1e-3, 1e-2, 0.1], "penalty": ["l1", "log_sum"]}, cv=2),
    "folds": SparseMLPRegressorCV(MODEL, **PATH, cv=3),
    "halves": StabilitySelector(MODEL, n_pairs=3, random_state=0),
}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def found(search):
    """Return all that a search has found, as numbers."""
    if isinstance(search, GridSearchCV):
        return [search.cv_results_["mean_test_score"], *search.best_estimator_.coefs_]
    if isinstance(search, SparseMLPRegressorCV):
        return [search.alpha_, *search.coefs_]
    return [search.selection_probabilities_, search.get_support()]


def assert_same_found(one, other):
    for ours, theirs in zip(found(one), found(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster):
        yield cluster


@pytest.mark.parametrize(
    "name", ["grid", *(pytest.param(name, marks=pytest.mark.slow) for name in ("folds", "halves"))]
)
def test_dask_finds_what_one_process_finds(name, cluster):
    alone = clone(SEARCHES[name]).fit(X, Y)
    with parallel_config("dask"):
        search = clone(SEARCHES[name]).set_params(n_jobs=-1).fit(X, Y)
    assert_same_found(search, alone)


class Counted(np.ndarray):
    """An array that counts how often it is sent somewhere."""

    n_sent = 0

    def __reduce__(self):
        Counted.n_sent += 1
        return np.asarray(self).__reduce__()


def test_data_go_to_each_worker_once_not_with_each_task(cluster):
    X_counted = X.view(Counted)
    before = Counted.n_sent
    grid = {"alpha": np.geomspace(1e-3, 0.1, 6)}
    with parallel_config("dask"):
        search = GridSearchCV(MODEL, grid, cv=2, n_jobs=-1).fit(X_counted, Y)
    assert len(search.cv_results_["params"]) == 6
    assert Counted.n_sent - before <= 2
    assert_same_found(search, clone(search).set_params(n_jobs=None).fit(X, Y))


def test_a_penalty_that_this_process_has_registered_is_to_be_given_as_an_object(cluster):
    from sgnn import penalties
    from tests.penalties.outside import Ridge

    penalties.register("ridge_from_outside", Ridge)
    try:
        model, client = clone(MODEL), distributed.get_client()
        model.set_params(penalty="ridge_from_outside")
        with pytest.raises(ValueError, match="another process"):
            client.submit(model.fit, X, Y).result(timeout=100)
        model.set_params(penalty=Ridge())
        of_object = client.submit(model.fit, X, Y).result(timeout=100)
        np.testing.assert_array_equal(of_object.predict(X), model.fit(X, Y).predict(X))
    finally:
        penalties._registry.PENALTIES._entries.pop("ridge_from_outside")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_finds_what_one_process_finds():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    environment = {"env_vars": {"PYTHONPATH": ":".join(sys.path)}}
    ray.init(num_cpus=2, include_dashboard=False, runtime_env=environment)
    try:
        with parallel_config("ray"):
            search = clone(SEARCHES["grid"]).set_params(n_jobs=2).fit(X, Y)
    finally:
        ray.shutdown()
    assert_same_found(search, clone(SEARCHES["grid"]).fit(X, Y))
