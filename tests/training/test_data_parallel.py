"""Processes that train one network together, each on its part, against one process on all."""

import os
import pickle
from functools import cache

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from torch import distributed, multiprocessing

from sgnn import SparseMLPClassifier, SparseMLPRegressor, sparse_mlp_path
from sgnn.penalties import GroupGraph, GroupLasso, available
from sgnn.proximal.adam import ProxAdam
from sgnn.training import noise
from tests.interrupted import Killed, always_writing, counting, leaves

N = 120
X = np.random.RandomState(0).normal(size=(N, 6))
QUANTITY = 50 * (X[:, 0] * X[:, 1] + X[:, 2]) + np.random.RandomState(1).normal(size=N)
CLASSES = np.sort(np.digitize(X[:, 0], [-0.5, 0.5]))  # So that no part has all of them.
WEIGHTS = np.random.RandomState(2).randint(0, 3, N).astype(float)
WHOLE = {"batch_size": N}
PARTS = {"batch_size": 40, "shuffle": False}
# name: (parameters, y, weights, form of X, held-out data given)
CASES = {
    **{f"{name}, whole": ({"penalty": name, **WHOLE}, QUANTITY) for name in available()},
    **{name: ({"penalty": name, **PARTS}, QUANTITY) for name in available()},
    "a number": ({"alpha": 20, **PARTS}, QUANTITY),
    "classes": ({"class_weight": "balanced", **PARTS}, CLASSES),
    "two classes": (PARTS, CLASSES > 0),
    "weights": (PARTS, QUANTITY, WEIGHTS),
    "several outputs": (PARTS, np.column_stack([QUANTITY, X[:, 3]])),
    "quantile": ({"loss": "quantile", **PARTS}, QUANTITY),
    "removal": ({"alpha": 40, "max_iter": 16, "refit": True, **PARTS}, QUANTITY),
    "adaptive": ({"penalty": GroupLasso(adaptive=1), **PARTS}, QUANTITY),
    "partial": ({"penalty": GroupLasso(fraction=0.5), "l2": 0.1, **PARTS}, QUANTITY),
    "ridge, sgd": ({"l2": 0.1, "solver": "sgd", **PARTS}, QUANTITY),
    "lbfgs": ({"solver": "lbfgs"}, QUANTITY),
    "early stopping": ({"early_stopping": True, **PARTS}, QUANTITY, WEIGHTS, np.asarray, True),
    "accuracy": ({"early_stopping": True, **PARTS}, CLASSES, None, np.asarray, True),
    "CSR": (PARTS, QUANTITY, None, sparse.csr_array),
    "half precision": (PARTS, QUANTITY, WEIGHTS, np.float16),
    "warm start": ({"warm_start": True, **PARTS}, QUANTITY),
}
X_VAL, VALIDATES = X[:30] + 0.1, slice(0, 30)


def model_of(parameters, y):
    kind = SparseMLPRegressor if y.dtype == float else SparseMLPClassifier
    defaults = {"hidden_layer_sizes": (5,), "max_iter": 6, "random_state": 0}
    parameters = {**defaults, **parameters}
    if parameters.get("penalty") in ("group_graph", "graph_log_sum"):
        graph = GroupGraph([(i, i + 1) for i in range(5)])
        parameters["penalty"] = graph
    return kind(**parameters)


def rows_of(rank, n_processes):
    """Return the rows of a process: a half, or unequal thirds."""
    bounds = [0, 60, 120] if n_processes == 2 else [0, 50, 90, 120]
    return np.arange(bounds[rank], bounds[rank + 1])


def fitted(case, rows, held_out_rows, **more):
    given, rest = CASES[case], (None, np.asarray, False)
    parameters, y, weights, form, validates = *given, *rest[len(given) - 2 :]
    model = model_of({**parameters, **more}, y)
    given = {} if weights is None else {"sample_weight": weights[rows]}
    if validates:
        given |= {"X_val": X_VAL[held_out_rows], "y_val": y[VALIDATES][held_out_rows]}
    inputs = X.astype(form) if form is np.float16 else form(X)
    model.fit(inputs[rows], y[rows], **given)
    return model.fit(inputs[rows], y[rows], **given) if case == "warm start" else model


def meet(rank, n_processes, folder):
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=n_processes
    )


def told(model):
    return {
        "arrays": [*model.expand()[0], *model.expand()[1]],
        "curves": (model.loss_curve_, model.objective_curve_, model.n_neurons_curve_),
        "validation": (model.validation_loss_curve_, model.validation_scores_),
        "alpha": model.alpha_,
        "ends": model._form.column_ends,
    }


