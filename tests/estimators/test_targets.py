"""Targets of all kinds, from y to predictions, and the weights of classes."""

from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sgnn.estimators.labels import Labels
from tests.estimators.tasks import (
    CANCER_X,
    CANCER_Y,
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    LABELS_X,
    LABELS_Y,
    NAMES,
    classifier,
    raw_outputs,
    regressor,
    task,
    weights_equal,
)

# Labels


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_probabilities_agree_with_each_other_and_with_predict(name):
    model, X, y = task(name)
    model.fit(X, y)
    probabilities = model.predict_proba(X)
    outputs = raw_outputs(model, X)
    if name == "multilabel":
        expected = 1 / (1 + np.exp(-outputs))
        predicted = (probabilities > 0.5).astype(int)
    else:
        logits = np.hstack([0 * outputs, outputs]) if name == "binary" else outputs
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        predicted = model.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_allclose(probabilities, expected, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(expected), rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), predicted)


def test_log_probabilities_do_not_underflow():
    far = 1e5 * IRIS_X
    for y in (IRIS_Y, IRIS_Y > 0, np.eye(3, dtype=int)[IRIS_Y]):
        logs = classifier().fit(IRIS_X, y).predict_log_proba(far)
        assert np.isfinite(logs).all()
        assert logs.min() < -1000


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_probabilities_of_the_largest_outputs_are_finite(dtype):
    most = np.finfo(dtype).max
    outputs = np.array([[most, -most, 0], [np.inf, -np.inf, 1], [-np.inf, most, -most]], dtype)
    for n_classes, multilabel in [(2, False), (3, False), (3, True)]:
        labels = Labels(np.arange(n_classes), multilabel)
        logs = labels.log_probabilities(outputs[:, : labels.n_outputs])
        assert logs.dtype == dtype
        assert np.isfinite(logs).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_probabilities_of_either_class_are_exact(dtype):
    """1 - p would hide what is below the rounding of 1; the oracle has 60 digits."""
    labels = Labels(np.array(["no", "yes"]), multilabel=False)
    logits = np.linspace(-80, 80, 321, dtype=dtype)[:, None]
    with localcontext(prec=60):
        exact = [[1 / (1 + Decimal(s * float(z)).exp()) for s in (1, -1)] for z in logits[:, 0]]
        of_logs = np.array([[one.ln() for one in both] for both in exact], dtype=float)
    expected = np.array(exact, dtype=float)
    probabilities = labels.probabilities(logits)
    assert probabilities.dtype == dtype
    rtol = 16 * np.finfo(dtype).eps
    np.testing.assert_allclose(probabilities, expected, rtol=rtol)
    np.testing.assert_allclose(labels.log_probabilities(logits), of_logs, rtol=rtol)


def test_no_probability_of_an_easy_problem_is_zero():
    y = IRIS_Y > 0
    X = np.where(y[:, None], 40, -40) + IRIS_X
    X = (X / np.abs(X).max()).astype(np.float32)
    model = classifier(hidden_layer_sizes=(), alpha=0, learning_rate_init=1.0).fit(X, y)
    probabilities = model.predict_proba(X)
    assert 0 < probabilities.min() < 1e-8


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("coding", [(-1, 1), (1, 2), (0, 5), (0.0, 0.5), (2, 3)])
def test_labels_that_are_not_told_by_0_and_1_are_refused(coding, make):
    coded = np.where(LABELS_Y > 0, coding[1], coding[0])
    message = "y: .*0 or 1.*indicator matrix|label type|continuous"
    for method in (classifier().fit, classifier().partial_fit):
        with pytest.raises(ValueError, match=message):
            method(LABELS_X, make(coded))
    known = classifier().partial_fit(LABELS_X, LABELS_Y)
    with pytest.raises(ValueError, match=message):
        known.partial_fit(LABELS_X, make(coded))
    with pytest.raises(ValueError, match=message):
        classifier().fit(LABELS_X, LABELS_Y, X_val=LABELS_X, y_val=make(coded))


