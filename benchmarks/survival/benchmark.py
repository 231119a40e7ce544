"""How well a sparse network orders survival times, and with how few inputs."""

import warnings

import numpy as np

from benchmarks import pages, suite
from benchmarks.peers import timed
from sgnn import SparseMLPRegressor, SparseMLPRegressorCV

TITLE = "Survival"
STUDIES = {"GBSG-2": "load_gbsg2", "WHAS500": "load_whas500"}
N_FOLDS, N_STRENGTHS, RIDGES = 5, 25, (1e-3, 1e-1)


def split(study, seed):
    """Return the two parts of a study, standardised by the first."""
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
    from sksurv import datasets

    X, y = getattr(datasets, STUDIES[study])()
    X = pd.get_dummies(X, drop_first=True).to_numpy(dtype=float)
    event = y[y.dtype.names[0]]
    parts = train_test_split(X, y, test_size=0.3, stratify=event, random_state=seed)
    scaler = StandardScaler().fit(parts[0])
    return scaler.transform(parts[0]), scaler.transform(parts[1]), *parts[2:]


def network(X, y, seed, hidden=(16,), penalty="group_lasso"):
    """Return a function that predicts, the number of inputs, and what was chosen."""
    searches = []
    for l2 in RIDGES:
        reg = SparseMLPRegressor(
            hidden, loss="cox", penalty=penalty, l2=l2, max_iter=200, random_state=seed
        )
        search = SparseMLPRegressorCV(reg, alphas=N_STRENGTHS, cv=N_FOLDS, rule="best")
        searches.append(search.fit(X, y))
    best = max(searches, key=lambda search: search.best_score_)
    chosen = {"alpha": best.alpha_, "l2": best.estimator_.l2}
    return best.predict, int(best.support_.sum()), chosen


def coxnet(X, y, seed, l1_ratio):
    from sklearn.model_selection import GridSearchCV
    from sksurv.linear_model import CoxnetSurvivalAnalysis

    path = CoxnetSurvivalAnalysis(l1_ratio=l1_ratio, n_alphas=50, alpha_min_ratio=0.01).fit(X, y)
    model = CoxnetSurvivalAnalysis(l1_ratio=l1_ratio)
    grid = {"alphas": [[alpha] for alpha in path.alphas_]}
    search = GridSearchCV(model, grid, cv=N_FOLDS, error_score=0.5).fit(X, y)
    n_features = int((search.best_estimator_.coef_ != 0).sum())
    return search.predict, n_features, {"alpha": float(search.best_params_["alphas"][0])}


def lassonet(X, y, seed):
    from lassonet import LassoNetCoxRegressorCV

    event, time = (y[name] for name in y.dtype.names)
    model = LassoNetCoxRegressorCV(
        cv=N_FOLDS,
        hidden_dims=(16,),
        tie_approximation="efron",
        path_multiplier=1.15,
        n_iters=(500, 50),
        random_state=seed,
        torch_seed=seed,
        verbose=0,
    )
    model.fit(X.astype(np.float32), np.column_stack([time, event]).astype(np.float32))
    n_features = int(model.best_selected_.sum())
    chosen = {"lambda": float(model.best_lambda_)}
    return lambda X: model.predict(X.astype(np.float32)).ravel(), n_features, chosen


def forest(X, y, seed):
    from sklearn.model_selection import GridSearchCV
    from sksurv.ensemble import RandomSurvivalForest

    model = RandomSurvivalForest(n_estimators=300, random_state=seed)
    search = GridSearchCV(model, {"min_samples_leaf": [5, 15, 30]}, cv=N_FOLDS).fit(X, y)
    return search.predict, X.shape[1], search.best_params_


METHODS = {
    "sgnn": network,
    "sgnn, log-sum": lambda X, y, seed: network(X, y, seed, penalty="log_sum"),
    "sgnn, linear": lambda X, y, seed: network(X, y, seed, hidden=()),
    "LassoNet": lassonet,
    "lasso": lambda X, y, seed: coxnet(X, y, seed, 1.0),
    "elastic net": lambda X, y, seed: coxnet(X, y, seed, 0.5),
    "forest": forest,
}


def cases(toy=False):
    if toy:
        return suite.grid(study=["WHAS500"], method=["lasso"], seed=[0])
    return suite.grid(study=STUDIES, method=METHODS, seed=range(3))


def measure(case):
    from sksurv.metrics import concordance_index_censored

    X, X_test, y, y_test = split(case["study"], case["seed"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (predict, n_features, chosen), seconds = timed(METHODS[case["method"]], X, y, case["seed"])
        event, time = (y_test[name] for name in y_test.dtype.names)
        concordance = concordance_index_censored(event, time, predict(X_test))[0]
    return {
        "concordance": float(concordance),
        "features": n_features,
        "columns": X.shape[1],
        "chosen": chosen,
        "cpu": seconds,
    }


def report(records):
    parts = []
    for study, runs in records.by("study"):
        rows = [
            [
                method,
                len(chosen),
                pages.spread(chosen.values("concordance"), digits=3),
                f"{chosen.median('features'):.0f}",
                f"{chosen.median('cpu'):.1f}",
            ]
            for method, chosen in runs.by("method")
        ]
        header = ["method", "splits", "concordance", "features", "CPU seconds"]
        parts += [f"## {study}", f"Of {runs[0]['columns']} columns.", pages.table(header, rows)]
    return ["Concordance on the test part: mean ± SD; medians of the others.", *parts]