def train_all(rank, n_processes, folder):
    """Fit all cases in a process of a group."""
    meet(rank, n_processes, folder)
    rows, held_out = rows_of(rank, n_processes), np.arange(30)[rank::n_processes]
    of_noise = told(model_of({"data_parallel": True}, QUANTITY).fit(X[rows], QUANTITY[rows]))
    noise._LEAST_SAMPLES = N + 1
    whole = [name for name in CASES if "whole" in name or name == "lbfgs"]
    found = {
        name: told(fitted(name, rows, held_out, data_parallel=True))
        for name in (CASES if n_processes == 2 else whole)
    }
    model = SparseMLPRegressor((4,), max_iter=2, data_parallel=True, early_stopping=True)
    found["no seed"] = told(model.fit(X[rows], QUANTITY[rows]))
    found["noise"] = of_noise
    with open(f"{folder}/{rank}", "wb") as file:
        pickle.dump(found, file)
    distributed.destroy_process_group()


def start(run, n_processes, folder):
    """Run a function in processes that know what this one knows, where that can be."""
    kind = "fork" if hasattr(os, "fork") else "spawn"
    arguments = n_processes, str(folder)
    multiprocessing.start_processes(run, arguments, n_processes, start_method=kind)


def of_processes(run, n_processes, folder):
    """Run a function in processes; return what each has stored."""
    start(run, n_processes, folder)
    return [pickle.loads((folder / str(rank)).read_bytes()) for rank in range(n_processes)]


