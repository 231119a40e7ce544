"""From the dense network to small ones; each method yields them at falling sizes."""

from copy import deepcopy
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy

from benchmarks import modules, subgradient
from benchmarks.lenet5.network import BATCH, RATE, RIDGE, new
from sgnn.penalties import L1, GroupHoyerSquare, GroupLasso, HoyerSquare, LogSum
from sgnn.torch import ProxAdam, sparse_groups

WEIGHTS, UNITS = "single weights", "filters and units"
SIZE = {WEIGHTS: "weights", UNITS: "multiply_adds"}
LIMITS = {
    WEIGHTS: (10_000, 4_500, 3_300, 2_200, 1_540),
    UNITS: (400_000, 250_000, 200_000, 150_000),
}
_SHRINK = 0.85


class Growth(NamedTuple):
    """A strength that grows from step to step by the same factor.

    Attributes
    ----------
    of : str
        What is penalised.
    penalty : callable
        Takes a structure and returns a penalty.
    low, high : float
        First and last strength.
    """

    of: str
    penalty: object
    low: float
    high: float


def _log_sum(groups):
    eps = 0.01 if groups == "weights" else 0.05
    return LogSum(eps=eps, groups=groups, size_scaling=False)


def _group_lasso(groups):
    return GroupLasso(groups=groups, size_scaling=False)


def _group_hoyer_square(groups):
    return GroupHoyerSquare(groups=groups)


GROWTHS = {
    "log-sum": Growth(WEIGHTS, _log_sum, 3e-4, 1.5e-2),
    "l1": Growth(WEIGHTS, lambda groups: L1(), 3e-5, 3e-3),
    "Hoyer-Square, prox": Growth(WEIGHTS, lambda groups: HoyerSquare(), 3e-4, 3e-2),
    "group log-sum": Growth(UNITS, _log_sum, 1e-3, 4e-2),
    "group lasso": Growth(UNITS, _group_lasso, 1e-4, 6e-3),
    "group Hoyer-Square, prox": Growth(UNITS, _group_hoyer_square, 3e-5, 6e-3),
}
FITTED = "log-sum, single fits"
LOSS, PRUNED, TORCH_PRUNING = "Hoyer-Square, in the loss", "none, pruned", "Torch-Pruning"
OF = {name: growth.of for name, growth in GROWTHS.items()}
OF |= {FITTED: WEIGHTS, LOSS: WEIGHTS, PRUNED: WEIGHTS, TORCH_PRUNING: UNITS}


def grown(case, module, data, generator):
    """Let the strength of a penalty grow, and train a copy on at each limit of size."""
    growth, n_epochs = GROWTHS[case["method"]], case["epochs"]
    limits, small = list(LIMITS[growth.of]), module
    module, optimizer = _restarted(module, growth)
    for epoch in range(n_epochs):
        costs = _costs(small, data.X) if growth.of == UNITS else [1.0]

        def strengthen(share, epoch=epoch, costs=costs, optimizer=optimizer):
            ratio = (growth.high / growth.low) ** ((epoch + share) / n_epochs)
            for group, cost in zip(optimizer.param_groups, costs, strict=False):
                group["alpha"] = growth.low * ratio * cost

        options = {"n_epochs": 1, "batch_size": BATCH, "generator": generator}
        modules.train(module, optimizer, *data, before_step=strengthen, **options)
        small = modules.smaller(module, data.X)
        size = sum(layer[SIZE[growth.of]] for layer in modules.counts(small, data.X))
        if limits and size <= limits[0]:
            yield retrained(case, small, data, generator)
            limits = [limit for limit in limits if limit < size]
        if not limits:
            return
        if _n_parameters(small) < _SHRINK * _n_parameters(module):
            module, optimizer = _restarted(small, growth)


