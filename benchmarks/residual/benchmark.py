"""How many parameters of a small residual network can go at no loss."""

from copy import deepcopy
from functools import partial
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from benchmarks import modules, pages
from benchmarks.residual.network import network, splits
from sgnn.penalties import GroupLasso, LogSum, NeuronLasso
from sgnn.torch import ProxAdam, sparse_module_path

TITLE = "Parameters of residual networks"
RATE, AIM = 3e-3, 0.8
PRUNING = "Torch-Pruning"
OF_WEIGHTS = {"log-sum of weights": LogSum(groups="weights")}
OF_FILTERS = {
    "group lasso of filters": NeuronLasso(),
    "sparse group lasso of filters": NeuronLasso(l1_ratio=0.5),
    "group log-sum of filters": LogSum(groups="incoming"),
    **OF_WEIGHTS,
}
OF_CHANNELS = {
    "group lasso of normalised channels": {nn.BatchNorm2d: GroupLasso(groups="incoming")},
    "group log-sum of normalised channels": {nn.BatchNorm2d: LogSum(groups="incoming")},
    **OF_WEIGHTS,
}


class Task(NamedTuple):
    """Rules of the methods, and how long training takes.

    Attributes
    ----------
    rules : dict
    batch_size, n_epochs, n_points, n_seeds : int
    """

    rules: dict
    batch_size: int
    n_epochs: int
    n_points: int
    n_seeds: int


TASKS = {
    "digits": Task(OF_FILTERS, 100, 30, 20, 2),
    "fashion_mnist": Task(OF_CHANNELS, 256, 12, 10, 1),
    "cifar_10": Task(OF_CHANNELS, 256, 24, 10, 1),
}
SHARES = [0.2, 0.35, 0.5, 0.6, 0.7, 0.8]
LOSSES = (0.0, 0.005)


def cases(toy=False):
    if toy:
        sizes = {"data": "digits", "seed": 0, "epochs": 1, "n_points": 2}
        return [{**sizes, "method": method} for method in list(OF_FILTERS)[:2]]
    return [
        {"data": name, "method": method, "seed": seed}
        | {"epochs": task.n_epochs, "n_points": task.n_points}
        for name, task in TASKS.items()
        for method in [*task.rules, PRUNING]
        for seed in range(task.n_seeds)
    ]


def is_long(case):
    return case["data"] != "digits" or case["seed"] > 0


def measure(case):
    """Return the dense network and smaller ones."""
    train, validation, test = splits(case["data"], case["seed"])
    find = pruned if case["method"] == PRUNING else along_path
    return {
        "networks": [
            {
                **modules.anatomy(module, train[0]),
                "validation": round(modules.accuracy(module, *validation), 5),
                "test": round(modules.accuracy(module, *test), 5),
            }
            for module in find(case, train, validation)
        ]
    }


