"""Selection in single precision, where that has room for the data."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone

from sgnn import KnockoffSelector, SparseMLPClassifier, SparseMLPRegressor, SparseMLPSelector
from sgnn.selection.precision import in_single_precision
from sgnn.selection.relevance import relevances

RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 5))
Y = X[:, 0] + 0.1 * RNG.standard_normal(200)
REG = SparseMLPRegressor((10,), penalty="log_sum", max_iter=20, random_state=0)
UNEVEN = np.r_[1e-9, np.ones(199)]


def with_column(column):
    return np.column_stack([X, column])


FITS = {
    "unit scale": (X, Y, None),
    "a constant column": (with_column(np.full(200, 1e5)), Y, None),
    "an empty column": (with_column(np.zeros(200)), Y, None),
    "CSR": (sparse.csr_array(X * (X > 0)), Y, None),
    "integers": ((100 * X).astype(int), Y, None),
    "bytes": (np.where(X > 0, 127, -128).astype(np.int8), Y, None),
    "house prices": (X, 2e5 + 5e4 * Y, None),
    "constant targets": (X, np.full(200, 1e5), None),
    "weights": (X, Y, np.linspace(1e-3, 1e3, 200)),
    "no weight": (X, Y, np.r_[np.zeros(50), np.ones(150)]),
}
DOES_NOT_FIT = {
    "years of seconds": (with_column(1.7e9 + X[:, 0]), Y, None),
    "far from 0": (with_column(1e4 + X[:, 0]), Y, None),
    "huge": (1e30 * X, Y, None),
    "all that single precision has": (np.where(X > 0, 3e38, -3e38).astype(np.float32), Y, None),
    "tiny": (with_column(1e-30 * X[:, 0]), Y, None),
    "CSR, huge": (sparse.csr_array(1e30 * X * (X > 0)), Y, None),
    "targets far from 0": (X, 1e5 + Y, None),
    "huge targets": (X, 1e30 * Y, None),
    "one of two targets": (X, np.column_stack([Y, 1e5 + Y]), None),
    "a weight": (X, Y, UNEVEN),
    "huge weights": (X, Y, np.full(200, 1e30)),
}


@pytest.mark.parametrize("data", FITS)
def test_where_there_is_room(data):
    assert in_single_precision(REG, *FITS[data]).dtype == "float32"
    assert REG.dtype is None


@pytest.mark.parametrize("data", DOES_NOT_FIT)
def test_where_there_is_none(data):
    assert in_single_precision(REG, *DOES_NOT_FIT[data]).dtype is None


def test_a_data_type_that_was_given_stays():
    given = clone(REG).set_params(dtype="float64")
    assert in_single_precision(given, X, Y) is given


@pytest.mark.parametrize(("targets", "dtype"), [(Y, "float32"), (1e5 + Y, "float64")])
def test_the_default_network_is_trained_in_what_has_room(targets, dtype):
    selector = SparseMLPSelector(n_features_to_select=1, alphas=10).fit(X, targets)
    assert selector.support_[0]
    assert selector.path_[0].network.coefs[0].dtype == dtype


def test_classes_have_room():
    labels = np.where(Y > 0, "yes", "no")
    assert in_single_precision(SparseMLPClassifier(), X, labels).dtype == "float32"


def test_a_network_that_is_given_keeps_its_precision():
    selector = SparseMLPSelector(REG, n_features_to_select=2, alphas=10).fit(X, Y)
    assert selector.path_[0].network.coefs[0].dtype == "float64"


def test_a_committee_needs_no_more():
    in_single, in_double = (clone(REG).set_params(dtype=name) for name in ("float32", "float64"))
    found, single, double = (
        relevances(network, X, Y, sample_weight=None) for network in (REG, in_single, in_double)
    )
    assert_array_equal(found, single)
    assert (found != double).any()


def test_transformed_data_keep_theirs():
    selector = SparseMLPSelector(n_features_to_select=1, alphas=10).fit(X, Y)
    assert selector.transform(X).dtype == np.float64
    assert_array_equal(selector.transform(X)[:, 0], X[:, 0])


@pytest.mark.parametrize("targets", [Y, 1e5 + Y])
def test_knockoffs_find_the_one_that_matters_in_either(targets):
    assert KnockoffSelector(random_state=0).fit(X, targets).support_[0]
