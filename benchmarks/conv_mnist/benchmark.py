"""Penalties on the network that CGES was tried on: two convolutions, a wide dense layer."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from benchmarks import data, modules, pages
from benchmarks.records import Records
from sgnn.penalties import CGES, ExclusiveLasso, GroupLasso, LogSum
from sgnn.torch import ProxAdam, sparse_groups

TITLE = "Combined sparsity on a convolutional network"
BATCH, RATE, SEEDS, TOLERANCE = 100, 1e-3, 2, 0.001
NONE, RIDGE = "none", "L2"
PENALTIES = {
    NONE: {"*": None},
    RIDGE: {"*": None},
    "l1": "l1",
    "group lasso": GroupLasso(groups="incoming"),
    "exclusive lasso": ExclusiveLasso(groups="incoming"),
    "CGES": CGES(groups="incoming"),
    "log-sum": LogSum(groups="weights"),
}
STRENGTHS = [6e-5, 2e-4, 6e-4, 2e-3]
TEXTS = {"parameters": "parameters left (%)", "multiply_adds": "multiply-adds left (%)"}
LAYERS = "conv1", "conv2", "hidden", "output"


class Network(nn.Module):
    """Two padded convolutions with pooling, a dense layer with dropout, and the outputs.

    Parameters
    ----------
    side : int
        Of the images.
    filters : tuple of two int
    n_hidden : int
    """

    def __init__(self, side, filters=(32, 64), n_hidden=1024):
        super().__init__()
        self.conv1 = nn.Conv2d(1, filters[0], 5, padding=2)
        self.conv2 = nn.Conv2d(filters[0], filters[1], 5, padding=2)
        self.hidden = nn.Linear(filters[1] * (side // 4) ** 2, n_hidden)
        self.output = nn.Linear(n_hidden, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        x = self.hidden(x.flatten(1)).relu()
        return self.output(nn.functional.dropout(x, 0.5, self.training))


def cases(toy=False):
    if toy:
        shared = {"data": "digits", "epochs": 1, "seed": 0}
        return [
            {**shared, "penalty": penalty, "alpha": 0.0 if penalty == NONE else 2e-3}
            for penalty in (NONE, RIDGE, "CGES")
        ]
    return [
        {"data": "mnist", "epochs": 14, "seed": seed, "penalty": penalty, "alpha": alpha}
        for seed in range(SEEDS)
        for penalty in PENALTIES
        for alpha in ([0.0] if penalty == NONE else STRENGTHS)
    ]


def is_long(case):
    return True


def measure(case):
    """Train one network from a random start."""
    train, validation, test = splits(case["data"])
    torch.manual_seed(case["seed"])
    sizes = {"filters": (4, 6), "n_hidden": 12} if case["data"] == "digits" else {}
    module = modules.placed(Network(train[0].shape[-1], **sizes))
    is_ridge = case["penalty"] == RIDGE
    rules = PENALTIES[case["penalty"]]
    groups = sparse_groups(module, rules, 0.0 if is_ridge else case["alpha"])
    optimizer = ProxAdam(groups, lr=RATE, weight_decay=case["alpha"] if is_ridge else 0.0)
    full = modules.anatomy(module, train[0])
    modules.train(
        module,
        optimizer,
        *train,
        n_epochs=case["epochs"],
        batch_size=BATCH,
        generator=torch.Generator().manual_seed(case["seed"]),
        rate=RATE,
    )
    layers = [getattr(module, name).weight for name in LAYERS]
    left = modules.anatomy(module, train[0])
    return {
        **{key: left[key] / full[key] for key in TEXTS},
        "units": left["units"],
        "zeros": [round(1 - int(one.count_nonzero()) / one.numel(), 4) for one in layers],
        "validation": round(modules.accuracy(module, *validation), 5),
        "test": round(modules.accuracy(module, *test), 5),
    }


def splits(name):
    """Return training, validation and test data, each as a pair of tensors."""
    X, X_test, y, y_test = data.split(data.load(name), seed=0)
    X, X_val, y, y_val = train_test_split(X, y, test_size=1 / 12, random_state=0, stratify=y)
    side, mean, scale = int(X.shape[1] ** 0.5), X.mean(), X.std()
    return [
        (modules.images(part, side, mean, scale), modules.labels(labels))
        for part, labels in ((X, y), (X_val, y_val), (X_test, y_test))
    ]


def chosen(records):
    """Return for each seed the smallest network that is good enough on validation data."""
    found = []
    for _, runs in records.by("seed"):
        floor = runs.values("validation").max() - TOLERANCE
        good = [run for run in runs if run["validation"] >= floor - 1e-9]
        found.append(min(good, key=lambda run: run["parameters"]))
    return Records(found)


def rows(records):
    for penalty, runs in records.by("penalty"):
        found = chosen(runs)
        yield [
            penalty,
            len(found),
            ", ".join(f"{alpha:g}" for alpha in found.distinct("alpha")),
            pages.spread(found.values("test"), 2, 100),
            *(pages.spread(found.values(key), 2, 100) for key in TEXTS),
            pages.dashed(found.mean("units")[:-1]),
            *(f"{100 * share:.1f}" for share in found.mean("zeros")),
        ]


def picture(records):
    fig, axes = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
    for ax, (key, text) in zip(axes, TEXTS.items(), strict=True):
        for number, (penalty, runs) in enumerate(records.by("penalty")):
            points = [
                (100 * of.mean(key), 100 * of.mean("test"))
                for _, of in runs.by("alpha")
                if of.mean(key) > 0
            ]
            style = "k*" if penalty == NONE else "o-"
            colour = {} if penalty == NONE else {"color": f"C{number}"}
            ax.plot(*np.transpose(points), style, label=penalty, markersize=5, **colour)
        ax.set(xscale="log", xlabel=text, ylim=(98.4, 99.6))
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("test accuracy (%)")
    axes[0].legend(fontsize=8, loc="lower right")
    return pages.save(fig, "conv_mnist")


def verdict(records):
    """Say whether combined sparsity is smaller than its parts at the accuracy that each keeps."""
    size = {penalty: chosen(runs).mean("parameters") for penalty, runs in records.by("penalty")}
    score = {penalty: chosen(runs).mean("test") for penalty, runs in records.by("penalty")}
    others = [name for name in size if name not in (NONE, "CGES", "log-sum")]
    larger = [name for name in others if size[name] > size["CGES"]]
    better = [name for name in others if score[name] > score["CGES"]]
    return (
        "Yoon & Hwang (2017) find combined sparsity better than its parts, l1 and L2. Here, chosen "
        f"on validation data, CGES keeps {100 * size['CGES']:.2f} % of the parameters at "
        f"{100 * score['CGES']:.2f} %. "
        f"Larger: {', '.join(larger) or 'none'}. More accurate on test data: "
        f"{', '.join(better) or 'none'}."
    )


def report(records):
    header = ["penalty", "seeds", "strength", "test accuracy", "parameters left"]
    header += ["multiply-adds left", "units", *(f"zeros of {name}" for name in LAYERS)]
    return [
        verdict(records),
        picture(records),
        "The smallest network whose accuracy on validation data is within a tenth of a percentage "
        "point of the best of its penalty. All but strengths and units are percentages.",
        pages.table(header, rows(records)),
    ]


def summary(records):
    header = ["penalty", "seeds", "test accuracy", "parameters left", "multiply-adds left"]
    short = [[row[0], row[1], *row[3:6]] for row in rows(records)]
    return [verdict(records), pages.table(header, short)]
