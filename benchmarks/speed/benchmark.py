"""Training beside scikit-learn and skorch, start-up, imports and parallel fits."""

import subprocess
import sys
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from scipy import sparse
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks import data, pages
from benchmarks.peers import wall_seconds
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "Speed"
ALONE = True
RATE = 1e-3
#: name: (rows, sizes of all layers, batch size, epochs)
SHAPES = {
    "digits, batch 32": (1797, (64, 40, 20, 10), 32, 20),
    "digits, batch 200": (1797, (64, 40, 20, 10), 200, 40),
    "500 x 13, batch 200": (500, (13, 100, 3), 200, 40),
    "5,000 x 50, batch 200": (5000, (50, 100, 1), 200, 8),
    "50,000 x 48, batch 500": (50_000, (48, 40, 40, 30, 11), 500, 4),
    "MNIST-shaped, batch 100": (10_000, (784, 300, 100, 10), 100, 2),
    "MNIST, batch 100": (10_000, (784, 300, 100, 10), 100, 2),
    "500,000 x 90, batch 1024": (500_000, (90, 100, 1), 1024, 1),
}
TEXT = "4,000 x 20,000 in CSR, 0.2 % not zero, batch 200"
SHAPES[TEXT] = (4000, (20_000, 50, 1), 200, 2)
TOY_SHAPES = {
    "200 x 5, three classes": (200, (5, 4, 3), 32, 2),
    "200 x 5, regression": (200, (5, 4, 1), 32, 2),
}


def draw(rows, sizes):
    rng = np.random.default_rng(0)
    if sizes[0] == SHAPES[TEXT][1][0]:
        X = sparse.random_array(
            (rows, sizes[0]), density=0.002, format="csr", dtype=np.float32, rng=rng
        )
        return X, (X @ rng.standard_normal(sizes[0])).astype(np.float32)
    X = rng.standard_normal((rows, sizes[0]), dtype=np.float32)
    outputs = X @ rng.standard_normal((sizes[0], sizes[-1]), dtype=np.float32)
    if sizes[-1] == 1:
        return X, (outputs[:, 0] / outputs.std()).astype(np.float32)
    return X, outputs.argmax(1)


class SlicingIterator:
    """Batches of arrays in memory, for skorch."""

    def __init__(self, dataset, batch_size, shuffle=False):
        self.X, self.y = (torch.as_tensor(part) for part in (dataset.X, dataset.y))
        self.batch_size = batch_size

    def __iter__(self):
        order = torch.randperm(len(self.X))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.X[rows], self.y[rows]


def skorch_net(sizes, batch_size, n_epochs, **parameters):
    import skorch

    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    kind = skorch.NeuralNetRegressor if sizes[-1] == 1 else skorch.NeuralNetClassifier
    criterion = torch.nn.MSELoss if sizes[-1] == 1 else torch.nn.CrossEntropyLoss
    return kind(
        torch.nn.Sequential(*layers[:-1]),
        criterion=criterion,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=batch_size,
        max_epochs=n_epochs,
        train_split=None,
        verbose=0,
        **parameters,
    )


def candidates(sizes, batch_size, n_epochs):
    """Return functions that make the estimators, by name, the peer first."""
    shared = {
        "hidden_layer_sizes": sizes[1:-1],
        "batch_size": batch_size,
        "max_iter": n_epochs,
        "learning_rate_init": RATE,
        "tol": 0.0,
        "random_state": 0,
    }
    dense, ours = (
        (MLPRegressor, SparseMLPRegressor)
        if sizes[-1] == 1
        else (MLPClassifier, SparseMLPClassifier)
    )
    ours_too = {**shared, "learning_rate": "constant", "n_iter_no_change": np.inf}
    net = sizes, batch_size, n_epochs
    if sizes[0] == SHAPES[TEXT][1][0]:
        peers = {}
    else:
        peers = {
            "skorch": lambda: skorch_net(*net),
            "skorch, slicing": lambda: skorch_net(*net, iterator_train=SlicingIterator),
        }
    return {
        "MLP": lambda: dense(alpha=0.0, n_iter_no_change=10**6, **shared),
        **peers,
        "sgnn, no penalty": lambda: ours(penalty=None, **ours_too),
        "sgnn, group lasso": lambda: ours(penalty="group_lasso", alpha=1e-4, **ours_too),
    }


def training(X, y, sizes, batch_size, n_epochs):
    """Seconds per epoch of `fit`, with all that comes before and after."""
    makers = candidates(sizes, batch_size, n_epochs)
    column = y[:, None] if y.dtype.kind == "f" else y
    target = {name: column if "skorch" in name else y for name in makers}
    for name, make in makers.items():
        make().fit(X[:500], target[name][:500])
    return {
        name: wall_seconds(make().fit, X, target[name]) / n_epochs for name, make in makers.items()
    }


def epochs(X, y, sizes, batch_size, n_epochs):
    """Seconds of an epoch alone: those of some more, divided by their number."""
    shorter, longer = (candidates(sizes, batch_size, n) for n in (1, 1 + n_epochs))
    seconds = {}
    for name in shorter:
        if "skorch" not in name:
            wall_seconds(shorter[name]().fit, X, y)
            before = wall_seconds(shorter[name]().fit, X, y)
            seconds[name] = (wall_seconds(longer[name]().fit, X, y) - before) / n_epochs
    return seconds


