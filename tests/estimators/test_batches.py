"""Training data in batches from wherever they are, against the same data in memory."""

import re
import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

from sgnn import SgnnWarning, SparseMLPRegressor, kernels
from sgnn.penalties import GroupLasso
from sgnn.training.stream import Stream
from tests.estimators.tasks import (
    CANCER_X,
    CANCER_Y,
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    NAMES,
    TASKS,
    classifier,
    regressor,
    task,
)
from tests.interrupted import Killed, always_writing, counting, killed_and_repeated, leaves


def cut(size, *arrays):
    """Return batches of arrays, an array or table for each."""
    n = arrays[0].shape[0]
    return [tuple(array[i : i + size] for array in arrays) for i in range(0, n, size)]


def assert_same(one, other, rtol=0.0):
    np.testing.assert_allclose(one.objective_curve_, other.objective_curve_, rtol=rtol)
    np.testing.assert_equal(one.validation_scores_, other.validation_scores_)
    assert one.alpha_ == other.alpha_
    for ours, theirs in zip(one.expand()[0], other.expand()[0], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=100 * rtol)


@pytest.mark.parametrize("with_kernels", [True, False])
@pytest.mark.parametrize("size", [7, 64, 10_000])
@pytest.mark.parametrize("name", TASKS)
def test_batches_that_the_buffer_holds_are_the_data(name, size, with_kernels):
    model, X, y = task(name)
    model.set_params(max_iter=8)
    with kernels.switched_off() if not with_kernels else np.errstate():
        of_batches = clone(model).fit_batches(cut(size, X, y))
        model.fit(X, y)
    assert_same(of_batches, model)
    np.testing.assert_array_equal(of_batches.predict(X), model.predict(X))
    np.testing.assert_array_equal(
        of_batches._form.column_ends, (X.min(axis=0), X.max(axis=0)), strict=True
    )


