"""Many targets from few directions of few features, beside PLS, ridge and the group lasso."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import MultiTaskLasso, MultiTaskLassoCV
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold

from benchmarks import pages, suite
from benchmarks.peers import timed
from benchmarks.reduced_rank.alternating import alternate
from benchmarks.reduced_rank.tasks import N_TEST, REAL, SIMULATIONS, real, simulate
from sgnn import SparseReducedRankRegressor, SparseReducedRankRegressorCV
from sgnn.penalties import get_penalty

TITLE = "Many targets from few directions of few features"
ALONE = True
#: The ranks to choose from, of simulations and of data sets.
RANKS, RANKS_OF_DATA, N_ALPHAS = (1, 2, 3, 4), (2, 4, 8, None), 8
FIRST = next(iter(SIMULATIONS))
FOLDS = KFold(3, shuffle=True, random_state=0)
OURS = ("group_lasso", "scad", "transformed_l1")


class CutMultiTaskLasso(RegressorMixin, BaseEstimator):
    """The multi-task lasso, its fitted values cut to a rank."""

    def __init__(self, alpha=1.0, k=1):
        self.alpha, self.k = alpha, k

    def fit(self, X, Y):
        lasso = MultiTaskLasso(self.alpha).fit(X, Y)
        right = np.linalg.svd((X - X.mean(axis=0)) @ lasso.coef_.T, full_matrices=False)[2]
        V = right[: self.k].T
        self.coef_ = V @ V.T @ lasso.coef_
        self.intercept_ = Y.mean(axis=0) - self.coef_ @ X.mean(axis=0)
        return self

    def predict(self, X):
        return X @ self.coef_.T + self.intercept_


def largest(X, Y):
    return np.linalg.norm((X - X.mean(axis=0)).T @ (Y - Y.mean(axis=0)), axis=1).max() / len(X)


def pls(X, Y, ranks):
    most = min(2 * len(X) // 3, X.shape[1])
    grid = {"n_components": [k for k in (1, 2, 3, 4, 6, 8) if k <= most]}
    return GridSearchCV(PLSRegression(scale=False), grid, cv=FOLDS).fit(X, Y)


def ridge(X, Y, ranks):
    grid = {"n_components": ranks, "l2": np.geomspace(1e-3, 30, N_ALPHAS)}
    return GridSearchCV(SparseReducedRankRegressor(alpha=0), grid, cv=FOLDS).fit(X, Y)


def multi_task_lasso(X, Y, ranks):
    alphas = largest(X, Y) * np.geomspace(0.01, 1, N_ALPHAS)
    return MultiTaskLassoCV(alphas=alphas, cv=FOLDS).fit(X, Y)


def cut(X, Y, ranks):
    grid = {"alpha": largest(X, Y) * np.geomspace(0.01, 1, N_ALPHAS), "k": ranks}
    return GridSearchCV(CutMultiTaskLasso(), grid, cv=FOLDS).fit(X, Y)


def sgnn(name, X, Y, ranks):
    search = SparseReducedRankRegressorCV(ranks, alphas=N_ALPHAS, cv=FOLDS, rule="best")
    return search.set_params(penalty=name).fit(X, Y)


METHODS = {
    "PLS": pls,
    "ridge, reduced rank": ridge,
    "multi-task lasso": multi_task_lasso,
    "multi-task lasso, cut to a rank": cut,
    **{name: partial(sgnn, name) for name in OURS},
}


def cases(toy=False):
    timed_fits = {"kind": ["time"], "penalty": ["group_lasso", "scad"]}
    if toy:
        return [
            *suite.grid(kind=["real"], data=["linnerud"], seed=[0]),
            *suite.grid(**timed_fits, p=[50], seed=[1]),
        ]
    return [
        *suite.grid(kind=["simulation"], task=list(SIMULATIONS), seed=range(10)),
        *suite.grid(kind=["real"], data=REAL, seed=range(3)),
        *suite.grid(**timed_fits, p=[100, 400], seed=range(10)),
    ]


def coefficients(model):
    return getattr(model, "best_estimator_", model).coef_


def fits(X, Y, ranks, score):
    """Return what each method finds: its score, features and CPU seconds."""
    found = {}
    for name, method in METHODS.items():
        model, seconds = timed(method, X, Y, ranks)
        n_features = int(np.any(coefficients(model), axis=0).sum())
        found[name] = {"score": score(model), "features": n_features, "cpu": seconds}
    return found


def measure(case):
    if case["kind"] == "simulation":
        X, Y, X_test, C = simulate(case["task"], case["seed"])
        signal = np.square(X_test @ C).sum()

        def error(model):
            return np.square(X_test @ (coefficients(model).T - C)).sum() / signal

        return {"fits": fits(X, Y, RANKS, error)}
    if case["kind"] == "real":
        X, X_test, Y, Y_test = real(case["data"], case["seed"])

        def r2(model):
            return r2_score(Y_test, model.predict(X_test))

        return {"fits": fits(X, Y, RANKS_OF_DATA, r2)}
    return times(case["p"], case["penalty"], case["seed"])


def times(p, penalty, seed):
    """Return CPU seconds of one fit and of a search, beside alternation and a grid search."""
    rng = np.random.default_rng(seed)
    n, q, k = 100, 20, 3
    X, C = rng.normal(size=(n, p)), np.zeros((p, q))
    C[:10] = rng.normal(size=(10, k)) @ rng.normal(size=(k, q))
    Y = X @ C + 3 * rng.normal(size=(n, q))
    reg = SparseReducedRankRegressor(k, penalty=penalty)
    reg.fit(X[:, :5], Y)
    _, ours = timed(reg.fit, X, Y)
    Xc, Yc = X - X.mean(axis=0), Y - Y.mean(axis=0)
    shape = get_penalty(penalty)[0].shape()
    (_, curve), alternating = timed(alternate, Xc, Yc, shape, reg.alpha_, k)
    found = {"fit": ours, "alternating": alternating}
    found |= {"iterations": reg.n_iter_, "alternations": len(curve)}
    excess = (curve[-1] - reg.objective_curve_[-1]) / (np.square(Yc).sum() / (2 * n))
    if seed:
        return {**found, "excess": excess}
    search = SparseReducedRankRegressorCV(RANKS, alphas=20, penalty=penalty, rule="best")
    _, found["search"] = timed(search.fit, X, Y)
    grid = {"n_components": RANKS, "alpha": search.alphas_}
    by_grid = GridSearchCV(SparseReducedRankRegressor(penalty=penalty), grid)
    _, found["grid search"] = timed(by_grid.fit, X, Y)
    return {**found, "excess": excess}


def table_of(records, key, what, digits):
    """Return a table of medians: a row for each method, two columns for each task."""
    names = records.distinct(key)
    header = ["method", *(f"{name}: {part}" for name in names for part in (what, "features"))]
    rows = []
    for method in METHODS:
        row = [method]
        for name in names:
            runs = records.where(**{key: name})
            score = runs.median("fits", method, "score")
            row += [f"{score:.{digits}f}", f"{runs.median('fits', method, 'features'):.0f}"]
        rows.append(row)
    return pages.table(header, rows)


def report(records):
    parts = []
    simulations, real_data, timings = (
        records.where(kind=kind) for kind in ("simulation", "real", "time")
    )
    if simulations:
        n_seeds = len(simulations.distinct("seed"))
        parts += [
            "## Simulations",
            f"Medians over {n_seeds} draws of |X(Ĉ - C)|²/|XC|² on {N_TEST:,} new samples, and of "
            "the number of features. Rank and strength by 3-fold cross-validation.",
            table_of(simulations, "task", "error", 4),
        ]
    if real_data:
        parts += [
            "## Data sets",
            "Medians over the splits of R², the mean over the targets, on the quarter held out.",
            table_of(real_data, "data", "R²", 3),
        ]
    if timings:
        header = ["p", "penalty", "fit, ms", "alternating, ms", "iterations", "alternations"]
        header += ["excess of alternating", "search, s", "`GridSearchCV`, s"]
        rows = []
        for p, penalty, runs in timings.by("p", "penalty"):
            searches = runs.where(seed=0)
            rows.append(
                [
                    *(p, penalty),
                    *(f"{1000 * runs.median(name):.1f}" for name in ("fit", "alternating")),
                    *(f"{runs.median(name):.0f}" for name in ("iterations", "alternations")),
                    f"{runs.median('excess'):.2e}",
                    *(f"{r[name]:.2f}" for r in searches for name in ("search", "grid search")),
                ]
            )
        parts += [
            "## Time",
            "CPU, medians; n = 100, q = 20, rank 3, both with `tol=1e-6`. Excess: how much higher "
            "the objective is where alternation ends, in units of that without features; the "
            "search is over 4 ranks, 20 strengths and 5 folds.",
            pages.table(header, rows),
        ]
    return parts


def headline(records):
    runs = records.where(kind="simulation", task=FIRST)

    def phrase(*methods):
        return ", ".join(f"{name} {runs.median('fits', name, 'score'):.4f}" for name in methods)

    ours = phrase("group_lasso", "scad")
    return [f"relative error, {FIRST}: {ours}", phrase("PLS", "multi-task lasso")]