@cache
def two(folder):
    return of_processes(train_all, 2, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("two")


def as_one_would(name):
    """Return the fit of one process, on batches of the same samples."""
    parts = [rows_of(rank, 2) for rank in range(2)]
    rows = np.concatenate([part[at : at + 20] for at in range(0, 60, 20) for part in parts])
    if (CASES[name][2:3] or [None])[0] is not None:  # Without samples of no weight, cut anew.
        parts = [part[WEIGHTS[part] > 0] for part in parts]
        n_batches = -(-sum(map(len, parts)) // 40)
        sizes = [-(-len(part) // n_batches) for part in parts]
        pairs = [*zip(parts, sizes, strict=True)]
        rows = [part[at * n : at * n + n] for at in range(n_batches) for part, n in pairs]
        return fitted(name, np.concatenate(rows), np.arange(30), batch_size=sum(sizes))
    return fitted(name, rows, np.arange(30))


def assert_same(one, other, rtol=1e-7):
    np.testing.assert_allclose(one["alpha"], other["alpha"], rtol=1e-12)
    np.testing.assert_array_equal(one["ends"], other["ends"])
    assert one["curves"][2] == other["curves"][2]
    for ours, theirs in zip(one["curves"][:2], other["curves"][:2], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol)
    for ours, theirs in zip(one["validation"], other["validation"], strict=True):
        np.testing.assert_equal(ours is None, theirs is None)
        np.testing.assert_allclose(ours or [], theirs or [], rtol=rtol)
    for ours, theirs in zip(one["arrays"], other["arrays"], strict=True):
        np.testing.assert_array_equal(ours == 0, theirs == 0)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", CASES)
def test_two_processes_train_the_network_of_one(name, folder, monkeypatch):
    monkeypatch.setattr(noise, "_LEAST_SAMPLES", N + 1)  # Its samples come in another order.
    first, second = (found[name] for found in two(folder))
    assert_same(first, second, rtol=0)
    assert_same(first, told(as_one_would(name)))


def test_the_strength_is_that_for_the_noise_in_all_samples(folder):
    first, second = (found["noise"] for found in two(folder))
    of_all = model_of({}, QUANTITY).fit(X, QUANTITY)
    half = model_of({}, QUANTITY).fit(X[:60], QUANTITY[:60])
    assert first["alpha"] == second["alpha"]
    assert first["alpha"] == pytest.approx(of_all.alpha_, rel=1e-9)
    assert half.alpha_ != pytest.approx(of_all.alpha_, rel=0.01)


def test_without_a_seed_all_begin_with_the_network_of_the_first(folder):
    first, second = (found["no seed"] for found in two(folder))
    assert_same(first, second, rtol=0)


def fail(rank, n_processes, folder):
    """Let the last process fail in some way during a fit, and say what the others see."""
    meet(rank, n_processes, folder)
    rows, is_last = rows_of(rank, n_processes), rank == n_processes - 1
    model = model_of({**PARTS, "data_parallel": True}, QUANTITY).fit(X[rows], QUANTITY[rows])
    before, step, seen = told(model), ProxAdam.step, []
    for error in ValueError("bad X"), KeyboardInterrupt(), SystemExit():

        def failing(self, rate, error=error):
            step(self, rate)
            if is_last and self.n_steps == 5:
                if isinstance(error, SystemExit):
                    os._exit(0)
                raise error

        ProxAdam.step = failing
        inputs = np.full_like(X, np.nan) if is_last and type(error) is ValueError else X
        try:
            model.fit(inputs[rows], QUANTITY[rows])
        except BaseException as caught:
            seen.append((type(caught), str(caught)))
        ProxAdam.step = step
        assert_same(told(model), before, rtol=0)
        if rank == 0:
            with open(f"{folder}/seen", "wb") as file:
                pickle.dump(seen, file)
        if type(error) is KeyboardInterrupt:  # The processes are there, and can begin again.
            assert seen[-1][0] is (KeyboardInterrupt if is_last else ConnectionError)
            assert_same(told(clone(model).fit(X[rows], QUANTITY[rows])), before, rtol=0)


@pytest.mark.parametrize("n_processes", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_process_that_fails_is_told_of_in_the_others_and_the_old_network_stays(
    n_processes, tmp_path
):
    start(fail, n_processes, tmp_path)
    seen = pickle.loads((tmp_path / "seen").read_bytes())
    assert [kind for kind, _ in seen] == [ConnectionError] * 3
    assert all("another process has failed" in words and len(words) < 500 for _, words in seen)


@pytest.mark.slow
def test_three_processes_with_parts_of_other_sizes_train_the_network_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(noise, "_LEAST_SAMPLES", N + 1)
    found = of_processes(train_all, 3, tmp_path)
    for name in found[0]:
        assert_same(found[0][name], found[1][name], rtol=0)
        assert_same(found[0][name], found[2][name], rtol=0)
        if name not in ("no seed", "noise"):
            assert_same(found[0][name], told(fitted(name, np.arange(N), np.arange(30))))


KILLED = {
    "dropout": ({"input_dropout": 0.3, "refit": True}, None, 3),
    "early stopping": ({"early_stopping": True, "max_iter": 9}, WEIGHTS, 8),
    "adaptive": ({"penalty": GroupLasso(adaptive=1), "solver": "sgd"}, None, 8),
    "lbfgs": ({"solver": "lbfgs"}, None, 4),
}


def go_on(rank, n_processes, folder):
    """Let the last process be killed in some epoch, go on, and say what comes out of it."""
    meet(rank, n_processes, folder)
    rows, is_last, found = rows_of(rank, n_processes), rank == n_processes - 1, {}
    for name, (parameters, weights, epoch) in KILLED.items():
        model = model_of({"data_parallel": True, **parameters}, QUANTITY)
        given = X[rows], QUANTITY[rows], None if weights is None else weights[rows]
        with pytest.MonkeyPatch.context() as patch:
            with counting(patch) as epochs:
                whole = told(model.fit(*given))
            again = clone(model).set_params(checkpoint=always_writing(patch, f"{folder}/files"))
            kill_before, error = (epoch, Killed) if is_last else (None, ConnectionError)
            with counting(patch, kill_before), pytest.raises(error):
                again.fit(*given)
            there = len(os.listdir(f"{folder}/files"))
            with counting(patch) as epochs_left:
                again.fit(*given)
        found[name] = there, len(epochs), len(epochs_left), whole, told(again)
    with open(f"{folder}/{rank}", "wb") as file:
        pickle.dump(found, file)
    distributed.destroy_process_group()


@pytest.mark.parametrize("n_processes", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_processes_of_which_one_was_killed_go_on_to_the_same_bits(n_processes, tmp_path):
    of_each = of_processes(go_on, n_processes, tmp_path)
    for name in KILLED:
        for there, n_epochs, n_epochs_left, whole, again in (found[name] for found in of_each):
            assert there
            assert 0 < n_epochs_left < n_epochs
            assert leaves(whole) == leaves(again)
    assert not list((tmp_path / "files").iterdir())


# What differs between two processes: (of the first, of the second, what is told).
HELD_OUT = {"X_val": X_VAL, "y_val": QUANTITY[VALIDATES]}
UNEQUAL = {
    "alpha": ({"alpha": 1.0}, {"alpha": 2.0}, "alpha must be the same"),
    "epochs": ({"max_iter": 4}, {"max_iter": 6}, "max_iter must be the same"),
    "units": (
        {"hidden_layer_sizes": (4,)},
        {"hidden_layer_sizes": (5,)},
        "hidden_layer_sizes must",
    ),
    "refit": ({}, {"refit": True}, "refit must be the same"),
    "early stopping": ({}, {"early_stopping": True}, "early_stopping must be the same"),
    "penalty": ({"penalty": GroupLasso()}, {"penalty": GroupLasso(adaptive=1)}, "penalty must be"),
    "held-out data": ({}, {"fit": HELD_OUT}, "whether X_val is given must be the same"),
    "columns of y": (
        {},
        {"y": np.column_stack([QUANTITY] * 2)},
        "the same columns in all processes",
    ),
    "types of y": ({"y": CLASSES}, {"y": CLASSES.astype(str)}, "all numbers or all strings"),
    "kinds": ({"y": CLASSES}, {"y": QUANTITY}, "the kind of estimator must be the same"),
}


def differ(rank, n_processes, folder):
    """Say what a process is told if the other one wants something else."""
    meet(rank, n_processes, folder)
    rows, seen = rows_of(rank, n_processes), {}
    for name, case in UNEQUAL.items():
        parameters = dict(case[rank])
        y, given = parameters.pop("y", QUANTITY), parameters.pop("fit", {})
        model = model_of({"data_parallel": True, **parameters}, y)
        try:
            model.fit(X[rows], y[rows], **given)
        except (ValueError, TypeError) as error:
            seen[name] = str(error)
    seeded = model_of({"data_parallel": True, "random_state": rank, "verbose": False}, QUANTITY)
    seen["seeds"] = told(seeded.fit(X[rows], QUANTITY[rows]))
    weighted = model_of({"class_weight": {0: 0, 1: 1, 2: 1}, "data_parallel": True}, CLASSES)
    of_some = CLASSES == 0 if rank else CLASSES > 0
    try:
        weighted.fit(X[of_some], CLASSES[of_some])
    except (ValueError, ConnectionError) as error:
        seen["nothing that counts"] = str(error)
    with open(f"{folder}/{rank}", "wb") as file:
        pickle.dump(seen, file)
    distributed.destroy_process_group()


def test_processes_that_want_something_else_are_told_what(tmp_path):
    first, second = of_processes(differ, 2, tmp_path)
    for name, (*_, words) in UNEQUAL.items():
        for seen in first, second:
            assert words in seen[name], name
            assert len(seen[name]) < 500
    assert_same(first["seeds"], second["seeds"], rtol=0)
    assert "another process has failed" in first["nothing that counts"]
    assert "all samples of this process have weight 0" in second["nothing that counts"]


def refuse(rank, n_processes, folder):
    """Say what a process is told of what cannot be."""
    meet(rank, n_processes, folder)
    rows, seen = rows_of(rank, n_processes), []
    for more, columns, weights in (
        ({"loss": "cox"}, slice(None), None),
        ({}, slice(rank, None), None),
        ({}, slice(None), WEIGHTS[rows] if rank else None),
    ):
        model = SparseMLPRegressor((4,), data_parallel=True, **more)
        y = np.column_stack([np.ones(N), np.exp(X[:, 0])]) if more else QUANTITY
        try:
            model.fit(X[rows, columns], y[rows], sample_weight=weights)
        except ValueError as error:
            seen.append(str(error))
    with open(f"{folder}/{rank}", "wb") as file:
        pickle.dump(seen, file)
    distributed.destroy_process_group()


def test_what_cannot_be_together_is_refused_in_all(tmp_path):
    for seen in of_processes(refuse, 2, tmp_path):
        cox, columns, weights = seen
        assert "depends on all others" in cox
        assert "number of columns of X must be the same in all processes; here it is" in columns
        assert "whether sample_weight is given must be the same" in weights


def test_without_a_group_and_elsewhere_it_is_refused():
    model = SparseMLPRegressor(data_parallel=True)
    with pytest.raises(ValueError, match="torchrun"):
        model.fit(X, QUANTITY)
    for call in (
        lambda: model.partial_fit(X, QUANTITY),
        lambda: sparse_mlp_path(model, X, QUANTITY),
        lambda: model.fit_batches([(X, QUANTITY)]),
    ):
        with pytest.raises(ValueError, match="data_parallel=True is for fit"):
            call()
