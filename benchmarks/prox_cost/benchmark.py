"""What a proximal step costs beside a training step without penalty."""

import numpy as np
import torch

from benchmarks import pages, suite
from benchmarks.peers import wall_seconds
from sgnn.losses import LogLoss
from sgnn.networks.parameters import Parameters
from sgnn.penalties import available, get_penalty
from sgnn.penalties._registry import PENALTIES
from sgnn.proximal.adam import ProxAdam
from sgnn.proximal.build import build_terms
from sgnn.proximal.terms import Terms
from sgnn.training.backprop import Perceptron
from sgnn.training.resources import flushed_denormals, keep_freed_memory, limited_threads
from sgnn.training.scales import Scales

TITLE = "Cost of the proximal operators"
ALONE = True
SIZES, BATCH, ALPHA, RATE, CALLS = (784, 300, 100, 10), 100, 1e-4, 1e-3, 5


def penalty(name):
    if "graph" in name:
        return [PENALTIES[name](graph=[(i, i + 1) for i in range(SIZES[0] - 1)])]
    return get_penalty(name)


def network():
    parameters = Parameters(SIZES, torch.float32, torch.device("cpu"))
    draw = torch.Generator().manual_seed(0)
    for layer in parameters.layers:
        bound = (6 / sum(layer.weight.shape)) ** 0.5
        layer.weight.uniform_(-bound, bound, generator=draw)
    return parameters


def dense_step(parameters):
    """Return a function that takes one training step without penalty."""
    model = Perceptron(parameters, "relu", LogLoss())
    scales = Scales.natural(len(SIZES) - 1)
    optimizer = ProxAdam(parameters, model.gradient, Terms(parameters, []), scales)
    X, y = torch.randn(BATCH, SIZES[0]), torch.randint(SIZES[-1], (BATCH,))
    weights, losses = torch.full((BATCH,), 1 / BATCH), torch.empty(BATCH)

    def step():
        model.forward_backward(X, y, weights, losses)
        optimizer.step(1e-6)

    return step


def prox_step(name):
    """Return a function that applies a prox with a step for each group."""
    parameters = network()
    terms = build_terms(penalty(name), parameters, ALPHA)
    steps = RATE * torch.empty_like(terms.metric.sizes).uniform_(1, 100)

    return lambda: terms.prox_(parameters, steps)


def repeated(step):
    for _ in range(CALLS):
        step()


def cases(toy=False):
    return suite.grid(round=range(1 if toy else 15))


def measure(case):
    with torch.inference_mode(), limited_threads(1), flushed_denormals():
        keep_freed_memory()
        steps = {"dense": dense_step(network()), **{name: prox_step(name) for name in available()}}
        for step in steps.values():
            step()
        return {
            "step_seconds": {
                name: wall_seconds(repeated, step) / CALLS for name, step in steps.items()
            }
        }


def rows(records):
    dense = records.values("step_seconds", "dense")
    for name in records[0]["step_seconds"]:
        if name != "dense":
            seconds = records.values("step_seconds", name)
            ratio, milliseconds = np.median(seconds / dense), 1e3 * np.median(seconds)
            yield [f"`{name}`", f"{ratio:.2f}", f"{milliseconds:.2f}"]


def report(records):
    milliseconds = 1e3 * records.median("step_seconds", "dense")
    header = ["penalty", "prox / dense step", "milliseconds"]
    return [f"The dense step takes {milliseconds:.2f} ms.", pages.table(header, rows(records))]
