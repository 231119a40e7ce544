"""Which share of the time of a fit goes into its checkpoints."""

import os
import time
import warnings
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from benchmarks import pages, suite
from benchmarks.peers import wall_seconds
from sgnn import Checkpoint, SparseMLPClassifier, SparseMLPClassifierCV, sparse_mlp_path
from sgnn._common import plain_files
from sgnn.training import checkpoint
from sgnn.training.checkpoint import Place
from sgnn.training.journal import Journal

TITLE = "Cost of checkpoints"
ALONE = True
FIT, PATH, SEARCH = "fit, 784-300-100-2", "path, 784-200-2", "cross-validation, 20-20-2"
#: What a checkpoint adds to a call.
ADDED = [
    (checkpoint, "fingerprint"),
    (Journal, "__init__"),
    (Journal, "note"),
    (Journal, "end"),
    (Place, "leave"),
]


def data(rows, columns):
    X = np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32)
    return X, (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)


def call(name, at):
    """Return a function that makes a call with a checkpoint."""
    rows, columns = (500, 20) if name == SEARCH else (10_000, 784)
    X, y = data(rows, columns)
    model = SparseMLPClassifier((20,), penalty="log_sum", random_state=0)
    if name == SEARCH:
        return SparseMLPClassifierCV(model, checkpoint=at).fit, X, y
    if name == PATH:
        model.set_params(hidden_layer_sizes=(200,), max_iter=10, checkpoint=at)
        return sparse_mlp_path, model, X, y
    return model.set_params(hidden_layer_sizes=(300, 100), max_iter=60, checkpoint=at).fit, X, y


@contextmanager
def timed_parts(seconds):
    """Add up, in a dict, what the parts take that a checkpoint adds."""
    with ExitStack() as stack:
        for owner, name in ADDED:
            stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), seconds)))
        yield


def _timed(function, seconds):
    def call(*arguments, **named):
        start = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            name = function.__name__
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start

    return call


def cases(toy=False):
    return suite.grid(
        call=[SEARCH] if toy else [FIT, PATH, SEARCH],
        every=[1.0] if toy else [5.0, 60.0],
        round=range(1 if toy else 3),
    )


def measure(case):
    sizes, parts, replace = [], {}, os.replace

    def counted(part, path):
        sizes.append(os.path.getsize(part))
        replace(part, path)

    with (
        TemporaryDirectory() as folder,
        timed_parts(parts),
        patch.object(plain_files.os, "replace", counted),
        warnings.catch_warnings(action="ignore"),
    ):
        whole = wall_seconds(*call(case["call"], Checkpoint(folder, case["every"])))
    return {"wall": whole, "parts": parts, "sizes": sizes}


def rows(records):
    for name, every, runs in records.by("call", "every"):
        shares = [100 * sum(run["parts"].values()) / run["wall"] for run in runs]
        counts = [len(run["sizes"]) for run in runs]
        largest = max((max(run["sizes"], default=0) for run in runs), default=0)
        yield [
            name,
            f"{every:.0f}",
            f"{runs.median('wall'):.1f}",
            f"{np.median(shares):.2f}",
            f"{np.median(counts):.0f}",
            f"{largest / 2**20:.2f}",
        ]


def report(records):
    header = ["call", "`seconds`", "s in all", "% of them", "files written", "largest, MB"]
    return [pages.table(header, rows(records))]