def predictions(X, y, sizes, batch_size, n_epochs):
    """Seconds of `predict` on one row, and on 10,000."""
    makers, seconds = candidates(sizes, batch_size, 5), {}
    many = np.tile(X, (-(-10_000 // len(X)), 1))[:10_000]
    for name in ("MLP", "sgnn, no penalty"):
        model = makers[name]().fit(X, y)
        for rows, calls in ((X[:1], 500), (many, 10)):
            model.predict(rows)
            seconds[f"{name}, {len(rows):,}"] = (
                wall_seconds(
                    lambda model=model, rows=rows, n=calls: [model.predict(rows) for _ in range(n)]
                )
                / calls
            )
    return seconds


def start_up(*_):
    """Seconds of a fit of 200 rows and one epoch."""
    X, y = draw(1000, (20, 2))
    model = SparseMLPClassifier(max_iter=1).fit(X, y)
    return {"fit": [wall_seconds(model.fit, X[:200], y[:200]) for _ in range(20)]}


def imports(*_):
    """Seconds of imports in a new process."""
    times = {}
    for module in ("sklearn.base", "sgnn"):
        code = f"from time import perf_counter as t; s = t(); import {module}; print(t() - s)"
        times[module] = float(subprocess.check_output([sys.executable, "-c", code]))
    return times


def two_jobs(X, y, sizes, batch_size, _):
    """Seconds of `cross_val_score` with one job and with two."""
    model = SparseMLPClassifier(sizes[1:-1], batch_size=batch_size, max_iter=40)
    validate = partial(cross_val_score, model, cv=4)
    validate(X[:500], y[:500], n_jobs=2)
    return {n_jobs: wall_seconds(partial(validate, n_jobs=n_jobs), X, y) for n_jobs in (1, 2)}


MEASURES = {
    "training": training,
    "epoch": epochs,
    "predict": predictions,
    "start-up": start_up,
    "import": imports,
    "two jobs": two_jobs,
}


def cases(toy=False):
    """One round of all candidates each."""
    shapes, of_jobs, rounds = (
        (TOY_SHAPES, "200 x 5, three classes", 1) if toy else (SHAPES, "50,000 x 48, batch 500", 5)
    )
    settings = [
        *((what, shape, rounds) for what in ("training", "epoch") for shape in shapes),
        ("predict", next(iter(shapes)), rounds),
        ("start-up", None, 1),
        ("import", None, rounds),
        ("two jobs", of_jobs, rounds),
    ]
    return [
        {"what": what, "shape": shape, "round": number}
        | ({"data": "mnist"} if shape and shape.startswith("MNIST,") else {})
        for what, shape, n_rounds in settings
        for number in range(n_rounds)
    ]


def measure(case):
    if case["shape"] is None:
        return {"times": MEASURES[case["what"]]()}
    rows, sizes, *settings = {**SHAPES, **TOY_SHAPES}[case["shape"]]
    if "data" in case:
        X, y = data.load(case["data"])[:2]
        X, y = X[:rows], y[:rows]
    else:
        X, y = draw(rows, sizes)
    return {"times": MEASURES[case["what"]](X, y, sizes, *settings)}


def ratio(rounds, one, other):
    """Return the median over rounds of how many times as long one takes as the other."""
    return np.median(rounds.values("times", one) / rounds.values("times", other))


def rows(records, what, names):
    for shape, rounds in records.where(what=what).by("shape"):
        times = rounds[0]["times"]
        yield [
            shape,
            *(
                f"{1e3 * rounds.median('times', name):.3g} ms ({ratio(rounds, 'MLP', name):.2f}x)"
                if name in times
                else "-"
                for name in names
            ),
        ]


def facts(records):
    if rounds := records.where(what="predict"):
        for n_rows in ("1", "10,000"):
            theirs, ours = (f"{name}, {n_rows}" for name in ("MLP", "sgnn, no penalty"))
            yield (
                f"`predict`, rows: {n_rows}: {1e6 * rounds.median('times', ours):.3g} µs, "
                f"{ratio(rounds, theirs, ours):.1f}x as fast as scikit-learn's network of that size"
            )
    for run in records.where(what="start-up"):
        milliseconds = 1e3 * np.median(run["times"]["fit"])
        yield f"start-up of a fit (200 rows, one epoch): {milliseconds:.1f} ms"
    if rounds := records.where(what="import"):
        ours, base = (rounds.median("times", name) for name in ("sgnn", "sklearn.base"))
        yield f"`import sgnn`: {ours:.2f} s; `import sklearn.base`: {base:.2f} s"
    if rounds := records.where(what="two jobs"):
        yield (
            "`cross_val_score` of four fits with two jobs beside one: "
            f"{ratio(rounds, '1', '2'):.2f}x as fast"
        )


def report(records):
    about = (
        "Time per epoch of `fit`, and in brackets how many times as fast as scikit-learn's network."
    )
    alone = "The same of an epoch alone, without what comes before and after."
    names = list(candidates((1, 1), 1, 1))
    ours = [name for name in names if "skorch" not in name]
    lines = "\n".join(f"- {fact}" for fact in facts(records))
    return [
        about,
        pages.table(["data", *names], rows(records, "training", names)),
        alone,
        pages.table(["data", *ours], rows(records, "epoch", ours)),
        lines,
    ]


def headline(records):
    shapes = [rounds for _, rounds in records.where(what="training").by("shape")]
    if not shapes:
        return ["not run", ""]
    plain, lasso = (
        [ratio(rounds, "MLP", f"sgnn, {kind}") for rounds in shapes]
        for kind in ("no penalty", "group lasso")
    )
    ours = (
        f"an epoch is {min(plain):.1f} to {max(plain):.1f} times as fast, with the group lasso "
        f"{min(lasso):.1f} to {max(lasso):.1f} times"
    )
    return [ours, "`MLPClassifier`, `MLPRegressor`"]
