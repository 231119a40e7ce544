"""Warnings: of a class of ours, at the line of the user, and once."""

import warnings
from dataclasses import dataclass

import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import scale

from sgnn import (
    SgnnConvergenceWarning,
    SgnnDenseWarning,
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.penalties import GroupLasso

X, Y = scale(load_iris().data), load_iris().target
WILD = X * [1e4, 1, 1, 1]
FAR = X + 30
PATH = {"alphas": [1e-3, 2e-3], "max_iter": 1}
PAIRS = {"n_pairs": 2, "n_features_to_select": 2, "random_state": 0}
ON_INPUTS = GroupLasso(layers="input")


def classifier(**parameters):
    return SparseMLPClassifier((4,), **{"max_iter": 2, "random_state": 0, **parameters})


def regressor(**parameters):
    return SparseMLPRegressor((4,), **{"max_iter": 2, "random_state": 0, **parameters})


@dataclass
class Use:
    """What a user writes, on one line, and how many fits of their own it asks for."""

    call: object
    n_fits: int = 1

    def warnings(self, *arguments):
        """Return the warnings of ours, and check that all are at the line of the call."""
        with warnings.catch_warnings(record=True) as record:
            warnings.simplefilter("always")
            self.call(*arguments)
        assert record
        for warning in record:
            assert issubclass(warning.category, SgnnWarning), warning
            place = warning.filename, warning.lineno
            assert place == (__file__, self.call.__code__.co_firstlineno), warning
        return [str(warning.message) for warning in record]


USES = {
    "fit": Use(lambda clf, X: clf.fit(X, Y)),
    "partial_fit": Use(lambda clf, X: clf.partial_fit(X, Y)),
    "fit_transform": Use(lambda clf, X: clf.fit_transform(X, Y)),
    "Pipeline": Use(lambda clf, X: make_pipeline(clf).fit(X, Y)),
    "cross_val_score": Use(lambda clf, X: cross_val_score(clf, X, Y, cv=2), 2),
    "GridSearchCV": Use(lambda clf, X: GridSearchCV(clf, {"tol": [0.1, 0.2]}, cv=2).fit(X, Y), 5),
    "path": Use(lambda clf, X: sparse_mlp_path(clf, X, Y, **PATH)),
    "CV": Use(lambda clf, X: SparseMLPClassifierCV(clf, cv=3, **PATH).fit(X, Y)),
    "selector": Use(
        lambda clf, X: SparseMLPSelector(clf, n_features_to_select=4, **PATH).fit(X, Y)
    ),
    "selector by folds": Use(lambda clf, X: SparseMLPSelector(clf, cv=3, **PATH).fit(X, Y)),
    "stability": Use(lambda clf, X: StabilitySelector(clf, **PAIRS, **PATH).fit(X, Y)),
    "CV in a pipeline": Use(
        lambda clf, X: make_pipeline(SparseMLPClassifierCV(clf, cv=2, **PATH)).fit(X, Y)
    ),
}
DATA = {
    "wild": (WILD, {}, "reach magnitudes from"),
    "large": (100 * X, {}, "reach magnitudes of about"),
    "far": (FAR, {}, "further from 0"),
    "unpenalised": (X, {"penalty": ON_INPUTS}, "are not penalised"),
}


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("name", USES)
def test_data_and_penalties_are_warned_of_once_per_fit_of_the_user(name, kind):
    data, parameters, message = DATA[kind]
    use = USES[name]
    given = use.warnings(classifier(learning_rate_init=1e-4, **parameters), data)
    assert sum(message in one for one in given) == use.n_fits


@pytest.mark.parametrize("name", ["fit", "partial_fit", "Pipeline", "cross_val_score"])
def test_nothing_left_is_warned_of_once_per_fit_of_the_user(name):
    given = USES[name].warnings(classifier(alpha=1e9), X)
    message = "alpha=1e+09 left no weight: X has no effect. Lower alpha."
    assert given == [message] * USES[name].n_fits


@pytest.mark.parametrize("name", ["fit", "Pipeline", "cross_val_score", "GridSearchCV"])
def test_training_that_did_not_end_is_warned_of_once_per_fit_of_the_user(name):
    given = USES[name].warnings(classifier(learning_rate="constant"), X)
    assert len(given) == USES[name].n_fits
    assert all("max_iter=2 epochs were over" in message for message in given)


def test_a_warning_of_too_few_epochs_is_one_of_scikit_learn_too():
    with pytest.warns(SgnnConvergenceWarning):
        classifier(learning_rate="constant").fit(X, Y)
    assert issubclass(SgnnConvergenceWarning, (SgnnWarning, ConvergenceWarning))
    assert issubclass(SgnnWarning, UserWarning)


COLUMN = Y[:, None]
OF_COLUMNS = {
    "fit": Use(lambda clf, reg: clf.fit(X, COLUMN)),
    "fit of a regressor": Use(lambda clf, reg: reg.fit(X, COLUMN)),
    "partial_fit": Use(lambda clf, reg: clf.partial_fit(X, COLUMN)),
    "partial_fit of a regressor": Use(lambda clf, reg: reg.partial_fit(X, COLUMN)),
    "path": Use(lambda clf, reg: sparse_mlp_path(clf, X, COLUMN, **PATH)),
    "CV": Use(lambda clf, reg: SparseMLPClassifierCV(clf, cv=3, **PATH).fit(X, COLUMN)),
    "CV of a regressor": Use(
        lambda clf, reg: SparseMLPRegressorCV(reg, cv=3, **PATH).fit(X, COLUMN)
    ),
    "selector": Use(lambda clf, reg: SparseMLPSelector(clf, cv=3, **PATH).fit(X, COLUMN)),
    "stability": Use(lambda clf, reg: StabilitySelector(clf, **PAIRS, **PATH).fit(X, COLUMN)),
}


@pytest.mark.parametrize("name", OF_COLUMNS)
def test_a_column_of_targets_is_warned_of_once(name):
    given = OF_COLUMNS[name].warnings(classifier(), regressor())
    assert sum("column-vector y" in message for message in given) == 1


# What paths say


ENDS = {
    "at the edge": (
        Use(lambda clf, path: SparseMLPClassifierCV(clf, cv=2, **path).fit(X, Y)),
        {"alphas": [1e-6, 2e-6], "max_iter": 1},
        "at the edge of the path",
    ),
    "norms decide": (
        Use(lambda clf, path: SparseMLPSelector(clf, n_features_to_select=1, **path).fit(X, Y)),
        {"alphas": [1e-6, 2e-6], "max_iter": 1},
        "more than the 1 to select",
    ),
    "in vain": (
        Use(lambda clf, path: sparse_mlp_path(clf.set_params(penalty="l0"), X, Y, **path)),
        {"alphas": 60, "max_iter": 1},
        "a million times the strength removed nothing",
    ),
}


@pytest.mark.parametrize("kind", ENDS)
def test_the_end_of_a_path_is_told_once(kind):
    use, path, message = ENDS[kind]
    given = use.warnings(classifier(max_iter=40), path)
    assert len(given) == 1
    assert message in given[0]


# A penalty in vain


WEAK = {"penalty": "l1", "alpha": 1e-9, "max_iter": 60}
NOTHING_REMOVED = "took nothing away"
FITS = ["fit", "fit_transform", "Pipeline", "cross_val_score", "GridSearchCV"]
NO_FITS = ["partial_fit", "path", "CV", "selector", "stability"]


@pytest.mark.parametrize(
    "parameters", [{}, {"refit": True}, {"early_stopping": True, "n_iter_no_change": 60}]
)
@pytest.mark.parametrize("name", FITS)
def test_a_strength_that_takes_nothing_away_is_told_once_per_fit_of_the_user(name, parameters):
    given = USES[name].warnings(classifier(**WEAK, **parameters), X)
    told = [message for message in given if NOTHING_REMOVED in message]
    assert len(told) == (1 if name == "GridSearchCV" else USES[name].n_fits)
    assert all("raise alpha=1e-09" in message and "is l2" in message for message in told)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("kind", [GridSearchCV, HalvingGridSearchCV])
def test_of_the_strengths_of_a_search_only_the_chosen_one_is_told(kind, n_jobs):
    weak, options = classifier(**WEAK), {"cv": 2, "n_jobs": n_jobs, "scoring": of_strength}
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        search = kind(weak, {"alpha": [1e-8, 1e-9, 1e-2]}, **options).fit(X, Y)
    assert search.best_params_ == {"alpha": 1e-2}
    assert not [w for w in record if NOTHING_REMOVED in str(w.message)]
    given = Use(lambda: kind(weak, {"alpha": [1e-9, 1e-8]}, **options).fit(X, Y)).warnings()
    assert sum("raise alpha=1e-08" in one for one in given) == 1
    assert sum(NOTHING_REMOVED in one for one in given) == 1


def of_strength(model, X, y):
    """Return a score by which a search chooses the largest strength."""
    return model.alpha


def test_a_strength_that_takes_nothing_away_is_of_a_category_of_its_own():
    with pytest.warns(SgnnDenseWarning, match=NOTHING_REMOVED):
        classifier(**WEAK).fit(X, Y)


def messages_of(call, *arguments):
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        call(*arguments)
    return [str(warning.message) for warning in record]


@pytest.mark.parametrize(
    "parameters",
    [{"alpha": 0}, {"penalty": None, "l2": 1e-4}, {"alpha": "auto", "max_iter": 1}, {"alpha": 0.1}],
    ids=lambda parameters: ", ".join(f"{n}={v}" for n, v in parameters.items()),
)
def test_who_asks_for_no_penalty_or_leaves_the_strength_is_not_told(parameters):
    model = classifier(**{**WEAK, **parameters})
    assert not any(NOTHING_REMOVED in one for one in messages_of(model.fit, X, Y))
    assert (model.sparsity_ > 0) == (parameters == {"alpha": 0.1})


@pytest.mark.parametrize("name", NO_FITS)
def test_what_goes_on_or_has_strengths_of_its_own_does_not_tell_of_a_weak_one(name):
    given = messages_of(USES[name].call, classifier(**WEAK), X)
    assert not any(NOTHING_REMOVED in one for one in given)
