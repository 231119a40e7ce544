"""Default estimators beside scikit-learn's: score, weights removed, seconds."""

import numpy as np
from scipy.stats import gmean
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pages, suite
from benchmarks.default_choices.benchmark import DATA, ratio_of_errors
from benchmarks.peers import wall_seconds
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "Default estimators"
ALONE = True


def candidates(y, seed):
    """Return the estimators by name, the peer first."""
    peer, ours, forest, boosting = (
        (MLPRegressor, SparseMLPRegressor, RandomForestRegressor, HistGradientBoostingRegressor)
        if y.dtype.kind == "f"
        else (
            MLPClassifier,
            SparseMLPClassifier,
            RandomForestClassifier,
            HistGradientBoostingClassifier,
        )
    )
    return {
        "MLP": peer(random_state=seed),
        "SparseMLP": ours(random_state=seed),
        "SparseMLP, no penalty": ours(penalty=None, random_state=seed),
        "random forest": forest(random_state=seed),
        "histogram boosting": boosting(random_state=seed),
    }


def cases(toy=False):
    names, seeds = (["iris", "diabetes"], 2) if toy else (DATA, 5)
    return suite.grid(data=names, seed=range(seeds))


def measure(case):
    """Fit every candidate on one split, in turn; the first fit of all loads what they need."""
    SparseMLPClassifier(max_iter=1).fit(*load_iris(return_X_y=True))
    X, y, *_ = data.load(case["data"])
    X_train, X_test, y_train, y_test = data.split(
        data.Data(X.astype(float), y), case["seed"], test_size=0.25
    )
    fits = {}
    for name, estimator in candidates(y, case["seed"]).items():
        model = make_pipeline(StandardScaler(), estimator)
        seconds = wall_seconds(model.fit, X_train, y_train)
        fits[name] = {
            "score": model.score(X_test, y_test),
            "removed": getattr(estimator, "sparsity_", 0.0),
            "units": list(getattr(estimator, "n_neurons_", ())),
            "fit_seconds": seconds,
        }
    return {"rows": X.shape[0], "columns": X.shape[1], "fits": fits}


def time_ratio(records, estimator):
    """Return the median over splits of the time of a fit, in times of the peer's."""
    ours, peer = (records.values("fits", name, "fit_seconds") for name in (estimator, "MLP"))
    return np.median(ours / peer)


def error_ratio(records, estimator):
    """Return the geometric mean over data sets of mean errors, in times of the peer's."""
    return gmean(
        [
            ratio_of_errors(*(1 - runs.mean("fits", name, "score") for name in (estimator, "MLP")))
            for _, runs in records.by("data")
        ]
    )


def overview(records):
    for estimator in records[0]["fits"]:
        sets = [runs for _, runs in records.by("data")]
        yield [
            estimator,
            f"{error_ratio(records, estimator):.3f}",
            f"{np.mean([runs.mean('fits', estimator, 'removed') for runs in sets]):.0%}",
            f"{gmean([time_ratio(runs, estimator) for runs in sets]):.2f}",
        ]


def rows(records):
    for name, runs in records.by("data"):
        shape = f"{name} ({runs[0]['rows']} x {runs[0]['columns']})"
        for estimator in runs[0]["fits"]:
            yield [
                shape,
                estimator,
                len(runs),
                pages.spread(runs.values("fits", estimator, "score"), 4),
                f"{runs.mean('fits', estimator, 'removed'):.0%}",
                f"{runs.median('fits', estimator, 'fit_seconds'):.2f}",
                f"{time_ratio(runs, estimator):.2f}",
            ]


def report(records):
    header = ["data (rows x columns)", "estimator", "seeds", "score", "weights removed", "seconds"]
    of_all = ["estimator", "error, in times of MLP's", "weights removed", "time, in times of MLP's"]
    return [
        pages.table(of_all, overview(records)),
        pages.table([*header, "time"], rows(records)),
    ]


def headline(records):
    sets = [runs for _, runs in records.by("data")]
    removed = [runs.mean("fits", "SparseMLP", "removed") for runs in sets]
    times = [time_ratio(runs, "SparseMLP") for runs in sets]
    gains = [
        runs.mean("fits", "SparseMLP", "score") - runs.mean("fits", "MLP", "score") for runs in sets
    ]
    ours = (
        f"{error_ratio(records, 'SparseMLP'):.2f} of the error, {min(removed):.0%} to "
        f"{max(removed):.0%} of the weights removed, in {min(times):.2f} to "
        f"{max(times):.2f} of the time; on {len(sets)} data sets mean scores differ by "
        f"{min(gains):+.4f} at worst"
    )
    return [ours, "`MLPClassifier`, `MLPRegressor`"]
