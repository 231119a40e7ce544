"""What goes in and comes out: data, weights, attributes, and what is refused."""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import ortho_group

from sgnn import SgnnConvergenceWarning, SparseReducedRankRegressor
from sgnn.penalties import MCP, ElasticNet, GroupLasso, LogSum
from tests.reduced_rank.tasks import RADIAL, draw

X, Y = draw()
PRECISE = {"alpha": 0.2, "tol": 1e-11, "max_iter": 10_000}


def fitted(X, Y, sample_weight=None, **parameters):
    return SparseReducedRankRegressor(**{**PRECISE, **parameters}).fit(X, Y, sample_weight)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix])
def test_sparse_matrices_are_as_good_as_dense_ones(kind):
    dense = np.where(X > 2.5, X, 0)
    weights = np.linspace(0, 2, len(X))
    expected, found = fitted(dense, Y, weights), fitted(kind(dense), Y, weights)
    np.testing.assert_allclose(found.coef_, expected.coef_, atol=1e-10)
    np.testing.assert_allclose(found.predict(kind(dense)), expected.predict(dense), atol=1e-10)
    np.testing.assert_allclose(found.transform(kind(dense)), expected.transform(dense), atol=1e-10)


@pytest.mark.parametrize("penalty", ["group_lasso", "scad", "l0"])
@pytest.mark.parametrize("refit", [False, True])
def test_a_weight_is_a_number_of_rows(penalty, refit):
    weights = np.random.default_rng(0).integers(0, 4, len(X))
    weighted = fitted(X, Y, weights, penalty=penalty, refit=refit)
    repeated = fitted(X.repeat(weights, 0), Y.repeat(weights, 0), penalty=penalty, refit=refit)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-10)
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, atol=1e-9)
    np.testing.assert_allclose(weighted.objective_curve_, repeated.objective_curve_, rtol=1e-12)


def test_samples_without_weight_are_not_there():
    wild = np.vstack([X, np.full((3, X.shape[1]), 1e6)]), np.vstack([Y, np.full((3, 6), -1e6)])
    weights = np.append(np.ones(len(X)), [0, 0, 0])
    assert np.array_equal(fitted(*wild, weights).coef_, fitted(X, Y, np.ones(len(X))).coef_)


@pytest.mark.parametrize("penalty", ["group_lasso", "mcp", "l0"])
def test_rotated_targets_have_rotated_coefficients(penalty):
    R = ortho_group.rvs(Y.shape[1], random_state=0)
    np.testing.assert_allclose(
        fitted(X, Y @ R, penalty=penalty).coef_.T,
        fitted(X, Y, penalty=penalty).coef_.T @ R,
        atol=1e-8,
    )


@pytest.mark.parametrize("penalty", ["group_lasso", "mcp", "l0"])
def test_the_order_of_the_features_does_not_matter(penalty):
    order = np.random.default_rng(0).permutation(X.shape[1])
    expected = fitted(X, Y, penalty=penalty).coef_[:, order]
    np.testing.assert_allclose(fitted(X[:, order], Y, penalty=penalty).coef_, expected, atol=1e-6)


def test_more_targets_than_samples_are_as_good_as_a_few_that_span_them():
    """Y = Z Q' with orthonormal Q has the coefficients of Z, turned by Q."""
    X, Z = draw(n=30, p=12, q=5)
    Q = ortho_group.rvs(90, random_state=0)[:, :5]
    few, many = fitted(X, Z), fitted(X, Z @ Q.T)
    np.testing.assert_allclose(many.coef_, Q @ few.coef_, atol=1e-9)
    np.testing.assert_allclose(many.predict(X), few.predict(X) @ Q.T, atol=1e-8)
    assert many.y_loadings_.shape == (90, 2)


def test_columns_far_from_zero_lose_no_digits():
    far = fitted(X + 1e7, Y)
    np.testing.assert_allclose(far.coef_, fitted(X, Y).coef_, atol=1e-6)


