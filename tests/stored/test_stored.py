"""What earlier versions have stored is loaded, and predicts what it predicted then."""

import json
import pickle
import warnings

import numpy as np
import pytest
import skops.io
from sklearn.exceptions import InconsistentVersionWarning

from sgnn import (
    SgnnInconsistentVersionWarning,
    SparseMLPRegressor,
    __version__,
    sparse_mlp_path,
)
from tests.stored.make import FOLDER, data, models, said

VERSIONS = sorted(path.stem for path in FOLDER.glob("*.json"))
LOADERS = {
    "pkl": pickle.loads,
    "skops": lambda data: skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data)),
}


def load(version, ending):
    """Return what a version stored; each part of it warns once if that is another version."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stored = LOADERS[ending]((FOLDER / f"{version}.{ending}").read_bytes())
    kinds = {w.category for w in caught} - {InconsistentVersionWarning}
    assert kinds == (set() if version == __version__ else {SgnnInconsistentVersionWarning})
    return stored


def test_this_version_has_its_files():
    assert __version__ in VERSIONS, "python -m tests.stored.make"


@pytest.mark.parametrize("ending", LOADERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_version_stored_predicts_what_it_did_then(version, ending):
    stored = load(version, ending)
    expected = json.loads((FOLDER / f"{version}.json").read_text())
    assert set(stored) == set(expected)
    for name, model in stored.items():
        found, then = np.array(said(model)), np.array(expected[name])
        if then.dtype.kind == "U":
            np.testing.assert_array_equal(found, then, err_msg=name)
        else:
            np.testing.assert_allclose(found, then, rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("ending", LOADERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_version_stored_goes_on(version, ending):
    stored = load(version, ending)
    X, labels, y = data()
    n_iter = stored["going on"].n_iter_
    assert stored["going on"].partial_fit(X, labels).n_iter_ == n_iter + 1
    before = stored["warm start"].best_loss_
    assert stored["warm start"].set_params(max_iter=50).fit(X, y).best_loss_ < before
    assert stored["survival"].predict_survival_function(X)([0.0]) == pytest.approx(1)


@pytest.mark.parametrize("ending", LOADERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_path_that_a_version_stored_is_read_like_a_new_one(version, ending):
    stored = load(version, ending)
    X = data()[0]
    for path in (stored["path"], stored["cross-validation"].path_, stored["selector"].path_):
        for point, model in ((point, path.at(alpha=point.alpha)) for point in path[:-1]):
            np.testing.assert_array_equal(model.support_, point.kept[0])
            assert model.predict(X).shape == (len(X),)
        assert sorted(path.ranking) == [1, 2, 3, 4]
        assert path.summary().count("\n") == len(path) + 1
        if version == "0.1.0.dev3":
            with pytest.raises(ValueError, match=r"before 0\.1\.0\.dev4.* walk it again"):
                path.with_empty()
        else:
            assert path.with_empty()[-1].network.is_empty


def test_a_path_without_the_empty_network_refuses_to_choose():
    X, _, y = data()
    reg = SparseMLPRegressor((4,), max_iter=5, random_state=0)
    path = sparse_mlp_path(reg, X, y, X_val=X, y_val=y, alphas=[0.01, 0.02], max_iter=2)
    assert path.best("best").n_features_in_ == 4
    del path._empty
    with pytest.raises(ValueError, match=r"before 0\.1\.0\.dev4.* walk it again"):
        path.best("best")


@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
def test_the_files_of_this_version_hold_what_it_learns():
    stored, learnt = load(__version__, "pkl"), models()
    assert set(stored) == set(learnt)
    for name, model in learnt.items():
        assert vars(stored[name]).keys() == vars(model).keys(), name
