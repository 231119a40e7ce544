"""What a penalty adds to a training step."""

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
from sgnn.training.data import Batches
from sgnn.training.resources import engine
from sgnn.training.scales import Scales
from sgnn.training.subnetworks import perceptron

TITLE = "Cost of the proximal operators"
ALONE = True
ALPHA, RATE, CALLS = 1e-4, 1e-6, 5
#: name: (sizes of all layers, batch size)
SHAPES = {
    "784-300-100-10, batch 100": ((784, 300, 100, 10), 100),
    "64-40-20-10, batch 32": ((64, 40, 20, 10), 32),
}


def penalties(name, n_inputs):
    if name is None:
        return []
    if "graph" in name:
        return [PENALTIES[name](graph=[(i, i + 1) for i in range(n_inputs - 1)])]
    return get_penalty(name)


def network(sizes):
    parameters = Parameters(sizes, torch.float32, torch.device("cpu"))
    draw = torch.Generator().manual_seed(0)
    for layer in parameters.layers:
        bound = (6 / sum(layer.weight.shape)) ** 0.5
        layer.weight.uniform_(-bound, bound, generator=draw)
    return parameters


def epoch_under(name, sizes, batch_size):
    """Return a function that takes some training steps under a penalty, or under none."""
    parameters, rng = network(sizes), np.random.RandomState(0)
    model = perceptron(parameters, "relu", LogLoss())
    batches = Batches(
        rng.standard_normal((CALLS * batch_size, sizes[0])).astype(np.float32),
        rng.randint(sizes[-1], size=CALLS * batch_size),
        None,
        batch_size=batch_size,
        shuffle=True,
        rng=rng,
        device=torch.device("cpu"),
    )
    terms = build_terms(penalties(name, sizes[0]), parameters, ALPHA)
    optimizer = ProxAdam(parameters, model.gradient, terms, Scales.natural(len(sizes) - 1))

    def epoch():
        for _ in model.gradients(batches, 0.0):
            optimizer.step(RATE)

    return epoch


def cases(toy=False):
    return suite.grid(shape=list(SHAPES)[-1:] if toy else SHAPES, round=range(1 if toy else 15))


def measure(case):
    sizes, batch_size = SHAPES[case["shape"]]
    with engine(1):
        epochs = {str(name): epoch_under(name, sizes, batch_size) for name in (None, *available())}
        for epoch in epochs.values():
            epoch()
        return {
            "step_seconds": {name: wall_seconds(epoch) / CALLS for name, epoch in epochs.items()}
        }


def columns(name, of_shapes):
    """Return by what a step is longer under a penalty, and that in microseconds, by shape."""
    for rounds in of_shapes:
        bare = rounds.values("step_seconds", "None")
        added = rounds.values("step_seconds", name) - bare
        yield f"{np.median(added / bare):.2f}"
        yield f"{1e6 * np.median(added):.0f}"


def report(records):
    shapes = list(records.by("shape"))
    names = [name for name in records[0]["step_seconds"] if name != "None"]
    of_shapes = [rounds for _, rounds in shapes]
    bare = [
        f"{shape}: {1e6 * rounds.median('step_seconds', 'None'):.0f} µs" for shape, rounds in shapes
    ]
    header = ["penalty"]
    for shape, _ in shapes:
        header += [f"{shape}: added / step", "µs"]
    return [
        f"A step without penalty takes, {'; '.join(bare)}.",
        pages.table(header, ([f"`{name}`", *columns(name, of_shapes)] for name in names)),
    ]
