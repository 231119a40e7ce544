"""A sample of weight 0 is none and one of weight 2 is the sample twice, wherever weights go."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import make_scorer, max_error
from sklearn.utils import compute_sample_weight

from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.estimators.defaults import default_estimator
from sgnn.paths.choice import RULES, standard_error
from sgnn.paths.sparse_mlp_path import compute_path
from sgnn.selection import stability

SMALL = {
    **{"hidden_layer_sizes": (5,), "batch_size": 1000, "random_state": 0, "max_iter": 12},
    **{"alpha": 0.02, "learning_rate": "constant", "learning_rate_init": 0.02, "tol": 0},
}
N_ROWS = 48
RNG = np.random.RandomState(0)
X = RNG.randn(N_ROWS, 4)
LATENT = X[:, :3] @ RNG.randn(3, 3) + 0.3 * RNG.randn(N_ROWS, 3)
TARGETS = {
    "binary": np.where(LATENT[:, 0] > 0, "yes", "no"),
    "multiclass": LATENT.argmax(axis=1) * 2,
    "multilabel": (LATENT > 0).astype(int),
    "regression": LATENT[:, 0],
    "multioutput": LATENT,
}
WEIGHTS = np.random.RandomState(3).permutation(np.arange(N_ROWS) % 3).astype(float)
REPEATED = np.repeat(np.arange(N_ROWS), WEIGHTS.astype(int))
X_VAL, NEW = X[:16] + 0.1, np.random.RandomState(1).randn(20, 4)
FORMS = {"dense": np.asarray, "csr": sparse.csr_array}
CONVERGENCE = "ignore:The objective still changed"
EDGE = "ignore:alpha=.* was chosen, at the edge of the path"

kinds = pytest.mark.parametrize("kind", TARGETS)
forms = pytest.mark.parametrize("form", FORMS)
penalties = pytest.mark.parametrize("penalty", ["l1", "group_lasso"])
pytestmark = [pytest.mark.filterwarnings(CONVERGENCE), pytest.mark.filterwarnings(EDGE)]


def is_regression(kind):
    return kind in ("regression", "multioutput")


def model_for(kind, **parameters):
    cls = SparseMLPRegressor if is_regression(kind) else SparseMLPClassifier
    return cls(**{**SMALL, **parameters})


def weighted_and_repeated(kind, form="dense", rows=slice(None)):
    """Return X, y and weights with junk where the weight is 0, and the same as repeated rows."""
    inputs, y, chosen = X.copy(), TARGETS[kind].copy(), np.arange(N_ROWS)[rows]
    junk = WEIGHTS == 0
    inputs[junk] = 1e200
    y[junk] = 1e100 if is_regression(kind) else y[~junk][0]
    repeated = np.repeat(chosen, WEIGHTS[chosen].astype(int))
    of = FORMS[form]
    return (of(inputs[chosen]), y[chosen], WEIGHTS[chosen]), (
        of(X[repeated]),
        TARGETS[kind][repeated],
    )


def outputs_of(model):
    of = getattr(model, "predict_log_proba", model.predict)
    return of(NEW)


def assert_same(one, other):
    assert_allclose(outputs_of(one), outputs_of(other), rtol=1e-10, atol=1e-10)
    assert_array_equal(one.support_, other.support_)
    for name in ("loss_curve_", "objective_curve_", "validation_loss_curve_", "validation_scores_"):
        curves = getattr(one, name), getattr(other, name)
        if curves != (None, None):
            assert_allclose(*curves, rtol=1e-10, atol=1e-10)


def assert_same_path(one, other):
    assert_array_equal(one.supports, other.supports)
    columns = ["alphas", "objectives", "train_scores", "validation_scores", "validation_errors"]
    for name in columns:
        values = getattr(one, name), getattr(other, name)
        if values[0] is not None:
            assert_allclose(*values, rtol=1e-9, atol=1e-10, err_msg=name)
    for index in range(len(one)):
        assert_allclose(*(outputs_of(path.estimator(index)) for path in (one, other)), atol=1e-10)


# Fits


@pytest.mark.parametrize("alpha", ["auto", 0.05])
@penalties
@forms
@kinds
def test_fit(kind, form, penalty, alpha):
    weighted, repeated = weighted_and_repeated(kind, form)
    held_out = {"X_val": X_VAL, "y_val": TARGETS[kind][:16]}
    model = model_for(kind, penalty=penalty, alpha=alpha, early_stopping=True)
    if alpha == "auto":  # Too few epochs for a pilot fit, which would hold other rows out.
        model.set_params(max_iter=7)
    one, other = (clone(model).fit(*data, **held_out) for data in (weighted, repeated))
    assert_same(one, other)
    assert one.alpha_ == pytest.approx(other.alpha_, rel=1e-12)


@forms
@kinds
def test_what_is_held_out_of_the_training_data(kind, form):
    """A sample of weight 0 does not change what is drawn."""
    weighted, _ = weighted_and_repeated(kind, form)
    model = model_for(kind, early_stopping=True, validation_fraction=0.4, n_iter_no_change=3)
    there = np.flatnonzero(WEIGHTS)
    without = FORMS[form](X[there]), TARGETS[kind][there], WEIGHTS[there]
    one, other = clone(model).fit(*weighted), clone(model).fit(*without)
    assert_same(one, other)


@kinds
def test_held_out_rows_count_by_their_weights(kind, monkeypatch):
    """The same half is held out, once as weights and once as repeated rows."""
    model = model_for(kind, early_stopping=True)

    def halved(rows, **_):
        there = np.flatnonzero(WEIGHTS)
        places = there if len(rows) == len(there) else REPEATED
        is_first = places[rows] < N_ROWS // 2
        return rows[is_first], rows[~is_first]

    monkeypatch.setattr("sgnn.estimators.data.train_test_split", halved)
    weighted, repeated = weighted_and_repeated(kind)
    one, other = clone(model).fit(*weighted), clone(model).fit(*repeated)
    assert_same(one, other)
    paths = [
        sparse_mlp_path(model, data[0], data[1], sample_weight=w, alphas=[0.02, 0.2], max_iter=4)
        for data, w in ((weighted, weighted[2]), (repeated, None))
    ]
    assert_same_path(*paths)
    for rule in RULES:
        assert paths[0].best(rule).alpha == paths[1].best(rule).alpha


@penalties
@forms
@kinds
def test_paths(kind, form, penalty):
    weighted, repeated = weighted_and_repeated(kind, form)
    held_out = {"X_val": X_VAL, "y_val": TARGETS[kind][:16]}
    model = model_for(kind, penalty=penalty, refit=form == "csr")
    arguments = {"alphas": [0.01, 0.1], "max_iter": 5, **held_out}
    one = sparse_mlp_path(model, *weighted[:2], sample_weight=weighted[2], **arguments)
    assert_same_path(one, sparse_mlp_path(model, *repeated, **arguments))


def test_the_standard_error_is_that_of_repeated_scores():
    scores, counts = np.random.RandomState(0).randn(9), np.arange(9) % 4
    repeated = np.repeat(scores, counts)
    expected = repeated.std(ddof=1) / math.sqrt(len(repeated))
    there = counts > 0
    assert standard_error(scores[there], counts[there]) == pytest.approx(expected, rel=1e-12)
    few = standard_error(scores, np.full(9, 1e-3))
    assert few == pytest.approx(standard_error(scores), rel=1e-12)  # Weights that are only ratios.


# Cross-validation and selection


def folds(rows):
    """Return two listed folds that put copies of a row together."""
    places = np.arange(len(rows))
    return [(places[rows % 2 == k], places[rows % 2 != k]) for k in (0, 1)]


SCORING = {
    "binary": [None, "neg_log_loss", "balanced_accuracy"],
    "multiclass": [None, "neg_log_loss"],
    "multilabel": [None, "f1_macro"],
    "regression": [None, "neg_mean_squared_error", make_scorer(max_error, greater_is_better=False)],
    "multioutput": [None, "r2"],
}


@pytest.mark.filterwarnings("ignore:Nothing was chosen:UserWarning")
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [(kind, scoring) for kind, several in SCORING.items() for scoring in several],
)
def test_cross_validation(kind, scoring):
    weighted, repeated = weighted_and_repeated(kind)
    cls = SparseMLPRegressorCV if is_regression(kind) else SparseMLPClassifierCV
    arguments = {"alphas": [0.02, 0.1], "max_iter": 4, "scoring": scoring}
    one = cls(model_for(kind), cv=folds(np.arange(N_ROWS)), **arguments).fit(*weighted)
    other = cls(model_for(kind), cv=folds(REPEATED), **arguments).fit(*repeated)
    assert_allclose(one.scores_path_, other.scores_path_, rtol=1e-10)
    assert_array_equal(one.n_features_path_, other.n_features_path_)
    assert one.best_index_ == other.best_index_
    assert_allclose(outputs_of(one), outputs_of(other), atol=1e-10)
    if not is_regression(kind) or scoring is None:
        unweighted = cls(model_for(kind), cv=folds(np.arange(N_ROWS)), **arguments)
        unweighted.fit(X, TARGETS[kind])
        assert not np.allclose(one.scores_path_, unweighted.scores_path_)


def own_scorer(model, X, y, sample_weight=None):
    return model.score(X, y, sample_weight)


def blind_scorer(model, X, y):
    return model.score(X, y)


@pytest.mark.filterwarnings("ignore:Nothing was chosen:UserWarning")
def test_a_function_that_scores_gets_weights_if_it_takes_them():
    weighted, _ = weighted_and_repeated("binary")
    arguments = {"alphas": [0.02], "max_iter": 4, "cv": folds(np.arange(N_ROWS))}
    own, plain, blind = (
        SparseMLPClassifierCV(model_for("binary"), scoring=s, **arguments).fit(*weighted)
        for s in (own_scorer, None, blind_scorer)
    )
    assert_array_equal(own.scores_path_, plain.scores_path_)
    assert not np.array_equal(blind.scores_path_, plain.scores_path_)


def test_a_number_is_a_weight_for_all_and_a_fold_without_weight_is_refused():
    arguments = {"alphas": [0.02], "max_iter": 4, "cv": folds(np.arange(N_ROWS))}
    search = SparseMLPClassifierCV(model_for("binary"), **arguments)
    one, other = (clone(search).fit(X, TARGETS["binary"], weight) for weight in (3.0, None))
    assert_allclose(one.scores_path_, other.scores_path_)
    with pytest.raises(ValueError, match="sample_weight: the test part of a fold has no sample"):
        search.fit(X, TARGETS["binary"], np.arange(1, N_ROWS + 1) % 2)


@pytest.mark.parametrize("wanted", ["auto", 2])
@pytest.mark.parametrize("kind", ["binary", "multioutput"])
def test_selector(kind, wanted):
    weighted, repeated = weighted_and_repeated(kind)
    arguments = {"alphas": [0.02, 0.3, 3.0], "max_iter": 6, "n_features_to_select": wanted}
    if wanted != "auto":  # A committee splits rows by chance.
        arguments["relevance"] = "minimal"
    selectors = [
        SparseMLPSelector(model_for(kind), cv=folds(rows), **arguments).fit(*data)
        for rows, data in ((np.arange(N_ROWS), weighted), (REPEATED, repeated))
    ]
    assert_array_equal(*(selector.ranking_ for selector in selectors))
    assert_same_path(*(selector.path_ for selector in selectors))


@forms
@pytest.mark.parametrize("kind", ["binary", "multilabel", "regression"])
def test_stability(kind, form, monkeypatch):
    weighted, repeated = weighted_and_repeated(kind, form)
    there = np.flatnonzero(WEIGHTS)
    without = FORMS[form](X[there]), TARGETS[kind][there], WEIGHTS[there]
    selector = StabilitySelector(
        model_for(kind), n_pairs=2, n_features_to_select=2, alphas=6, max_iter=4, random_state=0
    )

    def paths_of(data, rows=None):
        """Return the paths of the halves, which are those of the rows or drawn."""
        paths = []

        def kept(*args, **arguments):
            paths.append(compute_path(*args, **arguments))
            return paths[-1]

        with monkeypatch.context() as patch:
            patch.setattr(stability, "compute_path", kept)
            if rows is not None:
                halves = [half for both in folds(rows) for half in both]
                patch.setattr(stability, "_halves", lambda *_: halves)
            clone(selector).fit(*data)
        return paths

    drawn = paths_of(weighted), paths_of(without)
    listed = paths_of(weighted, there), paths_of(repeated, REPEATED)
    for one, other in [*zip(*drawn, strict=True), *zip(*listed, strict=True)]:
        assert_same_path(one, other)


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_the_default_estimator_trains_as_long(kind):
    weights = np.r_[np.zeros(1000), np.full(1000, 4.0)]
    given = default_estimator(kind, np.zeros((2000, 1)), weights).max_iter
    assert given == default_estimator(kind, np.zeros((4000, 1))).max_iter
    assert given != default_estimator(kind, np.zeros((2000, 1))).max_iter


# Weights of classes

CLASS_WEIGHTS = {
    "binary": ["balanced", {"yes": 3.0}, {"yes": 0.5, "no": 2.0}],
    "multiclass": ["balanced", {0: 2.0, 4: 0.0}, {2: 5.0}],
    "multilabel": ["balanced", [{0: 1.0, 1: 3.0}, {1: 2.0}, {0: 0.25}]],
}
class_weights = pytest.mark.parametrize(
    ("kind", "class_weight"),
    [(kind, value) for kind, values in CLASS_WEIGHTS.items() for value in values],
)


@class_weights
def test_class_weights_are_applied_to_repeated_rows(kind, class_weight):
    weighted, repeated = weighted_and_repeated(kind)
    model = model_for(kind, class_weight=class_weight)
    one, other = clone(model).fit(*weighted), clone(model).fit(*repeated)
    assert_same(one, other)
    plain = model_for(kind).fit(*weighted)
    assert not np.allclose(outputs_of(one), outputs_of(plain))


@class_weights
def test_class_weights_are_those_of_scikit_learn(kind, class_weight):
    _, repeated = weighted_and_repeated(kind)
    by_class = compute_sample_weight(class_weight, repeated[1])
    one = model_for(kind, class_weight=class_weight).fit(*repeated)
    assert_same(one, model_for(kind).fit(*repeated, by_class))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "class_weight",
    [dict.fromkeys(range(1000), 2.0), dict.fromkeys(range(1000), 0.0), [{0: 1.0}] * 1000],
)
def test_long_class_weights_are_refused_in_short(class_weight, method):
    model = model_for("multiclass", class_weight=class_weight)
    with pytest.raises(ValueError, match="class_weight") as refusal:
        getattr(model, method)(X, TARGETS["multiclass"] + 998)
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("by_class", [True, False])
@pytest.mark.parametrize(
    ("kind", "label"), [("binary", "no"), ("binary", "yes"), ("multiclass", 2)]
)
def test_a_class_without_weight_has_probability_zero(kind, label, by_class, method):
    y = TARGETS[kind]
    model = model_for(kind, class_weight={label: 0.0} if by_class else None, alpha=0)
    weights = None if by_class else (y != label).astype(float)
    getattr(model, method)(X, y, sample_weight=weights)
    assert label in model.classes_
    place = model.classes_.tolist().index(label)
    assert (model.predict_proba(X)[:, place] == 0).all()
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert np.isfinite(model.predict_log_proba(X)).all()
    assert (model.predict(X) != label).all()
    model.set_params(class_weight=None).partial_fit(X, y)
    assert (model.predict_proba(X)[:, place] > 0).all()


def test_the_whole_weight_must_not_be_zero():
    y = TARGETS["binary"]
    model = model_for("binary", class_weight={"yes": 0.0})
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=r"class_weight=.* times sample_weight: all samples"):
            getattr(model, method)(X, y, sample_weight=(y == "yes").astype(float))


# Calls of partial_fit


CALLS = [slice(0, 12), slice(12, 30), slice(30, None)]


def streamed(model, calls):
    for given in calls:
        X, y, weights = (*given, None)[:3]
        model.partial_fit(X, y, sample_weight=weights)
    return model


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@forms
@kinds
def test_partial_fit(kind, form, solver):
    calls = [weighted_and_repeated(kind, form, rows) for rows in CALLS]
    model = model_for(kind, solver=solver)
    one, other = (streamed(clone(model), data) for data in zip(*calls, strict=True))
    assert_same(one, other)


@class_weights
def test_partial_fit_with_class_weights(kind, class_weight):
    calls = [weighted_and_repeated(kind, "dense", rows) for rows in CALLS]
    model = model_for(kind, class_weight=class_weight)
    assert_same(*(streamed(clone(model), data) for data in zip(*calls, strict=True)))


@pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0, 4: 0.5}])
def test_each_batch_may_hold_one_class(class_weight):
    model = model_for("multiclass", class_weight=class_weight, alpha=0)
    y = TARGETS["multiclass"]
    counts = {}
    for label in (0, 2, 4):
        rows = y == label
        model.partial_fit(X[rows], y[rows], classes=[0, 2, 4])
        counts[label] = rows.sum()
        assert model._form.class_counts.tolist() == [[counts.get(k, 0) for k in (0, 2, 4)]]


def test_weights_count_between_calls():
    """Plain gradient descent of a linear model: a call moves it as far as its weight tells."""
    y, weights = TARGETS["regression"], [1.0, 20.0, 3.0]
    sgd = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0, "penalty": None}
    model = model_for("regression", **sgd)
    coef, intercept = None, None
    for place, weight in enumerate(weights):
        before = model.expand() if place else None
        model.partial_fit(X[:6], y[:6], sample_weight=np.full(6, weight))
        if place:
            coef, intercept = before[0][0].ravel(), before[1][0]
            error = X[:6] @ coef + intercept - y[:6]
            share = weight / np.mean(weights[: place + 1])
            step = model.expand()[0][0].ravel() - coef
            direction = -share * X[:6].T @ error / 6
            rates = step / direction
            assert_allclose(rates, rates[0], rtol=1e-9)
            assert rates[0] == pytest.approx(0.02, rel=1e-9)
            assert model.loss_curve_[-1] == pytest.approx(0.5 * np.mean(error**2), rel=1e-12)


def test_calls_of_equal_weight_are_calls_without_weights():
    y = TARGETS["binary"]
    plain, weighted = (
        streamed(model_for("binary"), [(X[r], y[r], w) for r in (slice(0, 24), slice(24, 48))])
        for w in (None, np.full(24, 4.0))
    )
    assert_same(plain, weighted)
    assert plain._state.weight_seen == N_ROWS
