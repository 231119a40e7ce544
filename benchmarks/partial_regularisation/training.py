"""Data as the networks see them, the estimators, and their scores."""

import numpy as np
from sklearn.preprocessing import StandardScaler

from benchmarks import data, networks
from benchmarks.partial_regularisation.tasks import IMAGES
from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.networks.network import Network


def draw(name, seed):
    """Return X, X_test, y and y_test, scaled, in random order."""
    rng = np.random.default_rng(seed)
    if name == "parabola":
        X = rng.permutation(np.linspace(-1, 1, 40, dtype=np.float32))[:, None]
        X_test = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
        return X, X_test, -(X[:, 0] ** 2), -(X_test[:, 0] ** 2)
    X, X_test, y, y_test = data.split(data.load(name), seed)
    if name in IMAGES:
        return X / X.max(), X_test / X.max(), y, y_test
    scaler = StandardScaler().fit(X)
    if y.dtype.kind == "f":
        low, high = y.min(), y.max()
        y, y_test = (y - low) / (high - low), (y_test - low) / (high - low)
    return scaler.transform(X), scaler.transform(X_test), y, y_test


def estimator(case, task, y, learning_rate=3e-3, **parameters):
    cls = SparseMLPRegressor if y.dtype.kind == "f" else SparseMLPClassifier
    return cls(
        task.hidden,
        batch_size=task.batch_size,
        max_iter=case["epochs"],
        learning_rate_init=learning_rate,
        random_state=case["seed"],
        **parameters,
    )


def metric(coefs, intercepts, X, y):
    """Return the accuracy, or the mean squared error."""
    if y.dtype.kind == "i":
        return networks.accuracy(coefs, intercepts, X, y)
    outputs = Network.whole(coefs, intercepts, "relu").forward(X)[:, 0]
    return float(np.mean((outputs - y) ** 2))
