"""Tables as frames have the numbers of the tables in words."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

from sgnn import SparseMLPRegressor, sparse_mlp_path


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 10))
    return X[:120], X[:120, 0] * 2 + X[:120, 1], X[120:], X[120:, 0] * 2 + X[120:, 1]


@pytest.mark.parametrize("hidden", [(), (30,), (30, 7)])
def test_a_frame_of_an_estimator_counts_its_arrays(data, hidden):
    X, y, _, _ = data
    reg = SparseMLPRegressor(hidden, alpha=0.1, max_iter=40, random_state=0).fit(X, y)
    frame = reg.summary(as_frame=True)
    assert frame.shape == (len(hidden) + 2, 5)
    full, _ = reg.expand()
    assert frame["units"].tolist() == list(reg.n_neurons_)
    assert frame["all_units"].tolist() == [10, *hidden, 1]
    assert frame["weights"].tolist() == [0, *(np.count_nonzero(coef) for coef in full)]
    assert frame["all_weights"].tolist() == [0, *(coef.size for coef in full)]
    assert frame["multiply_adds"].tolist() == [0, *(coef.size for coef in reg.coefs_)]
    words = reg.summary().splitlines()[2:-1]
    assert [line.split("  ")[0] for line in words] == frame.index.tolist()


@pytest.mark.parametrize("validated", [True, False])
def test_a_frame_of_a_path_has_a_row_for_each_line(data, validated):
    X, y, X_val, y_val = data
    held_out = {"X_val": X_val, "y_val": y_val} if validated else {}
    reg = SparseMLPRegressor((5,), max_iter=5, random_state=0)
    path = sparse_mlp_path(reg, X, y, alphas=5, max_iter=3, **held_out)
    frame = path.summary(as_frame=True)
    pd.testing.assert_series_equal(frame["alpha"], pd.Series(path.alphas, name="alpha"))
    np.testing.assert_array_equal(frame["n_weights"], path.n_weights)
    np.testing.assert_array_equal(frame["n_neurons"].tolist(), path.n_neurons)
    assert ("validation_error" in frame) == validated
    lines = path.summary().splitlines()
    assert len(lines) == len(frame) + 2
    for line, row in zip(lines[2:], frame.itertuples(), strict=True):
        words = re.sub(",", "", line).split()
        assert float(words[0]) == pytest.approx(row.alpha, rel=5e-3)
        assert [int(words[1]), int(words[3])] == [row.n_features, row.n_weights]


def test_a_frame_without_pandas_is_refused(data, monkeypatch):
    X, y, _, _ = data
    reg = SparseMLPRegressor((), max_iter=1, random_state=0).fit(X, y)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"as_frame=True needs pandas: pip install"):
        reg.summary(as_frame=True)
    assert reg.summary().startswith("layer")
