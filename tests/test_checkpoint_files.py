"""What is written down: whole or not at all, how often, and refused by name where it is wrong."""

import os
import shutil
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from sgnn import (
    Checkpoint,
    KnockoffSelector,
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    losses,
    sparse_mlp_path,
)
from sgnn._common import plain_files
from sgnn._common.plain_files import load, save
from sgnn.networks.network import Network
from sgnn.penalties import MCP, GroupLasso
from sgnn.proximal.state import OptimizerState
from sgnn.training import checkpoint, journal
from sgnn.training.checkpoint import Place
from sgnn.training.course import History
from tests.interrupted import Killed, always_writing, counting, leaves

X, Y = scale(load_diabetes().data)[:60, :4], scale(load_diabetes().target)[:60]
REG = SparseMLPRegressor((5,), penalty="log_sum", max_iter=6, random_state=0)

# Plain files

CONTENT = {
    "numbers": [1, -2.5, 0.1 + 0.2, True, None, "ä", 2**100, float("inf"), -0.0, 5e-324],
    "scalars": [np.float32(0.1), np.float64(0.1), np.int64(3), np.bool_(True)],
    "arrays": (np.arange(6.0).reshape(2, 3), np.zeros((0, 2), dtype="f4"), np.array(["a", "bc"])),
    "deep": [{"empty": (), "of lists": [[], [(1,), {}]]}],
    "history": History(loss=[1.5], n_neurons=[(3, 2), (3, 1)], converged=True),
    "state": OptimizerState({"n_steps": 3}, {"mean": np.ones(3)}, {}),
    "network": Network([np.eye(2)], [np.zeros(2)], [np.ones(2, bool), np.ones(2, bool)], "relu"),
}
KINDS = History, Network, OptimizerState


def test_plain_data_come_back_as_they_were(tmp_path):
    save(tmp_path / "file.npz", CONTENT)
    assert leaves(load(tmp_path / "file.npz", KINDS)) == leaves(CONTENT)
    assert np.isnan(load_of(tmp_path, float("nan")))
    assert [path.name for path in tmp_path.iterdir()] == ["file.npz"]


def load_of(folder, value):
    save(folder / "file.npz", value)
    return load(folder / "file.npz", KINDS)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), print])
def test_what_is_not_plain_is_not_written(tmp_path, value):
    with pytest.raises((TypeError, ValueError)):
        save(tmp_path / "file.npz", [value])
    assert not list(tmp_path.iterdir())


def test_a_file_of_other_classes_or_with_pickles_is_damaged(tmp_path):
    save(tmp_path / "file.npz", History())
    with pytest.raises(ValueError, match=r"file\.npz is damaged"):
        load(tmp_path / "file.npz", [Network])
    np.savez(tmp_path / "file.npz", values=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"file\.npz is damaged"):
        load(tmp_path / "file.npz")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "other.npz")


def test_a_file_is_on_the_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    done, sync, replace = [], os.fsync, os.replace

    def record(name, function, *arguments):
        done.append((name, os.path.getsize(tmp_path / "file.npz")))
        function(*arguments)

    save(tmp_path / "file.npz", 1)
    before = os.path.getsize(tmp_path / "file.npz")
    monkeypatch.setattr(os, "fsync", partial(record, "fsync", sync))
    monkeypatch.setattr(os, "replace", partial(record, "replace", replace))
    save(tmp_path / "file.npz", np.zeros(1000))
    assert done == [("fsync", before), ("replace", before)]
    assert os.path.getsize(tmp_path / "file.npz") > 8000


