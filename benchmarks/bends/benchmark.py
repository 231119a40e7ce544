"""Piecewise-linear columns of each variable, which stand or fall together."""

import warnings

import numpy as np
from scipy.stats import gmean
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from benchmarks import data, pages, suite
from benchmarks.default_choices.benchmark import DATA, ratio_of_errors
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "Numerical features with bends"
DEFAULT, BY_CV = "the default", "one of these, by cross-validation"
KNOTS = {"4 knots": 4, "8 knots": 8, "16 knots": 16}
_LARGE = {"california_housing", "digits", "isolet", "pendigits"}


def cases(toy=False):
    names, seeds = (["iris", "diabetes"], 1) if toy else ([d for d in DATA if d not in _LARGE], 5)
    return suite.grid(data=names, seed=range(seeds))


def measure(case):
    X, y, *_ = data.load(case["data"])
    X_train, X_test, y_train, y_test = data.split(
        data.Data(X.astype(float), y), case["seed"], test_size=0.25
    )
    n_features, found = X.shape[1], {}
    with warnings.catch_warnings(action="ignore"):
        for name, parameters in choices(n_features).items():
            model = network(y, case["seed"]).set_params(**parameters).fit(X_train, y_train)
            found[name] = told(model, X_test, y_test, n_features)
        grid = [
            {key: [value] for key, value in one.items()} for one in choices(n_features).values()
        ]
        search = GridSearchCV(network(y, case["seed"]), grid, cv=5).fit(X_train, y_train)
        found[BY_CV] = told(search.best_estimator_, X_test, y_test, n_features)
    return {"fits": found}


def network(y, seed):
    kind = SparseMLPRegressor if y.dtype.kind == "f" else SparseMLPClassifier
    steps = StandardScaler(), "passthrough", StandardScaler(), kind(random_state=seed)
    return Pipeline([*zip(["scale", "bend", "scale again", "network"], steps, strict=True)])


def choices(n_features):
    """Return the parameters of each choice, by name."""
    found = {DEFAULT: {"bend": "passthrough", "network__feature_groups": None}}
    for name, n_knots in KNOTS.items():
        bend = SplineTransformer(
            n_knots, degree=1, knots="quantile", extrapolation="linear", include_bias=False
        )
        groups = np.arange(n_features * (n_knots - 1)).reshape(n_features, -1)
        found[name] = {"bend": bend, "network__feature_groups": groups.tolist()}
    return found


def told(model, X, y, n_features):
    support = model["network"].support_.reshape(n_features, -1).any(axis=1)
    return {"error": 1 - model.score(X, y), "left": support.mean()}


def overview(records):
    sets = [runs for _, runs in records.by("data")]
    for name in records[0]["fits"]:
        ratios = [
            ratio_of_errors(*(runs.mean("fits", one, "error") for one in (name, DEFAULT)))
            for runs in sets
        ]
        worst, best = max(ratios), min(ratios)
        yield [name, f"{gmean(ratios):.3f}", f"{best:.2f}", f"{worst:.2f}"]


def rows(records):
    for name, runs in records.by("data"):
        errors = (f"{runs.mean('fits', one, 'error'):.4f}" for one in runs[0]["fits"])
        yield [name, len(runs), *errors, f"{runs.mean('fits', BY_CV, 'left'):.0%}"]


def report(records):
    return [
        pages.table(
            ["columns", "error, in times of the default's", "best", "worst"], overview(records)
        ),
        pages.table(["data", "seeds", *records[0]["fits"], "variables left"], rows(records)),
    ]
