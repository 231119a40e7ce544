"""Accuracy against weights and multiply-adds, for penalties that combine groups and weights."""

from itertools import product

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pruning
from benchmarks.combined_sparsity import protocol, proximal
from benchmarks.combined_sparsity.page import headline, report, summary
from benchmarks.networks import accuracy, anatomy
from sgnn import SparseMLPClassifier, sparse_mlp_path

__all__ = ["TITLE", "cases", "headline", "measure", "report", "summary"]

TITLE = "Combined sparsity: CGES and transformed l1"


def prepared(name, seed):
    """Return training, validation and test data, each as a pair of X and y."""
    X, X_test, y, y_test = data.split(data.load(name), seed)
    X, X_val, y, y_val = train_test_split(
        X, y, test_size=10_000 if name in protocol.IMAGES else 0.2, random_state=seed, stratify=y
    )
    if name in protocol.IMAGES:
        X, X_val, X_test = X / 255, X_val / 255, X_test / 255
    else:
        scaler = StandardScaler().fit(X)
        X, X_val, X_test = map(scaler.transform, (X, X_val, X_test))
    return (X, y), (X_val, y_val), (X_test, y_test)


def cases(toy=False):
    if toy:
        choices = [
            *[("path", penalty) for penalty in ("l1", "transformed l1", "transformed l1, a=10")],
            *[("fits", penalty) for penalty in ("l1", "integrated transformed l1, a=10")],
            *[(method, protocol.PRUNING) for method in ("path", "fits")],
            ("fits", protocol.RIDGE),
            *product(protocol.PROXES, protocol.VALUES),
        ]
        toys = [_case("digits", *choice, 0) for choice in choices]
        short = {"alphas": [1e-3, 1e-2], "shares": [0.5, 0.1], "epochs": 2}
        return [{key: short.get(key, value) for key, value in case.items()} for case in toys]
    on_paths = [penalty for penalty in protocol.COMPARED if penalty != protocol.RIDGE]
    choices = [
        *[(name, "path", penalty) for name in protocol.HIDDEN for penalty in on_paths],
        *[("digits", "path", penalty) for penalty in protocol.CONCAVITIES],
        *[("digits", "fits", penalty) for penalty in protocol.COMPARED],
        *[("digits", "fits", penalty) for penalty in protocol.BY_CONCAVITY],
        *[("digits", *both) for both in product(protocol.PROXES, protocol.VALUES)],
    ]
    return [
        _case(*choice, seed)
        for choice in choices
        for seed in range(2 if choice[1] in protocol.PROXES else protocol.SEEDS[choice[0]])
    ]


def is_long(case):
    return case["data"] == "fashion_mnist" or (case["data"] == "mnist" and case["seed"] > 0)


def _case(name, method, penalty, seed):
    if penalty == protocol.PRUNING:
        sizes = {"shares": protocol.SHARES[method]}
    else:
        sizes = {"alphas": protocol.PATHS[name] if method == "path" else protocol.STRENGTHS}
    return {
        "data": name,
        "method": method,
        "penalty": penalty,
        "seed": seed,
        "epochs": protocol.EPOCHS[name],
        **sizes,
    }


def measure(case):
    """Return networks of growing strength, the dense one first, and more of the one chosen."""
    parts = prepared(case["data"], case["seed"])
    train = pruned if case["penalty"] == protocol.PRUNING else METHODS[case["method"]]
    networks = train(case, *parts)
    floor = max(network["validation"] for network in networks) - protocol.TOLERANCE
    chosen = [network for network in networks if network["validation"] >= floor][-1]
    keys = ["alpha", "objective", "weights", "multiply_adds", "validation", "test"]
    return {
        "rows": [len(y) for _, y in parts],
        "sizes": [parts[0][0].shape[1], *protocol.HIDDEN[case["data"]], 10],
        "chosen": chosen,
        "networks": {key: [network[key] for network in networks] for key in keys},
    }


def path(case, train, validation, test):
    """Walk one path, with a refit of each network."""
    walk = sparse_mlp_path(
        estimator(case, 0.0, refit=True),
        *train,
        X_val=validation[0],
        y_val=validation[1],
        alphas=case["alphas"],
        max_iter=protocol.EPOCHS_PER_ALPHA[case["data"]],
        max_drop=protocol.MAX_DROP,
    )
    return [
        network(point.alpha, *walk.estimator(i).expand(), point.objective, validation, test)
        for i, point in enumerate(walk)
    ]


