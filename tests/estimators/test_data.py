"""Inputs in all containers and types, weights of samples, held-out data."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.metrics import r2_score

from sgnn.penalties import L1
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    NAMES,
    TASKS,
    assert_consistent,
    classifier,
    mean_loss,
    regressor,
    task,
    weights_equal,
)

# Inputs


@pytest.mark.parametrize(
    "container",
    [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, np.asfortranarray, np.ndarray.tolist],
)
@pytest.mark.parametrize("name", ["binary", "regression", "refitted"])
def test_the_container_of_the_inputs_changes_nothing(name, container):
    model, X, y = task(name)
    X = np.where(np.abs(X) > 0.3, X, 0.0)
    model.fit(X, y)
    other = task(name)[0].fit(container(X), y)
    np.testing.assert_array_equal(other.support_, model.support_)
    np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(model.predict(container(X)), model.predict(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_data_frames_are_understood_and_their_names_kept(module):
    names = [f"column {index}" for index in range(10)]
    frame = pytest.importorskip(module).DataFrame(dict(zip(names, DIABETES_X.T, strict=True)))
    model = regressor(alpha=0.05).fit(frame, DIABETES_Y)
    assert list(model.feature_names_in_) == names
    assert weights_equal(model, regressor(alpha=0.05).fit(DIABETES_X, DIABETES_Y))
    kept = [name for name, used in zip(names, model.support_, strict=True) if used]
    assert 0 < len(kept) < 10
    assert list(model.get_feature_names_out()) == kept


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TASKS)
def test_the_data_type_is_kept_from_input_to_prediction(name, dtype, container):
    model, X, y = task(name)
    model.set_params(max_iter=3).fit(container(X.astype(dtype)), y)
    arrays = [*model.coefs_, *model.intercepts_, *(a for part in model.expand() for a in part)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert model.feature_importances_.dtype == dtype
    assert model.transform(X.astype(dtype)).dtype == dtype
    if is_classifier(model):
        assert model.predict_proba(X.astype(dtype)).dtype == dtype
        assert model.predict_log_proba(X.astype(dtype)).dtype == dtype
    else:
        assert model.predict(X.astype(dtype)).dtype == dtype


def test_integers_are_computed_in_double_precision():
    X = np.rint(3 * DIABETES_X).astype(np.int64)
    model = regressor(max_iter=3).fit(X, DIABETES_Y)
    assert model.coefs_[0].dtype == np.float64
    assert weights_equal(model, regressor(max_iter=3).fit(X.astype(float), DIABETES_Y))


@pytest.mark.parametrize(("first", "second"), [("float32", "float64"), ("float64", "float32")])
def test_held_out_data_and_later_batches_may_have_another_data_type(first, second):
    X, other = DIABETES_X.astype(first), DIABETES_X.astype(second)
    model = regressor(max_iter=3).fit(X, DIABETES_Y, X_val=other, y_val=DIABETES_Y)
    assert model.coefs_[0].dtype == first
    same = regressor(max_iter=3).fit(X, DIABETES_Y, X_val=X, y_val=DIABETES_Y)
    np.testing.assert_allclose(model.validation_scores_, same.validation_scores_, rtol=1e-4)
    model = regressor().partial_fit(X, DIABETES_Y).partial_fit(other, DIABETES_Y)
    assert np.isfinite(model.predict(X)).all()


# Weights of samples


@pytest.mark.parametrize("name", ["binary", "regression"])
def test_only_the_ratios_of_sample_weights_matter_to_a_given_alpha(name):
    model, X, y = task(name)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(X))
    model.set_params(alpha=0.01, max_iter=10).fit(X, y, sample_weight=weights)
    other = task(name)[0].set_params(alpha=0.01, max_iter=10)
    other.fit(X, y, sample_weight=8 * weights)
    np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.01, "auto"])
@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "multioutput"])
def test_a_sample_of_weight_two_is_the_sample_twice_and_of_weight_zero_none(name, alpha):
    _, X, y = task(name)
    weights = np.random.default_rng(0).integers(0, 3, len(X))
    repeated = np.repeat(np.arange(len(X)), weights)
    models = [task(name)[0].set_params(batch_size=10_000, alpha=alpha) for _ in range(2)]
    if alpha == "auto":  # Too few epochs for a pilot fit, which would hold other rows out.
        models = [model.set_params(max_iter=7) for model in models]
    models[0].fit(X, y, sample_weight=weights)
    models[1].fit(X[repeated], y[repeated])
    assert models[0].alpha_ == pytest.approx(models[1].alpha_)
    predictions = [model.predict(X) for model in models]
    np.testing.assert_allclose(*predictions, rtol=1e-5, atol=1e-7)


# Held-out data


def test_early_stopping_on_given_data_ends_with_the_best_epoch():
    X, y, X_val, y_val = IRIS_X[::2], IRIS_Y[::2], IRIS_X[1::2], IRIS_Y[1::2]
    model = classifier(
        early_stopping=True, max_iter=200, n_iter_no_change=5, learning_rate_init=0.1, alpha=0.003
    )
    model.fit(X, y, X_val=X_val, y_val=y_val)
    scores = np.array(model.validation_scores_)
    assert model.n_iter_ < 200
    assert len(scores) == len(model.validation_loss_curve_) == model.n_iter_
    assert scores[-1] < scores.max()
    assert model.score(X_val, y_val) == pytest.approx(scores.max(), abs=1e-12)
    loss = mean_loss(model, X_val, y_val)
    best = np.flatnonzero(scores == scores.max())
    assert np.min(np.abs(np.array(model.validation_loss_curve_)[best] / loss - 1)) < 1e-8
    assert_consistent(model, X, 3)


def test_early_stopping_waits_for_the_full_strength_of_the_penalty():
    """The best score comes before the penalty acts; it is not the one to go back to."""
    X, y, X_val, y_val = DIABETES_X[::2], DIABETES_Y[::2], DIABETES_X[1::2], DIABETES_Y[1::2]
    model = regressor(early_stopping=True, max_iter=200, n_iter_no_change=3, alpha=0.4)
    model.set_params(hidden_layer_sizes=(), batch_size=1000, learning_rate="constant")
    model.set_params(penalty=L1(warm_up=100))
    model.fit(X, y, X_val=X_val, y_val=y_val)
    scores = np.array(model.validation_scores_)
    assert model.n_iter_ > 100
    assert scores[:99].max() > scores[99:].max() + 0.01
    assert r2_score(y_val, model.predict(X_val)) == pytest.approx(scores[99:].max())


def test_early_stopping_of_a_regressor_watches_r2():
    X, y, X_val, y_val = DIABETES_X[::2], DIABETES_Y[::2], DIABETES_X[1::2], DIABETES_Y[1::2]
    model = regressor(alpha=1e-3, early_stopping=True, max_iter=200, n_iter_no_change=8)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ < 200
    assert r2_score(y_val, model.predict(X_val)) == pytest.approx(max(model.validation_scores_))
    best = int(np.argmax(model.validation_scores_))
    expected = 0.5 * np.mean((y_val - model.predict(X_val)) ** 2)
    assert model.validation_loss_curve_[best] == pytest.approx(expected)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "regression"])
def test_early_stopping_splits_off_a_share_of_the_training_data(name):
    model, X, y = task(name)
    model.set_params(early_stopping=True, validation_fraction=0.2, max_iter=100).fit(X, y)
    scores = np.array(model.validation_scores_)
    assert len(scores) == len(model.validation_loss_curve_) == model.n_iter_ <= 100
    assert model.score(X, y) > TASKS[name][-1] - 0.15
    if is_classifier(
        model
    ):  # An accuracy on 20 % of the samples is a multiple of 1 / their number.
        n_held_out = int(np.ceil(0.2 * len(X)))
        np.testing.assert_allclose(scores * n_held_out, np.rint(scores * n_held_out), atol=1e-9)
    again = task(name)[0].set_params(early_stopping=True, validation_fraction=0.2, max_iter=100)
    assert weights_equal(again.fit(X, y), model)


@pytest.mark.parametrize("name", ["multiclass", "multilabel", "refitted", "multioutput"])
def test_held_out_data_without_early_stopping_is_only_watched(name):
    model, X, y = task(name)
    model.set_params(alpha=1e-3).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert weights_equal(task(name)[0].set_params(alpha=1e-3).fit(X[::2], y[::2]), model)
    assert len(model.validation_scores_) == model.n_iter_
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[1::2], y[1::2]))
    assert model.validation_loss_curve_[-1] == pytest.approx(mean_loss(model, X[1::2], y[1::2]))


def test_held_out_data_may_be_a_frame_or_sparse():
    expected = classifier().fit(IRIS_X, IRIS_Y, X_val=IRIS_X[::3], y_val=IRIS_Y[::3])
    for container in (sparse.csr_array, sparse.csr_matrix, np.ndarray.tolist):
        model = classifier().fit(
            container(IRIS_X), NAMES[IRIS_Y], X_val=container(IRIS_X[::3]), y_val=NAMES[IRIS_Y[::3]]
        )
        np.testing.assert_allclose(model.validation_scores_, expected.validation_scores_)
