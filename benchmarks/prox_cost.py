"""What a proximal step costs beside a training step without penalty.

Protocol: network 784-300-100-10, ReLU, softmax, batches of 100, float32, one thread, Adam's steps
(one per group or weight). Weights are Glorot's, and the strength is so small that they stay alive.
Each round times a dense step (forward, backward, Adam) and every prox one after the other; the
ratio to the dense step is taken in each round, and the median over rounds is reported.

Usage::

    python benchmarks/prox_cost.py

The table is printed, and written with all ratios to ``benchmarks/results/prox_cost.json`` and
``doc/prox_cost.md``.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np
import torch

import sgnn
from sgnn.penalties import available, get_penalty
from sgnn.penalties.build import build_terms
from sgnn.penalties.terms import Terms
from sgnn.problem import Units
from sgnn.training.losses import LOSSES
from sgnn.training.network import Network
from sgnn.training.optim import ProxAdam
from sgnn.training.parameters import Parameters
from sgnn.training.resources import flushed_denormals, keep_freed_memory, limited_threads

ROOT = Path(__file__).resolve().parents[1]
SIZES, BATCH, ALPHA, RATE = (784, 300, 100, 10), 100, 1e-4, 1e-3
ROUNDS, CALLS = 15, 5
#: Names that need an argument.
ARGUMENTS = {"group_graph": lambda cls: cls(graph=[(i, i + 1) for i in range(SIZES[0] - 1)])}


def penalties():
    """Return penalties by name."""
    chosen = {}
    for name in available():
        chosen[name] = ARGUMENTS[name](sgnn.penalties.GroupGraph) if name in ARGUMENTS else name
    return chosen


def network():
    parameters = Parameters(SIZES, torch.float32, torch.device("cpu"))
    draw = torch.Generator().manual_seed(0)
    for layer in parameters.layers:
        bound = (6 / sum(layer.weight.shape)) ** 0.5
        layer.weight.uniform_(-bound, bound, generator=draw)
    return parameters


def dense_step(parameters):
    """Return a function that takes one training step without penalty."""
    net = Network(parameters, "relu", LOSSES["softmax"])
    units = Units.of_targets(1.0, len(SIZES) - 1, homogeneous=True)
    optimizer = ProxAdam(parameters, net.gradient, Terms(parameters, []), units)
    X, y = torch.randn(BATCH, SIZES[0]), torch.randint(SIZES[-1], (BATCH,))
    weights, losses = torch.full((BATCH,), 1 / BATCH), torch.empty(BATCH)

    def step():
        net.forward_backward(X, y, weights, losses)
        optimizer.step(1e-6)

    return step


def prox_step(penalty):
    """Return a function that applies a prox with a step for each group."""
    parameters = network()
    terms = build_terms(get_penalty(penalty), parameters, ALPHA)
    steps = RATE * torch.empty_like(terms.metric.sizes).uniform_(1, 100)

    return lambda: terms.prox_(parameters, steps)


def seconds(step):
    start = time.perf_counter()
    for _ in range(CALLS):
        step()
    return (time.perf_counter() - start) / CALLS


def main():
    with torch.inference_mode(), limited_threads(1), flushed_denormals():
        keep_freed_memory()
        dense = dense_step(network())
        steps = {name: prox_step(penalty) for name, penalty in penalties().items()}
        for step in (dense, *steps.values()):
            step()
        rounds = [
            {"dense": seconds(dense), **{name: seconds(step) for name, step in steps.items()}}
            for _ in range(ROUNDS)
        ]
    lines = ["| penalty | prox / dense step | milliseconds |", "|---|---|---|"]
    for name in steps:
        ratio = np.median([r[name] / r["dense"] for r in rounds])
        lines.append(
            f"| `{name}` | {ratio:.2f} | {1e3 * np.median([r[name] for r in rounds]):.2f} |"
        )
    milliseconds = 1e3 * np.median([r["dense"] for r in rounds])
    text = [
        "# Cost of the proximal operators",
        "Written by `python benchmarks/prox_cost.py`; its docstring is the protocol. The dense "
        f"step takes {milliseconds:.2f} ms.",
        "\n".join(lines),
        f"torch {torch.__version__}, {platform.machine()}.",
    ]
    print("\n\n".join(text))
    (ROOT / "benchmarks/results/prox_cost.json").write_text(json.dumps(rounds, indent=1) + "\n")
    (ROOT / "doc/prox_cost.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
