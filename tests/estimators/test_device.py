"""Training on a GPU gives the same network as on the CPU."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor, sparse_mlp_path
from sgnn.losses import available as losses
from sgnn.penalties._registry import PENALTIES
from tests.interrupted import always_writing, killed_and_repeated, leaves
from tests.kernels.fits import NEEDED

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

DIGITS = load_digits().data / 16, load_digits().target
DIABETES = scale(load_diabetes().data), scale(load_diabetes().target)


def on_both(estimator, fit):
    cpu = fit(estimator.set_params(device="cpu"))
    X = DIGITS[0] if estimator.n_features_in_ == 64 else DIABETES[0]
    support, outputs = cpu.support_, cpu._raw_outputs(X)
    gpu = fit(estimator.set_params(device="cuda"))
    np.testing.assert_array_equal(gpu.support_, support)
    np.testing.assert_allclose(gpu._raw_outputs(X), outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("penalty", [None, *PENALTIES])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_classifier_is_the_same_on_both_devices(penalty, solver):
    X, y = DIGITS
    if penalty is not None:
        penalty = PENALTIES[penalty](**NEEDED.get(penalty, {}))
    estimator = SparseMLPClassifier(
        (20, 10), penalty=penalty, solver=solver, max_iter=5, random_state=0
    )
    weights = np.linspace(0.5, 2, len(y))
    on_both(estimator, lambda model: model.fit(X, y, sample_weight=weights))


@pytest.mark.parametrize("loss", losses())
@pytest.mark.parametrize("groups", [None, [[0, 1], [4, 5, 6]]])
def test_regressor_is_the_same_on_both_devices(loss, groups):
    X, y = DIABETES
    estimator = SparseMLPRegressor(
        (20,),
        loss=loss,
        feature_groups=groups,
        early_stopping=True,
        refit=True,
        max_iter=20,
        input_dropout=0.1,
        random_state=0,
    )
    target = np.c_[y > 0, np.exp(y)] if loss == "cox" else np.exp(y)
    on_both(estimator, lambda model: model.fit(X, target))


def test_sparse_input_is_the_same_on_both_devices():
    X, y = DIGITS
    estimator = SparseMLPClassifier((20,), max_iter=5, random_state=0)
    on_both(estimator, lambda model: model.fit(sparse.csr_array(X), y))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_batches_and_solvers_are_the_same_on_both_devices(solver):
    X, y = DIGITS
    parts = [(X[start : start + 500], y[start : start + 500]) for start in range(0, len(X), 500)]
    estimator = SparseMLPClassifier((20,), solver=solver, max_iter=5, random_state=0)
    if solver == "adam":
        on_both(estimator, lambda model: model.fit_batches(parts, buffer_size=900))
    on_both(estimator, lambda model: model.fit(X, y))


def test_paths_are_the_same_on_both_devices():
    X, y = DIABETES
    found = [
        sparse_mlp_path(
            SparseMLPRegressor((10,), device=device, max_iter=20, random_state=0), X, y, alphas=8
        )
        for device in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(found[0].alphas, found[1].alphas, rtol=1e-6)
    np.testing.assert_array_equal(*[path.n_features for path in found])


def test_fit_leaves_the_generator_of_the_device():
    X, y = DIGITS
    before = torch.cuda.get_rng_state()
    SparseMLPClassifier((20,), device="cuda", max_iter=3).fit(X, y)
    torch.testing.assert_close(torch.cuda.get_rng_state(), before)


def test_a_fit_that_was_killed_ends_as_one_that_was_not(monkeypatch, tmp_path):
    X, y = DIABETES
    model = SparseMLPRegressor((10,), alpha=0.05, device="cuda", max_iter=12, random_state=0)
    whole = clone(model).fit(X, y)
    model.set_params(checkpoint=always_writing(monkeypatch, tmp_path))
    fitted, tries = killed_and_repeated(monkeypatch, partial(model.fit, X, y), [6, 4])
    assert len(tries) == 3
    assert leaves(fitted.coefs_) == leaves(whole.coefs_)