@pytest.mark.parametrize("step", ["np.savez", "os.fsync", "os.replace"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
def test_what_breaks_off_leaves_the_file_that_was_there(tmp_path, monkeypatch, step, error):
    save(tmp_path / "file.npz", "before")
    module, name = step.split(".")

    def fail(*arguments, **named):
        if name == "savez":
            arguments[0].write(b"half of it")
        raise error

    monkeypatch.setattr(getattr(plain_files, module), name, fail)
    with pytest.raises(type(error) if isinstance(error, OSError) else error):
        save(tmp_path / "file.npz", "after")
    assert [path.name for path in tmp_path.iterdir()] == ["file.npz"]
    assert load(tmp_path / "file.npz") == "before"


# Files that do not fit


@pytest.fixture
def killed(monkeypatch, tmp_path):
    """Return an estimator whose fit was killed, and the file that it has left behind."""
    model = clone(REG).set_params(checkpoint=always_writing(monkeypatch, tmp_path))
    with counting(monkeypatch, kill_before=4), pytest.raises(Killed):
        model.fit(X, Y)
    [path] = tmp_path.iterdir()
    return model, path


@contextmanager
def suppress_naming(path):
    """Suppress a refusal of a file that names it, and tell it in a list."""
    refused = []
    try:
        yield refused
    except ValueError as error:
        refused.append(str(error))
    assert all(f"{path} is damaged" in words for words in refused)


def test_a_damaged_file_is_refused_by_name(killed):
    model, path = killed
    whole, draw = path.read_bytes(), np.random.default_rng(0)
    content, n_refused = leaves(load(path, KINDS)), 0
    for place in draw.integers(len(whole), size=100):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(draw.integers(8))
        path.write_bytes(damaged)
        with suppress_naming(path) as refused:
            assert leaves(load(path, KINDS)) == content, "no byte of the content was hit"
        n_refused += bool(refused)
    assert n_refused > 60
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"checkpoint: .* is damaged .*remove it") as refused:
            model.fit(X, Y)
        assert str(path) in str(refused.value)
        assert not hasattr(model, "coefs_")
    path.write_bytes(b"a text of somebody else's")
    with pytest.raises(ValueError, match=f"{path.name} is damaged"):
        model.fit(X, Y)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("version", "0.0.7", r"version 0\.0\.7 of sgnn in format 1"),
        ("format", 2, "in format 2"),
        ("call", "SparseMLPRegressor-abc", "for another call, 'SparseMLPRegressor-abc'"),
        ("part", 3, "part 3"),
    ],
)
def test_a_file_of_something_else_is_refused_by_name(killed, name, value, words):
    model, path = killed
    save(path, load(path, KINDS) | {name: value})
    with pytest.raises(ValueError, match=f"{path.name} was written .*{words}.*remove it"):
        model.fit(X, Y)
    path.unlink()
    assert leaves(vars(model.fit(X, Y))) == leaves(vars(clone(REG).fit(X, Y)))


def test_a_file_under_the_name_of_another_call_is_refused(killed, tmp_path):
    model, path = killed
    other = name_of(clone(model).set_params(max_iter=7).fit, X, Y)
    shutil.move(path, tmp_path / f"{other}.run.npz")
    with pytest.raises(ValueError, match=rf"{other}\.run\.npz was written for another call"):
        clone(model).set_params(max_iter=7).fit(X, Y)


def test_a_damaged_part_of_a_path_is_refused_by_name(monkeypatch, tmp_path):
    call = partial(sparse_mlp_path, REG, X, Y, alphas=5, max_iter=2)
    call = partial(call, checkpoint=always_writing(monkeypatch, tmp_path))
    with counting(monkeypatch, kill_before=12), pytest.raises(Killed):
        call()
    part = max(path for path in tmp_path.iterdir() if "run" not in path.name)
    part.write_bytes(part.read_bytes()[:-50])
    with pytest.raises(ValueError, match=f"{part.name} is damaged"):
        call()


def test_parts_without_those_before_are_not_used(monkeypatch, tmp_path):
    """What another process of the same call has left; the call begins where there is a gap."""
    call = partial(sparse_mlp_path, REG, X, Y, alphas=5, max_iter=2)
    whole = call()
    call = partial(call, checkpoint=always_writing(monkeypatch, tmp_path))
    with counting(monkeypatch, kill_before=14), pytest.raises(Killed):
        call()
    sorted(path for path in tmp_path.iterdir() if "run" not in path.name)[1].unlink()
    assert leaves(call()) == leaves(whole)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    model = clone(REG).set_params(checkpoint=tmp_path / "file")
    with pytest.raises(ValueError, match=r"checkpoint=.*no such folder"):
        model.fit(X, Y)


