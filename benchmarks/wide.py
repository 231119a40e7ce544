"""Many more columns than rows: nested cross-validation on PROSTATE_GE and TOX-171.

Protocol: PROSTATE_GE (102 x 5,966, two classes) and TOX-171 (171 x 5,748, four classes), five
stratified outer folds; inputs standard-scaled on the training part. Inside of each training part
everything is chosen anew, by three inner folds. One thread; CPU seconds of the whole choice and fit
on one training part.

sgnn: ``SparseMLPClassifierCV`` with its default estimator, and with other ``l2``. Dense: that
estimator without penalty. Lasso: logistic regressions with l1, one against the rest, the best of
eight strengths. Forest: 500 trees; its features are those that any tree splits on.

Usage::

    python benchmarks/wide.py FOLDER [--methods ...]

FOLDER holds ``prostate_ge.npz`` and ``tox_171.npz``. What is measured replaces the same in
``benchmarks/results/wide.json``; the table goes to ``doc/wide.md``.
"""

import argparse

import numpy as np
from common import kept, load, one_thread, table, timed, write
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPClassifierCV
from sgnn.paths.defaults import default_estimator

DATA = ["prostate_ge", "tox_171"]


def sgnn(X, **parameters):
    estimator = default_estimator("classifier", X).set_params(random_state=0, **parameters)
    return SparseMLPClassifierCV(estimator, cv=3)


def dense(X):
    return default_estimator("classifier", X).set_params(random_state=0, penalty=None)


def lasso(X):
    one = LogisticRegression(l1_ratio=1, solver="liblinear", random_state=0)
    strengths = {"estimator__C": np.geomspace(1e-2, 1e3, 8)}
    return GridSearchCV(OneVsRestClassifier(one), strengths, cv=3)


METHODS = {
    "sgnn": sgnn,
    "sgnn, l2=0": lambda X: sgnn(X, l2=0.0),
    "sgnn, l2=0.01": lambda X: sgnn(X, l2=1e-2),
    "dense network": dense,
    "lasso": lasso,
    "random forest": lambda X: RandomForestClassifier(500, random_state=0),
}


def n_features(model):
    if isinstance(model, GridSearchCV):
        used = [binary.coef_[0] != 0 for binary in model.best_estimator_.estimators_]
        return int(np.any(used, axis=0).sum())
    return int(np.count_nonzero(model.feature_importances_))


def measure(folder, name, method):
    X, y = load(folder, name)
    outer = StratifiedKFold(5, shuffle=True, random_state=0)
    for fold, (train, test) in enumerate(outer.split(X, y)):
        scaler = StandardScaler().fit(X[train])
        X_train, X_test = scaler.transform(X[train]), scaler.transform(X[test])
        model, seconds = timed(METHODS[method](X_train).fit, X_train, y[train])
        yield {
            "data": name,
            "method": method,
            "fold": fold,
            "score": model.score(X_test, y[test]),
            "features": n_features(model),
            "seconds": seconds,
        }


def rows(records):
    for name in DATA:
        for method in METHODS:
            runs = [run for run in records if (run["data"], run["method"]) == (name, method)]
            if runs:
                scores = [run["score"] for run in runs]
                features, seconds = (
                    np.median([run[key] for run in runs]) for key in ("features", "seconds")
                )
                error = np.std(scores, ddof=1) / np.sqrt(len(scores))
                score = f"{np.mean(scores):.3f} ± {error:.3f}"
                yield [name, method, score, f"{features:.0f}", f"{seconds:.1f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    arguments = parser.parse_args()
    records = kept("wide", lambda run: run["method"] not in arguments.methods)
    with one_thread():
        for method in arguments.methods:
            for name in DATA:
                records += measure(arguments.folder, name, method)
    header = ["data", "method", "accuracy", "features", "CPU seconds"]
    about = "Means over the outer folds with standard errors, and medians of features and seconds."
    write("wide", "Many more columns than rows", records, about, table(header, rows(records)))


if __name__ == "__main__":
    main()
