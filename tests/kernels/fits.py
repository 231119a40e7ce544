"""What a fit may be: levels of everything that the kernels see, and estimators with these."""

from functools import cache

import numpy as np
from scipy import sparse

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.groups import AROUND_UNITS
from sgnn.losses import Huber, LogLoss, Quantile, get_loss
from sgnn.losses import available as available_losses
from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties import (
    L1,
    MCP,
    ElasticNet,
    GroupLasso,
    LogSum,
    available,
)
from sgnn.penalties._registry import PENALTIES
from sgnn.proximal._registry import SOLVERS
from tests.losses.cases import CASES, Case
from tests.penalties.needed import needed

N_SAMPLES, N_FEATURES = 45, 6
BLOCKS = [[0, 1], [2, 4, 5]]

NEEDED = needed((0, 1), (1, 3))

# Penalties by name, and some that take another way through the kernels.
PENALTY_OF = {name: PENALTIES[name] for name in available()} | {
    "none": lambda: None,
    "group_lasso without sizes": lambda **given: GroupLasso(size_scaling=False, **given),
    "l1 and elastic_net": lambda groups="outgoing": [L1(), ElasticNet(0.3, groups=groups)],
    "l1 and mcp": lambda groups="outgoing": [L1(), MCP(groups=groups)],
    "log_sum and group_lasso": lambda: [LogSum(), GroupLasso()],
    "mcp on weights and group_lasso": lambda: [MCP(groups="weights"), GroupLasso()],
}
SCHEDULES = {
    "constant": {},
    "warm_up": {"warm_up": 3},
    "fraction": {"fraction": 0.6},
    "layers": {"layers": "input"},
    "adaptive": {"adaptive": 1.0},
}
SOLVER_OF = {name: {"solver": name} for name in SOLVERS if SOLVERS[name].has_rate} | {
    "heavy ball": {"solver": "sgd", "nesterovs_momentum": False},
    "plain sgd": {"solver": "sgd", "momentum": 0.0},
}
LOSS_OF = {name: get_loss(name) for name in available_losses()} | {
    "huber": Huber(0.4),
    "quantile": Quantile(0.3),
    "binary": LogLoss(),
    "classes": LogLoss(),
    "labels": LogLoss(exclusive=False),
}
BATCH_SIZES = {"all": N_SAMPLES, "even": 15, "uneven": 16}
LAYERS = {"none": (), "one": (8,), "several": (6, 7, 5)}

FACTORS = {
    "penalty": [*PENALTY_OF],
    "groups": ["its own", *AROUND_UNITS, "weights", "both"],
    "schedule": [*SCHEDULES],
    "alpha": [0.003, 0.05],
    "solver": [*SOLVER_OF],
    "loss": [*LOSS_OF],
    "outputs": ["one", "several"],
    "activation": ACTIVATIONS.names(),
    "hidden": [*LAYERS],
    "batches": [*BATCH_SIZES],
    "chunks": ["one", "several"],
    "blocks": ["none", "some"],
    "X": ["dense", "Fortran", "csr", "csr of int64"],
    "weights": ["none", "samples", "classes"],
    "l2": [0.0, 0.01],
    "rate": ["cosine", "constant", "adaptive"],
    "call": ["fit", "refit", "warm_start", "partial_fit", "path"],
    "early_stopping": [False, True],
    "input_dropout": [0.0, 0.3],
    "dtype": ["float64", "float32"],
}


@cache
def penalty_of(penalty, groups, schedule, blocks):
    """Return a penalty, None if it cannot be had with such groups, schedule or blocks.

    The string "none" stands for no penalty. What is not convex is left out on "both": where its
    prox is split the result is not continuous.
    """
    given = {} if groups == "its own" else {"groups": groups}
    try:
        found = PENALTY_OF[penalty](**NEEDED.get(penalty, {}), **given)
        several = found if isinstance(found, list) else [found] if found else []
        for one in several:
            one.set_params(**SCHEDULES[schedule])
            if groups == "both" and not all(piece.shape.convex for piece in one.pieces()):
                return None
            one.check((N_FEATURES, 2), np.array([0, 0, 1, 2, 1, 1]) if blocks == "some" else None)
    except (TypeError, ValueError):
        return None
    return "none" if found is None else found


