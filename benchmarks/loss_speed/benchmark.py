"""What an epoch costs under each loss of a regressor, beside the squared error."""

import warnings

import numpy as np

from benchmarks import pages, suite
from benchmarks.peers import timed
from sgnn import SparseMLPRegressor, sparse_mlp_path

TITLE = "Cost of the losses"
ALONE = True
N_SAMPLES, N_FEATURES, N_EPOCHS, N_STRENGTHS = 10_000, 50, 10, 60
OTHERS = "huber", "quantile", "poisson", "gamma"


def data(n_samples):
    """Return inputs, positive targets, and the same as (event, time)."""
    rng = np.random.RandomState(0)
    X = rng.randn(n_samples, N_FEATURES).astype(np.float32)
    y = rng.exponential(np.exp(0.5 * X[:, 0] - 0.5 * X[:, 1] * X[:, 2]))
    return X, y + 1e-3, np.column_stack([rng.rand(n_samples) < 0.7, y + 1e-3])


def fit(loss, X, y, n_epochs, **parameters):
    reg = SparseMLPRegressor((50,), loss=loss, max_iter=n_epochs, random_state=0, **parameters)
    with warnings.catch_warnings(action="ignore"):
        reg.fit(X, y)


def cases(toy=False):
    return suite.grid(round=range(1 if toy else 3), n_samples=[200 if toy else N_SAMPLES])


def measure(case):
    X, y, survival = data(case["n_samples"])
    whole = {"batch_size": len(X)}
    seconds = {}
    for loss in ("squared_error", *OTHERS):
        seconds[loss] = timed(fit, loss, X, y, N_EPOCHS)[1]
    for loss, targets in (("squared_error", y), ("cox", survival)):
        name = f"{loss}, one batch"
        seconds[name] = timed(fit, loss, X, targets, 20 * N_EPOCHS, **whole)[1]
    reg = SparseMLPRegressor((50,), loss="cox", max_iter=160, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        path, path_seconds = timed(sparse_mlp_path, reg, X, survival, alphas=N_STRENGTHS)
    return {"fit_seconds": seconds, "path_seconds": path_seconds, "path_points": len(path)}


def rows(records):
    pairs = [(loss, "squared_error") for loss in OTHERS]
    pairs.append(("cox, one batch", "squared_error, one batch"))
    for loss, beside in pairs:
        ratios = records.values("fit_seconds", loss) / records.values("fit_seconds", beside)
        ends = np.quantile(ratios, [0.25, 0.75])
        yield [loss, f"{np.median(ratios):.2f}", f"{ends[0]:.2f} to {ends[1]:.2f}"]


def report(records):
    header = ["loss", "fit / fit with the squared error", "quartiles"]
    seconds, points = (records.median(f"path_{key}") for key in ("seconds", "points"))
    return [
        pages.table(header, rows(records)),
        f"A path under Cox's loss, of {points:.0f} networks, takes {seconds:.1f} s.",
    ]
