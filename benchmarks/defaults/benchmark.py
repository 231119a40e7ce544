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
from benchmarks.records import Records
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "Default estimators"
ALONE = True
HERE, REAL_MLP = "scikit-learn", "RealMLP"
#: What RealMLP takes minutes for.
_TOO_LARGE = ("california_housing", "isolet", "pendigits")


def candidates(of, y, seed):
    """Return the estimators by name."""
    if of == REAL_MLP:
        return {REAL_MLP: real_mlp(y, seed)}
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


def real_mlp(y, seed):
    """Return the RealMLP of pytabkit with its defaults; one network, on one thread."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    kind = RealMLP_TD_Regressor if y.dtype.kind == "f" else RealMLP_TD_Classifier
    return kind(device="cpu", n_threads=1, random_state=seed)


def cases(toy=False):
    if toy:
        return suite.grid(of=[HERE], data=["iris", "diabetes"], seed=range(2))
    small = [name for name in DATA if name not in _TOO_LARGE]
    return [
        *suite.grid(of=[HERE], data=DATA, seed=range(5)),
        *suite.grid(of=[REAL_MLP], data=small, seed=range(5)),
    ]


def measure(case):
    """Fit every candidate on one split, in turn; the first fit of all loads what they need."""
    SparseMLPClassifier(max_iter=1).fit(*load_iris(return_X_y=True))
    X, y, *_ = data.load(case["data"])
    X_train, X_test, y_train, y_test = data.split(
        data.Data(X.astype(float), y), case["seed"], test_size=0.25
    )
    fits = {}
    for name, estimator in candidates(case["of"], y, case["seed"]).items():
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


def error_ratio(sets, estimator):
    """Return the geometric mean over data sets of mean errors, in times of the peer's."""
    return gmean(
        [
            ratio_of_errors(*(1 - runs.mean("fits", name, "score") for name in (estimator, "MLP")))
            for runs in sets
        ]
    )


def overview(sets):
    for estimator in sets[0][0]["fits"]:
        yield [
            estimator,
            f"{error_ratio(sets, estimator):.3f}",
            f"{np.mean([runs.mean('fits', estimator, 'removed') for runs in sets]):.0%}",
            f"{gmean([time_ratio(runs, estimator) for runs in sets]):.2f}",
        ]


def rows(sets):
    for runs in sets:
        name = f"{runs[0]['data']} ({runs[0]['rows']} x {runs[0]['columns']})"
        for estimator in runs[0]["fits"]:
            is_here = estimator != REAL_MLP
            yield [
                name,
                estimator,
                len(runs),
                pages.spread(runs.values("fits", estimator, "score"), 4),
                f"{runs.mean('fits', estimator, 'removed'):.0%}",
                f"{runs.median('fits', estimator, 'fit_seconds'):.2f}" if is_here else "-",
                f"{time_ratio(runs, estimator):.2f}" if is_here else "-",
            ]


def with_real_mlp(sets, records):
    """Return the data sets on which RealMLP was fitted, with its fits among the others."""
    found = []
    for runs in sets:
        others = [records.where(data=run["data"], seed=run["seed"], of=REAL_MLP) for run in runs]
        if all(others):
            pairs = zip(runs, others, strict=True)
            found.append(
                Records(
                    {**run, "fits": {**run["fits"], **other["fits"]}} for run, (other,) in pairs
                )
            )
    return found


def report(records):
    header = ["data (rows x columns)", "estimator", "seeds", "score", "weights removed", "seconds"]
    of_all = ["estimator", "error, in times of MLP's", "weights removed", "time, in times of MLP's"]
    sets = [runs for _, runs in records.where(of=HERE).by("data")]
    beside = with_real_mlp(sets, records)
    parts = [pages.table(of_all, overview(sets))]
    if beside:
        parts += [
            f"On the {len(beside)} data sets on which RealMLP was fitted:",
            pages.table(of_all[:3], (row[:3] for row in overview(beside))),
        ]
    shown = {runs[0]["data"]: runs for runs in [*sets, *beside]}
    return [*parts, pages.table([*header, "time"], rows(shown.values()))]


def headline(records):
    sets = [runs for _, runs in records.where(of=HERE).by("data")]
    removed = [runs.mean("fits", "SparseMLP", "removed") for runs in sets]
    times = [time_ratio(runs, "SparseMLP") for runs in sets]
    gains = [
        runs.mean("fits", "SparseMLP", "score") - runs.mean("fits", "MLP", "score") for runs in sets
    ]
    ours = (
        f"{error_ratio(sets, 'SparseMLP'):.2f} of the error, {min(removed):.0%} to "
        f"{max(removed):.0%} of the weights removed, in {min(times):.2f} to "
        f"{max(times):.2f} of the time; on {len(sets)} data sets mean scores differ by "
        f"{min(gains):+.4f} at worst"
    )
    return [ours, "`MLPClassifier`, `MLPRegressor`"]
