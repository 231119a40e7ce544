"""Penalties of the papers on networks with one convolutional layer."""

import torch

from benchmarks import modules
from benchmarks.conv_digits import protocol
from benchmarks.conv_digits.page import headline, report, summary
from sgnn.torch import ProxAdam, sparse_groups, sparse_module_path

__all__ = ["TITLE", "cases", "headline", "measure", "report", "summary"]

TITLE = "Penalties on convolutional networks"
KEYS = ["alpha", "objective", "parameters", "multiply_adds", "validation", "test"]


def cases(toy=False):
    if toy:
        choices = [("fits", protocol.RIDGE), ("fits", protocol.INTEGRATED), ("path", "l1")]
        choices.append(("fits", f"{protocol.INTEGRATED}, a=10"))
        return [
            {"data": "digits", "method": method, "penalty": penalty, "seed": 0, "epochs": 2}
            | {"alphas": [1e-2] if method == "fits" else 3}
            for method, penalty in choices
        ]
    penalties, tasks = list(protocol.PENALTIES), protocol.TASKS
    choices = [
        *[("digits", "fits", penalty, tasks["digits"].n_seeds) for penalty in penalties],
        *[("digits", "path", penalty, 2) for penalty in protocol.ON_PATHS],
        *[("digits", "fits", penalty, 3) for penalty in protocol.VARIED],
        *[
            (name, "fits", penalty, tasks[name].n_seeds)
            for name in tasks
            for penalty in penalties
            if name != "digits"
        ],
    ]
    return [
        {
            "data": name,
            "method": method,
            "penalty": penalty,
            "seed": seed,
            "epochs": tasks[name].n_epochs,
            "alphas": protocol.strengths(name) if method == "fits" else protocol.N_POINTS,
        }
        for name, method, penalty, n_seeds in choices
        for seed in range(n_seeds)
    ]


def is_long(case):
    return "mnist" in case["data"] or case["seed"] >= 2


def measure(case):
    """Return networks of growing strength, the dense one first, and more of the one chosen."""
    parts = protocol.splits(case["data"], case["seed"])
    networks = list((fits if case["method"] == "fits" else path)(case, *parts))
    floor = max(network["validation"] for network in networks) - protocol.TOLERANCE
    chosen = [network for network in networks if network["validation"] >= floor][-1]
    return {
        "rows": [len(y) for _, y in parts],
        "chosen": chosen,
        "networks": {key: [network[key] for network in networks] for key in KEYS},
    }


def fits(case, train, *others):
    """Train one network from a random start for each strength, and for none."""
    for alpha in [0.0, *case["alphas"]]:
        torch.manual_seed(case["seed"])
        module = network_of(case)
        is_ridge = case["penalty"] == protocol.RIDGE
        groups = sparse_groups(module, penalty_of(case["penalty"]), 0.0 if is_ridge else alpha)
        decay = alpha if is_ridge else 0.0
        optimizer = ProxAdam(groups, lr=protocol.RATE, weight_decay=decay)
        curves = {"loss": [], "validation": [], "parameters": []}
        generator = torch.Generator().manual_seed(case["seed"])

        def note(loss, module=module, curves=curves):
            left = sum(int(one.count_nonzero()) for one in module.parameters())
            curves["loss"].append(round(loss, 5))
            curves["validation"].append(modules.accuracy(module, *others[0]))
            curves["parameters"].append(left)

        modules.train(
            module,
            optimizer,
            *train,
            n_epochs=case["epochs"],
            batch_size=protocol.BATCH,
            generator=generator,
            rate=protocol.RATE,
            on_epoch=note,
        )
        objective = curves["loss"][-1] + optimizer.penalty()
        yield network(module, alpha, objective, train, *others) | {"curves": curves}


def path(case, train, *others):
    """Walk one path, with a refit of each network."""
    found = sparse_module_path(
        lambda: network_of(case),
        train,
        torch.nn.functional.cross_entropy,
        rules=penalty_of(case["penalty"]),
        validation=others[0],
        lr=protocol.RATE,
        batch_size=protocol.BATCH,
        dense_epochs=case["epochs"],
        epochs=max(1, case["epochs"] // 6),
        refit_epochs=max(1, case["epochs"] // 6),
        n_points=case["alphas"],
        random_state=case["seed"],
    )
    for point in found:
        if point.sparsity < 1:
            yield network(found.module(point), point.alpha, point.train_loss, train, *others)


def penalty_of(name):
    return (protocol.PENALTIES | protocol.VARIED)[name]


def network_of(case):
    return modules.placed(protocol.Network(protocol.TASKS[case["data"]]))


def network(module, alpha, objective, train, validation, test):
    """Return what there is to say about a network; its filters as rows of numbers."""
    return {
        "alpha": alpha,
        "objective": round(objective, 5),
        **modules.anatomy(module, train[0]),
        "zeros": zeros(module),
        "validation": round(modules.accuracy(module, *validation), 5),
        "test": round(modules.accuracy(module, *test), 5),
        "filters": module.conv.weight.detach().flatten(1).double().cpu().numpy().round(3).tolist(),
    }


def zeros(module):
    """Return the share of the weights of each layer that are zero."""
    layers = module.conv, module.hidden, module.output
    return [round(1 - int(one.weight.count_nonzero()) / one.weight.numel(), 4) for one in layers]
