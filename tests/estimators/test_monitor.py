"""What a user sees while a network trains: printed lines and callbacks."""

import pickle
import re

import joblib
import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPClassifier, SparseMLPRegressor, kernels
from sgnn.networks.units import all_units
from sgnn.penalties import GroupLasso
from sgnn.training import removal
from tests.estimators.tasks import (
    CANCER_X,
    CANCER_Y,
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    weights_equal,
)

RAW = load_breast_cancer().data[::2]


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 15, "batch_size": 32, "random_state": 0}
    return SparseMLPClassifier(**{**defaults, **parameters})


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 15, "batch_size": 64, "random_state": 0}
    return SparseMLPRegressor(**{**defaults, **parameters})


# What is printed


@pytest.mark.parametrize("watched", [False, True])
def test_verbose_prints_what_the_curves_record(capsys, watched):
    held_out = {"X_val": IRIS_X[::2], "y_val": IRIS_Y[::2]} if watched else {}
    model = classifier(verbose=True, max_iter=7, l2=0.01).fit(IRIS_X, IRIS_Y, **held_out)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    pattern = (
        r"epoch +(\d+)  loss (\S+)  penalty (\S+)"
        + (r"  validation score (\S+)" if watched else "")
        + r"  neurons ([\d-]+)"
    )
    for number, line in enumerate(lines):
        epoch, loss, penalty, *score, neurons = re.fullmatch(pattern, line).groups()
        assert int(epoch) == number + 1
        assert float(loss) == pytest.approx(model.loss_curve_[number], rel=1e-4)
        difference = model.objective_curve_[number] - model.loss_curve_[number]
        assert float(penalty) == pytest.approx(difference, rel=1e-4)
        if watched:
            assert float(score[0]) == pytest.approx(model.validation_scores_[number], abs=1e-4)
        assert neurons == "-".join(map(str, model.n_neurons_curve_[number]))
    assert tuple(map(int, neurons.split("-"))) == model.n_neurons_


def test_nothing_is_printed_unless_asked_for(capsys):
    classifier(refit=True).fit(IRIS_X, IRIS_Y)
    classifier().partial_fit(IRIS_X, IRIS_Y)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_verbose_numbers_the_epochs_through_the_refit(capsys):
    classifier(verbose=True, max_iter=3, refit=True).fit(IRIS_X, IRIS_Y)
    assert len(capsys.readouterr().out.splitlines()) == 6


# Callbacks