def test_training_goes_on_where_nothing_can_be_written(monkeypatch, tmp_path):
    def fail(path, content):
        raise OSError("No space left on device")

    model = clone(REG).set_params(checkpoint=Checkpoint(tmp_path, seconds=0), max_iter=3)
    monkeypatch.setattr(checkpoint, "save", fail)
    monkeypatch.setattr(journal, "_PATIENCE", 1e9)
    with pytest.warns(SgnnWarning, match=r"checkpoint: No space left .* goes on without") as said:
        model.fit(X, Y)
    assert len([one for one in said if "checkpoint" in str(one.message)]) == 1
    assert leaves(vars(model)) == leaves(vars(clone(REG).set_params(max_iter=3).fit(X, Y)))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3,), TypeError, "folder must be a str or a path; got 3"),
        (("a", "60"), TypeError, "seconds must be a number; got '60'"),
        (("a", True), TypeError, "seconds must be a number"),
        (("a", -1.0), ValueError, r"seconds must be at least 0; got -1\.0"),
        (("a", float("nan")), ValueError, "seconds must be at least 0; got nan"),
    ],
)
def test_a_checkpoint_refuses_what_makes_no_sense(arguments, error, words):
    with pytest.raises(error, match=words):
        Checkpoint(*arguments)


@pytest.mark.parametrize("call", [REG, SparseMLPRegressorCV(REG)], ids=["estimator", "CV"])
def test_an_estimator_refuses_a_checkpoint_of_another_type(call):
    with pytest.raises((ValueError, TypeError), match="checkpoint"):
        clone(call).set_params(checkpoint=3.5).fit(X, Y)


# How often


