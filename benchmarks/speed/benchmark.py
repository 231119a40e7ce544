"""Training beside scikit-learn and skorch, start-up, imports and parallel fits."""

import subprocess
import sys
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from benchmarks import data, pages
from benchmarks.peers import least_seconds, operations, product_rate, wall_seconds
from benchmarks.speed.candidates import SHAPES, TOY_SHAPES, candidates, draw
from sgnn import SparseMLPClassifier

TITLE = "Speed"
ALONE = True
MANY = 100_000


def training(X, y, sizes, batch_size, n_epochs):
    """Seconds per epoch of `fit`, with all that comes before and after."""
    makers = candidates(sizes, batch_size, n_epochs)
    column = y[:, None] if y.dtype.kind == "f" else y
    target = {name: column if "skorch" in name else y for name in makers}
    for name, make in makers.items():
        make().fit(X[:500], target[name][:500])
    return {name: seconds_of_fit(make, X, target[name]) / n_epochs for name, make in makers.items()}


def seconds_of_fit(make, X, y):
    """Return the least of three times, for data of very many rows one."""
    n_times = 1 if X.shape[0] >= MANY else 3
    return least_seconds(lambda: make().fit(X, y), n_times=n_times)


def epochs(X, y, sizes, batch_size, n_epochs):
    """Seconds of an epoch alone: those of some more, divided by their number."""
    shorter, longer = (candidates(sizes, batch_size, n) for n in (1, 1 + n_epochs))
    seconds = {}
    if not sparse.issparse(X):
        seconds["products"] = operations(len(X), sizes) / product_rate(1024)
    for name in shorter:
        if "skorch" not in name:
            wall_seconds(shorter[name]().fit, X, y)
            one, more = (seconds_of_fit(makers[name], X, y) for makers in (shorter, longer))
            seconds[name] = (more - one) / n_epochs
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


def default_fits(X, y):
    """Seconds of fits with all defaults, the mean of some."""
    return {
        name: wall_seconds(lambda cls=cls: [cls(random_state=seed).fit(X, y) for seed in range(3)])
        / 3
        for name, cls in DEFAULTS.items()
    }


def grid_search(X, y):
    """Seconds of a search over twenty strengths and five folds, 100 fits."""
    grid = {"alpha": np.geomspace(1e-5, 1e-1, 20)}
    return {
        name: wall_seconds(GridSearchCV(cls(random_state=0), grid, refit=False).fit, X, y)
        for name, cls in DEFAULTS.items()
    }


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


DEFAULTS = {"MLP": MLPClassifier, "sgnn": SparseMLPClassifier}
SMALL = {"default fit": default_fits, "100 fits": grid_search}
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
    small = [("default fit", "wine", rounds)]
    if not toy:
        small += [("default fit", "breast_cancer", rounds), ("100 fits", "breast_cancer", 1)]
    return [
        *(
            {"what": what, "shape": shape, "round": number}
            | ({"data": "mnist"} if shape and shape.startswith("MNIST,") else {})
            for what, shape, n_rounds in settings
            for number in range(n_rounds)
        ),
        *(
            {"what": what, "data": name, "round": number}
            for what, name, n_rounds in small
            for number in range(n_rounds)
        ),
    ]


def measure(case):
    if case["what"] in SMALL:
        X, y = data.load(case["data"])[:2]
        return {"times": SMALL[case["what"]](scale(X), y)}
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
        yield [shape, *(cell(rounds, name) if name in times else "-" for name in names)]


def cell(rounds, name):
    """Return milliseconds, and as ratios how much faster than MLP and slower than products."""
    milliseconds = f"{1e3 * rounds.median('times', name):.3g} ms"
    if name == "products":
        return milliseconds
    ratios = f"{ratio(rounds, 'MLP', name):.2f}x"
    if "products" in rounds[0]["times"]:
        ratios += f"; {ratio(rounds, name, 'products'):.2g}"
    return f"{milliseconds} ({ratios})"


def facts(records):
    if rounds := records.where(what="predict"):
        for n_rows in ("1", "10,000"):
            theirs, ours = (f"{name}, {n_rows}" for name in ("MLP", "sgnn, no penalty"))
            yield (
                f"`predict`, rows: {n_rows}: {1e6 * rounds.median('times', ours):.3g} µs, "
                f"{ratio(rounds, theirs, ours):.1f}x as fast as scikit-learn's network of that size"
            )
    for what in SMALL:
        for name, rounds in records.where(what=what).by("data"):
            theirs, ours = (1e3 * rounds.median("times", one) for one in DEFAULTS)
            yield (
                f"{what}, {name}: {ours:.3g} ms, {ratio(rounds, 'MLP', 'sgnn'):.1f}x as fast as "
                f"`MLPClassifier` ({theirs:.3g} ms)"
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
    alone = (
        "The same of an epoch alone, without what comes before and after; and how many times as "
        "long it takes as its matrix products would at the highest rate of a product."
    )
    names = list(candidates((1, 1), 1, 1))
    ours = [name for name in names if "skorch" not in name]
    lines = "\n".join(f"- {fact}" for fact in facts(records))
    return [
        about,
        pages.table(["data", *names], rows(records, "training", names)),
        alone,
        pages.table(["data", "products", *ours], rows(records, "epoch", ["products", *ours])),
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