@pytest.mark.parametrize("name", RADIAL)
def test_scores_are_uncorrelated_and_loadings_orthonormal(name):
    reg = SparseReducedRankRegressor(3, penalty=name).fit(X, Y)
    scores, V = reg.transform(X), reg.y_loadings_
    covariance = np.cov(scores.T)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-10)
    assert (np.diff(np.diag(covariance)) <= 0).all()
    np.testing.assert_allclose(V.T @ V, np.eye(3), atol=1e-12)
    assert (V[abs(V).argmax(axis=0), range(3)] > 0).all()
    np.testing.assert_allclose(scores @ V.T + Y.mean(axis=0), reg.predict(X), atol=1e-10)
    np.testing.assert_allclose(reg.coef_, V @ reg.x_rotations_.T)
    assert np.array_equal(np.flatnonzero(reg.x_rotations_.any(axis=1)), reg.selected_features_)


def test_refit_is_reduced_rank_regression_on_the_support():
    reg = fitted(X, Y, refit=True)
    chosen = reg.get_support()
    other = SparseReducedRankRegressor(alpha=0).fit(X[:, chosen], Y)
    np.testing.assert_allclose(reg.coef_[:, chosen], other.coef_, atol=1e-12)
    assert not reg.coef_[:, ~chosen].any()
    assert np.array_equal(chosen, fitted(X, Y).support_)
    assert np.array_equal(reg.get_support(indices=True), np.flatnonzero(chosen))


def test_float32_goes_in_and_out():
    reg, precise = fitted(X.astype(np.float32), Y.astype(np.float32)), fitted(X, Y)
    found = [reg.coef_, reg.intercept_, reg.predict(X.astype(np.float32)), reg.x_rotations_]
    assert {part.dtype for part in [*found, reg.transform(X.astype(np.float32))]} == {
        np.dtype(np.float32)
    }
    np.testing.assert_allclose(reg.coef_, precise.coef_, atol=1e-5)


def test_frames_have_names():
    frame = pd.DataFrame(X, columns=[f"gene {i}" for i in range(X.shape[1])])
    reg = fitted(frame, Y).set_output(transform="pandas")
    assert list(reg.feature_names_in_) == list(frame.columns)
    assert list(reg.transform(frame).columns) == [
        "sparsereducedrankregressor0",
        "sparsereducedrankregressor1",
    ]


@pytest.mark.parametrize("constant", [0.0, 7.3, 1e8])
def test_constant_columns_are_left_out(constant):
    with_constant = np.insert(X, 3, constant, axis=1)
    for parameters in {}, {"alpha": 0}, {"penalty": "l0"}:
        reg = fitted(with_constant, Y, **parameters)
        assert not reg.support_[3]
        np.testing.assert_allclose(
            np.delete(reg.coef_, 3, axis=1), fitted(X, Y, **parameters).coef_, atol=1e-8
        )


def test_constant_targets_are_predicted_without_features():
    reg = SparseReducedRankRegressor().fit(X, np.full((len(X), 2), 3.0))
    assert reg.n_components_ == 0
    assert reg.transform(X).shape == (len(X), 0)
    np.testing.assert_allclose(reg.predict(X), 3.0)


@pytest.mark.parametrize("penalty", RADIAL)
def test_where_no_feature_varies_the_mean_is_predicted(penalty):
    reg = SparseReducedRankRegressor(penalty=penalty).fit(np.full((len(X), 3), 2.0), Y)
    assert not reg.support_.any()
    np.testing.assert_allclose(reg.predict(np.eye(3)), np.tile(Y.mean(axis=0), (3, 1)))
    one_row = SparseReducedRankRegressor(penalty=penalty).fit(X, Y, np.eye(len(X))[0])
    np.testing.assert_allclose(one_row.predict(X), np.tile(Y[0], (len(X), 1)))