class Clock:
    """A clock that stands still unless it is told."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(journal.time, "perf_counter", lambda: self.now)


def test_writings_are_so_far_apart_as_is_asked_for_and_cost_a_hundredth(monkeypatch, tmp_path):
    clock, cost, written = Clock(monkeypatch), 0.1, []

    def slow(path, content):
        written.append(clock.now)
        clock.now += cost

    monkeypatch.setattr(checkpoint, "save", slow)
    book = Place(tmp_path, "call", seconds=7.0).journal()
    for epoch in range(100):
        clock.now += 1.0
        book.note(lambda: epoch)  # noqa: B023
    assert written[0] == 107.0
    assert set(np.diff(written) // 1) == {10.0}, "a hundred times what a writing takes"
    written.clear()
    cost = 0.001
    for epoch in range(40):
        clock.now += 1.0
        book.note(lambda: epoch)  # noqa: B023
    assert set((np.diff(written[1:]) + 0.5) // 1) == {7.0}


def test_what_is_not_due_is_not_even_looked_at(monkeypatch, tmp_path):
    clock = Clock(monkeypatch)
    book = Place(tmp_path, "call", seconds=60.0).journal()
    clock.now += 59.9
    book.note(lambda: pytest.fail("a state is made"))
    assert not book.end(1)
    assert not list(tmp_path.iterdir())
    clock.now += 0.2
    assert book.end(2), "all that is over is written"
    assert [Place(tmp_path, "call", 60.0).journal().over() for _ in range(2)] == [1, 1]


def test_seconds_of_work_are_those_of_all_processes(monkeypatch, tmp_path):
    clock, place = Clock(monkeypatch), Place(tmp_path, "call", seconds=0.0)
    book = place.journal()
    start = book.clock()
    assert book.over() is None
    clock.now += 5.0
    book.end("first")
    assert book.over() is None
    clock.now += 3.0
    book.note(lambda: "on the way")
    clock.now += 1000.0
    book = place.journal()
    assert book.over() == "first"
    assert book.over() is None
    assert book.begun() == "on the way"
    assert book.clock() - clock.now == 8.0
    clock.now += 2.0
    book.end("second")
    book = place.journal()
    assert [book.over(), book.over()] == ["first", "second"]
    assert book.clock() - clock.now == 10.0
    assert start == 100.0


def test_a_part_is_known_only_as_the_next_of_those_that_are_over(monkeypatch, tmp_path):
    always_writing(monkeypatch, tmp_path)
    place = Place(tmp_path, "call", seconds=0.0)
    book = place.journal()
    book.over()
    book.note(lambda: "of the first")
    book.end("first")
    book = place.journal()
    assert book.over() == "first"
    assert book.over() is None
    assert book.begun() is None, "the state is that of a run that is over"


def test_a_place_clears_what_is_its_own(tmp_path):
    place = Place(tmp_path, "call", seconds=0.0)
    others = [tmp_path / "call2.run.npz", tmp_path / "caller.npz", tmp_path / "call"]
    for path in others:
        path.touch()
    for one in (place, place.inner("fold-1"), place.inner("fold-10")):
        one.journal().end("result")
    (tmp_path / "call.run.xyz.part").touch()
    place.inner("fold-1").leave()
    assert len(list(tmp_path.iterdir())) == 7
    place.inner("fold-1").clear()
    assert (tmp_path / "call-fold-10.00000.npz").exists()
    place.leave()
    assert sorted(tmp_path.iterdir()) == sorted(others)


# Fingerprints


class Stopped(BaseException):
    """Ends a call where it opens its files."""


def name_of(call, *data, **arguments):
    """Return the name of the files of a call."""

    def stop(place, rng=None):
        raise Stopped(place.name)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Place, "journal", stop)
        with pytest.raises(Stopped) as stopped:
            call(*data, **arguments)
    return str(stopped.value)


def name_of_fit(model, changes, folder, data=(X, Y)):
    return name_of(clone(model).set_params(checkpoint=folder, **changes).fit, *data)


OF_NETWORKS = {
    "hidden_layer_sizes": (6,),
    "activation": "tanh",
    "penalty": "mcp",
    "alpha": 0.1,
    "l2": 0.1,
    "refit": True,
    "feature_groups": [[0, 1]],
    "solver": "sgd",
    "batch_size": 10,
    "learning_rate": "constant",
    "learning_rate_init": 0.1,
    "max_iter": 7,
    "max_fun": 70,
    "shuffle": False,
    "random_state": 1,
    "tol": 1e-3,
    "n_iter_no_change": 3,
    "momentum": 0.5,
    "nesterovs_momentum": False,
    "early_stopping": True,
    "validation_fraction": 0.2,
    "input_dropout": 0.1,
    "warm_start": True,
    "device": "cpu:0",
    "dtype": "float32",
    "n_threads": 2,
}
OF_SEARCHES = {
    "estimator": clone(REG).set_params(l2=0.1),
    "alphas": 7,
    "max_iter": 3,
    "scoring": "neg_mean_absolute_error",
    "rule": "dense",
    "tol": 0.1,
}
WITHOUT_EFFECT = {"verbose": 2, "checkpoint": None, "n_jobs": 2, "memory": None}
REFUSED_ALONE = {"data_parallel"}
CLF = SparseMLPClassifier((5,), max_iter=6, random_state=0)
CHANGES = [
    (REG, {**OF_NETWORKS, "loss": "huber"}),
    (CLF, {**OF_NETWORKS, "class_weight": {0: 2.0, 1: 1.0, 2: 1.0}}),
    (SparseMLPRegressorCV(REG), {**OF_SEARCHES, "cv": 4}),
    (
        SparseMLPClassifierCV(CLF),
        {**OF_SEARCHES, "estimator": clone(CLF).set_params(l2=1), "cv": 4, "scoring": "f1_macro"},
    ),
    (
        SparseMLPSelector(REG, n_features_to_select=2),
        {
            **{name: value for name, value in OF_SEARCHES.items() if name != "scoring"},
            **{"n_features_to_select": 3, "relevance": "minimal"},
        },
    ),
    (
        StabilitySelector(REG, n_features_to_select=2, random_state=0),
        {
            **{name: OF_SEARCHES[name] for name in ("estimator", "alphas", "max_iter")},
            **{"threshold": 0.8, "max_false": 2.0, "n_features_to_select": 1, "n_pairs": 3},
            "random_state": 1,
        },
    ),
    (
        KnockoffSelector(REG, random_state=0),
        {
            **{"estimator": OF_SEARCHES["estimator"], "max_false": 2.0, "threshold": 0.6},
            **{"n_draws": 4, "random_state": 1},
        },
    ),
]
IDS = [type(model).__name__ for model, _ in CHANGES]
IRIS = scale(load_iris().data)[::2], load_iris().target[::2]


def data_of(model):
    return IRIS if "Classifier" in type(model).__name__ else (X, Y)


@pytest.mark.parametrize(("model", "changes"), CHANGES, ids=IDS)
def test_each_change_of_a_parameter_gives_another_file(model, changes, tmp_path):
    for_auto = {"sparsity", "cv", "scoring"} if isinstance(model, SparseMLPSelector) else set()
    unsaid = set(model.get_params(deep=False)) - set(changes) - set(WITHOUT_EFFECT)
    assert unsaid - REFUSED_ALONE == for_auto
    data = data_of(model)
    names = [name_of_fit(model, {}, tmp_path, data)]
    names += [name_of_fit(model, {name: v}, tmp_path, data) for name, v in changes.items()]
    assert len(set(names)) == 1 + len(changes)
    assert all(name.startswith(type(model).__name__ + "-") for name in names)
    for name in WITHOUT_EFFECT.keys() & model.get_params(deep=False).keys() - {"checkpoint"}:
        assert name_of_fit(model, {name: WITHOUT_EFFECT[name]}, tmp_path, data) == names[0]


def changed(X):
    X = X.copy()
    X[3, 1] = np.nextafter(X[3, 1], 9)
    return X


@pytest.mark.parametrize(("model", "changes"), CHANGES, ids=IDS)
def test_each_change_of_the_data_gives_another_file(model, changes, tmp_path):
    X, y = data_of(model)
    weights = np.linspace(1, 2, len(X))
    other = y.copy()
    other[[0, -1]] = y[[-1, 0]]
    given = [(X, y), (changed(X), y), (X, other), (X, y, weights), (X, y, weights[::-1].copy())]
    given += [(X[:, ::-1], y), (X[:-1], y[:-1])]
    names = [name_of_fit(model, {}, tmp_path, data) for data in given]
    assert len(set(names)) == len(names)


def test_the_same_data_in_other_forms_have_the_same_file(tmp_path):
    np.save(tmp_path / "X.npy", X)
    forms = [X, np.asfortranarray(X), np.load(tmp_path / "X.npy", mmap_mode="r"), X.tolist()]
    assert len({name_of_fit(REG, {}, tmp_path, (form, Y)) for form in forms}) == 1
    counts = np.arange(X.size).reshape(X.shape) % 7
    forms = [counts.astype(kind) for kind in (np.int8, np.float16, np.float64)]
    assert len({name_of_fit(REG, {}, tmp_path, (form, Y)) for form in forms}) == 1
    rows = sparse.csr_matrix(X)
    unsorted = sparse.csr_matrix((rows.data.copy(), rows.indices.copy(), rows.indptr.copy()))
    names = [name_of_fit(REG, {}, tmp_path, (form, Y)) for form in (rows, rows, unsorted)]
    assert len(set(names)) == 1, "flags that scipy remembers count for nothing"


def test_held_out_data_and_the_strengths_of_a_path_count(tmp_path):
    def held_out(X_val):
        model = clone(REG).set_params(checkpoint=tmp_path)
        return name_of(model.fit, X, Y, X_val=X_val, y_val=Y)

    assert held_out(X) != held_out(changed(X))
    path = partial(name_of, sparse_mlp_path, REG, X, Y, checkpoint=tmp_path)
    rules = {"min_features": 1, "max_sparsity": 0.5, "max_drop": 0.1, "max_iter": 3}
    held_out = {"X_val": X, "y_val": Y}
    names = [path(**held_out), path(), path(alphas=[0.1, 0.2]), path(alphas=[0.1, 0.3])]
    names += [path(**held_out, **{name: value}) for name, value in rules.items()]
    assert len(set(names)) == len(names)


def test_another_version_has_other_files(monkeypatch, tmp_path):
    name = name_of_fit(REG, {}, tmp_path)
    monkeypatch.setattr(checkpoint, "__version__", "9.9")
    assert name_of_fit(REG, {}, tmp_path) != name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"penalty": MCP(gamma=3.0)}, {"penalty": MCP(gamma=4.0)}),
        ({"penalty": GroupLasso(fraction=0.5)}, {"penalty": GroupLasso(fraction=0.6)}),
        ({"penalty": [MCP(), "l1"]}, {"penalty": ["l1", MCP()]}),
        ({"loss": losses.Huber(delta=1.0)}, {"loss": losses.Huber(delta=2.0)}),
        ({"random_state": np.random.RandomState(0)}, {"random_state": np.random.RandomState(1)}),
    ],
)
def test_parameters_of_parameters_count(one, other, tmp_path):
    assert name_of_fit(REG, one, tmp_path) != name_of_fit(REG, other, tmp_path)


def test_a_parameter_that_cannot_be_told_from_others_is_refused(tmp_path):
    search = SparseMLPRegressorCV(REG, scoring=lambda *_: 0.0, checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"checkpoint: <function .* cannot be pickled"):
        search.fit(X, Y)


def test_another_process_finds_the_same_files(tmp_path):
    cases = [(model, {}, tmp_path, data_of(model)) for model, _ in CHANGES]
    there = Parallel(n_jobs=2)(delayed(name_of_fit)(*case) for case in cases)
    assert there == [name_of_fit(*case) for case in cases]
