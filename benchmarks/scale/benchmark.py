"""How memory and time of an epoch grow with rows, columns, classes and processes."""

import os
import pickle
import tempfile
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.neural_network import MLPRegressor
from torch import distributed, multiprocessing

from benchmarks import pages, suite
from sgnn import SparseMLPClassifier, SparseMLPRegressor, sparse_mlp_path

TITLE = "How large data may be"
ALONE = True
FORMS = "array", "memory map", "early stopping", "uint8", "batches"
N_COLUMNS, N_CHUNK, N_ENTRIES = 20, 100_000, 100
N_OF_COLUMNS, N_OF_CLASSES, N_OF_PROCESSES = 10_000, 20_000, 20_000


def cases(toy=False):
    rows = [2000] if toy else [100_000, 1_000_000, 10_000_000]
    return [
        *suite.grid(what=["rows"], size=rows, form=FORMS),
        *suite.grid(what=["columns"], size=[500] if toy else [1000, 10_000, 100_000]),
        *suite.grid(what=["classes"], size=[20] if toy else [100, 1000, 10_000]),
        *([] if toy else suite.grid(what=["processes"], size=[1, 2, 3], batch=[200, 2000])),
    ]


def is_long(case):
    return case["size"] > 1_000_000


def measure(case):
    with warnings.catch_warnings(action="ignore"):
        kinds = {"rows": _rows, "columns": _columns, "classes": _classes, "processes": _processes}
        return kinds[case["what"]](case)