class Recorder:
    """Writes down what it sees, and may stop or fail at the end of an epoch."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.events = []
        self.estimators = []

    def setup(self, estimator, context):
        self.events.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.events.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.events.append(("begin", context.task_name, len(X), len(y)))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.events.append(("end", context.task_name, len(X), len(y)))
        if context.task_name == "epoch":
            self.estimators.append(fitted_estimator)
            return context.task_id == self.stop_at
        return False


@pytest.mark.parametrize("refit", [False, True])
def test_callbacks_see_every_epoch_and_a_fitted_estimator(refit):
    recorder = Recorder()
    model = classifier(max_iter=4, refit=refit).set_callbacks(recorder)
    model.fit(IRIS_X, IRIS_Y)
    epochs = 4 * (1 + refit)
    epoch = [("begin", "epoch", 150, 150), ("end", "epoch", 150, 150)]
    assert recorder.events == [
        *(("setup", "fit"), ("begin", "fit", 150, 150)),
        *(epoch * epochs),
        *(("end", "fit", 150, 150), ("teardown", "fit")),
    ]
    probabilities = [seen.predict_proba(IRIS_X) for seen in recorder.estimators]
    assert len(probabilities) == epochs
    np.testing.assert_allclose(probabilities[-1], model.predict_proba(IRIS_X), rtol=1e-10)
    assert not np.array_equal(probabilities[0], probabilities[1])
    short = classifier(max_iter=4, refit=refit).fit(IRIS_X, IRIS_Y)
    assert weights_equal(model, short)
    assert not [key for key in vars(model) if "callback" in key and key != "_skl_callbacks"]


@pytest.mark.parametrize("learning_rate", ["cosine", "constant", "adaptive"])
def test_a_callback_that_returns_true_stops_training_without_a_warning(learning_rate):
    model = classifier(max_iter=50, learning_rate=learning_rate).set_callbacks(Recorder(stop_at=6))
    model.fit(IRIS_X, IRIS_Y)
    assert model.n_iter_ == 7
    assert len(model.loss_curve_) == 7


@pytest.mark.parametrize("parameters", [{"refit": True}, {"penalty": GroupLasso(adaptive=1)}])
def test_a_callback_that_returns_true_stops_what_would_follow(parameters):
    model = classifier(max_iter=50, **parameters).set_callbacks(Recorder(stop_at=6))
    assert model.fit(IRIS_X, IRIS_Y).n_iter_ == 7


def test_partial_fit_calls_back_once():
    recorder = Recorder()
    model = classifier().set_callbacks(recorder).partial_fit(IRIS_X, IRIS_Y)
    assert [event[0] for event in recorder.events] == [
        *("setup", "begin", "begin", "end", "end", "teardown")
    ]
    np.testing.assert_allclose(
        recorder.estimators[0].predict_proba(IRIS_X), model.predict_proba(IRIS_X), rtol=1e-10
    )


def test_scoring_monitor_agrees_with_the_validation_curve():
    monitor = ScoringMonitor(scoring="accuracy")
    model = classifier().set_callbacks(monitor)
    model.fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["accuracy"] for row in rows] == pytest.approx(model.validation_scores_)
    assert rows[-1]["accuracy"] == pytest.approx(model.score(IRIS_X, IRIS_Y))


def test_scoring_monitor_of_a_regressor_with_sample_weights():
    monitor = ScoringMonitor(scoring="r2")
    weights = np.random.default_rng(0).uniform(0, 2, len(DIABETES_X))
    model = regressor().set_callbacks(monitor).fit(DIABETES_X, DIABETES_Y, weights)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 15
    expected = model.score(DIABETES_X, DIABETES_Y, sample_weight=weights)
    assert rows[-1]["r2"] == pytest.approx(expected)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_scoring_monitor_through_pipeline_and_search(n_jobs):
    monitor = ScoringMonitor(scoring="accuracy")
    model = classifier(max_iter=4).set_callbacks(monitor)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), model),
        {"sparsemlpclassifier__alpha": [1e-3, 1e-2]},
        cv=2,
        n_jobs=n_jobs,
    ).fit(RAW, CANCER_Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 4 * (2 * 2 + 1)
    assert len({row["parent_task_id_path"] for row in rows}) == 5
    scores = [row["accuracy"] for row in rows]
    assert np.isfinite(scores).all()
    assert search.best_estimator_.score(RAW, CANCER_Y) in scores


@pytest.mark.parametrize("level", ["model", "pipeline", "search"])
def test_progress_bars_at_every_level(level, capsys):
    layers = {"model": classifier(max_iter=3)}
    layers["pipeline"] = make_pipeline(StandardScaler(), layers["model"])
    layers["search"] = GridSearchCV(
        layers["pipeline"], {"sparsemlpclassifier__alpha": [1e-3, 1e-2]}, cv=2
    )
    layers[level].set_callbacks(ProgressBar(max_propagation_depth=None))
    layers[level].fit(CANCER_X, CANCER_Y)
    shown = capsys.readouterr().out
    assert "SparseMLPClassifier" in shown
    assert "100%" in shown


@pytest.fixture
def repaired(monkeypatch):
    """After the last epoch the loss wants all inputs back that were removed."""
    revived_units = removal.revived_units

    def revived(model, *arguments):
        margin = arguments[-1]
        units = revived_units(model, *arguments)
        return units if margin > 1 else all_units(model.parameters.sizes)

    monkeypatch.setattr(removal, "revived_units", revived)


@pytest.mark.parametrize(
    ("parameters", "n_runs"),
    [({}, 1), ({"refit": True}, 2), ({"penalty": GroupLasso(adaptive=1), "alpha": 0.005}, 2)],
    ids=str,
)
def test_callbacks_hear_nothing_of_epochs_that_are_repeated(repaired, parameters, n_runs):
    recorder = Recorder()
    model = classifier(max_iter=16, **{"alpha": 0.03, **parameters}).set_callbacks(recorder)
    model.fit(CANCER_X, CANCER_Y)
    n_last = model.n_iter_ - 16 * model.refit
    assert n_last > 16
    assert [event[:2] for event in recorder.events] == [
        *(("setup", "fit"), ("begin", "fit")),
        *([("begin", "epoch"), ("end", "epoch")] * 16 * n_runs),
        *(("end", "fit"), ("teardown", "fit")),
    ]
    if model.refit:
        last = recorder.estimators[-1].predict_proba(CANCER_X)
        np.testing.assert_allclose(last, model.predict_proba(CANCER_X), rtol=1e-10)


@pytest.mark.parametrize("groups", [None, [range(0, 10), range(10, 20)]])
def test_callbacks_see_a_refit_in_terms_of_all_inputs(groups):
    recorder = Recorder()
    model = classifier(alpha=0.03, max_iter=8, refit=True, feature_groups=groups)
    model.set_callbacks(recorder).fit(CANCER_X, CANCER_Y)
    assert 0 < model.n_neurons_[0] < 30
    for seen in recorder.estimators[8:]:
        np.testing.assert_array_equal(seen.support_, model.support_)
        assert seen.n_neurons_ == model.n_neurons_
        assert seen.sparsity_ == model.sparsity_
    last = recorder.estimators[-1].predict_proba(CANCER_X)
    np.testing.assert_allclose(last, model.predict_proba(CANCER_X), rtol=1e-10)


class Hasher(Recorder):
    """Keeps what it gets, and what it was worth at that time."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        names = {name for name in vars(fitted_estimator) if name.endswith("_")}
        learnt = {name: getattr(fitted_estimator, name) for name in [*sorted(names), "_state"]}
        self.kept.append((learnt, joblib.hash(learnt)))


