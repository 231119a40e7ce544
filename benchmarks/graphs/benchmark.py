"""Graphs over features or groups of them: neighbours alike, or few and connected."""

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.feature_extraction.image import grid_to_graph
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

from benchmarks import pages, suite
from sgnn import SparseMLPClassifier, SparseMLPRegressor, sparse_mlp_path
from sgnn.penalties import GraphLogSum, GroupGraph, GroupLasso, LogSum

TITLE = "Graphs of features"
ROWS, COLUMNS, SIZE, N_CONNECTED = 5, 8, 3, 7
#: n and the ratio of signal to noise.
SETTINGS = {
    "n 100, ratio 3": (100, 3.0),
    "n 100, ratio 1": (100, 1.0),
    "n 150, ratio 3": (150, 3.0),
}
PENALTIES = {
    "group lasso": lambda graph: GroupLasso(),
    "log-sum": lambda graph: LogSum(),
    "GroupGraph": GroupGraph,
    "GroupGraph, smoothing 0.1": lambda graph: GroupGraph(graph, smoothing=0.1),
    "GraphLogSum": GraphLogSum,
}
PIXELS = 20


def simulate(setting, seed):
    """Return X, y, X_val, y_val, the weights, and the groups, of which a connected part matters."""
    n, ratio = SETTINGS[setting]
    rng = np.random.default_rng(seed)
    graph = sparse.csr_array(grid_to_graph(ROWS, COLUMNS))
    connected = [int(rng.integers(ROWS * COLUMNS))]
    while len(connected) < N_CONNECTED:
        around = np.setdiff1d(graph[connected].nonzero()[1], connected)
        connected.append(int(rng.choice(around)))
    weights = np.zeros((ROWS * COLUMNS, SIZE))
    weights[connected] = rng.normal(size=(N_CONNECTED, SIZE))
    X = rng.normal(size=(2 * n, weights.size))
    signal = X @ weights.ravel()
    y = signal + rng.normal(size=2 * n) * signal.std() / np.sqrt(ratio)
    return X[:n], y[:n], X[n:], y[n:], weights, graph


def of_simulation(case, alphas):
    X, y, X_val, y_val, weights, graph = simulate(case["setting"], case["seed"])
    groups = np.arange(weights.size).reshape(weights.shape).tolist()
    reg = SparseMLPRegressor((), feature_groups=groups, random_state=0)
    reg.set_params(penalty=PENALTIES[case["penalty"]](graph))
    path = sparse_mlp_path(reg, X, y, X_val=X_val, y_val=y_val, alphas=alphas, max_iter=20)
    found = path.best("best")
    coef = found.expand()[0][0].reshape(weights.shape)
    error = np.square(coef - weights).sum() / np.square(weights).sum()
    f1 = f1_score(weights.any(axis=1), coef.any(axis=1))
    return {"error": error, "f1": f1}


def of_digits(case, alphas):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, random_state=case["seed"], stratify=y)
    graph = sparse.csr_array(grid_to_graph(8, 8))
    clf = SparseMLPClassifier((30,), penalty=PENALTIES[case["penalty"]](graph), random_state=0)
    path = sparse_mlp_path(clf, X, y, alphas=alphas, max_iter=10)
    found = path.at(n_features=PIXELS)
    kept = found.support_
    n_parts = sparse.csgraph.connected_components(graph[kept][:, kept])[0]
    score = found.score(X_test, y_test)
    return {"score": score, "pixels": int(kept.sum()), "parts": int(n_parts)}


def cases(toy=False):
    names, settings, seeds = list(PENALTIES), list(SETTINGS), range(10)
    if toy:
        names, settings, seeds = names[3:], settings[:1], [0]
    path = {"penalty": names, "alphas": [3 if toy else 40]}
    simulations = suite.grid(kind=["simulation"], setting=settings, seed=seeds, **path)
    digits = [] if toy else suite.grid(kind=["digits"], seed=range(10), **path)
    return [*simulations, *digits]


def measure(case):
    of_kind = {"simulation": of_simulation, "digits": of_digits}[case["kind"]]
    return of_kind(case, case["alphas"])


def report(records):
    simulations, digits = (records.where(kind=kind) for kind in ("simulation", "digits"))
    parts = []
    if simulations:
        settings = simulations.distinct("setting")
        rows = [
            [penalty]
            + [
                f"{values.mean(name):.3f}"
                for setting in settings
                for values in [runs.where(setting=setting)]
                for name in ("error", "f1")
            ]
            for penalty, runs in simulations.by("penalty")
        ]
        columns = [f"{setting}: {what}" for setting in settings for what in ("error", "F1")]
        parts += [
            "## Groups on a grid",
            f"Means over {len(simulations.distinct('seed'))} draws of the relative error of the "
            f"coefficients and of F1 of the groups; {ROWS * COLUMNS} groups of {SIZE}, of which "
            f"{N_CONNECTED} that are connected matter. Strength by a validation set.",
            pages.table(["penalty", *columns], rows),
        ]
    if digits:
        rows = [
            [
                penalty,
                pages.spread(runs.values("score"), 3),
                f"{runs.mean('pixels'):.1f}",
                f"{runs.mean('parts'):.1f}",
            ]
            for penalty, runs in digits.by("penalty")
        ]
        parts += [
            "## Pixels of digits",
            f"The first network of a path with at most {PIXELS} of 64 pixels, one hidden layer; "
            f"means over {len(digits.distinct('seed'))} splits.",
            pages.table(["penalty", "accuracy", "pixels", "connected parts"], rows),
        ]
    return parts