def test_columns_of_hardly_any_size_are_constant():
    """As probabilities that underflow."""
    tiny = np.hstack([X, 1e-150 * X[:, :2], 1e-250 * X[:, :2]])
    np.testing.assert_allclose(fitted(tiny, Y).coef_[:, :20], fitted(X, Y).coef_, atol=1e-12)
    assert not fitted(tiny, Y).support_[20:].any()


def test_small_iterations_are_warned_of():
    with pytest.warns(SgnnConvergenceWarning, match="max_iter=1 iterations"):
        reg = SparseReducedRankRegressor(alpha=0.01, max_iter=1, tol=0).fit(X, Y)
    assert reg.n_iter_ == 1


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        ({"penalty": "group_laso"}, ValueError, "Did you mean 'group_lasso'"),
        ({"penalty": "l1"}, ValueError, "penalty='l1' is not a function .* group_lasso"),
        ({"penalty": "exclusive_lasso"}, ValueError, "not a function of the norm"),
        ({"penalty": GroupLasso(layers="input")}, ValueError, "layers must be 'all'"),
        ({"penalty": MCP(fraction=0.5)}, ValueError, "fraction must be 1.0"),
        ({"penalty": MCP(warm_up=3)}, ValueError, "warm_up must be 0"),
        ({"penalty": MCP(adaptive=1.0)}, ValueError, "adaptive must be 0.0"),
        ({"penalty": LogSum(groups="incoming")}, ValueError, "groups must be 'outgoing'"),
        ({"penalty": LogSum(eps=-1)}, ValueError, "eps must be"),
        ({"penalty": ElasticNet(l1_ratio=0)}, ValueError, "makes no zeros"),
        ({"penalty": ["mcp"]}, ValueError, "penalty"),
        ({"n_components": 0}, ValueError, "n_components"),
        ({"n_components": 1.5}, ValueError, "n_components"),
        ({"alpha": -1}, ValueError, "alpha"),
        ({"alpha": np.nan}, ValueError, "alpha"),
        ({"l2": -1}, ValueError, "l2"),
        ({"tol": -1}, ValueError, "tol"),
        ({"max_iter": 0}, ValueError, "max_iter"),
        ({"refit": "yes"}, ValueError, "refit"),
    ],
)
def test_bad_parameters_are_refused_before_anything_changes(parameters, error, words):
    reg = SparseReducedRankRegressor().fit(X, Y).set_params(**parameters)
    before = joblib.hash(vars(reg))
    with pytest.raises(error, match=words) as caught:
        reg.fit(X[:, :5], Y)
    assert len(str(caught.value)) < 500
    assert joblib.hash(vars(reg)) == before


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((np.where(X > 4, np.nan, X), Y), "NaN"),
        ((X, Y[:-1]), "inconsistent"),
        ((X, Y * 1e200), "y is too large"),
        (
            (X * 1e150, Y),
            "X is too large: the variance of column 0 is .*below 1e.200",
        ),
        ((sparse.csr_array(X * 1e200), Y), "X is too large: the variance of column 0"),
        ((X, Y, -np.ones(len(X))), "sample_weight"),
        ((X, Y, np.zeros(len(X))), "zero"),
    ],
)
def test_bad_data_are_refused_before_anything_changes(data, words):
    reg = SparseReducedRankRegressor().fit(X[:, :5], Y)
    before = joblib.hash(vars(reg))
    with pytest.raises(ValueError, match=words):
        reg.fit(*data)
    assert joblib.hash(vars(reg)) == before


def test_targets_in_a_sparse_matrix_are_refused():
    with pytest.raises(TypeError, match=r"y must be dense, such as y.toarray\(\); got csr_array"):
        SparseReducedRankRegressor().fit(X, sparse.csr_array(Y))


def test_a_column_is_told_to_be_a_vector():
    with pytest.warns(UserWarning, match=r"y\.ravel"):
        reg = fitted(X, Y[:, :1])
    assert np.array_equal(reg.coef_, fitted(X, Y[:, 0]).coef_)
