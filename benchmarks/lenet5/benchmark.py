"""How few weights and multiply-adds LeNet-5 needs on MNIST."""

import torch

from benchmarks import modules
from benchmarks.lenet5 import methods, network
from benchmarks.lenet5.page import headline, report, summary
from sgnn.training.resources import flushed_denormals, keep_freed_memory

__all__ = ["TITLE", "cases", "headline", "is_long", "measure", "report", "summary"]

TITLE = "LeNet-5: weights and multiply-adds"
SEEDS = 3


def cases(toy=False):
    if toy:
        shared = {"data": "digits", "dense_epochs": 1, "epochs": 2, "retraining": 1, "seed": 0}
        names = [name for name in methods.METHODS if name != methods.TORCH_PRUNING]
    else:
        shared = {"data": "mnist", "dense_epochs": 6, "epochs": 30, "retraining": 8, "seed": 0}
        names = list(methods.METHODS)
    options = {
        methods.FITTED: {"strengths": [2e-3, 4e-3]},
        methods.LOSS: {"strengths": [1e-4, 3e-4, 1e-3]},
        methods.TORCH_PRUNING: {"shares": [0.4, 0.6, 0.7, 0.75, 0.8]},
    }
    return [
        {**shared, "method": name, "seed": seed, **options.get(name, {})}
        for name in names
        for seed in range(1 if toy else SEEDS)
    ]


def is_long(case):
    return True


def measure(case):
    """Return the dense network and what a method makes of it."""
    with flushed_denormals():
        keep_freed_memory()
        train, validation, test = network.splits(case["data"])
        dense = network.dense(case["data"], case["dense_epochs"], case["seed"])
        generator = torch.Generator().manual_seed(case["seed"])
        method = methods.METHODS[case["method"]]
        return {
            "points": [
                {
                    **modules.anatomy(module, train.X),
                    "validation": modules.accuracy(module, *validation),
                    "test": modules.accuracy(module, *test),
                }
                for module in (dense, *method(case, dense, train, generator))
            ]
        }
