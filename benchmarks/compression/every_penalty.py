"""Every penalty along a path, and magnitude pruning beside them."""

import numpy as np

from benchmarks import networks, pages, pruning
from benchmarks.compression.lenet import ELEMENTS, GROUPS, network
from benchmarks.compression.one_path import best_within
from benchmarks.compression.published import N_WEIGHTS
from sgnn import sparse_mlp_path
from sgnn.penalties import (
    L0,
    L1,
    MCP,
    CappedL1,
    GroupLasso,
    Hoyer,
    HoyerSquare,
    LHalf,
    LogSum,
    TransformedL1,
)

PENALTIES = {
    ELEMENTS: {
        "l1": L1(),
        "transformed l1": TransformedL1(a=0.1),
        "log-sum": LogSum(eps=0.01, groups="weights"),
        "MCP": MCP(groups="weights"),
        "capped l1": CappedL1(groups="weights"),
        "l1/2": LHalf(groups="weights"),
        "l0": L0(groups="weights"),
        "Hoyer": Hoyer(),
        "Hoyer-Square": HoyerSquare(),
    },
    GROUPS: {
        "group lasso": GroupLasso(),
        "group log-sum": LogSum(),
        "group MCP": MCP(),
        "group l1/2": LHalf(),
        "group Hoyer-Square": "group_hoyer_square",
    },
}
PRUNED = {
    "none, pruned at once": pruning.at_once,
    "none, pruned gradually": pruning.gradually,
}
IN_BRIEF = [
    *PRUNED,
    "l1",
    "log-sum",
    "Hoyer-Square",
    "group lasso",
    "group log-sum",
    "group Hoyer-Square",
]
SIZES = ("units", "weights", "multiply_adds")
N_STEPS = 40
LIMITS = {"weights": (20_000, 10_000, 5_000, 3_500), "multiply_adds": (60_000, 30_000, 16_000)}


def cases(toy):
    """Return a case for each penalty, and for each way to prune."""
    shared = {"data": "digits", "epochs": 2} if toy else {"data": "mnist", "epochs": 12}
    paths = [(kind, name) for kind, group in PENALTIES.items() for name in group]
    if toy:
        paths = [(ELEMENTS, "log-sum"), (GROUPS, "group lasso")]
    paths += [(ELEMENTS, name) for name in PRUNED]
    return [{**shared, "of": kind, "penalty": name, "seed": 0} for kind, name in paths]


def measure(case, train, held_out, test):
    """Return sizes, and accuracies on held-out and test data, of all networks of a path."""
    found = (pruned if case["penalty"] in PRUNED else along_path)(case, *train, *held_out)
    return {
        "points": [
            {
                **{key: networks.anatomy(one.expand()[0])[key] for key in SIZES},
                "validation": one.score(*held_out),
                "test": one.score(*test),
            }
            for one in found
        ]
    }


def along_path(case, X, y, X_val, y_val):
    """Return the networks of a path under a penalty."""
    path = sparse_mlp_path(
        network(PENALTIES[case["of"]][case["penalty"]], 1.0, 3e-5, case["epochs"], case["seed"]),
        X,
        y,
        X_val=X_val,
        y_val=y_val,
        alphas=N_STEPS,
        max_iter=1 if case["epochs"] < 5 else 3,
        max_sparsity=0.99,
    )
    return [path.estimator(index) for index in np.flatnonzero(path.n_features)]


def pruned(case, X, y, *_):
    """Return the networks of magnitude pruning, for as many epochs as those of a path."""
    dense = network(None, 0.0, 3e-5, case["epochs"], case["seed"], warm_start=True).fit(X, y)
    n_weights = sum(coef.size for coef in dense.coefs_)
    if case["penalty"] == "none, pruned at once":
        shares, n_epochs = np.array(LIMITS["weights"]) / N_WEIGHTS, case["epochs"]
    else:
        shares, n_epochs = np.geomspace(1, 0.01, N_STEPS + 1)[1:], 1 if case["epochs"] < 5 else 3
    sizes = (shares * n_weights).astype(int)
    return PRUNED[case["penalty"]](dense, sizes, n_epochs, X=X, y=y)


def report(records):
    """Return for each kind of penalty the test accuracy of the network of at most some size that
    is best on validation data.
    """
    tables = []
    for kind, size in ((ELEMENTS, "weights"), (GROUPS, "multiply_adds")):
        name = size.replace("_", "-")
        header = [f"penalty on {kind}", "dense"]
        header += [f"at most {limit:,} {name}" for limit in LIMITS[size]]
        rows = []
        for run in records.where(of=kind):
            best = [best_within(run["points"], size, limit) for limit in LIMITS[size]]
            cells = [f"{100 * point['test']:.2f}" if point else "-" for point in best]
            rows.append([run["penalty"], f"{100 * run['points'][0]['test']:.2f}", *cells])
        if rows:
            tables.append(pages.table(header, rows))
    return tables
