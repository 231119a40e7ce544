"""Training of multilayer perceptrons on a GPU beside one core."""

from contextlib import nullcontext

import numpy as np
import torch

from benchmarks import data, pages
from benchmarks.peers import wall_seconds
from benchmarks.speed.candidates import draw
from sgnn import SparseMLPClassifier, SparseMLPRegressor, kernels, sparse_mlp_path

TITLE = "A GPU beside a core"
ALONE = True
ROUNDS = 2
CORE, LOOP, GPU = "core, kernels", "core, torch", "GPU"
#: name: (rows, sizes of all layers, batch size, epochs)
SHAPES = {
    "MNIST-shaped, batch 100": (10_000, (784, 300, 100, 10), 100, 2),
    "MNIST-shaped, batch 2,000": (10_000, (784, 300, 100, 10), 2000, 2),
    "784-2000-2000-10, 2,000 rows, batch 500": (2000, (784, 2000, 2000, 10), 500, 1),
    "500,000 x 90, batch 1,024": (500_000, (90, 100, 1), 1024, 1),
    "500,000 x 90, batch 16,384": (500_000, (90, 100, 1), 16_384, 1),
}
TOY = {"200 x 5, regression": (200, (5, 4, 1), 32, 2)}
PATH = "path on MNIST, 10,000 images, batch 200"


def cases(toy=False):
    shapes, places, rounds = (TOY, [CORE, LOOP], 1) if toy else (SHAPES, [CORE, LOOP, GPU], ROUNDS)
    fits = [
        {"what": shape, "round": number, "where": where}
        for shape in shapes
        for number in range(rounds)
        for where in places
    ]
    if toy:
        return fits
    return fits + [{"data": "mnist", "what": PATH, "round": 0, "where": at} for at in (CORE, GPU)]


def measure(case):
    if case["where"] == GPU and not torch.cuda.is_available():
        raise RuntimeError("There is no GPU.")
    context = kernels.switched_off() if case["where"] == LOOP else nullcontext()
    device = "cuda" if case["where"] == GPU else "cpu"
    with context:
        if case["what"] == PATH:
            return path(case["data"], device)
        return fit(*(SHAPES | TOY)[case["what"]], device)


def fit(n_rows, sizes, batch_size, n_epochs, device):
    """Seconds of some epochs, the time of a shorter fit being taken off, and of the whole fit."""
    X, y = draw(n_rows, sizes)
    kind = SparseMLPRegressor if sizes[-1] == 1 else SparseMLPClassifier
    shared = {"batch_size": batch_size, "alpha": 1e-4, "device": device, "random_state": 0}
    shorter, longer = (
        kind(sizes[1:-1], max_iter=n, n_iter_no_change=np.inf, **shared) for n in (1, 1 + n_epochs)
    )
    shorter.fit(X, y)
    before = wall_seconds(shorter.fit, X, y)
    whole = wall_seconds(longer.fit, X, y)
    return {"epoch": max(whole - before, 0.0) / n_epochs, "fit": whole / (1 + n_epochs)}


def path(name, device):
    """Seconds of a path of 20 strengths, with 4 epochs each."""
    X, y = (part[:10_000] for part in data.load(name)[:2])
    model = SparseMLPClassifier(
        (300, 100), batch_size=200, max_iter=10, device=device, random_state=0
    )
    seconds = wall_seconds(lambda: sparse_mlp_path(model, X / 255, y, alphas=20, max_iter=4))
    return {"epoch": None, "fit": seconds}


def cell(runs, key):
    known = bool(runs) and runs[0][key] is not None
    return f"{runs.median(key):.3f}" if known else "-"


def rows(records):
    for what, runs in records.by("what"):
        places = [runs.where(where=where) for where in (CORE, LOOP, GPU)]
        cells = [cell(at, key) for key in ("epoch", "fit") for at in places]
        core, gpu = places[0], places[-1]
        yield [what, *cells, f"{core.median('fit') / gpu.median('fit'):.2g}" if gpu else "-"]


def report(records):
    header = ["network", *(f"epoch, {at} (s)" for at in (CORE, LOOP, GPU))]
    header += [*(f"fit, {at} (s)" for at in (CORE, LOOP, GPU)), "core with kernels / GPU"]
    return [
        "Seconds of an epoch alone; of a whole fit, divided by its epochs; and the ratio of the "
        "latter. Of the path: seconds of all of it. An epoch of 0.000 is too short to be told from "
        "what comes before and after.",
        pages.table(header, rows(records)),
    ]
