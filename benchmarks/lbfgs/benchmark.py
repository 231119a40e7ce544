"""L-BFGS beside Adam and SGD: linear models where the minimum is known, and networks."""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler, scale

from benchmarks import data, pages, suite
from benchmarks.peers import timed
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "Without mini-batches"
ALONE = True
ALPHAS = {"500 x 50": 0.1, "diabetes as it comes": 1.0, "diabetes, standardised": 1.0}
SOLVERS = {
    "lbfgs": {"solver": "lbfgs", "max_iter": 1000},
    "adam": {"solver": "adam"},
    "adam, 3000 epochs": {"solver": "adam", "max_iter": 3000},
    "sgd": {"solver": "sgd"},
    "sgd, 3000 epochs": {"solver": "sgd", "max_iter": 3000},
}
CANDIDATES = {
    "adam": {},
    "lbfgs": {"solver": "lbfgs"},
    "lbfgs, 1000 steps": {"solver": "lbfgs", "max_iter": 1000},
}
MOST_ROWS = 5_000
ONE = {"activation": ["relu"], "seed": [0]}
KINDS = {"penalty": ["group_lasso", "log_sum"], "activation": ["relu", "tanh"]}


def cases(toy=False):
    if toy:
        return [
            *suite.grid(task=["lasso"], model=["500 x 50"]),
            *suite.grid(task=["network"], data=["wine"], penalty=["group_lasso"], **ONE),
        ]
    small = ["wine", "breast_cancer", "digits"]
    return [
        *suite.grid(task=["lasso"], model=list(ALPHAS)),
        *suite.grid(task=["network"], data=small, **KINDS, seed=range(5)),
        *suite.grid(task=["network"], data=["mnist"], penalty=["group_lasso"], **ONE),
    ]


def measure(case):
    return {"fits": lassos(case["model"]) if case["task"] == "lasso" else networks(case)}


def lassos(name):
    """Return how far each solver ends from the lasso of scikit-learn."""
    X, y = of_model(name)
    exact, seconds = timed(Lasso(alpha=ALPHAS[name], tol=1e-14, max_iter=10**6).fit, X, y)
    fits = {"Lasso": {"error": 0.0, "support": True, "steps": exact.n_iter_, "cpu": seconds}}
    for solver, parameters in SOLVERS.items():
        shared = {"penalty": "l1", "alpha": ALPHAS[name], "random_state": 0}
        reg, seconds = timed(SparseMLPRegressor((), **shared, **parameters).fit, X, y)
        errors = np.abs(reg.expand()[0][0][:, 0] - exact.coef_)
        fits[solver] = {
            "error": errors.max() / np.abs(exact.coef_).max(),
            "support": bool((reg.support_ == (exact.coef_ != 0)).all()),
            "steps": reg.n_iter_,
            "cpu": seconds,
        }
    return fits


def of_model(name):
    if name == "500 x 50":
        rng = np.random.default_rng(0)
        X = rng.normal(size=(500, 50))
        return X, X[:, :10] @ rng.normal(size=10) + rng.normal(size=500)
    X, y = load_diabetes(return_X_y=True)
    return (scale(X) if "standardised" in name else X), y


def networks(case):
    """Return where each candidate ends on one split."""
    whole, seed = data.load(case["data"]), case["seed"]
    rows = np.random.default_rng(seed).permutation(len(whole.X))[:MOST_ROWS]
    X, X_test, y, y_test = data.split(data.Data(whole.X[rows], whole.y[rows]), seed)
    scaler = StandardScaler().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    fits = {}
    for name, parameters in CANDIDATES.items():
        shared = {"penalty": case["penalty"], "random_state": seed}
        clf = SparseMLPClassifier((30,), case["activation"], **shared, **parameters)
        _, seconds = timed(clf.fit, X, y)
        fits[name] = {
            "objective": clf.objective_curve_[-1],
            "weights": int(sum((coef != 0).sum() for coef in clf.coefs_)),
            "log_loss": log_loss(y_test, clf.predict_proba(X_test)),
            "accuracy": clf.score(X_test, y_test),
            "steps": clf.n_iter_,
            "cpu": seconds,
        }
    return fits


def rows_of_lassos(records):
    for record in records.where(task="lasso"):
        for name, fit in record["fits"].items():
            same = "yes" if fit["support"] else "no"
            end = [f"{fit['error']:.1e}", same, fit["steps"], f"{fit['cpu']:.3f}"]
            yield [record["model"], name, *end]


def rows_of_networks(records):
    for *names, runs in records.where(task="network").by("data", "penalty", "activation"):
        beside = runs.values("fits", "adam", "cpu")
        for candidate in CANDIDATES:
            medians = [
                f"{runs.median('fits', candidate, key):,.{digits}f}"
                for key, digits in {"objective": 4, "weights": 0, "log_loss": 3}.items()
            ]
            accuracy = f"{100 * runs.median('fits', candidate, 'accuracy'):.1f} %"
            ratio = np.median(runs.values("fits", candidate, "cpu") / beside)
            yield [*names, candidate, *medians, accuracy, f"{ratio:.2f}"]


def report(records):
    of_lassos = ["model", "solver", "largest error", "same support", "epochs or steps", "seconds"]
    of_networks = ["data", "penalty", "activation", "solver", "objective", "weights", "log loss"]
    of_networks += ["accuracy", "seconds / Adam's"]
    return [
        "## Linear models",
        pages.table(of_lassos, rows_of_lassos(records)),
        "## Networks",
        pages.table(of_networks, rows_of_networks(records)),
    ]