def is_allowed(row):
    """Whether there is a fit with such levels, as far as they are given."""
    others = {"groups": "its own", "schedule": "constant", "blocks": "none"}
    given = [row.get(name, default) for name, default in others.items()]
    if "penalty" in row and penalty_of(row["penalty"], *given) is None:
        return False
    loss, call = LOSS_OF.get(row.get("loss")), row.get("call")
    is_cox = loss is not None and not loss.separable
    is_of_classes = isinstance(loss, LogLoss)
    return not (
        (is_cox and (row.get("batches", "all") != "all" or call == "partial_fit"))
        or (is_cox and row.get("outputs") == "several")
        or (loss is not None and row.get("weights") == "classes" and not is_of_classes)
        or (row.get("loss") == "binary" and row.get("outputs") == "several")
        or (row.get("loss") in ("classes", "labels") and row.get("outputs") == "one")
        or (call == "partial_fit" and row.get("early_stopping"))
        or (call == "path" and row.get("penalty") == "none")
        or (call == "partial_fit" and row.get("schedule") == "adaptive")
    )


def data_of(row):
    """Return X, y and sample weights."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(N_SAMPLES, N_FEATURES))
    if row["X"].startswith("csr"):
        X *= rng.random(X.shape) < 0.5
    signal = X[:, :3] @ rng.normal(size=(3, 3)) + 0.3 * rng.normal(size=(N_SAMPLES, 3))
    y = _targets(row, signal, rng)
    if row["dtype"] == "float32":
        X = X.astype(np.float32)
    weights = rng.exponential(size=N_SAMPLES) if row["weights"] == "samples" else None
    return _container(X, row["X"]), y, weights


def _targets(row, signal, rng):
    if row["loss"] == "binary":
        return (signal[:, 0] > 0.2).astype(int)
    if row["loss"] == "classes":
        return signal.argmax(axis=1)
    if row["loss"] == "labels":
        return (signal > 0).astype(int)
    loss, n_outputs = LOSS_OF[row["loss"]], 1 if row["outputs"] == "one" else 2
    case = Case(loss, getattr(CASES.get(row["loss"], [None])[0], "form", None))
    y = case.targets(N_SAMPLES, n_outputs)
    if case.form is None:
        y = np.take_along_axis(np.sort(y, axis=0), signal[:, :n_outputs].argsort(0).argsort(0), 0)
    return y.ravel() if y.shape[1] == 1 else np.asfortranarray(y)


def _container(X, kind):
    if kind == "Fortran":
        return np.asfortranarray(X)
    if not kind.startswith("csr"):
        return X
    X = sparse.csr_array(X)
    if kind == "csr of int64":
        X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def estimator_of(row):
    """Return an estimator."""
    penalty = penalty_of(row["penalty"], row["groups"], row["schedule"], row["blocks"])
    is_classifier = isinstance(LOSS_OF[row["loss"]], LogLoss)
    own = {"loss": LOSS_OF[row["loss"]]}
    if is_classifier:
        own = {"class_weight": "balanced" if row["weights"] == "classes" else None}
    return (SparseMLPClassifier if is_classifier else SparseMLPRegressor)(
        LAYERS[row["hidden"]],
        row["activation"],
        penalty=None if penalty == "none" else penalty,
        alpha=row["alpha"],
        l2=row["l2"],
        refit=row["call"] == "refit",
        warm_start=row["call"] == "warm_start",
        feature_groups=BLOCKS if row["blocks"] == "some" else None,
        batch_size=BATCH_SIZES[row["batches"]],
        learning_rate=row["rate"],
        learning_rate_init=0.02,
        early_stopping=row["early_stopping"],
        input_dropout=row["input_dropout"],
        validation_fraction=0.3,
        max_iter=row["epochs"],
        random_state=3,
        **SOLVER_OF[row["solver"]],
        **own,
    )
