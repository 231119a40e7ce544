"""Whether removal leaves the outputs of modules as they are, beside Torch-Pruning."""

import copy

import torch

from benchmarks import pages, suite
from sgnn.torch import compact
from tests.torch.networks import CASES, IMAGES, kill

TITLE = "Removal from modules"
TOLERANCE = 1e-10
TOOLS = ["compact", "Torch-Pruning"]
BIASES = ["kept", "zero"]


def pruned(module, x, layer, units):
    """Return the module after Torch-Pruning has taken the group of some units out."""
    import torch_pruning

    small = copy.deepcopy(module)
    graph = torch_pruning.DependencyGraph().build_dependency(small, x)
    child = small.get_submodule(layer)
    way = graph.get_pruner_of_module(child).prune_out_channels
    group = graph.get_pruning_group(child, way, list(units))
    if not graph.check_pruning_group(group):
        raise ValueError("check_pruning_group says no")
    group.prune()
    return small


def outputs(module, x):
    with torch.no_grad():
        return module(x)


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def cases(toy=False):
    names = ["biases", "grouped, in"] if toy else list(CASES)
    return suite.grid(network=names, biases=BIASES, tool=TOOLS[:1] if toy else TOOLS)


def measure(case):
    torch.manual_seed(0)
    make, layer, units, others = CASES[case["network"]]
    module = make()
    kill(module, layer, units, case["biases"] == "zero", others)
    module = module.double().eval()
    x, more = torch.randn(IMAGES).double(), torch.randn(IMAGES).double()
    before = outputs(module, more)
    found = {"n_before": n_parameters(module), "error": None, "n_after": None, "says": None}
    try:
        if case["tool"] == "compact":
            small, _ = compact(module, x)
        else:
            small = pruned(module, x, layer, units)
        after = outputs(small, more)
        found["error"] = float((after - before).abs().max() / before.abs().max())
        found["n_after"] = n_parameters(small)
    except Exception as error:
        found["says"] = f"{type(error).__name__}: {error}"[:200]
    return found


def outcome(record):
    """Return what came of it, in a word."""
    if record["says"] is not None:
        return "refused"
    if record["error"] > TOLERANCE:
        return "wrong"
    return "smaller" if record["n_after"] < record["n_before"] else "kept"


def cell(record):
    of = outcome(record)
    if of == "smaller":
        return f"same, {1 - record['n_after'] / record['n_before']:.1%} fewer"
    return f"**wrong by {record['error']:.1e}**" if of == "wrong" else of


def counts(records):
    found = [outcome(record) for record in records]
    return [found.count(kind) for kind in ("smaller", "kept", "refused", "wrong")]


def columns(records):
    """Return the pairs of biases and a tool that were measured."""
    tools = dict.fromkeys(record["tool"] for record in records)
    return [{"biases": biases, "tool": tool} for biases in BIASES for tool in tools]


def rows(records):
    for name in dict.fromkeys(record["network"] for record in records):
        found = (records.where(network=name, **column) for column in columns(records))
        yield [name, *(cell(record) for [record] in found)]


def report(records):
    header = ["biases", "tool", "same and smaller", "same, nothing removed", "refused", "wrong"]
    totals = [[*of.values(), *counts(records.where(**of))] for of in columns(records)]
    details = [f"{of['tool']}, biases {of['biases']}" for of in columns(records)]
    return [
        "Networks, by what came of them:",
        pages.table(header, totals),
        "Parameters that went, network by network:",
        pages.table(["network", *details], rows(records)),
    ]


def headline(records):
    ours, theirs = (counts(records.where(tool=tool)) for tool in TOOLS)
    return [
        f"outputs wrong in {ours[3]} of {sum(ours)} networks, smaller and right in {ours[0]}",
        f"Torch-Pruning: wrong in {theirs[3]}, smaller and right in {theirs[0]}",
    ]
