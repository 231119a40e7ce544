"""Searching for a strength beside not searching: error on held-out rows, inputs left, seconds."""

import numpy as np
from scipy.stats import gmean
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pages, suite
from benchmarks.default_choices.benchmark import ratio_of_errors
from benchmarks.peers import timed
from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
)
from sgnn.estimators.defaults import default_estimator, with_ridge

TITLE = "What the defaults of the searches were chosen from"
N_TRAIN = 300
AS_IT_IS, HALVES = "as it is", "halves"
#: Data sets, and those whose target is cut into halves at the median, to be told apart.
DATA = {
    AS_IT_IS: [
        "breast_cancer",
        "wine",
        "digits",
        "sdd_subset2200",
        "diabetes",
        "boston",
        "concrete",
        "energy",
        "california_housing",
    ],
    HALVES: ["diabetes", "boston", "california_housing"],
}
PEER, CHOSEN = "no search", "the defaults"
#: What differs from the defaults: parameters of the default network, and of the search; "ridge" is
#: in times of the default `l2`.
VARIANTS = {
    PEER: None,
    CHOSEN: ({}, {}),
    "one standard error": ({}, {"rule": "1se"}),
    "ridge 0.001": ({"l2": 1e-3}, {}),
    "a third of the ridge": ({"ridge": 1 / 3}, {}),
    "three times the ridge": ({"ridge": 3.0}, {}),
    "refit": ({"refit": True}, {}),
    "rate 0.003": ({"learning_rate_init": 3e-3}, {}),
    "group lasso": ({"penalty": "group_lasso"}, {}),
    "30 strengths": ({}, {"alphas": 30}),
}


def cases(toy=False):
    seeds = range(1 if toy else 5)
    variants = [PEER, CHOSEN, "a third of the ridge"] if toy else list(VARIANTS)
    tasks = {HALVES: ["diabetes"]} if toy else DATA
    return [
        case
        for target, names in tasks.items()
        for case in suite.grid(variant=variants, data=names, target=[target], seed=seeds)
    ]


def measure(case):
    """Fit on few rows, and score on all others."""
    X, y, *_ = data.load(case["data"])
    if case["target"] == HALVES:
        y = (y > np.median(y)).astype(int)
    X_train, X_test, y_train, y_test = train_test_split(
        X.astype(float),
        y,
        train_size=min(N_TRAIN, len(y) * 7 // 10),
        random_state=case["seed"],
        stratify=None if y.dtype.kind == "f" else y,
    )
    scaler = StandardScaler()
    model = candidate(case["variant"], scaler.fit_transform(X_train), y_train, case["seed"])
    pipeline = make_pipeline(scaler, model)
    _, seconds = timed(pipeline.fit, X_train, y_train)
    return {
        "error": 1 - pipeline.score(X_test, y_test),
        "kept": float(np.mean(model.support_)),
        "fit_seconds": seconds,
    }


def candidate(variant, X, y, seed):
    """Return the estimator of a variant."""
    is_regression = y.dtype.kind == "f"
    if variant == PEER:
        return (SparseMLPRegressor if is_regression else SparseMLPClassifier)(random_state=seed)
    of_network, of_search = (dict(parameters) for parameters in VARIANTS[variant])
    network = with_ridge(default_estimator("regressor" if is_regression else "classifier", X), X, y)
    network.set_params(random_state=seed, l2=network.l2 * of_network.pop("ridge", 1.0))
    network.set_params(**of_network)
    search = SparseMLPRegressorCV if is_regression else SparseMLPClassifierCV
    return search(network, **of_search)


def tasks(records):
    """Yield data sets and targets, with their records."""
    for target, of_target in records.by("target"):
        for name, runs in of_target.by("data"):
            yield (name if target == AS_IT_IS else f"{name}, {HALVES}"), runs


def rows(records):
    for variant in records.distinct("variant"):
        pairs = [
            (runs.where(variant=variant), runs.where(variant=PEER)) for _, runs in tasks(records)
        ]
        errors = np.array([[runs.mean("error") for runs in pair] for pair in pairs])
        seconds = [np.median(ours.values("fit_seconds")) for ours, _ in pairs]
        yield [
            variant,
            f"{gmean([ratio_of_errors(*pair) for pair in errors]):.3f}",
            f"{(errors[:, 0] - errors[:, 1]).max():+.4f}",
            f"{np.mean([ours.mean('kept') for ours, _ in pairs]):.0%}",
            f"{np.mean(seconds):.1f}",
        ]


def report(records):
    header = [
        "differs from the defaults by",
        f"error, in times of that with {PEER}",
        "worst difference",
        "inputs kept",
        "CPU seconds",
    ]
    names = [name for name, _ in tasks(records)]
    errors = [
        [variant, *(f"{runs.mean('error'):.4f}" for _, runs in tasks(of_variant))]
        for variant, of_variant in records.by("variant")
    ]
    return [
        pages.table(header, rows(records)),
        "Mean errors:",
        pages.table(["", *names], errors),
    ]
