"""The best 50 features by paths under different penalties.

Protocol of ``feature_selection.py``, whose data, splits and final models are used, on ISOLET and
the 10,000 test images of MNIST. Each path is that of the default estimator of sgnn's selectors with
another penalty, on the weights that leave an input or a unit.

Usage::

    python benchmarks/selection_penalties.py FOLDER [--splits N]

FOLDER holds ``isolet.npz`` and ``mnist.npz``. The table goes to ``doc/selection_penalties.md``, all
splits to ``benchmarks/results/selection_penalties.json``.
"""

import argparse
from functools import partial

import numpy as np
from common import one_thread, table, write
from feature_selection import COUNT, measured_choice

from sgnn import penalties, sparse_mlp_path
from sgnn.paths.defaults import default_estimator

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


def rows(records):
    for name in PENALTIES:
        cells = [name]
        for data in DATA:
            runs = [run for run in records if (run["data"], run["method"]) == (data, name)]
            cells += [f"{np.mean([run[key] for run in runs]):.3f}" for key in ("network", "trees")]
            cells.append(f"{np.median([run['seconds'] for run in runs]):.1f}")
        yield cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--splits", type=int, default=2)
    arguments = parser.parse_args()
    records = []
    with one_thread():
        for name, penalty in PENALTIES.items():
            chooser = partial(choose, penalty=penalty)
            for data in DATA:
                for seed in range(arguments.splits):
                    records.append(measured_choice(arguments.folder, data, name, chooser, seed))
                    print(data, name, records[-1]["network"], records[-1]["trees"], flush=True)
    header = [
        "penalty",
        *(f"{data}, {what}" for data in DATA for what in ("network", "trees", "s")),
    ]
    title = "Which penalty selects best"
    about = (
        "Accuracy on held-out data of a network and of ExtraTrees trained on 50 features, and CPU "
        f"seconds of the choice; mean over random splits, {arguments.splits} of them."
    )
    write("selection_penalties", title, records, about, table(header, rows(records)))


if __name__ == "__main__":
    main()
