"""What a path keeps of features that say the same: one of them, all, or any."""

import numpy as np

from benchmarks import pages, suite
from sgnn import SparseMLPRegressor, sparse_mlp_path

TITLE = "Features that say the same"
N_BLOCKS, COPIES, N_NOISE = 4, 5, 20
PENALTIES = {
    "l1": {"penalty": "l1"},
    "group_lasso": {"penalty": "group_lasso"},
    "sparse_group_lasso": {"penalty": "sparse_group_lasso"},
    "log_sum": {"penalty": "log_sum"},
    "mcp": {"penalty": "mcp"},
    "elastic_net": {"penalty": "elastic_net"},
    "group_lasso, l2=0.01": {"penalty": "group_lasso", "l2": 1e-2},
    "log_sum, l2=0.01": {"penalty": "log_sum", "l2": 1e-2},
}
SIZES = 4, 12


def draw(seed):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((500, N_BLOCKS))
    copies = np.repeat(z, COPIES, axis=1) + 0.3 * rng.standard_normal((500, N_BLOCKS * COPIES))
    X = np.hstack([copies, rng.standard_normal((500, N_NOISE))])
    y = z[:, 0] - z[:, 1] + 2 * np.sin(z[:, 2]) + z[:, 3] ** 2 + 0.3 * rng.standard_normal(500)
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32), (y - y.mean()) / y.std()


def place(counts, size):
    """Return the first place with at most so many features, or the last with any."""
    first = np.argmax(counts <= size)
    return first if counts[first] else first - 1


def cases(toy=False):
    penalties, draws, steps = (["log_sum"], 1, 3) if toy else (PENALTIES, 10, 60)
    return suite.grid(penalty=penalties, seed=range(draws), steps=[steps])


def measure(case):
    X, y = draw(case["seed"])
    paths = []
    for random_state in (2 * case["seed"], 2 * case["seed"] + 1):
        model = SparseMLPRegressor(
            (50,), max_iter=160, random_state=random_state, **PENALTIES[case["penalty"]]
        )
        paths.append(sparse_mlp_path(model, X, y, alphas=case["steps"]))
    return {"sizes": [compared(paths, size) for size in SIZES]}


def compared(paths, size):
    """Return what two networks with at most so many features keep."""
    first, second = (path.supports[place(path.n_features, size)] for path in paths)
    blocks = [s[: N_BLOCKS * COPIES].reshape(N_BLOCKS, COPIES).sum(1) for s in (first, second)]
    return {
        "at most": size,
        "features": np.mean([first.sum(), second.sum()]),
        "blocks": np.mean([(block > 0).sum() for block in blocks]),
        "of each": np.mean([block[block > 0].mean() for block in blocks if block.any()]),
        "noise": np.mean([s[N_BLOCKS * COPIES :].sum() for s in (first, second)]),
        "agreement": (first & second).sum() / (first | second).sum(),
    }


def rows(records):
    columns = "features", "blocks", "of each", "noise", "agreement"
    for label, runs in records.by("penalty"):
        for number, size in enumerate(SIZES):
            means = [np.nanmean(runs.values("sizes", number, column)) for column in columns]
            counts = [f"{mean:.1f}" for mean in means[:-1]]
            yield [label, size, len(runs), *counts, f"{means[-1]:.2f}"]


def report(records):
    header = ["penalty", "at most", "draws", "features", "blocks", "of each", "noise", "agreement"]
    return ["Means over draws.", pages.table(header, rows(records))]
