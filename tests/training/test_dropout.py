"""Which inputs are dropped, and what training on the rest minimises."""

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone

from sgnn import SparseMLPRegressor, kernels, sparse_mlp_path
from sgnn.training.dropout import InputDropout


def drawn(share, seed=0, n_rows=400, n_columns=60, dtype=torch.float64):
    """Return the factors of an epoch."""
    dropout = InputDropout(share)
    dropout.draw(np.random.RandomState(seed))
    return dropout.factors(0, n_rows, torch.ones(n_rows, n_columns, dtype=dtype)).numpy()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_share_and_factor(share):
    factors = drawn(share)
    np.testing.assert_allclose(factors[factors != 0], 1 / (1 - share))
    deviation = np.sqrt(share * (1 - share) / factors.size)
    assert abs((factors == 0).mean() - share) < 5 * deviation


@pytest.mark.parametrize("other", ["row", "column", "epoch"])
def test_draws_are_independent(other):
    """Correlations of neighbours are those of independent draws."""
    one = drawn(0.3) != 0
    pairs = {
        "row": (one[:-1], one[1:]),
        "column": (one[:, :-1], one[:, 1:]),
        "epoch": (one, drawn(0.3, seed=1) != 0),
    }
    a, b = pairs[other]
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 5 / np.sqrt(a.size)


def test_no_row_or_column_stands_out():
    share, factors = 0.2, drawn(0.2, n_rows=1000, n_columns=1000) == 0
    for axis in (0, 1):
        deviations = (factors.mean(axis=axis) - share) / np.sqrt(share * (1 - share) / 1000)
        assert 0.9 < deviations.std() < 1.1
        assert np.abs(deviations).max() < 5


def test_batches_are_parts_of_the_epoch():
    dropout = InputDropout(0.4)
    dropout.draw(np.random.RandomState(3))
    whole, part = torch.ones(50, 7), torch.ones(20, 7)
    expected = dropout.factors(0, 50, whole)[30:50]
    assert torch.equal(dropout.factors(30, 50, part), expected)


def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5)) * [1, 2, 0.5, 1, 1] + [0, 0, 0, 1, 0]
    return X, X @ [1.0, -0.5, 2.0, 0.7, 0.0] + rng.normal(size=400)


def test_linear_regression_becomes_ridge():
    """The mean over draws of the squared error is a ridge on the size of each column.

    It is ``(y - Xw)^2 + q sum (x_j w_j)^2`` with ``q = p / (1 - p)`` (Srivastava et al. 2014,
    section 9.1).
    """
    (X, y), share = problem(), 0.3
    model = SparseMLPRegressor(
        (),
        penalty=None,
        input_dropout=share,
        max_iter=4000,
        learning_rate_init=0.01,
        batch_size=400,
        random_state=0,
    ).fit(X, y)
    X_1 = np.c_[X, np.ones(len(X))]
    ridge = np.diag([*(share / (1 - share) * (X**2).mean(axis=0)), 0])
    expected = np.linalg.solve(X_1.T @ X_1 / len(X) + ridge, X_1.T @ y / len(X))
    plain = np.linalg.lstsq(X_1, y, rcond=None)[0]
    found = np.r_[model.expand()[0][0][:, 0], model.expand()[1][0]]
    assert np.abs(found - expected).max() < 0.03 < 0.2 < np.abs(plain - expected).max()


@pytest.mark.filterwarnings("ignore:max_iter")
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", [{}, {"shuffle": False}, {"batch_size": 400}])
def test_containers_and_kernels_agree(container, dtype, order):
    """One epoch: the same draws for dense rows, CSR rows, and in torch."""
    X, y = problem()
    X = np.where(np.abs(X) < 0.5, 0, X)
    model = SparseMLPRegressor(
        (8,), input_dropout=0.3, max_iter=2, alpha=0.01, random_state=0, dtype=dtype, **order
    )
    found = clone(model).fit(container(X), y)
    with kernels.switched_off():
        expected = clone(model).fit(X, y)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for one, other in zip(found.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_predictions_and_held_out_scores_are_of_whole_rows():
    X, y = problem()
    model = SparseMLPRegressor((8,), input_dropout=0.5, random_state=0, max_iter=30)
    model.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    coefs, intercepts = model.expand()
    raw = np.maximum(X @ coefs[0] + intercepts[0], 0) @ coefs[1] + intercepts[1]
    np.testing.assert_allclose(model.predict(X), raw[:, 0])
    loss = ((raw[300:, 0] - y[300:]) ** 2).mean() / 2
    assert model.validation_loss_curve_[-1] == pytest.approx(loss)


def test_paths_drop_inputs_too():
    """Without shuffling, walks from the same network differ by what is dropped only."""
    X, y = problem()
    model = SparseMLPRegressor((), shuffle=False, input_dropout=0.5, random_state=0, max_iter=1)
    several = [
        sparse_mlp_path(model.set_params(random_state=seed), X, y, alphas=[1e-3]) for seed in (0, 1)
    ]
    first, second = (path[-1].network.coefs[0] for path in several)
    assert np.abs(first - second).max() > 1e-3
    still = sparse_mlp_path(model.set_params(input_dropout=0.0), X, y, alphas=[1e-3])
    assert np.abs(still[-1].network.coefs[0] - first).max() > 1e-3


@pytest.mark.parametrize("value", [1, 1.0, -0.1, np.nan, "x", None])
def test_bad_values_are_refused(value):
    with pytest.raises((ValueError, TypeError), match="input_dropout"):
        SparseMLPRegressor(input_dropout=value).fit(*problem())
