"""Many more columns than rows: nested cross-validation on PROSTATE_GE and TOX-171."""

from functools import partial

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pages, suite
from benchmarks.peers import timed
from sgnn import SparseMLPClassifierCV
from sgnn.estimators.defaults import default_estimator, with_ridge

TITLE = "Many more columns than rows"
DATA = ["prostate_ge", "tox_171"]
N_FOLDS = 5


def network(X, y):
    """Return the default network of searches, with a seed."""
    return with_ridge(default_estimator("classifier", X), X, y).set_params(random_state=0)


def sgnn(X, y, steps=60, rule="best", **parameters):
    estimator = network(X, y).set_params(**parameters)
    return SparseMLPClassifierCV(estimator, alphas=steps, cv=3, rule=rule)


def dense(X, y):
    return network(X, y).set_params(penalty=None)


def lasso(X, y):
    one = LogisticRegression(l1_ratio=1, solver="liblinear", random_state=0)
    strengths = {"estimator__C": np.geomspace(1e-2, 1e3, 8)}
    return GridSearchCV(OneVsRestClassifier(one), strengths, cv=3)


METHODS = {
    "sgnn": sgnn,
    "sgnn, one standard error": partial(sgnn, rule="1se"),
    "sgnn, l2=0.01": partial(sgnn, l2=1e-2),
    "dense network": dense,
    "lasso": lasso,
    "random forest": lambda X, y: RandomForestClassifier(500, random_state=0),
}
TOY_METHODS = {"sgnn, three steps": partial(sgnn, steps=3), "lasso": lasso}


def n_features(model):
    if isinstance(model, GridSearchCV):
        used = [binary.coef_[0] != 0 for binary in model.best_estimator_.estimators_]
        return int(np.any(used, axis=0).sum())
    return int(np.count_nonzero(model.feature_importances_))


def cases(toy=False):
    names, methods, folds = (["wine"], TOY_METHODS, 1) if toy else (DATA, METHODS, N_FOLDS)
    return suite.grid(data=names, method=methods, fold=range(folds))


def measure(case):
    X, y, *_ = data.load(case["data"])
    outer = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    train, test = list(outer.split(X, y))[case["fold"]]
    scaler = StandardScaler().fit(X[train])
    X_train, X_test = scaler.transform(X[train]), scaler.transform(X[test])
    make = {**METHODS, **TOY_METHODS}[case["method"]]
    model, seconds = timed(lambda: make(X_train, y[train]).fit(X_train, y[train]))
    return {
        "score": model.score(X_test, y[test]),
        "features": n_features(model),
        "cpu_seconds": seconds,
    }


def rows(records):
    for name, method, runs in records.by("data", "method"):
        features, seconds = runs.median("features"), runs.median("cpu_seconds")
        score = f"{runs.mean('score'):.3f}"
        if len(runs) > 1:
            score += f" ± {runs.values('score').std(ddof=1) / np.sqrt(len(runs)):.3f}"
        yield [name, method, len(runs), score, f"{features:.0f}", f"{seconds:.1f}"]


def report(records):
    header = ["data", "method", "folds", "accuracy", "features", "CPU seconds"]
    about = "Means over the outer folds with standard errors, and medians of features and seconds."
    return [about, pages.table(header, rows(records))]


def headline(records):
    def phrase(method):
        return ", ".join(
            f"{name} {runs.mean('score'):.3f} with {runs.median('features'):.0f} features"
            for name, runs in records.where(method=method).by("data")
        )

    return [phrase("sgnn"), f"lasso: {phrase('lasso')}"]
