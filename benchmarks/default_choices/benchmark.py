"""What the defaults were chosen from: error on held-out rows, weights removed, seconds."""

import numpy as np
from scipy.stats import gmean
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pages, suite
from benchmarks.peers import timed
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "What the defaults were chosen from"
DATA = [
    "digits",
    "breast_cancer",
    "wine",
    "iris",
    "diabetes",
    "boston",
    "concrete",
    "energy",
    "california_housing",
    "pendigits",
    "sdd_subset2200",
    "isolet",
]
PEER, CHOSEN = "MLP", "the defaults"
#: What differs from the defaults; "strength" is a fixed one, times that for the best constant.
VARIANTS = {
    PEER: None,
    CHOSEN: {},
    "batches of 200": {"batch_size": 200},
    "fixed strength": {"strength": 1},
    "batches of 200, fixed strength": {"batch_size": 200, "strength": 1},
    "a third of a fixed strength": {"strength": 1 / 3},
    "no penalty": {"penalty": None},
    "l1": {"penalty": "l1"},
    "sparse group lasso": {"penalty": "sparse_group_lasso"},
    "log-sum": {"penalty": "log_sum"},
    "transformed l1": {"penalty": "transformed_l1"},
    "MCP": {"penalty": "mcp"},
    "refit": {"refit": True},
    "ridge 0.001": {"l2": 1e-3},
    "ridge 0.01": {"l2": 1e-2},
    "80 epochs": {"max_iter": 80},
    "320 epochs": {"max_iter": 320},
    "rate 0.003": {"learning_rate_init": 3e-3},
    "rate 0.03": {"learning_rate_init": 3e-2},
    "adaptive rate": {"learning_rate": "adaptive"},
    "early stopping": {"early_stopping": True},
    "GELU": {"activation": "gelu"},
    "200 units": {"hidden_layer_sizes": (200,)},
    "100-100 units": {"hidden_layer_sizes": (100, 100)},
}
_FLOOR = 0.002


def cases(toy=False):
    names, seeds = (["iris", "diabetes"], 2) if toy else (DATA, 5)
    variants = [PEER, CHOSEN, "fixed strength"] if toy else list(VARIANTS)
    return suite.grid(variant=variants, data=names, seed=range(seeds))


def measure(case):
    """Fit one estimator; the quarter of the rows that `defaults` tests on is never looked at."""
    X, y, *_ = data.load(case["data"])
    X, _, y, _ = data.split(data.Data(X.astype(float), y), case["seed"], test_size=0.25)
    X, X_val, y, y_val = data.split(data.Data(X, y), case["seed"], test_size=0.25)
    estimator = candidate(case["variant"], X, y, case["seed"])
    model = make_pipeline(StandardScaler(), estimator)
    _, seconds = timed(model.fit, X, y)
    return {
        "error": 1 - model.score(X_val, y_val),
        "removed": getattr(estimator, "sparsity_", 0.0),
        "epochs": estimator.n_iter_,
        "fit_seconds": seconds,
    }


def candidate(variant, X, y, seed):
    """Return the estimator of a variant."""
    is_regression = y.dtype.kind == "f"
    if variant == PEER:
        return (MLPRegressor if is_regression else MLPClassifier)(random_state=seed)
    parameters = dict(VARIANTS[variant])
    strength = parameters.pop("strength", None)
    kind = SparseMLPRegressor if is_regression else SparseMLPClassifier
    estimator = kind(random_state=seed, **parameters)
    if strength is not None:
        of_constant = clone(estimator).set_params(max_iter=1).fit(X, y).alpha_
        estimator.set_params(alpha=strength * of_constant)
    return estimator


def beside_peer(records, variant):
    """Return errors in times of the peer's, differences, shares removed and times, by data set."""
    found = []
    for name in records.distinct("data"):
        of_data = records.where(data=name)
        ours, peer = of_data.where(variant=variant), of_data.where(variant=PEER)
        error, of_peer = ours.mean("error"), peer.mean("error")
        seconds = np.median(ours.values("fit_seconds") / peer.values("fit_seconds"))
        ratio = ratio_of_errors(error, of_peer)
        found.append((ratio, error - of_peer, ours.mean("removed"), seconds))
    return np.array(found).T


def ratio_of_errors(ours, peer):
    """Return a mean error in times of the peer's, also where nobody errs."""
    return (ours + _FLOOR) / (peer + _FLOOR)


def rows(records):
    of_numbers = np.isin(records.distinct("data"), ["diabetes", *data.REGRESSION])
    for variant in records.distinct("variant"):
        ratios, differences, removed, times = beside_peer(records, variant)
        parts = ratios, ratios[of_numbers], ratios[~of_numbers]
        yield [
            variant,
            *(f"{gmean(part):.3f}" for part in parts),
            f"{differences.max():+.4f}",
            f"{removed.mean():.0%}",
            f"{gmean(times):.2f}",
        ]


def report(records):
    header = [
        "differs from the defaults by",
        "error, in times of MLP's",
        "regression",
        "classes",
        "worst difference",
        "weights removed",
        "time, in times of MLP's",
    ]
    errors = [
        [variant, *(f"{runs.mean('error'):.4f}" for _, runs in of_variant.by("data"))]
        for variant, of_variant in records.by("variant")
    ]
    return [
        pages.table(header, rows(records)),
        "Mean errors:",
        pages.table(["", *records.distinct("data")], errors),
    ]
