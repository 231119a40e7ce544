"""Networks of Scardapane et al., trained with the penalty in the loss and by proximal steps."""

from typing import NamedTuple

from sklearn.model_selection import train_test_split

from benchmarks import subgradient
from benchmarks.networks import anatomy
from sgnn import SparseMLPClassifier, sparse_mlp_path


class Task(NamedTuple):
    """A data set, and how a network is trained on it; ``seeds_in_loss`` are for the slow way,
    ``path_rate`` and ``path`` for the path.
    """

    label: str
    hidden: tuple
    batch_size: int
    epochs: int
    strengths: tuple
    seeds: int = 5
    seeds_in_loss: int = 5
    path_rate: float = 0.01
    path: dict | None = None


TASKS = {
    "digits": Task("DIGITS", (40, 20), 300, 300, (10**-3.5, 1e-4)),
    "sdd_subset2200": Task("SDD, 2,200 rows", (40, 40, 30), 500, 300, (1e-4,)),
    "mnist": Task(
        "MNIST", (400, 300, 100), 400, 15, (1e-4,), 2, 1, 3e-3, {"alphas": 12, "max_iter": 5}
    ),
}


def sparse_group_lasso(weights):
    return subgradient.group_lasso(weights) + subgradient.l1(weights)


def group_lasso_and_ridge(weights):
    return subgradient.group_lasso(weights) + subgradient.l2(weights)


RIDGE = "group lasso, L2"
IN_LOSS = {
    "L2": subgradient.l2,
    "L1": subgradient.l1,
    "group lasso": subgradient.group_lasso,
    "sparse group lasso": sparse_group_lasso,
    RIDGE: group_lasso_and_ridge,
}
OURS = {
    "L1": "l1",
    "group lasso": "group_lasso",
    "sparse group lasso": ["l1", "group_lasso"],
    RIDGE: "group_lasso",
}


def in_loss(case, X, y):
    """Train as the paper did; units after each epoch are kept for the first seed."""
    penalty, curve = IN_LOSS[case["penalty"]], []
    coefs, intercepts = subgradient.train(
        X,
        y,
        case["hidden"],
        lambda weights: case["strength"] * penalty(weights),
        batch_size=case["batch_size"],
        n_epochs=case["epochs"],
        seed=case["seed"],
        on_epoch=lambda coefs, _: curve.append(anatomy(coefs)["units"]),
    )
    return coefs, intercepts, {"curve": curve} if case["seed"] == 0 else {}


def proximal(case, X, y):
    """Minimise the same objective with sgnn."""
    model = classifier(case, **ours(case)).fit(X, y)
    return *model.expand(), {"curve": model.n_neurons_curve_} if case["seed"] == 0 else {}


def refit(case, X, y):
    """Train on what is left without the penalty, as long again."""
    return *classifier(case, refit=True, **ours(case)).fit(X, y).expand(), {}


def ours(case):
    """Return the parameters of sgnn that make the objective."""
    strength = case["strength"]
    with_ridge = {"l2": strength} if case["penalty"] in ("L2", RIDGE) else {}
    return {"penalty": OURS.get(case["penalty"]), "alpha": strength, **with_ridge}


def path(case, X, y):
    """Choose the strength on a sixth of the training data."""
    X, X_val, y, y_val = train_test_split(
        X, y, test_size=1 / 6, stratify=y, random_state=case["seed"]
    )
    task = TASKS[case["data"]]
    model = classifier(case, penalty="log_sum", refit=True, learning_rate_init=task.path_rate)
    networks = sparse_mlp_path(model, X, y, X_val=X_val, y_val=y_val, **(task.path or {}))
    best = networks.best("1se")
    chosen = {"alpha": best.alpha_, "validation_accuracy": best.score(X_val, y_val)}
    return *best.expand(), {**chosen, "points": len(networks)}


def classifier(case, **parameters):
    return SparseMLPClassifier(
        case["hidden"],
        batch_size=case["batch_size"],
        max_iter=case["epochs"],
        random_state=case["seed"],
        **parameters,
    )


WAYS = {"in loss": in_loss, "proximal": proximal, "refit": refit, "path": path}