@pytest.mark.parametrize("dtype", [bool, float, np.int8])
def test_labels_may_be_of_any_type(dtype):
    expected = classifier().fit(LABELS_X, LABELS_Y)
    assert weights_equal(classifier().fit(LABELS_X, LABELS_Y.astype(dtype)), expected)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (NAMES[IRIS_Y], NAMES),
        (NAMES.astype(object)[IRIS_Y], NAMES.astype(object)),
        (NAMES[::-1][IRIS_Y], NAMES),
        (pd.Series(NAMES[IRIS_Y]), NAMES),
        (list(NAMES[IRIS_Y]), NAMES),
        (10 - 5 * IRIS_Y, np.array([0, 5, 10])),
        (IRIS_Y > 0, np.array([False, True])),
        (NAMES[:2][(IRIS_Y > 0).astype(int)], NAMES[:2]),
    ],
    ids=["str", "object", "reversed", "series", "list", "int", "bool", "binary str"],
)
def test_class_labels_come_back_as_they_went_in(labels, expected):
    clf = classifier().fit(IRIS_X, labels)
    np.testing.assert_array_equal(clf.classes_, expected)
    predictions = clf.predict(IRIS_X)
    assert predictions.dtype == clf.classes_.dtype
    assert np.mean(predictions == np.asarray(labels)) > 0.9


def test_the_names_of_the_classes_change_nothing():
    plain, named = classifier().fit(IRIS_X, IRIS_Y), classifier().fit(IRIS_X, NAMES[IRIS_Y])
    assert weights_equal(plain, named)


@pytest.mark.parametrize("make_sparse", [sparse.csr_array, sparse.csr_matrix])
def test_multilabel_targets_may_be_sparse(make_sparse):
    dense = classifier().fit(LABELS_X, LABELS_Y)
    assert weights_equal(dense, classifier().fit(LABELS_X, make_sparse(LABELS_Y)))
    np.testing.assert_array_equal(dense.classes_, np.arange(4))


# Quantities


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_a_column_of_targets_is_one_output():
    expected = regressor().fit(DIABETES_X, DIABETES_Y).predict(DIABETES_X)
    actual = regressor().fit(DIABETES_X, DIABETES_Y[:, None]).predict(DIABETES_X)
    np.testing.assert_array_equal(actual, expected)


# Weights of classes


@pytest.mark.parametrize("alpha", [0.005, "auto"])
@pytest.mark.parametrize(
    ("class_weight", "weights"),
    [
        ({0: 5.0, 1: 0.5, 2: 1.0}, np.array([5.0, 0.5, 1.0])[IRIS_Y[20:]]),
        ({0: 5.0}, np.array([5.0, 1.0, 1.0])[IRIS_Y[20:]]),
        ("balanced", 130 / (3 * np.bincount(IRIS_Y[20:]))[IRIS_Y[20:]]),
    ],
    ids=["dict", "one class", "balanced"],
)
def test_class_weight_is_the_equivalent_sample_weight(class_weight, weights, alpha):
    X, y = IRIS_X[20:], IRIS_Y[20:]
    model = classifier(class_weight=class_weight, alpha=alpha).fit(X, y)
    assert weights_equal(model, classifier(alpha=alpha).fit(X, y, sample_weight=weights))
    assert not weights_equal(model, classifier(alpha=alpha).fit(X, y))
    extra = np.random.default_rng(0).uniform(0.5, 1.5, 130)
    model.fit(X, y, sample_weight=extra)
    if class_weight == "balanced":
        counts = np.bincount(y, extra)
        weights = (counts.sum() / (3 * counts))[y]
    assert weights_equal(model, classifier(alpha=alpha).fit(X, y, sample_weight=extra * weights))


def test_class_weight_of_labels_and_of_named_classes():
    weights = [{0: 1, 1: 3.0}, {0: 2.0, 1: 1}, {0: 1, 1: 1}, {0: 1, 1: 0.5}]
    table = np.array([[one[0], one[1]] for one in weights])
    equivalent = np.prod([table[k][LABELS_Y[:, k]] for k in range(4)], axis=0)
    model = classifier(class_weight=weights).fit(LABELS_X, LABELS_Y)
    same = classifier().fit(LABELS_X, LABELS_Y, sample_weight=equivalent)
    np.testing.assert_allclose(model.predict_proba(LABELS_X), same.predict_proba(LABELS_X))
    named = classifier(class_weight={"setosa": 4.0}).fit(IRIS_X, NAMES[IRIS_Y])
    assert weights_equal(named, classifier(class_weight={0: 4.0}).fit(IRIS_X, IRIS_Y))


def test_a_heavier_class_is_predicted_more_often():
    counts = [
        np.sum(
            classifier(class_weight={0: weight})
            .fit(CANCER_X[:, :2], CANCER_Y)
            .predict(CANCER_X[:, :2])
            == 0
        )
        for weight in (0.1, 1, 10)
    ]
    assert counts[0] < counts[1] < counts[2]
