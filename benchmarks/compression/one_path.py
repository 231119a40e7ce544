"""Networks of all sizes by one path, with dropout of the inputs."""

import numpy as np

from benchmarks import networks, pages
from benchmarks.compression.lenet import ELEMENTS, GROUPS, network
from sgnn import sparse_mlp_path
from sgnn.penalties import LogSum

SEEDS = 3
N_STRENGTHS, N_EPOCHS, N_EPOCHS_DENSE = 80, 20, 48
PENALTIES = {
    ELEMENTS: LogSum(eps=0.01, groups="weights"),
    GROUPS: LogSum(eps=0.01, layers=[0.25, 2.5, 2.5]),
}
SIZES = {ELEMENTS: "weights", GROUPS: "multiply_adds"}
#: Limits of size, and what accuracy we aim at within them.
AIMS = {
    ELEMENTS: {4_500: 0.985, 2_900: 0.984, 1_600: 0.982},
    GROUPS: {19_000: None, 15_000: None, 9_500: 0.984},
}
OPTIONS = {
    "activation": "gelu",
    "learning_rate_init": 3e-3,
    "input_dropout": 0.1,
    "refit": True,
    "dtype": "float32",
}
_SHOWN = 30_000


def cases(toy):
    """Return the cases of all paths."""
    shared = {"data": "digits", "epochs": 1} if toy else {"data": "mnist", "epochs": N_EPOCHS}
    seeds = 1 if toy else SEEDS
    return [
        {**shared, "of": "one path", "on": on, "seed": seed}
        for on in PENALTIES
        for seed in range(seeds)
    ]


def measure(case, train, held_out, test):
    """Return the points of a path: sizes, and accuracies on held-out and test data."""
    is_toy = case["epochs"] == 1
    n_dense = 2 if is_toy else N_EPOCHS_DENSE
    path = sparse_mlp_path(
        network(PENALTIES[case["on"]], 1.0, 5e-5, n_dense, case["seed"], **OPTIONS),
        *train,
        X_val=held_out[0],
        y_val=held_out[1],
        alphas=10 if is_toy else N_STRENGTHS,
        max_iter=case["epochs"],
        max_sparsity=0.996,
    )
    estimators = [path.estimator(index) for index in np.flatnonzero(path.n_features)]
    found = [(networks.anatomy(one.expand()[0]), one) for one in estimators]
    return {
        "points": [
            {
                "weights": sizes["weights"],
                "multiply_adds": sizes["multiply_adds"],
                "units": sizes["units"],
                "validation": one.score(*held_out),
                "test": one.score(*test),
            }
            for sizes, one in found
            if sizes[SIZES[case["on"]]] <= _SHOWN
        ]
    }


def report(records):
    """Return a table for each kind: the network within a limit that is best on held-out data."""
    tables = []
    for on, size in SIZES.items():
        runs = records.where(on=on)
        if not runs:
            continue
        name = size.replace("_", "-")
        header = [f"at most, {name}", "seeds", name, "validation", "test", "aim"]
        header.append("CPU s of the path")
        rows = []
        for limit, aim in AIMS[on].items():
            best = within(runs, on, limit)
            tests = [point["test"] for point in best]
            if best:
                rows.append(
                    [
                        f"{limit:,}",
                        len(best),
                        pages.spread([point[size] for point in best], 0),
                        pages.spread([point["validation"] for point in best], 2, 100),
                        pages.spread(tests, 2, 100),
                        f"{100 * aim:.1f}, {pages.against(np.mean(tests), aim)}" if aim else "",
                        f"{runs.median('seconds'):.0f}",
                    ]
                )
        tables.append(pages.table(header, rows))
    return tables


def within(runs, on, limit):
    """Return of each run that has one the network within a limit that is best on held-out data."""
    best = [best_within(run["points"], SIZES[on], limit) for run in runs]
    return [point for point in best if point]


def best_within(points, size, limit):
    """Return the point within a limit that is best on validation data, or None."""
    within = [point for point in points if point[size] <= limit]
    return max(within, key=lambda point: point["validation"], default=None)
