"""Partial regularisation: a random share of the units bears no penalty."""

import numpy as np
import torch

from benchmarks import networks, subgradient
from benchmarks.partial_regularisation import variations
from benchmarks.partial_regularisation.page import headline, report, summary
from benchmarks.partial_regularisation.tasks import (
    IMAGES,
    L1_RATIO,
    METHODS,
    PENALTIES,
    PUBLISHED,
    TASKS,
    fits,
)
from benchmarks.partial_regularisation.training import draw, estimator, metric
from benchmarks.peers import timed
from sgnn import sparse_mlp_path
from sgnn.penalties import GroupLasso, LogSum, SparseGroupLasso

__all__ = ["TITLE", "cases", "headline", "measure", "report", "summary"]

TITLE = "Partial regularisation: E & Gao"


def cases(toy=False):
    main = [
        {
            "data": name,
            "method": method,
            "penalty": penalty,
            "epochs": 4 if toy else task.dense_epochs if method == "path" else task.epochs,
            "seed": seed,
        }
        for name, task in TASKS.items()
        if name in (("parabola", "digits") if toy else PUBLISHED)
        for method in METHODS
        for penalty in ([None] if method == "path" else PENALTIES)
        for seed in range(1 if toy else n_seeds(name, method))
    ]
    return [*main, *variations.cases(toy)]


def n_seeds(name, method):
    if name in IMAGES:
        return 2 if method == "path" else 1
    return 5


def is_long(case):
    return case["data"] == "fashion_mnist"


def measure(case):
    if case["method"] in variations.VARIATIONS:
        return variations.measure(case)
    task = TASKS[case["data"]]
    X, X_test, y, y_test = draw(case["data"], case["seed"])
    if case["method"] == "path":
        return walked(case, task, X, X_test, y, y_test)
    train = trained if case["method"] == "prox" else trained_as_they_did
    network, seconds = timed(train, case, task, X, y)
    return {
        **networks.anatomy(network[0]),
        "train": metric(*network, X, y),
        "test": metric(*network, X_test, y_test),
        "cpu_seconds": seconds,
    }


def trained_as_they_did(case, task, X, y):
    """Train with the penalty in the loss, and cut; theirs are normalised batches."""
    rng = np.random.default_rng(case["seed"])
    free = task.free if case["penalty"].startswith("i") else 0
    masks = [
        torch.from_numpy(rng.permutation(n) >= round(free * n)).float()
        for n in (X.shape[1], *task.hidden)
    ]
    ratio = L1_RATIO if case["penalty"].endswith("SGL") else 0

    def penalty(weights):
        groups = subgradient.group_lasso(weights, masks)
        if not ratio:
            return task.strength * groups
        penalised = [weight * mask for weight, mask in zip(weights, masks, strict=True)]
        single = subgradient.l1(penalised)
        return task.strength * ((1 - ratio) * groups + ratio * single)

    return subgradient.train(
        X,
        y,
        task.hidden,
        penalty,
        batch_size=task.batch_size,
        n_epochs=case["epochs"],
        seed=case["seed"],
        is_normalised=case["method"] == "normalised",
    )


def trained(case, task, X, y):
    """Train under the same penalty with its proximal operator."""
    fraction = 1 - task.free if case["penalty"].startswith("i") else 1
    if case["penalty"].endswith("SGL"):
        penalty = SparseGroupLasso(L1_RATIO, fraction=fraction)
    else:
        penalty = GroupLasso(fraction=fraction)
    model = estimator(case, task, y, penalty=penalty, alpha=task.strength)
    return model.fit(X, y).expand()


def walked(case, task, X, X_test, y, y_test):
    """Walk paths, and choose for each cell of the paper a network that is nowhere larger."""
    n_train = len(X) - len(X) // 6
    X, X_val, y, y_val = X[:n_train], X[n_train:], y[:n_train], y[n_train:]
    candidates, seconds = [], 0
    for layers, alphas, learning_rate in task.paths:
        penalty = LogSum(layers=layers)
        path, spent = timed(
            sparse_mlp_path,
            estimator(case, task, y, learning_rate, penalty=penalty, l2=1e-4, refit=True),
            X,
            y,
            X_val=X_val,
            y_val=y_val,
            alphas=np.geomspace(*alphas),
            max_iter=case["epochs"] // 2,
        )
        candidates += [path.estimator(index) for index in np.flatnonzero(path.n_features)]
        seconds += spent

    def best_that_fits(cell):
        fitting = [model for model in candidates if fits(model.n_neurons_, cell)]
        if not fitting:
            return None
        network = max(fitting, key=lambda model: model.score(X_val, y_val)).expand()
        return {
            **networks.anatomy(network[0]),
            "train": metric(*network, X, y),
            "validation": metric(*network, X_val, y_val),
            "test": metric(*network, X_test, y_test),
        }

    cells = PUBLISHED.get(case["data"], {})
    chosen = {penalty: best_that_fits(cell) for penalty, cell in cells.items()}
    return {
        "cpu_seconds": seconds,
        "points": len(candidates),
        "chosen": {penalty: found for penalty, found in chosen.items() if found},
    }
