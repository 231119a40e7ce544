"""Ctrl-C: it always reaches the caller, what was trained is kept, and nothing is half done."""

import os
import signal
import subprocess
import sys
from itertools import count

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sgnn
from sgnn import (
    SparseMLPClassifierCV,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.penalties import L1, GroupLasso
from sgnn.proximal.terms import Terms
from sgnn.selection import stability
from sgnn.training import last_look
from sgnn.training.resources import denormals_are_flushed
from sgnn.training.trainer import Trainer
from sgnn.training.walk import Walk
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    assert_consistent,
    classifier,
    regressor,
    weights_equal,
)


@pytest.fixture(autouse=True)
def interruptible():
    """Shells let what runs in the background ignore Ctrl-C, and so this process if it does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def breaks_off(monkeypatch, number, cls=Trainer, method="_train_epoch"):
    """Send the signal of Ctrl-C to this process in the middle of the n-th call of a method."""
    calls, whole = count(1), getattr(cls, method)

    def broken_off(*arguments):
        result = whole(*arguments)
        if next(calls) == number:
            signal.raise_signal(signal.SIGINT)
        return result

    monkeypatch.setattr(cls, method, broken_off)


def epoch_by_epoch(model, X, y, **held_out):
    """Fit, and return the estimators that a callback sees after each epoch."""
    watch = Watch()
    clone(model).set_callbacks(watch).fit(X, y, **held_out)
    return watch.seen


class Watch:
    """Keeps the estimators of all epochs, and breaks off after one."""

    def __init__(self, breaks_off_at=None):
        self.seen, self.breaks_off_at = [], breaks_off_at

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name == "epoch":
            self.seen.append(fitted_estimator)
            if context.task_id == self.breaks_off_at:
                os.kill(os.getpid(), signal.SIGINT)


def learnt(model):
    return {name: joblib.hash(value) for name, value in vars(model).items() if name[-1] == "_"}


# Fits


FITS = {
    "constant": regressor(learning_rate="constant", alpha=0.01, max_iter=8),
    "cosine": regressor(alpha=0.01, max_iter=8),
    "two layers": regressor(hidden_layer_sizes=(6, 5), alpha=0.05, max_iter=8),
    "refit": regressor(alpha=0.05, max_iter=4, refit=True),
    "warm start": regressor(alpha=0.01, max_iter=8, warm_start=True),
    "removal": regressor(hidden_layer_sizes=(), penalty="l1", alpha=0.2, max_iter=8),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("number", [2, 5, 7])
@pytest.mark.parametrize("name", FITS)
def test_a_fit_that_is_broken_off_is_that_of_the_last_whole_epoch(monkeypatch, name, number):
    model = clone(FITS[name])
    epochs = epoch_by_epoch(model, DIABETES_X, DIABETES_Y)
    breaks_off(monkeypatch, number)
    with pytest.raises(KeyboardInterrupt, match="is kept: a SparseMLPRegressor") as raised:
        model.fit(DIABETES_X, DIABETES_Y)
    assert raised.value.trained is model
    assert model.n_iter_ == number - 1
    assert weights_equal(model, epochs[number - 2])
    of_run = epochs[number - 2].objective_curve_
    assert model.objective_curve_[-len(of_run) :] == of_run
    assert_consistent(model, DIABETES_X, 1)


@pytest.mark.parametrize("n_whole", [2, 5])
def test_warm_up_goes_on_from_the_whole_epochs_of_a_fit_that_was_broken_off(monkeypatch, n_whole):
    model = regressor(penalty=L1(warm_up=10), alpha=0.01, max_iter=40, refit=True)
    breaks_off(monkeypatch, n_whole + 1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(DIABETES_X, DIABETES_Y)
    epochs, begin_epoch = [], Terms.begin_epoch
    monkeypatch.setattr(
        Terms, "begin_epoch", lambda terms, at: epochs.append(at) or begin_epoch(terms, at)
    )
    for _ in range(2):
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert epochs == [n_whole, n_whole + 1]


@pytest.mark.parametrize("number", range(1, 13))
def test_a_fit_keeps_the_run_before_until_the_next_one_has_an_epoch(monkeypatch, number):
    model = regressor(penalty=GroupLasso(adaptive=1), alpha=0.02, max_iter=4, refit=True)
    epochs = epoch_by_epoch(model, DIABETES_X, DIABETES_Y)
    breaks_off(monkeypatch, number)
    with pytest.raises(KeyboardInterrupt) as raised:
        model.fit(DIABETES_X, DIABETES_Y)
    if number == 1:
        assert not hasattr(raised.value, "trained")
        assert not learnt(model)
        return
    assert raised.value.trained is model
    assert weights_equal(model, epochs[number - 2])
    assert_consistent(model, DIABETES_X, 1)


def test_early_stopping_keeps_the_best_epoch(monkeypatch):
    breaks_off(monkeypatch, 9)
    model = classifier(early_stopping=True, learning_rate_init=0.1, n_iter_no_change=50)
    with pytest.raises(KeyboardInterrupt):
        model.fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    assert model.n_iter_ == 8
    assert model.score(IRIS_X, IRIS_Y) == pytest.approx(max(model.validation_scores_))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("was_fitted", [False, True])
def test_before_the_end_of_an_epoch_nothing_is_written(monkeypatch, method, was_fitted):
    model = classifier()
    if was_fitted:
        model.partial_fit(IRIS_X[::2], IRIS_Y[::2])
    before = learnt(model)
    breaks_off(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt) as raised:
        getattr(model, method)(IRIS_X, IRIS_Y)
    assert not hasattr(raised.value, "trained")
    assert learnt(model) == before


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("task", ["epoch", "fit"])
def test_what_a_callback_breaks_off_is_kept(method, task):
    class BreaksOff(Watch):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == task:
                signal.raise_signal(signal.SIGINT)

    whole, model = classifier(max_iter=1), classifier(max_iter=1).set_callbacks(BreaksOff())
    getattr(whole, method)(IRIS_X, IRIS_Y)
    with pytest.raises(KeyboardInterrupt) as raised:
        getattr(model, method)(IRIS_X, IRIS_Y)
    assert raised.value.trained is model
    assert weights_equal(model, whole)


def test_warnings_do_not_take_the_place_of_an_interrupt(monkeypatch):
    """They are errors here, and errors of a candidate are swallowed by searches."""
    breaks_off(monkeypatch, 2)
    model = classifier(learning_rate="constant", alpha=1e9)
    with pytest.raises(KeyboardInterrupt):
        model.fit(IRIS_X, IRIS_Y)
    assert model.n_neurons_[0] == 0


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_a_break_in_the_last_look_keeps_the_whole_fit(monkeypatch, scale):
    whole = regressor(max_iter=8).fit(DIABETES_X, scale * DIABETES_Y)
    model = regressor(max_iter=8)
    breaks_off(monkeypatch, 1, last_look, "_excess")
    with pytest.raises(KeyboardInterrupt) as raised:
        model.fit(DIABETES_X, scale * DIABETES_Y)
    assert raised.value.trained is model
    assert weights_equal(model, whole)
    assert model.n_iter_ == 8


def test_training_goes_on_from_what_was_kept(monkeypatch):
    model = regressor(warm_start=True, max_iter=6)
    breaks_off(monkeypatch, 4)
    with pytest.raises(KeyboardInterrupt):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.fit(DIABETES_X, DIABETES_Y).n_iter_ == 6
    assert model.partial_fit(DIABETES_X, DIABETES_Y).n_iter_ == 7


class At:
    """Breaks off at the n-th line of sgnn, of those that run while a network is trained."""

    def __init__(self, number):
        self.numbers, self.number = count(1), number
        self.place = None

    def __call__(self, frame, event, argument):
        path = frame.f_code.co_filename
        if not path.startswith(os.path.dirname(sgnn.__file__)) or path.endswith("resources.py"):
            return None
        if event == "line" and next(self.numbers) == self.number:
            self.place = f"{path}:{frame.f_lineno}"
            sys.settrace(None)
            raise KeyboardInterrupt
        return self


@pytest.mark.parametrize("was_fitted", [False, True])
def test_an_interrupt_at_any_line_leaves_the_network_of_a_whole_epoch(was_fitted):
    model = regressor(alpha=0.05, max_iter=3, refit=True, batch_size=1000)
    epochs = epoch_by_epoch(model, DIABETES_X, DIABETES_Y)
    n_threads, flushed = torch.get_num_threads(), denormals_are_flushed()
    n_kept = 0
    for number in range(1, 10_000, 61):
        if was_fitted:
            model.fit(DIABETES_X[:, :4], DIABETES_Y[::-1])
        before, tracer = learnt(model), At(number)
        sys.settrace(tracer)
        try:
            model.fit(DIABETES_X, DIABETES_Y)
        except KeyboardInterrupt as interrupt:
            trained = getattr(interrupt, "trained", None)
        else:
            break
        finally:
            sys.settrace(None)
        assert (torch.get_num_threads(), denormals_are_flushed()) == (n_threads, flushed)
        if learnt(model) == before:
            assert trained is None
        else:
            n_kept += 1
            assert_consistent(model, DIABETES_X, 1)
            assert weights_equal(model, epochs[model.n_iter_ - 1]), tracer.place
            of_run = epochs[model.n_iter_ - 1].loss_curve_
            assert model.loss_curve_[-len(of_run) :] == of_run
        model = clone(model)
    assert n_kept > 20
    assert number > 3000


# Paths, searches and selectors


def test_a_path_takes_along_its_points(monkeypatch):
    arguments = {"alphas": [0.01, 0.02, 0.03], "max_iter": 4}
    whole = sparse_mlp_path(classifier(), IRIS_X, IRIS_Y, **arguments)
    breaks_off(monkeypatch, 3, Walk, "step")
    with pytest.raises(KeyboardInterrupt, match="SparseMLPPath") as raised:
        sparse_mlp_path(classifier(), IRIS_X, IRIS_Y, **arguments)
    path = raised.value.trained
    np.testing.assert_array_equal(path.alphas, [0, 0.01, 0.02])
    for index in range(3):
        assert weights_equal(path.estimator(index), whole.estimator(index))


@pytest.mark.parametrize("number", [1, 5])
def test_a_path_takes_along_its_dense_network_even_if_it_is_not_trained_to_the_end(
    monkeypatch, number
):
    breaks_off(monkeypatch, number)
    with pytest.raises(KeyboardInterrupt) as raised:
        sparse_mlp_path(classifier(), IRIS_X, IRIS_Y)
    if number == 1:
        assert not hasattr(raised.value, "trained")
    else:
        path = raised.value.trained
        assert len(path) == 1
        assert path.estimator(0).n_iter_ == number - 1
        assert path.estimator(0).predict(IRIS_X).shape == (150,)


def test_a_path_takes_along_a_point_whose_refit_is_broken_off(monkeypatch):
    model = classifier(max_iter=4, refit=True)
    breaks_off(monkeypatch, 4 + 2 + 4 + 2 + 3)  # dense, step, refit, step, in the third epoch
    with pytest.raises(KeyboardInterrupt) as raised:
        sparse_mlp_path(model, IRIS_X, IRIS_Y, alphas=[0.01, 0.02, 0.03], max_iter=2)
    np.testing.assert_array_equal(raised.value.trained.alphas, [0, 0.01, 0.02])


WALK = {"alphas": [0.01, 0.02, 0.03], "max_iter": 2}
SHORT = classifier(max_iter=4)
SEARCHES = {
    "classifier": (SparseMLPClassifierCV(SHORT, cv=2, **WALK), IRIS_Y),
    "regressor": (SparseMLPRegressorCV(regressor(max_iter=4), cv=2, **WALK), IRIS_X[:, 0]),
    "selector": (SparseMLPSelector(SHORT, n_features_to_select=2, **WALK), IRIS_Y),
    "selector by folds": (SparseMLPSelector(SHORT, cv=2, **WALK), IRIS_Y),
}
WITH_FOLDS = [name for name in SEARCHES if name != "selector"]


@pytest.mark.parametrize(
    ("name", "number"), [*((name, 2) for name in SEARCHES), *((name, 5) for name in WITH_FOLDS)]
)
def test_a_search_is_as_before_and_takes_along_the_path_on_all_data(monkeypatch, name, number):
    model, y = SEARCHES[name]
    model = clone(model)
    breaks_off(monkeypatch, number, Walk, "step")
    with pytest.raises(KeyboardInterrupt, match="SparseMLPPath") as raised:
        model.fit(IRIS_X, y)
    path = raised.value.trained
    assert len(path) == (2 if number == 2 else 4)
    assert path.estimator(0).predict(IRIS_X).shape == (150,)
    assert not learnt(model)


@pytest.mark.parametrize("number", [1, 10, 12, 13, 16, 19])
def test_stability_takes_along_a_selector_by_the_pairs_until_then(monkeypatch, number):
    selector = StabilitySelector(SHORT, n_pairs=4, n_features_to_select=1, random_state=0, **WALK)
    of_halves, path_on = [], stability._path_on

    def recorded(*arguments, **parameters):
        of_halves.append(path_on(*arguments, **parameters))
        return of_halves[-1]

    monkeypatch.setattr(stability, "_path_on", recorded)
    breaks_off(monkeypatch, number, Walk, "step")
    with pytest.raises(KeyboardInterrupt) as raised:
        selector.fit(IRIS_X, IRIS_Y)
    assert not learnt(selector)
    assert len(of_halves) == (number - 1) // 3
    if len(of_halves) < 4:
        assert not hasattr(raised.value, "trained")
        return
    n_pairs = len(of_halves) // 2
    trained, few = raised.value.trained, clone(selector).set_params(n_pairs=n_pairs)
    probabilities = np.mean([support for support, _ in of_halves[: 2 * n_pairs]], axis=0)
    np.testing.assert_array_equal(trained.selection_probabilities_, probabilities)
    np.testing.assert_array_equal(trained.get_support(), probabilities >= 0.75)
    assert trained.error_bound_ == few.fit(IRIS_X, IRIS_Y).error_bound_


# Searches of scikit-learn


CALLS = {
    "GridSearchCV": lambda clf: GridSearchCV(clf, {"alpha": [1e-3, 1e-2]}, cv=2, n_jobs=None),
    "pipeline": lambda clf: GridSearchCV(
        make_pipeline(StandardScaler(), clf), {"standardscaler__with_mean": [True, False]}, cv=2
    ),
    "two processes": lambda clf: GridSearchCV(clf, {"alpha": [1e-3, 1e-2]}, cv=2, n_jobs=2),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_search_goes_on_with_a_candidate_that_was_cut_short(name):
    """With two processes it is one of them that gets the signal."""
    search = CALLS[name](SHORT.set_callbacks(Watch(breaks_off_at=2)))
    try:
        with pytest.raises(KeyboardInterrupt) as raised:
            search.fit(IRIS_X, IRIS_Y)
    finally:
        SHORT.set_callbacks()
    assert raised.value.trained.n_iter_ == 3
    assert not hasattr(search, "best_index_")


def test_no_cross_validation_goes_on_with_a_fold_that_was_cut_short(monkeypatch):
    breaks_off(monkeypatch, 6)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(SHORT, IRIS_X, IRIS_Y, cv=2)


SESSION = """
import os, signal, threading, time
import numpy as np
from sklearn.model_selection import GridSearchCV
from sgnn import SparseMLPClassifier
X = np.random.RandomState(0).randn(400, 6)
y = (X[:, 0] > 0).astype(int)
long = SparseMLPClassifier((20,), max_iter=10**6, random_state=0)
class Tells:
    def setup(self, estimator, context): pass
    def teardown(self, estimator, context): pass
    def on_fit_task_begin(self, estimator, context): pass
    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == 3:
            open({flag!r}, "w").close()

def ctrl_c():
    while not os.path.exists({flag!r}):
        time.sleep(0.05)
    os.remove({flag!r})
    os.killpg(0, signal.SIGINT)

clf = long.set_callbacks(Tells())
threading.Thread(target=ctrl_c).start()

clf.fit(X, y)

print("kept", clf.n_iter_ >= 4, clf.predict(X).shape)
threading.Thread(target=ctrl_c).start()

search = GridSearchCV(clf, {{"alpha": [1e-3, 1e-2]}}, cv=2).fit(X, y)

print("search" in globals())
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
def test_an_interactive_session(tmp_path):
    """Like a notebook: what is typed next sees what there is after Ctrl-C."""
    session = subprocess.run(
        [sys.executable, "-q", "-i"],
        input=SESSION.format(flag=str(tmp_path / "flag")),
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert session.stdout == "kept True (400,)\nFalse\n", session.stderr
    assert session.stderr.count("\nKeyboardInterrupt: what was trained") == 2, session.stderr