VARIATIONS = {
    "class weights": {"class_weight": "balanced"},
    "a class without weight": {"class_weight": {0: 1, 1: 0, 2: 2}},
    "adaptive": {"penalty": GroupLasso(adaptive=1), "alpha": 0.01},
    "partial": {"penalty": GroupLasso(fraction=0.5), "l2": 0.01},
    "sgd in order": {"solver": "sgd", "shuffle": False},
    "dropout": {"input_dropout": 0.3},
    "narrow floats": {"dtype": "float32"},
    "removal": {"alpha": 0.05, "max_iter": 16, "refit": True},
    "wide": {"hidden_layer_sizes": (70,)},
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("variation", VARIATIONS)
def test_so_they_are_with_weights_and_whatever_is_set(variation, weighted):
    model = classifier(**{"max_iter": 6, **VARIATIONS[variation]})
    weights = np.random.RandomState(0).randint(0, 3, len(IRIS_Y)).astype(float)
    arrays = (IRIS_X, IRIS_Y, weights) if weighted else (IRIS_X, IRIS_Y)
    of_batches = clone(model).fit_batches(cut(40, *arrays))
    assert_same(of_batches, model.fit(*arrays))


def test_samples_of_no_weight_are_not_looked_at():
    X, weights = IRIS_X.copy(), np.ones(len(IRIS_Y))
    weights[40:80] = 0  # A whole batch.
    X[45] *= 1e6  # Else there would be a warning.
    of_batches = classifier().fit_batches(cut(40, X, IRIS_Y, weights))
    model = classifier().fit(X, IRIS_Y, weights)
    assert_same(of_batches, model)
    ends = of_batches._form.column_ends, model._form.column_ends
    np.testing.assert_array_equal(*ends, strict=True)


@pytest.mark.parametrize("form", [sparse.csr_matrix, np.float16, np.uint8, pd.DataFrame, "frame"])
def test_so_they_are_in_all_forms(form):
    X = np.random.RandomState(0).randint(0, 3, (120, 5)) * np.array([1, 0, 1, 1, 1])
    y = NAMES[np.clip(X[:, 0], 0, 2)]
    given = X.astype(form) if form in (np.float16, np.uint8) else X.astype(float)
    if form == "frame":
        given = pd.DataFrame(given, columns=list("abcde"))
    elif form in (sparse.csr_matrix, pd.DataFrame):
        given = form(given)
    batches = [(given[i : i + 50], y[i : i + 50]) for i in range(0, 120, 50)]
    model = classifier(max_iter=8, batch_size=30)
    of_batches = clone(model).fit_batches(lambda: iter(batches))
    assert_same(of_batches, model.fit(given, y), rtol=1e-9 if form is sparse.csr_matrix else 0)
    assert hasattr(of_batches, "feature_names_in_") == (form == "frame")


def test_early_stopping_and_warm_starts_go_on_as_in_fit():
    X, X_val, y, y_val = CANCER_X[:200], CANCER_X[200:], CANCER_Y[:200], CANCER_Y[200:]
    held_out = {"X_val": X_val, "y_val": y_val}
    model = classifier(early_stopping=True, warm_start=True, max_iter=12, n_iter_no_change=3)
    other = clone(model)
    for _ in range(2):
        model.fit(X, y, **held_out)
        other.fit_batches(cut(33, X, y), **held_out)
        assert_same(model, other)
    assert model.validation_scores_


@pytest.mark.parametrize("order", ["random", "sorted"])
def test_a_small_buffer_learns_as_well(order):
    X, y = make_friedman1(6000, n_features=8, noise=0.5, random_state=0)
    X = scale(X)
    train, test = slice(4000), slice(4000, None)
    X_train, y_train = X[train], y[train]
    if order == "sorted":  # By an input without effect.
        rows = np.argsort(X_train[:, 7])
        X_train, y_train = X_train[rows], y_train[rows]
    model = regressor(hidden_layer_sizes=(30,), max_iter=40, batch_size=100)
    whole = clone(model).fit(X_train, y_train).score(X[test], y[test])
    parts = model.fit_batches(cut(150, X_train, y_train), buffer_size=600)
    assert parts.alpha_ == pytest.approx(model.alpha_, rel=0.5)  # The noise in 600 samples.
    assert parts.score(X[test], y[test]) > whole - 0.002
    assert 0.9 < whole < 0.99


@pytest.mark.parametrize("buffer_size", [1, 30, 64, 200])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_stream_hands_out_each_sample_once_in_batches_of_one_size(buffer_size, shuffled):
    X = np.arange(200.0)[:, None] * [1, 10, 100]
    there = []

    def chunks():
        for start in range(0, 200, 23):
            rows = slice(start, min(start + 23, 200))
            there.append(rows.stop)
            yield X[rows], np.arange(200)[rows], np.arange(200.0)[rows]

    stream = Stream(chunks, (200, 3), "f8", (X.min(axis=0), X.max(axis=0)), buffer_size)
    rng = np.random.RandomState(0) if shuffled else None
    seen = []
    for rows, targets, weights in stream[:, np.array([2, 0])].read(16, rng):
        assert len(seen) % 16 == 0
        seen += list(targets)
        np.testing.assert_array_equal(rows, np.outer(targets, [100, 1]))
        np.testing.assert_array_equal(weights, targets)
        # No more is read than the buffer and a chunk hold.
        assert there[-1] - len(seen) <= max(buffer_size, 16) + 23
    assert sorted(seen) == list(range(200))
    assert (seen == sorted(seen)) == (not shuffled)
    if shuffled and buffer_size >= 64:
        # What came early is among what came late.
        assert np.abs(np.array(seen) - np.arange(200)).max() > buffer_size / 2
    ends = stream[:, np.array([2])].column_ends()
    np.testing.assert_array_equal(ends, [[0], [19_900]])


def test_only_a_buffer_is_in_memory():
    def batches():
        for seed in range(40):
            X = np.random.RandomState(seed).normal(size=(1000, 50))
            yield X, X[:, 0]

    model = SparseMLPRegressor((5,), max_iter=2, random_state=0)
    model.fit_batches(lambda: list(batches())[:2])
    tracemalloc.start()
    model.fit_batches(batches, buffer_size=2000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * 40_000 * 50 * 8


class Samples(torch.utils.data.IterableDataset):
    def __iter__(self):
        yield from zip(DIABETES_X, DIABETES_Y, strict=True)


def test_torch_hands_out_batches_and_samples():
    tensors = torch.from_numpy(DIABETES_X), torch.from_numpy(DIABETES_Y)
    table = torch.utils.data.TensorDataset(*tensors)
    model = regressor(max_iter=6)
    in_order = clone(model).fit(DIABETES_X, DIABETES_Y)
    for batches in table, Samples(), torch.utils.data.DataLoader(table, batch_size=50):
        assert_same(clone(model).fit_batches(batches), in_order)
    shuffled = torch.utils.data.DataLoader(table, batch_size=50, shuffle=True)
    again = clone(model).fit_batches(shuffled)
    assert again.score(DIABETES_X, DIABETES_Y) == pytest.approx(
        in_order.score(DIABETES_X, DIABETES_Y), abs=0.05
    )


def test_parquet_and_zarr_are_read_by_their_own_libraries(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    zarr = pytest.importorskip("zarr")
    frame = pd.DataFrame(DIABETES_X, columns=[f"x{i}" for i in range(10)])
    frame.assign(y=DIABETES_Y).to_parquet(tmp_path / "data.parquet", row_group_size=60)
    store = zarr.open_group(tmp_path / "data.zarr", mode="w")
    for name, array in {"X": DIABETES_X, "y": DIABETES_Y}.items():
        store.create_array(name, data=array, chunks=(60, *array.shape[1:]))

    def of_parquet():
        for batch in parquet.ParquetFile(tmp_path / "data.parquet").iter_batches(100):
            table = batch.to_pandas()
            yield table.drop(columns="y"), table["y"]

    def of_zarr():
        store = zarr.open_group(tmp_path / "data.zarr", mode="r")
        for start in range(0, store["X"].shape[0], 120):
            rows = slice(start, start + 120)
            yield store["X"][rows], store["y"][rows]

    model = regressor(max_iter=6)
    expected = clone(model).fit(DIABETES_X, DIABETES_Y)
    assert_same(clone(model).fit_batches(of_zarr), expected)
    named = clone(model).fit_batches(of_parquet)
    assert_same(named, expected)
    assert list(named.feature_names_in_) == list(frame.columns)


# What is refused

IRIS = cut(50, IRIS_X, IRIS_Y)
WITH_NAN = [IRIS[0], (np.where(IRIS[1][0] > 1, np.nan, IRIS[1][0]), IRIS[1][1])]
REFUSED = {
    "an iterator": (iter(IRIS), TypeError, "return.*an iterator.*each time"),
    "a table": (IRIS_X, TypeError, "batches must be a callable"),
    "a name": ("data.parquet", TypeError, "batches must be a callable"),
    "nothing": ([], ValueError, "batches: there is none"),
    "a lonely X": ([IRIS_X], TypeError, r"must be a tuple \(X, y\)"),
    "no numbers": (WITH_NAN, ValueError, "NaN"),
    "other columns": ([IRIS[0], (IRIS[1][0][:, 1:], IRIS[1][1])], ValueError, "3 features"),
    "one class": (IRIS[:1], ValueError, "at least two classes"),
    "some weights": ([IRIS[0], (*IRIS[1], np.ones(50))], ValueError, "some hold sample weights"),
    "sparse and dense": (
        [(sparse.csr_array(IRIS[0][0]), IRIS[0][1]), *IRIS[1:]],
        ValueError,
        "sparse",
    ),
    "dense and sparse": (
        [*IRIS[1:], (sparse.csr_array(IRIS[0][0]), IRIS[0][1])],
        ValueError,
        "sparse",
    ),
    "names and numbers": ([IRIS[0], (IRIS[1][0], NAMES[IRIS[1][1]])], TypeError, "several types"),
    "numbers as text": ([(IRIS_X, IRIS_Y.astype(str)), *IRIS], TypeError, "several types"),
    "other labels": (
        [IRIS[0], (IRIS[1][0], np.eye(3, dtype=int)[IRIS[1][1]])],
        ValueError,
        "columns",
    ),
    "none returned": (lambda: None, TypeError, "must return an iterator each time; got None"),
    "few weights": ([(*IRIS[0], np.ones(3))], ValueError, r"sample_weight of shape \(3,\)"),
    "negative weights": ([(IRIS_X, IRIS_Y, -np.ones(150))], ValueError, "[Nn]egative"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_no_batches_is_refused_and_nothing_is_written(reason):
    batches, error, words = REFUSED[reason]
    model = classifier(max_iter=2).fit(IRIS_X, IRIS_Y)
    before = joblib.hash(vars(model))
    with pytest.raises(error, match=words) as caught:
        model.fit_batches(batches)
    assert len(str(caught.value)) < 500
    assert joblib.hash(vars(model)) == before


def fails_later(error):
    """Return batches that raise when they are read for the third time."""
    times = []

    def batches():
        times.append(None)
        yield IRIS[0]
        if len(times) == 3:
            raise error
        yield from IRIS[1:]

    return batches


@pytest.mark.parametrize("kind", [KeyError, RuntimeError, OSError, ZeroDivisionError])
def test_errors_of_reading_are_handed_on_as_they_are(kind):
    model = classifier(max_iter=6).fit(IRIS_X, IRIS_Y)
    before, error = joblib.hash(vars(model)), kind("disk")
    with pytest.raises(kind) as caught:
        model.fit_batches(fails_later(error))
    assert caught.value is error
    assert joblib.hash(vars(model)) == before


@pytest.mark.parametrize("n_later", [0, 1, 4])
def test_other_samples_than_at_first_are_refused(n_later):
    times = []

    def batches():
        times.append(None)
        return iter(IRIS if len(times) < 3 else (IRIS + IRIS)[:n_later])

    with pytest.raises(ValueError, match=re.escape(f"held {50 * n_later} samples")):
        classifier(max_iter=6).fit_batches(batches)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_more_samples_than_at_first_are_not_trained_on(solver):
    times = []

    def batches():
        times.append(None)
        return iter(IRIS if len(times) < 3 else IRIS + IRIS * 40)

    model = classifier(max_iter=6, batch_size=20, solver=solver)
    with pytest.raises(ValueError, match=r"held 200 samples.* and 150 in the first"):
        model.fit_batches(batches, buffer_size=30)
    assert not hasattr(model, "network_")


@pytest.mark.parametrize("weighted_at_first", [False, True])
def test_weights_in_some_epochs_only_are_refused(weighted_at_first):
    times, weighted = [], cut(50, IRIS_X, IRIS_Y, np.linspace(1, 2, 150))

    def batches():
        times.append(None)
        return iter(weighted if (len(times) < 3) == weighted_at_first else IRIS)

    with pytest.raises(ValueError, match="some hold sample weights and some do not"):
        classifier(max_iter=6).fit_batches(batches)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_that_are_invalid_in_later_epochs_are_refused(weight):
    times, weights = [], np.ones(150)

    def batches():
        times.append(None)
        weights[7] = 1.0 if len(times) < 3 else weight
        return iter(cut(50, IRIS_X, IRIS_Y, weights))

    with pytest.raises(ValueError, match="must be finite, and not negative"):
        classifier(max_iter=6).fit_batches(batches)


@pytest.mark.parametrize("buffer_size", [1, 3, 10])
def test_a_buffer_of_a_few_samples_is_enough_to_learn_of_noise(buffer_size):
    batches = cut(50, DIABETES_X, DIABETES_Y)
    model = regressor(max_iter=8, batch_size=40)
    small = clone(model).fit_batches(batches, buffer_size=buffer_size)
    of_batch = clone(model).fit_batches(batches, buffer_size=40)
    assert small.alpha_ == of_batch.alpha_
    assert small.alpha_ == pytest.approx(model.fit(DIABETES_X, DIABETES_Y).alpha_, rel=0.5)


def test_a_break_keeps_the_epochs_before():
    model = classifier(max_iter=6)
    with pytest.raises(KeyboardInterrupt):
        model.fit_batches(fails_later(KeyboardInterrupt()))
    assert model.n_iter_ == 1


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (classifier(early_stopping=True), "give X_val and y_val"),
        (classifier(solver="lbfgs"), "needs all data at once"),
        (classifier(class_weight={0: 0, 1: 0, 2: 0}), "not all zero"),
    ],
)
def test_what_needs_all_data_is_refused(model, words):
    with pytest.raises(ValueError, match=words):
        model.fit_batches(IRIS)
    with pytest.raises(ValueError, match="use fit"):
        SparseMLPRegressor(loss="cox").fit_batches([(IRIS_X, np.ones((150, 2)))])
    for size in 0, 1.5, 2.0:
        with pytest.raises(ValueError, match="buffer_size must be a whole number from 1 on"):
            classifier().fit_batches(IRIS, buffer_size=size)
    with pytest.raises(ValueError, match="given together"):
        classifier().fit_batches(IRIS, X_val=IRIS_X)


@pytest.mark.filterwarnings("ignore:The training loss of")
def test_bad_scales_are_warned_of():
    with pytest.warns(SgnnWarning, match="columns of X reach"):
        classifier().fit_batches(cut(50, IRIS_X * [1e4, 1, 1, 1], IRIS_Y))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("kills", [[3], [2, 5]])
def test_a_killed_call_goes_on_to_the_same_bits(kills, form, monkeypatch, tmp_path):
    weights = np.random.RandomState(0).randint(0, 3, len(IRIS_Y)).astype(float)
    batches = cut(40, form(IRIS_X), IRIS_Y, weights)
    model = classifier(max_iter=8, input_dropout=0.2, warm_start=True)
    whole = clone(model).fit_batches(batches, buffer_size=60)
    checkpoint = always_writing(monkeypatch, tmp_path)

    def call():
        killed = clone(model).set_params(checkpoint=checkpoint)
        return killed.fit_batches(batches, buffer_size=60)

    again, n_epochs = killed_and_repeated(monkeypatch, call, kills)
    assert leaves(vars(again)) == leaves(vars(whole))
    assert sum(n_epochs) == 8
    assert not list(tmp_path.iterdir())


def test_batches_of_other_numbers_sizes_or_buffers_are_another_call(monkeypatch, tmp_path):
    other = IRIS_X.copy()
    other[7, 1] = np.nextafter(other[7, 1], 9)
    model = classifier(max_iter=4, checkpoint=always_writing(monkeypatch, tmp_path))
    calls = [
        (cut(40, IRIS_X, IRIS_Y), 60),
        (cut(41, IRIS_X, IRIS_Y), 60),
        (cut(40, other, IRIS_Y), 60),
        (cut(40, IRIS_X, IRIS_Y), 61),
        (cut(40, sparse.csr_array(IRIS_X), IRIS_Y), 60),
    ]
    for number, (batches, buffer_size) in enumerate(calls):
        with counting(monkeypatch, kill_before=2), pytest.raises(Killed):
            model.fit_batches(batches, buffer_size=buffer_size)
        assert len(list(tmp_path.iterdir())) == number + 1


def test_batches_in_another_order_each_time_are_refused_beside_a_checkpoint(tmp_path):
    rng = np.random.default_rng(0)

    def batches():
        return [cut(40, IRIS_X, IRIS_Y)[at] for at in rng.permutation(4)]

    with pytest.raises(ValueError, match=r"checkpoint: .* another order"):
        classifier(checkpoint=tmp_path).fit_batches(batches)