def fitted(case, module, data, generator):
    """Train from new values for each strength, which rises to it as a square; in the last three
    tenths of the training zeros are kept and nothing is penalised.
    """
    for strength in case["strengths"]:
        module = new(data.X, case["seed"])
        optimizer = ProxAdam(
            sparse_groups(module, _log_sum("weights"), 0.0), lr=RATE, weight_decay=RIDGE
        )

        def strengthen(share, optimizer=optimizer, strength=strength):
            if share < 0.7:
                optimizer.set_alpha(strength * min(1.0, share / 0.8) ** 2)
            elif not optimizer.param_groups[0]["keeps_zeros"]:
                optimizer.keep_zeros()

        options = {"n_epochs": case["epochs"], "batch_size": BATCH, "generator": generator}
        modules.train(module, optimizer, *data, rate=RATE, before_step=strengthen, **options)
        yield retrained(case, module, data, generator)


def _restarted(module, growth):
    """Return a copy of a module, and an optimiser with a rule for each layer or for all weights."""
    module = deepcopy(module)
    rules = growth.penalty("weights")
    if growth.of == UNITS:
        structures = {"conv1": "incoming", "conv2": "incoming", "fc1": "outgoing"}
        structures["fc2"] = "outgoing"
        rules = {name: growth.penalty(groups) for name, groups in structures.items()}
    groups = sparse_groups(module, rules, 0.0)
    return module, ProxAdam(groups, lr=RATE / 2, weight_decay=RIDGE)


def _costs(module, X):
    """Return the thousands of multiply-adds that go with a filter of each convolution, an input of
    the dense layers, and a hidden unit.
    """
    conv1, conv2, fc1, fc2 = modules.counts(module, X)
    pairs = (conv1["outputs"], conv1, conv2), (conv2["outputs"], conv2, fc1)
    pairs += (fc1["inputs"], fc1), (fc2["inputs"], fc1, fc2)
    return [sum(one["multiply_adds"] for one in ends) / n / 1000 for n, *ends in pairs]


def _n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def retrained(case, module, data, generator):
    """Return a module trained on with its zeros kept."""
    options = {"n_epochs": case["retraining"], "batch_size": BATCH, "generator": generator}
    return modules.retrained(module, *data, RATE / 2, **options)


def pruned(case, module, data, generator):
    """Keep the largest weights of all layers, step by step, and train on after each."""
    for size in (100_000, 30_000, *LIMITS[WEIGHTS]):
        module = _cut(module, size=size)
        module = retrained(case, module, data, generator)
        yield module


def in_the_loss(case, module, data, generator):
    """Train with Hoyer-Square in the loss, cut small weights, and train on, for each strength."""
    for strength in case["strengths"]:
        penalised = deepcopy(module)
        weights = _weights(penalised)
        optimizer = torch.optim.Adam(penalised.parameters(), lr=RATE / 2)

        def loss(outputs, targets, weights=weights, strength=strength):
            return cross_entropy(outputs, targets) + strength * subgradient.hoyer_square(weights)

        options = {"n_epochs": case["epochs"], "batch_size": BATCH, "generator": generator}
        modules.train(penalised, optimizer, *data, loss=loss, rate=RATE / 2, **options)
        yield retrained(case, _cut(penalised, least=1e-3), data, generator)


def _cut(module, size=None, least=None):
    """Return a copy with its largest weights, or those of some magnitude, alone."""
    module = deepcopy(module)
    weights = _weights(module)
    if least is None:
        magnitudes = torch.cat([weight.detach().abs().ravel() for weight in weights])
        least = magnitudes.topk(min(size, len(magnitudes)))[0][-1]
    for weight in weights:
        weight.data[weight.abs() < least] = 0
    return module


def _weights(module):
    return [layer.weight for layer in module.modules() if isinstance(layer, modules.LAYERS)]


def torch_pruning(case, module, data, generator):
    """Prune channels by the norms of all that goes with them, step by step, and train on."""
    module, shares = deepcopy(module), case["shares"]
    pruner = modules.pruner(module, data.X[:2], shares, module.fc2)
    for _ in shares:
        pruner.step()
        optimizer = ProxAdam(module.parameters(), lr=RATE / 2)
        options = {"n_epochs": case["retraining"], "batch_size": BATCH, "generator": generator}
        modules.train(module, optimizer, *data, rate=RATE / 2, **options)
        yield deepcopy(module)


METHODS = dict.fromkeys(GROWTHS, grown)
METHODS |= {FITTED: fitted, LOSS: in_the_loss, PRUNED: pruned, TORCH_PRUNING: torch_pruning}