def fits(case, train, validation, test):
    """Train one network from a random start for each strength, and for none."""
    held_out = {"X_val": validation[0], "y_val": validation[1]}
    alphas = [0.0, *case["alphas"]]
    seen = [LayerZeros() for _ in alphas]
    models = [
        estimator(case, alpha).set_callbacks(one).fit(*train, **held_out)
        for alpha, one in zip(alphas, seen, strict=True)
    ]
    networks = with_curves(case, alphas, models, validation, test)
    for found, one in zip(networks, seen, strict=True):
        found["curves"]["sparsity"] = one.shares[:: protocol.epochs_between(case["epochs"])]
    return networks


class LayerZeros:
    """A callback that keeps the share of zeros of each layer after each epoch, in ``shares``."""

    def __init__(self):
        self.shares = []

    def setup(self, estimator, context):
        """Do nothing."""

    on_fit_task_begin = teardown = setup

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Keep the shares of an epoch."""
        if context.task_name == "epoch":
            self.shares.append(anatomy(fitted_estimator.expand()[0])["sparsity"])


def pruned(case, train, validation, test):
    """Prune one dense network step by step, or to each size at once."""
    X, y, held_out = *train, {"X_val": validation[0], "y_val": validation[1]}
    dense = estimator(case, 0.0, warm_start=True).fit(X, y, **held_out)
    sizes = np.array(case["shares"]) * sum(coef.size for coef in dense.expand()[0])
    prune, n_epochs = {
        "path": (pruning.gradually, protocol.EPOCHS_PER_ALPHA[case["data"]]),
        "fits": (pruning.at_once, case["epochs"]),
    }[case["method"]]
    models = prune(dense, sizes.astype(int), n_epochs, X=X, y=y, **held_out)
    return with_curves(case, [0.0] * len(models), models, validation, test)


def with_curves(case, alphas, models, validation, test):
    """Return what there is to say about networks, and how they came about by epochs."""
    networks = []
    for alpha, model in zip(alphas, models, strict=True):
        found = network(alpha, *model.expand(), model.objective_curve_[-1], validation, test)
        units = np.array(model.n_neurons_curve_)
        curves = {
            "loss": model.loss_curve_,
            "score": model.validation_scores_,
            "multiply_adds": (units[:, :-1] * units[:, 1:]).sum(1).tolist(),
        }
        step = protocol.epochs_between(case["epochs"])
        networks.append({**found, "curves": {key: curve[::step] for key, curve in curves.items()}})
    return networks


def published(case, train, validation, test):
    """Train by stochastic gradient descent and a prox after each step, once for each strength."""
    networks = []
    for alpha in [0.0, *case["alphas"]]:
        *found, objective = proximal.train(
            *train,
            protocol.HIDDEN[case["data"]],
            protocol.PROXES[case["method"]][case["penalty"]],
            protocol.VALUES[case["penalty"]],
            alpha,
            n_epochs=case["epochs"],
            seed=case["seed"],
        )
        networks.append(network(alpha, *found, objective, validation, test))
    return networks


METHODS = {"path": path, "fits": fits} | dict.fromkeys(protocol.PROXES, published)


def estimator(case, alpha, **options):
    return SparseMLPClassifier(
        protocol.HIDDEN[case["data"]],
        penalty=(protocol.PENALTIES | protocol.CONCAVITIES).get(case["penalty"]),
        alpha=alpha,
        l2=alpha if case["penalty"] == protocol.RIDGE else 0.0,
        **options,
        batch_size=protocol.BATCH_SIZES[case["data"]],
        learning_rate_init=protocol.RATES[case["data"]],
        max_iter=case["epochs"],
        random_state=case["seed"],
    )


def network(alpha, coefs, intercepts, objective, validation, test):
    scores = [round(accuracy(coefs, intercepts, *part), 5) for part in (validation, test)]
    return {
        "alpha": alpha,
        "objective": round(objective, 5),
        **anatomy(coefs),
        "overlap": [overlap(coef != 0) for coef in coefs],
        "validation": scores[0],
        "test": scores[1],
    }


def overlap(connected):
    """Return what share of the inputs of two units they have in common, mean over pairs of units.

    Parameters
    ----------
    connected : ndarray of bool, shape (n_in, n_out)
    """
    used = connected[:, connected.any(0)].astype(float)
    common = used.T @ used
    sizes = common.diagonal()
    shares = common / np.maximum(sizes[:, None] + sizes - common, 1)
    n = len(sizes)
    return round(float((shares.sum() - n) / (n * (n - 1))), 4) if n > 1 else None
