"""Fits that are killed, at any epoch, and go on: same bits, same curves, same everything."""

from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor, kernels
from sgnn.penalties import GroupGraph, GroupLasso
from tests.covering import covering_design
from tests.interrupted import always_writing, counting, killed_and_repeated, leaves

REGRESSION = scale(load_diabetes().data)[:150], 7.0 * scale(load_diabetes().target)[:150]
CLASSES = scale(load_iris().data), load_iris().target
N_EPOCHS = 12
CHAIN = [(0, 1), (1, 2), (2, 3)]
PENALTIES = {
    "none": None,
    "group_lasso": "group_lasso",
    "l1": "l1",
    "log_sum": "log_sum",
    "hoyer_square": "hoyer_square",
    "both": GroupLasso(groups="both"),
    "adaptive": GroupLasso(adaptive=1),
    "partial, rising": GroupLasso(fraction=0.5, warm_up=5),
    "graph": GroupGraph(CHAIN),
    "overlap": [GroupGraph(CHAIN, difference="weights"), GroupLasso(groups="incoming")],
}
FACTORS = {
    "kind": [SparseMLPRegressor, SparseMLPClassifier],
    "solver": ["adam", "sgd", "lbfgs"],
    "penalty": list(PENALTIES),
    "alpha": ["auto", 0.05, 0.3],
    "learning_rate": ["cosine", "constant", "adaptive"],
    "hidden_layer_sizes": [(), (8,), (6, 5)],
    "early_stopping": [False, True],
    "refit": [False, True],
    "input_dropout": [0.0, 0.2],
    "batch_size": [50, "auto"],
    "dtype": ["float32", "float64"],
    "sparse": [False, True],
    "weights": [False, True],
    "kernels": [True, False],
    "kills": [(2,), (5,), (11,), (13,), (2, 2, 2, 2), (4, 6, 9)],
}
OVERLAPS = {"both", "overlap"}


def is_allowed(row):
    if row.get("solver") != "lbfgs":
        return True
    is_fixed = not row.get("input_dropout") and row.get("penalty") != "partial, rising"
    return is_fixed and row.get("penalty") not in OVERLAPS


ROWS = covering_design(FACTORS, is_allowed)


def case(row):
    """Return an estimator, its data, and the context of its fits."""
    row = {name: value for name, value in row.items() if name != "kills"}
    X, y = CLASSES if row["kind"] is SparseMLPClassifier else REGRESSION
    X = X[:, :4]
    weights = np.linspace(0, 2, len(X)) if row.pop("weights") else None
    X = sparse.csr_matrix(np.where(X > 0, X, 0)) if row.pop("sparse") else X
    context = nullcontext() if row.pop("kernels") else kernels.switched_off()
    penalty = PENALTIES[row.pop("penalty")]
    rest = {"max_iter": N_EPOCHS, "n_iter_no_change": 2, "tol": 1e-2, "random_state": 0}
    return row.pop("kind")(**row, penalty=penalty, **rest), (X, y, weights), context


@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
@pytest.mark.parametrize("row", ROWS, ids=map(str, range(len(ROWS))))
def test_a_fit_that_was_killed_ends_as_one_that_was_not(row, monkeypatch, tmp_path):
    model, data, context = case(row)
    with context:
        with counting(monkeypatch) as epochs:
            whole = clone(model).fit(*data)
        model.set_params(checkpoint=always_writing(monkeypatch, tmp_path))
        call = partial(clone(model).fit, *data)
        fitted, tries = killed_and_repeated(monkeypatch, call, row["kills"])
    assert leaves(vars(fitted)) == leaves(vars(whole))
    assert sum(tries) <= len(epochs) + len(tries) - 1, "it began anew"
    assert len(tries) > 1 or len(epochs) < row["kills"][0]
    assert not list(tmp_path.iterdir())
