"""False and relevant features of selectors that bound the former, and of others."""

import numpy as np
from scipy import stats
from sklearn.datasets import make_classification, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.preprocessing import scale

from benchmarks import pages
from benchmarks.known_answer.benchmark import blocks, forest, lasso, lassonet
from benchmarks.peers import timed
from sgnn import KnockoffSelector

TITLE = "How many of the selected features are false"


def friedman(rng):
    return *make_friedman1(500, 50, noise=1.0, random_state=rng.integers(2**31)), 5


def xor(rng):
    X = rng.standard_normal((500, 50))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int), 2


def interactions(rng):
    X = rng.standard_normal((500, 100))
    products = (X[:, :6:2] * X[:, 1:6:2]).sum(axis=1)
    return X, products + 0.5 * rng.standard_normal(500), 6


def informative(rng):
    sizes = {"n_informative": 20, "n_redundant": 0, "shuffle": False}
    return *make_classification(1000, 500, random_state=rng.integers(2**31), **sizes), 20


def noise(rng):
    return rng.standard_normal((500, 100)), rng.standard_normal(500), 0


def noise_in_blocks(rng):
    X, *_ = blocks(rng)
    return X, rng.standard_normal(500), 0


TASKS = {
    "Friedman-1": friedman,
    "XOR": xor,
    "interactions": interactions,
    "blocks": blocks,
    "20 of 500": informative,
    "noise": noise,
    "noise in blocks": noise_in_blocks,
}
SLOW = "Boruta", "LassoNet"
OFTEN = "interactions", "blocks", "noise", "noise in blocks"


def draw(name, seed):
    """Return X, y and how many of its first columns are relevant."""
    X, y, n_relevant = TASKS[name](np.random.default_rng(seed))
    y = scale(y).astype(np.float32) if y.dtype.kind == "f" else y
    return scale(X).astype(np.float32), y, n_relevant


def sgnn(kind, X, y, seed):
    return KnockoffSelector(random_state=seed).fit(X, y).support_


def lasso_knockoffs(kind, X, y, seed):
    from hidimstat import ModelXKnockoff

    selector = ModelXKnockoff(random_state=seed)
    selector.fit_importance(X.astype(float), scale(y.astype(float)))
    return np.asarray(selector.fdr_selection(fdr=0.2)) > 0


def boruta(kind, X, y, seed):
    from boruta import BorutaPy

    cls = RandomForestClassifier if kind == "classifier" else RandomForestRegressor
    trees = cls(100, max_depth=5, random_state=seed)
    return BorutaPy(trees, max_iter=50, random_state=seed).fit(X, y).support_


METHODS = {
    "sgnn": sgnn,
    "lasso knockoffs": lasso_knockoffs,
    "Boruta": boruta,
    "LassoNet": lambda *arguments: lassonet(*arguments)[0].astype(bool),
    "random forest": lambda *arguments: forest(*arguments)[0],
    "lasso": lambda *arguments: lasso(*arguments)[0],
}


def n_seeds(task, method):
    if method == "sgnn":
        return 50 if task in OFTEN else 10
    return 2 if method == "Boruta" else 5


def cases(toy=False):
    tasks, methods = (["XOR"], ["sgnn", "lasso"]) if toy else (TASKS, METHODS)
    return [
        {"task": task, "data": None, "method": method, "seed": seed}
        for method in methods
        for task in tasks
        for seed in range(2 if toy else n_seeds(task, method))
    ]


def is_long(case):
    return case["method"] in SLOW or case["seed"] >= 10


def measure(case):
    X, y, n_relevant = draw(case["task"], case["seed"])
    kind = "regressor" if y.dtype.kind == "f" else "classifier"
    support, seconds = timed(METHODS[case["method"]], kind, X, y, case["seed"])
    return {
        "relevant": n_relevant,
        "true": int(support[:n_relevant].sum()),
        "false": int(support[n_relevant:].sum()),
        "cpu_seconds": seconds,
    }


def upper_bound(counts):
    """Return the end of a one-sided 95 % confidence interval of a mean, by Student's t."""
    n = len(counts)
    return counts.mean() + stats.t.ppf(0.95, n - 1) * counts.std(ddof=1) / n**0.5


def rows(records):
    beside = records.where(method="sgnn")
    for name, method, runs in records.by("task", "method"):
        false = runs.values("false")
        bound = f"{upper_bound(false):.2f}" if len(runs) >= 5 else ""
        numbers = [f"{runs.mean('true'):.1f}", f"{false.mean():.2f}", bound]
        seconds = pages.seconds(runs, beside)
        yield [name, method, len(runs), runs[0]["relevant"], *numbers, seconds]


def report(records):
    header = ["data", "method", "seeds", "relevant", "true positives", "false positives"]
    header += ["upper bound", "CPU seconds"]
    return [pages.table(header, rows(records))]