def along_path(case, train, validation):
    """Return the networks of a path, with a refit of each."""
    task, n_epochs = (
        TASKS[case["data"]],
        max(1, case["epochs"] // 6),
    )
    path = sparse_module_path(
        partial(network, case["data"]),
        train,
        cross_entropy,
        rules=task.rules[case["method"]],
        validation=validation,
        lr=RATE,
        batch_size=task.batch_size,
        dense_epochs=case["epochs"],
        epochs=n_epochs,
        refit_epochs=n_epochs,
        n_points=case["n_points"],
        random_state=case["seed"],
    )
    return [path.module(point) for point in path if point.sparsity < 1]


def pruned(case, train, validation):
    """Prune channels by the norms of all that goes with them, step by step, and train on."""
    torch.manual_seed(case["seed"])
    module, generator = network(case["data"]), torch.Generator().manual_seed(case["seed"])
    options = {"batch_size": TASKS[case["data"]].batch_size, "generator": generator, "rate": RATE}
    optimizer = ProxAdam(module.parameters(), lr=RATE)
    modules.train(module, optimizer, *train, n_epochs=case["epochs"], **options)
    found = [deepcopy(module)]
    pruner = modules.pruner(module, train[0][:2], SHARES, module.output)
    for _ in SHARES:
        pruner.step()
        optimizer = ProxAdam(module.parameters(), lr=RATE)
        with torch.backends.mkldnn.flags(enabled=False):
            modules.train(module, optimizer, *train, n_epochs=case["epochs"] // 3, **options)
        found.append(deepcopy(module))
    return found


def smallest(run, loss):
    """Return the smallest network that is within a loss of the dense one on validation data."""
    dense = run["networks"][0]["validation"]
    good = [point for point in run["networks"] if point["validation"] >= dense - loss - 1e-9]
    return min(good, key=lambda point: point["parameters"])


def removed(run, point):
    return 1 - point["parameters"] / run["networks"][0]["parameters"]


def rows(records):
    for loss in LOSSES:
        for method, runs in records.by("method"):
            found = [smallest(run, loss) for run in runs]
            pairs = list(zip(runs, found, strict=True))
            changes = [point["test"] - run["networks"][0]["test"] for run, point in pairs]
            products = [p["multiply_adds"] / r["networks"][0]["multiply_adds"] for r, p in pairs]
            yield [
                f"{100 * loss:g}",
                method,
                len(runs),
                pages.spread([removed(*pair) for pair in pairs], 1, 100),
                pages.spread(products, 1, 100),
                pages.spread([point["test"] for point in found], 2, 100),
                pages.spread(changes, 2, 100),
                f"{runs.median('seconds'):.0f}",
            ]


def verdict(records):
    """Say whether so many parameters went at no loss, which is of validation accuracy."""
    said = "; ".join(f"{name}: {', '.join(outcomes(runs))}" for name, runs in records.by("data"))
    return (
        "Alvarez & Salzmann (2016) remove up to 80 % of the parameters at no loss. Here, the "
        "smallest network that is no worse than the dense one on validation data, and what it "
        f"gains on test data: {said}."
    )


def outcomes(records):
    parts = []
    for method, runs in records.by("method"):
        pairs = [(run, smallest(run, 0.0)) for run in runs]
        share = np.mean([removed(*pair) for pair in pairs])
        change = np.mean([point["test"] - run["networks"][0]["test"] for run, point in pairs])
        said = "reached" if share >= AIM and change >= 0 else "missed"
        parts.append(f"{method} {100 * share:.1f} % at {100 * change:+.2f} points, {said}")
    return parts


def picture(records):
    tasks = list(records.by("data"))
    fig, axes = plt.subplots(
        len(tasks), 2, squeeze=False, figsize=(13, 4.8 * len(tasks)), layout="constrained"
    )
    for row, (name, of_data) in zip(axes, tasks, strict=True):
        top = 100 * max(point["test"] for run in of_data for point in run["networks"])
        for ax, key in zip(row, ("parameters", "multiply_adds"), strict=True):
            for number, (method, runs) in enumerate(of_data.by("method")):
                for run in runs:
                    points = run["networks"]
                    left = [100 * point[key] / points[0][key] for point in points]
                    scores = [100 * point["test"] for point in points]
                    label = method if run["seed"] == 0 else None
                    ax.plot(left, scores, "o-", color=f"C{number}", label=label, markersize=4)
            text = f"{key.replace('_', '-')} left (%)"
            ax.set(xscale="log", title=name, xlabel=text, ylim=(top - 14, top + 1), xlim=(2, 120))
            ax.grid(alpha=0.3)
        row[0].set_ylabel("test accuracy (%)")
        row[0].legend(fontsize=8, loc="lower right")
    return pages.save(fig, "residual")


def report(records):
    header = ["loss allowed", "method", "seeds", "parameters removed", "multiply-adds left"]
    header += ["test accuracy", "gain on the dense network", "CPU s"]
    parts = [
        verdict(records),
        picture(records),
        "The smallest network whose accuracy on validation data is that of the dense one, less the "
        "loss that is allowed. All figures are in percent, losses and gains in points.",
    ]
    for name, runs in records.by("data"):
        dense = [run["networks"][0] for run in runs]
        parts += [
            f"## {name}",
            f"The dense network has {dense[0]['parameters']:,} parameters and "
            f"{dense[0]['multiply_adds']:,} multiply-adds, and is at "
            f"{pages.spread([point['test'] for point in dense], 2, 100)} %.",
            pages.table(header, rows(runs)),
        ]
    return parts


def summary(records):
    return [verdict(records)]
