"""What the defaults were chosen from: error on held-out rows, weights removed, seconds."""

from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import data, suite
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
_OLD = {"penalty": "group_lasso", "max_iter": 160, "learning_rate_init": 0.01, "refit": False}
VARIANTS = {
    "MLP": None,
    "no penalty": {"penalty": None},
    "group lasso": {},
    "alpha / 3": {"strength": 1 / 3},
    "refit": {"refit": True},
    "alpha / 3, refit": {"strength": 1 / 3, "refit": True},
    "log-sum": {"penalty": "log_sum"},
    "log-sum, alpha / 3": {"penalty": "log_sum", "strength": 1 / 3},
    "log-sum, refit": {"penalty": "log_sum", "refit": True},
    "batch 64": {"batch_size": 64},
    "batch 32": {"batch_size": 32},
    "batch 32, 80 epochs": {"batch_size": 32, "max_iter": 80},
    "ridge 1e-3": {"l2": 1e-3},
    "ridge 1e-2": {"l2": 1e-2},
    "gelu": {"activation": "gelu"},
    "200 units": {"hidden_layer_sizes": (200,)},
    "100-100 units": {"hidden_layer_sizes": (100, 100)},
    "rate 3e-3": {"learning_rate_init": 3e-3},
    "rate 3e-2": {"learning_rate_init": 3e-2},
    "early stopping": {"early_stopping": True},
    "l1": {"penalty": "l1"},
    "sparse group lasso": {"penalty": "sparse_group_lasso"},
    "transformed l1": {"penalty": "transformed_l1"},
    "MCP": {"penalty": "mcp"},
}


def cases(toy=False):
    names, seeds = (["iris", "diabetes"], 2) if toy else (DATA, 5)
    variants = ["MLP", "group lasso", "refit"] if toy else VARIANTS
    return suite.grid(variant=list(variants), data=names, seed=range(seeds))


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
        "features": int(estimator.n_neurons_[0]) if hasattr(estimator, "n_neurons_") else None,
        "epochs": estimator.n_iter_,
        "fit_seconds": seconds,
    }


def candidate(variant, X, y, seed):
    """Return the estimator of a variant, that of scikit-learn for "MLP"."""
    is_regression = y.dtype.kind == "f"
    if variant == "MLP":
        return (MLPRegressor if is_regression else MLPClassifier)(random_state=seed)
    parameters = {**_OLD, **VARIANTS[variant]}
    strength = parameters.pop("strength", 1)
    kind = SparseMLPRegressor if is_regression else SparseMLPClassifier
    estimator = kind(random_state=seed, **parameters)
    if strength != 1:
        auto = clone(estimator).set_params(max_iter=1).fit(X, y).alpha_
        estimator.set_params(alpha=strength * auto)
    return estimator
