"""The best 50 features by paths under different penalties."""

from functools import partial

import numpy as np

from benchmarks import pages, suite
from benchmarks.feature_selection.benchmark import COUNT, measured_choice
from sgnn import penalties, sparse_mlp_path
from sgnn.estimators.defaults import default_estimator

TITLE = "Which penalty selects best"
DATA = ["isolet", "mnist"]
PENALTIES = {
    "log_sum": penalties.LogSum(),
    "log_sum, eps=0.01": penalties.LogSum(eps=0.01),
    "log_sum, eps=1": penalties.LogSum(eps=1.0),
    "log_sum on the inputs only": penalties.LogSum(layers="input"),
    "transformed_l1": penalties.TransformedL1(groups="outgoing"),
    "l_half": penalties.LHalf(groups="outgoing"),
    "mcp": penalties.MCP(groups="outgoing"),
    "scad": penalties.SCAD(groups="outgoing"),
    "l1": penalties.L1(),
    "group_lasso": penalties.GroupLasso(),
    "sparse_group_lasso": penalties.SparseGroupLasso(),
    "integrated_transformed_l1": penalties.IntegratedTransformedL1(),
}


def choose(X, y, seed, penalty):
    estimator = default_estimator("classifier", X)
    estimator.set_params(penalty=penalty, random_state=seed)
    path = sparse_mlp_path(estimator, X, y)
    return np.flatnonzero(path.ranking <= COUNT)


def cases(toy=False):
    names, labels, splits = (["digits"], ["l1"], 1) if toy else (DATA, PENALTIES, 2)
    return suite.grid(penalty=labels, data=names, seed=range(splits))


def measure(case):
    chooser = partial(choose, penalty=PENALTIES[case["penalty"]])
    return measured_choice(case["data"], chooser, case["seed"])


def cells(runs):
    """Return the cells of one data set, empty where it has not been run."""
    if not runs:
        return [""] * 4
    scores = [f"{runs.mean(key):.3f}" for key in ("network", "trees")]
    return [len(runs), *scores, f"{runs.median('cpu_seconds'):.1f}"]


def report(records):
    names = records.distinct("data")
    lines = [
        [label, *(cell for name in names for cell in cells(runs.where(data=name)))]
        for label, runs in records.by("penalty")
    ]
    columns = "splits", "network", "trees", "s"
    header = ["penalty", *(f"{name}, {column}" for name in names for column in columns)]
    about = (
        "Accuracy on held-out data of a network and of ExtraTrees trained on 50 features, and CPU "
        "seconds of the choice; mean over random splits."
    )
    return [about, pages.table(header, lines)]
