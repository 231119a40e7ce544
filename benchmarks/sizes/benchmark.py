"""Sizes of fitted networks, and latencies of predictions in Python and in onnxruntime."""

import pickle
from time import perf_counter
from zipfile import ZIP_DEFLATED

import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from benchmarks import data, pages, suite
from sgnn import SparseMLPClassifier, to_onnx

TITLE = "What models weigh, and how long they predict"
ALONE = True
DTYPES = "float32", "float64"
#: rows: calls
CALLS = {1: 400, 1000: 60}
ROWS = {
    "weights that are not zero": ("weights", ",.0f"),
    "arrays in memory, kB": ("arrays", ",.1f"),
    "`pickle.dumps`, kB": ("pickle", ",.1f"),
    "`skops.io.dumps`, kB": ("skops", ",.1f"),
    "the same, deflated, kB": ("deflated", ",.1f"),
    "graph of ONNX, kB": ("onnx", ",.1f"),
    "`predict`, one row, µs": ("predict 1", ",.0f"),
    "`predict`, 1000 rows, µs": ("predict 1000", ",.0f"),
    "onnxruntime, one row, µs": ("onnxruntime 1", ",.0f"),
    "onnxruntime, 1000 rows, µs": ("onnxruntime 1000", ",.0f"),
}


def cases(toy=False):
    names = ["wine"] if toy else ["digits", "breast_cancer"]
    return suite.grid(data=names, dtype=DTYPES, round=range(1 if toy else 3))


def measure(case):
    whole = data.load(case["data"])
    X = scale(whole.X.astype(np.float64)).astype(case["dtype"])
    models = {
        "MLPClassifier": MLPClassifier(max_iter=50, random_state=0),
        "SparseMLPClassifier": SparseMLPClassifier(random_state=0),
    }
    return {"of": {name: figures(model.fit(X, whole.y), X) for name, model in models.items()}}


def figures(model, X):
    """Return sizes in kB and latencies in microseconds of a fitted network."""
    import skops.io

    graph = graph_of(model, X)
    arrays = [*model.coefs_, *model.intercepts_]
    found = {
        "weights": int(sum((coef != 0).sum() for coef in model.coefs_)),
        "arrays": sum(array.nbytes for array in arrays) / 1e3,
        "pickle": len(pickle.dumps(model)) / 1e3,
        "skops": len(skops.io.dumps(model)) / 1e3,
        "deflated": len(skops.io.dumps(model, compression=ZIP_DEFLATED, compresslevel=9)) / 1e3,
        "onnx": len(graph) / 1e3,
    }
    run = session_of(graph).run
    for n_rows, n_calls in CALLS.items():
        rows = np.resize(X, (n_rows, X.shape[1]))
        found[f"predict {n_rows}"] = latency(n_calls, model.predict, rows)
        found[f"onnxruntime {n_rows}"] = latency(n_calls, run, None, {"X": rows})
    return found


def graph_of(model, X):
    """Return the serialised graph of a network; that of scikit-learn without a ZipMap."""
    if isinstance(model, SparseMLPClassifier):
        return to_onnx(model, X[:1]).SerializeToString()
    from skl2onnx import to_onnx as of_scikit_learn

    return of_scikit_learn(model, X[:1], options={"zipmap": False}).SerializeToString()


def session_of(graph):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def latency(n_calls, function, *arguments):
    """Return the median of the microseconds that a call takes."""
    seconds = []
    for _ in range(n_calls):
        start = perf_counter()
        function(*arguments)
        seconds.append(perf_counter() - start)
    return float(np.median(seconds)) * 1e6


def rows(groups):
    for words, (key, form) in ROWS.items():
        medians = [runs.median("of", name, key) for name, runs in groups]
        yield [words, *(f"{median:{form}}" for median in medians)]


def report(records):
    parts = []
    for name, of_data in records.by("data"):
        of_dtypes = list(of_data.by("dtype"))
        groups = [(model, runs) for _, runs in of_dtypes for model in records[0]["of"]]
        header = [f"`{model}`, {dtype}" for dtype, _ in of_dtypes for model in records[0]["of"]]
        parts += [f"## {name}", pages.table(["", *header], rows(groups))]
    return [
        *parts,
        "skops writes each number of a list, such as those of the curves, as an entry of its own: "
        "compress what you store. scikit-learn keeps the state of its optimiser, and sgnn does "
        "after `partial_fit`.",
    ]