@pytest.mark.parametrize("with_kernels", [True, False])
@pytest.mark.parametrize("make", [classifier, regressor])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"solver": "sgd"},
        {"solver": "lbfgs"},
        {"alpha": 0},
        {"refit": True},
        {"penalty": GroupLasso(adaptive=1)},
        {"early_stopping": True, "warm_start": True},
    ],
)
def test_what_is_handed_out_and_kept_is_not_trained_on(make, parameters, with_kernels):
    model, recorder = make(max_iter=6, **parameters), Hasher()
    data = (DIABETES_X, DIABETES_Y) if make is regressor else (IRIS_X, IRIS_Y)
    model.set_callbacks(recorder)
    with np.errstate() if with_kernels else kernels.switched_off():
        model.fit(*data)
        state, before = model._state, joblib.hash(model._state)
        model.fit(*data)
        if model.solver != "lbfgs":
            model.set_params(early_stopping=False, penalty="group_lasso")
            for _ in range(3):
                kept = model._state, joblib.hash(model._state)
                model.partial_fit(*data)
                recorder.kept.append(kept)
    assert len(recorder.kept) > 10
    assert joblib.hash(state) == before
    for kept, at_that_time in recorder.kept:
        assert joblib.hash(kept) == at_that_time


class Keeper(Recorder):
    """Keeps what it gets, and the names of what is written on the estimator that is fitted."""

    def __init__(self):
        super().__init__()
        self.seen, self.written = [], []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.seen.append((context.task_name, fitted_estimator))
        self.written += [name for name in vars(estimator) if name.endswith("_")]

    def __getstate__(self):
        return {}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("make", [classifier, regressor])
def test_callbacks_get_all_fitted_attributes_and_the_estimator_none(make, method):
    """What they are given can be used, stored and trained on; `estimator` itself is as before."""
    X, y = (IRIS_X, IRIS_Y) if make is classifier else (DIABETES_X, DIABETES_Y)
    callback = Keeper()
    model = make(max_iter=3, warm_start=True).set_callbacks(callback)
    getattr(model, method)(X, y)
    seen = callback.seen
    assert not callback.written
    assert [name for name, _ in seen] == ["epoch"] * model.n_iter_ + ["fit"]
    names = {name for name in vars(model) if "_callback" not in name}
    for number, (name, one) in enumerate(seen, start=1):
        assert {name for name in vars(one) if "_callback" not in name} == names
        assert one.n_iter_ == (number if name == "epoch" else model.n_iter_)
        assert one.loss_curve_ == model.loss_curve_[: one.n_iter_]
        stored = pickle.loads(pickle.dumps(one.set_callbacks()))
        np.testing.assert_array_equal(stored.predict(X), one.predict(X))
        assert stored.partial_fit(X, y).n_iter_ == one.n_iter_ + 1
    assert weights_equal(seen[-1][1], model)
    assert weights_equal(seen[-2][1], model)
