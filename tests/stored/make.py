"""Stores small fitted models, and what they predict, as this version of sgnn writes them.

``python -m tests.stored.make`` is run once for each version, and its files are kept.
"""

import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import skops.io

from sgnn import (
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
from sgnn.losses import Huber
from sgnn.penalties import MCP, GroupLasso

FOLDER = Path(__file__).parent
ROWS = 5


def data():
    """Return inputs, classes and a target."""
    rng = np.random.RandomState(0)
    X = rng.randn(40, 4)
    return X, np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])], X[:, 0] * X[:, 1]


def models():
    """Return fitted models by name."""
    X, labels, y = data()
    clf = SparseMLPClassifier((4,), max_iter=5, random_state=0)
    reg = SparseMLPRegressor((4,), max_iter=5, random_state=0)
    walk = {"alphas": [0.01, 0.02, 0.3], "max_iter": 2}
    penalty = [GroupLasso(adaptive=1.0), MCP(groups="weights")]
    return {
        "classifier": clf.fit(X, labels),
        "multilabel": SparseMLPClassifier((4,), max_iter=5).fit(X, (X[:, :2] > 0).astype(int)),
        "going on": SparseMLPClassifier((4,), random_state=0).partial_fit(X, labels),
        "warm start": SparseMLPRegressor((4,), max_iter=5, warm_start=True).fit(X, y),
        "loss and penalty": SparseMLPRegressor((), loss=Huber(2.0), penalty=penalty).fit(X, y),
        "survival": SparseMLPRegressor((4,), loss="cox", max_iter=5).fit(
            X, np.column_stack([y > 0, np.exp(y)])
        ),
        "single precision": SparseMLPRegressor((4,), max_iter=5).fit(X.astype("float32"), y),
        "reduced rank": SparseReducedRankRegressor(1, alpha=0.01).fit(X, np.column_stack([y, y])),
        "cross-validation": SparseMLPClassifierCV(clf, cv=2, **walk).fit(X, labels),
        "path": sparse_mlp_path(reg, X, y, **walk),
        "selector": SparseMLPSelector(reg, n_features_to_select=2, **walk).fit(X, y),
        "stability": StabilitySelector(
            reg, threshold=0.51, n_pairs=2, n_features_to_select=1, random_state=1, **walk
        ).fit(X, y),
    }


def said(model):
    """Return what a model says of a few rows, as lists."""
    X = data()[0][:ROWS]
    if hasattr(model, "at"):
        model = model.at(alpha=0.01)
    return getattr(model, "predict", model.transform)(X).tolist()


if __name__ == "__main__":
    with warnings.catch_warnings(action="ignore", category=SgnnWarning):
        stored = models()
    (FOLDER / f"{__version__}.pkl").write_bytes(pickle.dumps(stored, protocol=4))
    (FOLDER / f"{__version__}.skops").write_bytes(skops.io.dumps(stored, compression=8))
    text = json.dumps({name: said(model) for name, model in stored.items()}, indent=1)
    (FOLDER / f"{__version__}.json").write_text(text + "\n")
