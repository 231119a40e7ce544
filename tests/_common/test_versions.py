"""What is stored: the version is known, torch is not needed to load it, caches are of a version."""

import copy
import pickle
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sgnn import (
    SgnnInconsistentVersionWarning,
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPSelector,
    SparseReducedRankRegressor,
    StabilitySelector,
    __version__,
    sparse_mlp_path,
)
from sgnn.paths import sparse_mlp_path as room
from sgnn.penalties import GroupLasso

X, Y = scale(load_iris().data), load_iris().target
SHORT = SparseMLPClassifier((4,), max_iter=4, random_state=0)
WALK = {"alphas": [0.01, 0.02, 0.03, 0.3], "max_iter": 2}
SELECTOR = SparseMLPSelector(SHORT, n_features_to_select=4, **WALK)
MAKES = {
    "new": lambda: clone(SHORT),
    "fit": lambda: clone(SHORT).fit(X, Y),
    "partial_fit": lambda: clone(SHORT).partial_fit(X, Y),
    "warm start": lambda: clone(SHORT).set_params(warm_start=True, refit=True).fit(X, Y),
    "regressor": lambda: SparseMLPRegressor(
        (4,), penalty=["l1", GroupLasso(adaptive=1.0)], max_iter=4
    ).fit(X, X[:, 0]),
    "reduced rank": lambda: SparseReducedRankRegressor(1, alpha=0.01).fit(X, X[:, 0]),
    "path": lambda: sparse_mlp_path(SHORT, X, Y, **WALK),
    "CV": lambda: SparseMLPClassifierCV(SHORT, cv=2, rule="dense", tol=0.3, **WALK).fit(X, Y),
    "selector": lambda: clone(SELECTOR).fit(X, Y),
    "stability": lambda: StabilitySelector(SHORT, n_pairs=2, n_features_to_select=1, **WALK).fit(
        X, Y
    ),
}


@pytest.fixture(scope="module")
def stored():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SgnnWarning)
        return {name: pickle.dumps(make()) for name, make in MAKES.items()}


def test_loading_and_using_what_is_stored_does_not_import_torch(stored, tmp_path):
    joblib.dump(stored, tmp_path / "stored")
    script = f"""
import pickle, sys, joblib, numpy as np
stored = joblib.load({str(tmp_path / "stored")!r})
for name, data in stored.items():
    loaded = pickle.loads(data)
    repr(loaded)
    if name == "path":
        loaded.summary(), loaded.ranking
        loaded = loaded.estimator(1)
    for method in "predict", "get_support", "score", "summary":
        if name != "new" and hasattr(loaded, method):
            X = np.zeros((3, 4))
            given = {{"predict": (X,), "score": (X, [0, 1, 2])}}
            getattr(loaded, method)(*given.get(method, ()))
    assert "torch" not in sys.modules, name
print(len(stored))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == [str(len(MAKES))], done.stderr


@pytest.mark.parametrize("name", MAKES)
def test_another_version_is_told_at_the_line_of_the_user(stored, monkeypatch, name):
    pickle.loads(stored[name])  # A warning would be an error here.
    monkeypatch.setattr("sgnn._common.versions.__version__", "99.0")
    message = f"stored by sgnn of version {__version__} is loaded by version 99.0"
    with pytest.warns(SgnnInconsistentVersionWarning, match=message) as given:
        pickle.loads(stored[name])
    assert issubclass(SgnnInconsistentVersionWarning, SgnnWarning)
    assert [warning.filename for warning in given] == [__file__]


def test_each_load_warns_once_also_after_one_that_failed(stored, monkeypatch):
    whole = pickle.dumps(pickle.loads(stored["CV"]), protocol=2)  # Later ones are read in blocks.
    monkeypatch.setattr("sgnn._common.versions.__version__", "99.0")
    for data in whole, whole[:-9], stored["path"], whole:
        with pytest.warns(SgnnInconsistentVersionWarning) as given, suppress(EOFError):
            pickle.loads(data)
        assert len(given) == 1
    loads = [lambda: pickle.loads(stored["path"])] * 2
    with pytest.warns(SgnnInconsistentVersionWarning) as given, ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda load: load(), loads))
    assert len(given) == 2


def test_what_bears_no_version_is_told_too():
    state = {name: value for name, value in SHORT.__getstate__().items() if "sgnn" not in name}
    with pytest.warns(SgnnInconsistentVersionWarning, match="version unknown"):
        SparseMLPClassifier().__setstate__(state)


def test_skops_and_joblib_carry_the_version(monkeypatch, tmp_path):
    model = clone(SHORT).fit(X, Y)
    dumped = skops.io.dumps(model)
    joblib.dump(model, tmp_path / "model")
    monkeypatch.setattr("sgnn._common.versions.__version__", "99.0")
    with pytest.warns(SgnnInconsistentVersionWarning):
        loaded = skops.io.loads(dumped, trusted=skops.io.get_untrusted_types(data=dumped))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    with pytest.warns(SgnnInconsistentVersionWarning):
        joblib.load(tmp_path / "model")


@pytest.mark.parametrize("copies", [copy.copy, copy.deepcopy, clone])
def test_copies_are_of_this_version(copies):
    model = copies(clone(SHORT).fit(X, Y))
    assert model.get_params() == SHORT.get_params()
    assert "_sgnn_version" not in vars(model)


def test_paths_in_a_cache_are_those_of_this_version(monkeypatch, tmp_path):
    n_walks, points_of = [], room.points_of
    monkeypatch.setattr(room, "points_of", lambda *args: n_walks.append(1) or points_of(*args))
    selector = clone(SELECTOR).set_params(memory=joblib.Memory(tmp_path, verbose=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", joblib.memory.JobLibCollisionWarning)
        for version, expected in [("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 2)]:
            monkeypatch.setattr("sgnn._common.versions.__version__", version)
            selector.fit(X, Y)
            assert len(n_walks) == expected