def anonymous():
    """Return the memory of this process that is no file, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


@contextmanager
def watched(found, name):
    """Store CPU seconds, and the peak of memory above what was there."""
    before, peaks, on = anonymous(), [0.0], [True]

    def watch():
        while on:
            peaks[0] = max(peaks[0], anonymous() - before)
            time.sleep(0.005)

    thread, clock = threading.Thread(target=watch, daemon=True), time.process_time()
    thread.start()
    try:
        yield
    finally:
        found[name] = {"cpu": time.process_time() - clock, "mb": peaks[0]}
        on.clear()
        thread.join()


def chunks(n, kind=np.float32):
    for start in range(0, n, N_CHUNK):
        rng = np.random.default_rng(start)
        X = rng.normal(size=(min(N_CHUNK, n - start), N_COLUMNS)).astype(np.float32)
        y = X[:, 0] * X[:, 1] + X[:, 2]
        yield (X if kind == np.float32 else (20 * X + 100).clip(0, 255).astype(kind)), y


def _rows(case):
    n, form = case["size"], case["form"]
    model = SparseMLPRegressor((20,), max_iter=1, random_state=0, dtype="float32")
    model.fit(*next(chunks(500)))
    model.set_params(early_stopping=form == "early stopping")
    kind, found = np.uint8 if form == "uint8" else np.float32, {}
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/X.npy"
        shape = {"shape": (n, N_COLUMNS), "dtype": kind}
        X, y = np.lib.format.open_memmap(path, "w+", **shape), np.empty(n, np.float32)
        for index, (rows, targets) in enumerate(chunks(n, kind)):
            there = slice(index * N_CHUNK, index * N_CHUNK + len(rows))
            X[there], y[there] = rows, targets
        X.flush()
        X = np.load(path, mmap_mode=None if form == "array" else "r")
        with watched(found, "fit"):
            if form == "batches":
                starts = range(0, n, N_CHUNK)
                model.fit_batches(
                    lambda: ((X[a : a + N_CHUNK], y[a : a + N_CHUNK]) for a in starts)
                )
            else:
                model.fit(X, y)
        with watched(found, "predict"):
            model.predict(X)
    return {**found, "data_mb": n * N_COLUMNS * np.dtype(kind).itemsize / 2**20}


def _columns(case):
    n, width, rng = N_OF_COLUMNS, case["size"], np.random.default_rng(0)
    places = rng.integers(0, width, n * N_ENTRIES).astype(np.int32)
    ends = np.arange(0, n * N_ENTRIES + 1, N_ENTRIES)
    values = rng.normal(size=n * N_ENTRIES).astype(np.float32)
    X = sparse.csr_matrix((values, places, ends), shape=(n, width))
    X.sum_duplicates()
    y, found = np.asarray(X[:, : width // 20].sum(axis=1)).ravel(), {}
    network = {"hidden_layer_sizes": (10,), "max_iter": 3, "random_state": 0}
    for name, model in (
        ("sgnn", SparseMLPRegressor(**network)),
        ("MLPRegressor", MLPRegressor(**network)),
    ):
        with watched(found, name):
            model.fit(X, y)
    with watched(found, "path"):
        path = sparse_mlp_path(SparseMLPRegressor(**network), X, y, alphas=10, max_iter=3)
    in_path = sum(point.network.coefs[0].nbytes for point in path)
    return {**found, "weights_mb": width * 10 * 4 / 2**20, "path_mb": in_path / 2**20}


def _classes(case):
    n, k, found = N_OF_CLASSES, case["size"], {}
    X = np.random.default_rng(0).normal(size=(n, 50)).astype(np.float32)
    model = SparseMLPClassifier((20,), max_iter=1, random_state=0)
    with watched(found, "fit"):
        model.fit(X, np.arange(n) % k)
    with watched(found, "predict"):
        model.predict(X)
    return {**found, "scores_mb": n * k * 4 / 2**20}


def _one_of(rank, n_processes, batch, folder):
    n, rng = N_OF_PROCESSES // n_processes, np.random.default_rng(rank)
    X = rng.normal(size=(n, 100)).astype(np.float32)
    model = SparseMLPRegressor((300, 300), batch_size=batch, max_iter=4, random_state=0)
    if n_processes > 1:
        meeting = {"init_method": f"file://{folder}/meet", "rank": rank}
        distributed.init_process_group("gloo", world_size=n_processes, **meeting)
        model.set_params(data_parallel=True)
    clock, wall = time.process_time(), time.perf_counter()
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, X[:, 0] * X[:, 1])
    found = {"cpu": time.process_time() - clock, "wall": time.perf_counter() - wall}
    Path(f"{folder}/{rank}").write_bytes(pickle.dumps(found))


def _processes(case):
    n = case["size"]
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(_one_of, (n, case["batch"], folder), n)
        found = [pickle.loads(Path(f"{folder}/{rank}").read_bytes()) for rank in range(n)]
    of_a_process = {key: max(one[key] for one in found) for key in found[0]}
    return {"fit": of_a_process, "cores": os.cpu_count()}


ROWS = "rows", "form", "data, MB", "fit, MB", "predict, MB", "fit, s"
COLUMNS = (
    *("columns", "weights, MB", "fit, MB", "path, MB", "of it networks, MB"),
    *("fit, s", "MLPRegressor, s"),
)
CLASSES = "classes", "all scores, MB", "fit, MB", "predict, MB", "fit, s"
PROCESSES = "processes", "batch", "CPU of a process, s", "wall, s"


def report(records):
    return [
        "Peaks of memory are above what was there before, in anonymous pages: what of a memory "
        "map is in the page cache is not counted. CPU seconds of one thread, once each.",
        "## Rows",
        pages.table(ROWS, _of_rows(records)),
        "20 columns, 20 hidden units, one epoch.",
        "## Columns",
        pages.table(COLUMNS, _of_columns(records)),
        f"CSR of {N_OF_COLUMNS:,} rows with {N_ENTRIES} entries each, 10 hidden units, 3 epochs; "
        "paths of 10 strengths at most, 3 epochs each.",
        "## Classes",
        pages.table(CLASSES, _of_classes(records)),
        f"{N_OF_CLASSES:,} rows, 50 columns, 20 hidden units, one epoch.",
        "## Processes",
        pages.table(PROCESSES, _of_processes(records)),
        f"{N_OF_PROCESSES:,} rows shared out, 100 columns, 300-300 hidden units, 4 epochs, gloo on "
        "one machine.",
    ]


def _of_rows(records):
    for record in records.where(what="rows"):
        fit, predict = record["fit"], record["predict"]
        numbers = f"{record['data_mb']:.1f}", f"{fit['mb']:.0f}", f"{predict['mb']:.0f}"
        yield [f"{record['size']:,}", record["form"], *numbers, f"{fit['cpu']:.2f}"]


def _of_columns(records):
    for record in records.where(what="columns"):
        ours, theirs = record["sgnn"], record["MLPRegressor"]
        times = f"{ours['cpu']:.2f}", f"{theirs['cpu']:.2f}"
        peaks = f"{ours['mb']:.0f}", f"{record['path']['mb']:.0f}", f"{record['path_mb']:.1f}"
        yield [f"{record['size']:,}", f"{record['weights_mb']:.2f}", *peaks, *times]


def _of_classes(records):
    for record in records.where(what="classes"):
        fit, predict = record["fit"], record["predict"]
        numbers = f"{record['scores_mb']:.0f}", f"{fit['mb']:.0f}", f"{predict['mb']:.0f}"
        yield [f"{record['size']:,}", *numbers, f"{fit['cpu']:.2f}"]


def _of_processes(records):
    for record in records.where(what="processes"):
        fit = record["fit"]
        yield [record["size"], record["batch"], f"{fit['cpu']:.2f}", f"{fit['wall']:.2f}"]
