"""Training on a GPU gives the same network as on the CPU."""

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

PENALTIES = [None, "l1", "group_lasso", "sparse_group_lasso", "mcp", "log_sum"]


def on_both(estimator, X, y, **fit):
    cpu = estimator.set_params(device="cpu").fit(X, y, **fit)
    support, outputs = cpu.support_, cpu._raw_outputs(X)
    gpu = estimator.set_params(device="cuda").fit(X, y, **fit)
    np.testing.assert_array_equal(gpu.support_, support)
    np.testing.assert_allclose(gpu._raw_outputs(X), outputs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_classifier_is_the_same_on_both_devices(penalty, solver):
    X, y = load_digits(return_X_y=True)
    estimator = SparseMLPClassifier(
        (20, 10), penalty=penalty, solver=solver, max_iter=5, random_state=0
    )
    on_both(estimator, X / 16, y, sample_weight=np.linspace(0.5, 2, len(y)))


@pytest.mark.parametrize("groups", [None, [[0, 1], [4, 5, 6]]])
def test_regressor_is_the_same_on_both_devices(groups):
    X, y = load_diabetes(return_X_y=True)
    estimator = SparseMLPRegressor(
        (20,), feature_groups=groups, early_stopping=True, refit=True, max_iter=20, random_state=0
    )
    on_both(estimator, scale(X), y)


def test_sparse_input_is_the_same_on_both_devices():
    X, y = load_digits(return_X_y=True)
    on_both(SparseMLPClassifier((20,), max_iter=5, random_state=0), sparse.csr_array(X / 16), y)
