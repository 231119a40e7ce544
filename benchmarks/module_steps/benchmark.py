"""What a step of the proximal optimisers for modules costs beside one of torch's Adam."""

import numpy as np
import torch
from torch import nn

from benchmarks import pages, suite
from benchmarks.peers import wall_seconds
from sgnn.penalties import ExclusiveLasso, GroupLasso, LogSum, get_penalty
from sgnn.torch import ProxAdam, sparse_groups
from sgnn.training.resources import flushed_denormals, keep_freed_memory, limited_threads

TITLE = "Steps of modules"
ALONE = True
BATCH, ALPHA, RATE, CALLS = 128, 1e-7, 1e-7, 5
PENALTIES = {
    "no penalty": {"*": None},
    "group lasso": "group_lasso",
    "group lasso, incoming": GroupLasso(groups="incoming"),
    "group lasso, kernels": GroupLasso(groups="kernels"),
    "l1": "l1",
    "sparse group lasso": "sparse_group_lasso",
    "log-sum, groups": "log_sum",
    "log-sum, weights": LogSum(groups="weights"),
    "transformed l1, weights": "transformed_l1",
    "mcp, weights": get_penalty("mcp")[0].set_params(groups="weights"),
    "exclusive lasso": ExclusiveLasso(),
}


def lenet():
    torch.manual_seed(0)
    convolutions = nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5)
    head = nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10)
    return nn.Sequential(*convolutions, nn.ReLU(), nn.MaxPool2d(2), *head)


def training_step(make_optimizer):
    """Return a function that takes one training step."""
    module = lenet()
    optimizer = make_optimizer(module)
    X, y = torch.randn(BATCH, 1, 28, 28), torch.randint(10, (BATCH,))

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(X), y).backward()
        optimizer.step()

    return step


def optimizers():
    """Return what makes each optimiser, by name."""
    makers = {"torch": lambda module: torch.optim.Adam(module.parameters(), lr=RATE)}
    for name, rules in PENALTIES.items():
        makers[name] = lambda module, rules=rules: ProxAdam(
            sparse_groups(module, rules, ALPHA), lr=RATE
        )
    return makers


def repeated(step):
    for _ in range(CALLS):
        step()


def cases(toy=False):
    return suite.grid(round=range(1 if toy else 15))


def measure(case):
    with limited_threads(1), flushed_denormals():
        keep_freed_memory()
        steps = {name: training_step(maker) for name, maker in optimizers().items()}
        for step in steps.values():
            step()
        seconds = {name: wall_seconds(repeated, step) / CALLS for name, step in steps.items()}
        return {"step_seconds": seconds}


def rows(records):
    plain = records.values("step_seconds", "torch")
    for name in PENALTIES:
        seconds = records.values("step_seconds", name)
        yield [name, f"{np.median(seconds / plain):.2f}", f"{1e3 * np.median(seconds):.1f}"]


def report(records):
    milliseconds = 1e3 * records.median("step_seconds", "torch")
    header = ["penalty", "step / step of `torch.optim.Adam`", "milliseconds"]
    return [
        f"A step with `torch.optim.Adam` takes {milliseconds:.1f} ms.",
        pages.table(header, rows(records)),
    ]
