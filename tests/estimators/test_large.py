"""Data that should not be copied: memory maps, and numbers of few bits; many classes."""

import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPSelector,
    kernels,
    sparse_mlp_path,
)
from sgnn.training.rows import Rows

PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS, DIGITS = PIXELS[:400], DIGITS[:400]
WEIGHTS = np.random.RandomState(0).randint(0, 3, 400)
MODELS = {
    "plain": {},
    "wide": {"hidden_layer_sizes": (70,)},
    "weights": {"sample_weight": WEIGHTS},
    "early stopping": {"early_stopping": True, "sample_weight": WEIGHTS},
    "dropout, refit": {"input_dropout": 0.2, "refit": True},
    "removal": {"alpha": 0.03, "max_iter": 12},
    "float32": {"dtype": "float32", "penalty": "log_sum"},
    "lbfgs": {"solver": "lbfgs"},
    "in order": {"shuffle": False, "class_weight": "balanced"},
}


def fitted(X, y, *, kind=SparseMLPClassifier, sample_weight=None, **parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 4, "random_state": 0}
    return kind(**{**defaults, **parameters}).fit(X, y, sample_weight)


def assert_same(one, other):
    assert one.objective_curve_ == other.objective_curve_
    assert one.validation_scores_ == other.validation_scores_
    for ours, theirs in zip(one.expand()[0], other.expand()[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def read_only(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


@pytest.mark.filterwarnings("ignore:The training loss of")
@pytest.mark.parametrize("with_kernels", [True, False])
@pytest.mark.parametrize("parameters", MODELS.values(), ids=MODELS)
def test_numbers_of_few_bits_and_memory_maps_train_as_arrays_of_floats(
    parameters, with_kernels, tmp_path
):
    X = PIXELS / 16 if parameters.get("solver") == "lbfgs" else PIXELS
    forms = [X.astype(np.float16), read_only(X, tmp_path)]
    forms += [X.astype(kind) for kind in (np.uint8, np.int32) if (X.astype(kind) == X).all()]
    with kernels.switched_off() if not with_kernels else np.errstate():
        model = fitted(X, DIGITS, **parameters)
        expected = model.predict_proba(X)
        for other in forms:
            again = fitted(other, DIGITS, **parameters)
            assert again.network_.dtype == model.network_.dtype
            assert_same(model, again)
            np.testing.assert_allclose(again.predict_proba(other), expected, rtol=2e-5, atol=1e-6)
            np.testing.assert_array_equal(again.transform(other), other[:, model.support_])


def test_bits_become_numbers():
    X = PIXELS > 8
    assert_same(fitted(X, DIGITS), fitted(X.astype(float), DIGITS))


def test_partial_fit_and_warm_starts_take_other_types_later():
    X = PIXELS.astype(np.int8)
    one, other = (SparseMLPClassifier((8,), random_state=0) for _ in range(2))
    for forms in ((X, PIXELS.astype(np.float16)), (PIXELS, PIXELS)):
        for form in forms:
            (one if form is not PIXELS and forms[0] is X else other).partial_fit(form, DIGITS)
    assert_same(one, other)
    low, high = one._form.column_ends
    np.testing.assert_array_equal((low, high), (PIXELS.min(axis=0), PIXELS.max(axis=0)))


@pytest.mark.filterwarnings(
    "ignore:The training loss of", "ignore:alpha=.* was chosen", "ignore:The path ends"
)
def test_paths_cross_validation_and_selectors_take_them(tmp_path):
    X, y = PIXELS[:150], DIGITS[:150]
    for narrow in X.astype(np.uint8), read_only(X, tmp_path):
        model = SparseMLPClassifier((6,), max_iter=8, random_state=0, early_stopping=True)
        paths = [
            sparse_mlp_path(model, form, y, alphas=[0.01, 0.1], max_iter=2) for form in (X, narrow)
        ]
        np.testing.assert_array_equal(paths[0].train_scores, paths[1].train_scores)
        np.testing.assert_array_equal(paths[0].validation_scores, paths[1].validation_scores)
        model.early_stopping = False
        cv = SparseMLPClassifierCV(model, alphas=[0.01, 1], max_iter=2, cv=2)
        np.testing.assert_array_equal(
            clone(cv).fit(X, y).predict_proba(X), clone(cv).fit(narrow, y).predict_proba(X)
        )
        selector = SparseMLPSelector(model, n_features_to_select=5, alphas=[0.01, 0.1], max_iter=2)
        np.testing.assert_array_equal(
            clone(selector).fit(X, y).get_support(), clone(selector).fit(narrow, y).get_support()
        )


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("kind", ["uint8", "float16", "memory map"])
def test_nothing_as_large_as_the_data_is_made(kind, early_stopping, tmp_path, monkeypatch):
    """Neither by numpy, whose memory is traced, nor by torch, which gets what Rows make."""
    rng = np.random.RandomState(0)
    X = rng.randint(0, 9, (20_000, 100)).astype("f4" if kind == "memory map" else kind)
    y = X[:, 0].astype(np.float32)
    X = read_only(X, tmp_path) if kind == "memory map" else X
    sizes, make = [], Rows.__array__

    def spy(self, *arguments, **options):
        array = make(self, *arguments, **options)
        sizes.append(array.nbytes)
        return array

    monkeypatch.setattr(Rows, "__array__", spy)
    monkeypatch.setattr("sgnn.training.rows.ENTRIES_AT_ONCE", 10_000)
    parameters = {"dtype": "float32", "early_stopping": early_stopping, "max_iter": 1}
    fitted(X[:100], y[:100], kind=SparseMLPRegressor, **parameters)
    tracemalloc.start()
    model = fitted(X, y, kind=SparseMLPRegressor, **parameters)
    model.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(sizes) < 0.25 * X.nbytes
    # Targets, orders and losses, and masks of which numbers of a half are finite.
    assert peak < (1.2 if kind == "float16" else 0.7) * X.nbytes


def test_many_classes_are_predicted_for_some_samples_at_a_time(monkeypatch):
    X, y = np.random.RandomState(0).normal(size=(400, 3)), np.arange(400) % 200
    model = fitted(X, y, max_iter=2)
    functions = model.predict, model.predict_proba, model.predict_log_proba
    whole = [function(X) for function in functions]
    monkeypatch.setattr("sgnn.estimators.inputs.ENTRIES_AT_ONCE", 1000)
    monkeypatch.setattr("sgnn.training.problem.ENTRIES_AT_ONCE", 1000)
    for function, expected in zip(functions, whole, strict=True):
        np.testing.assert_allclose(function(X), expected, rtol=1e-12)
    tracemalloc.start()
    again = fitted(X, y, max_iter=2)
    model.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.7 * 400 * 200 * 8
    assert_same(model, again)
