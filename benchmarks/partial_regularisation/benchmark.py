"""Partial regularisation: a random share of the units bears no penalty."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.lines import Line2D
from sklearn.preprocessing import StandardScaler

from benchmarks import data, networks, pages, subgradient
from benchmarks.peers import timed
from sgnn import SparseMLPClassifier, SparseMLPRegressor, compact, sparse_mlp_path
from sgnn.penalties import GroupLasso, LogSum, SparseGroupLasso

TITLE = "Partial regularisation: E & Gao"
PENALTIES = ("GL", "iGL", "SGL", "iSGL")
METHODS = {
    "subgradient": "their protocol",
    "prox": "sgnn, same penalty",
    "path": "sgnn, best that fits",
}


class Cell(NamedTuple):
    """What E & Gao print: accuracy, or error, on the test set, and units per layer."""

    test: float
    units: tuple | None = None


class Path(NamedTuple):
    """A path of group log-sum penalties.

    Attributes
    ----------
    layers : tuple of float
        Factors of the layers of weights.
    alphas : tuple
        The first and the last strength, and their number.
    learning_rate : float, default=3e-3
    """

    layers: tuple
    alphas: tuple
    learning_rate: float = 3e-3


class Task(NamedTuple):
    """A data set with its network and its training.

    Attributes
    ----------
    title : str
    hidden : tuple of int
    strength : float
        That of the penalties of the paper.
    batch_size : int
    free : float
        Share of the units that bears no penalty in "iGL" and "iSGL".
    epochs : int
        Under the penalties of the paper.
    dense_epochs : int
        Of the network that a path starts from; each point of the path takes half as many.
    paths : tuple of Path
    """

    title: str
    hidden: tuple
    strength: float
    batch_size: int
    free: float
    epochs: int
    dense_epochs: int
    paths: tuple


IMAGES = ("mnist", "fashion_mnist", "digits")
DEEP = 400, 300, 100
SMALL = 1e-5, 0.3, 30
NARROW = Path((0.005, 1, 0.3, 0.6), (3e-3, 0.016, 16), learning_rate=1e-2)
WIDE = Path((0.002, 1, 0.8, 3), (4e-4, 0.012, 14))
TASKS = {
    "parabola": Task(
        "Toy, y = -x²", (50, 50), 1e-3, 40, 1 / 8, 2000, 250, (Path((1, 1, 5), SMALL),)
    ),
    "boston": Task("Boston", (40, 30), 1e-3, 404, 1 / 8, 2000, 250, (Path((0.1, 1, 20), SMALL),)),
    "sdd_subset2200": Task(
        "Sensorless drive, 2,200 rows",
        (40, 40, 30),
        1e-4,
        500,
        1 / 8,
        300,
        60,
        (Path((0.1, 1, 2, 6), (1e-4, 0.03, 30)),),
    ),
    "mnist": Task(
        "MNIST", DEEP, 1e-4, 400, 1 / 8, 12, 8, (Path((0.02, 1, 0.5, 3), (5e-4, 8e-3, 12)),)
    ),
    "fashion_mnist": Task("Fashion-MNIST", DEEP, 1e-4, 400, 1 / 4, 12, 8, (NARROW, WIDE)),
    "digits": Task("Digits", (20, 10), 1e-4, 200, 1 / 8, 20, 10, (Path((1, 1, 1), (1e-3, 1, 6)),)),
}
PUBLISHED = {
    "parabola": [
        Cell(0.0036, (1, 30, 2)),
        Cell(0.0012),
        Cell(0.0033),
        Cell(0.0014),
    ],
    "boston": [
        Cell(0.0105, (12, 3, 1)),
        Cell(0.0089, (10, 25, 12)),
        Cell(0.0103, (13, 40, 1)),
        Cell(0.0089, (13, 35, 10)),
    ],
    "sdd_subset2200": [
        Cell(0.9874, (47, 25, 11, 10)),
        Cell(0.9928, (48, 20, 8, 15)),
        Cell(0.9875, (47, 22, 9, 9)),
        Cell(0.9929, (47, 24, 9, 12)),
    ],
    "mnist": [
        Cell(0.9574, (522, 19, 28, 33)),
        Cell(0.9640, (605, 345, 79, 39)),
        Cell(0.9541, (756, 341, 27, 33)),
        Cell(0.9592, (759, 384, 81, 46)),
    ],
    "fashion_mnist": [
        Cell(0.8352, (589, 7, 9, 16)),
        Cell(0.8577, (748, 260, 84, 27)),
        Cell(0.8467, (771, 304, 10, 17)),
        Cell(0.8536, (778, 365, 91, 27)),
    ],
}
PUBLISHED = {name: dict(zip(PENALTIES, cells, strict=True)) for name, cells in PUBLISHED.items()}
L1_RATIO = 0.1
LEGEND = (
    "Test and train are accuracies in per cent, or mean squared errors in hundredths; units are "
    "means over the seeds, inputs first, and sparsity is the share of zeros of each matrix. Of a "
    "path the CPU seconds are those of all its networks."
)
CLAIM = (
    "E & Gao leave a random share of the units without penalty. The aim: for each of their cells "
    "a network that is more accurate on the test set and has no more units in any layer. It is "
    "chosen on validation data, from paths of group log-sum penalties with a refit. A cell is "
    "beaten if every seed does it."
)


def cases(toy=False):
    return [
        {
            "data": name,
            "method": method,
            "penalty": penalty,
            "epochs": 4 if toy else task.dense_epochs if method == "path" else task.epochs,
            "seed": seed,
        }
        for name, task in TASKS.items()
        if name in (("parabola", "digits") if toy else PUBLISHED)
        for method in METHODS
        for penalty in ([None] if method == "path" else PENALTIES)
        for seed in range(1 if toy else n_seeds(name, method))
    ]


def n_seeds(name, method):
    if name in IMAGES:
        return 2 if method == "path" else 1
    return 5


def draw(name, seed):
    """Return X, X_test, y and y_test, scaled, in random order."""
    rng = np.random.default_rng(seed)
    if name == "parabola":
        X = rng.permutation(np.linspace(-1, 1, 40, dtype=np.float32))[:, None]
        X_test = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
        return X, X_test, -(X[:, 0] ** 2), -(X_test[:, 0] ** 2)
    X, X_test, y, y_test = data.split(data.load(name), seed)
    if name in IMAGES:
        return X / X.max(), X_test / X.max(), y, y_test
    scaler = StandardScaler().fit(X)
    if y.dtype.kind == "f":
        low, high = y.min(), y.max()
        y, y_test = (y - low) / (high - low), (y_test - low) / (high - low)
    return scaler.transform(X), scaler.transform(X_test), y, y_test


def measure(case):
    task = TASKS[case["data"]]
    X, X_test, y, y_test = draw(case["data"], case["seed"])
    if case["method"] == "path":
        return walked(case, task, X, X_test, y, y_test)
    train = trained_as_they_did if case["method"] == "subgradient" else trained
    network, seconds = timed(train, case, task, X, y)
    return {
        **networks.anatomy(network[0]),
        "train": metric(*network, X, y),
        "test": metric(*network, X_test, y_test),
        "cpu_seconds": seconds,
    }


def trained_as_they_did(case, task, X, y):
    """Train with the penalty in the loss, and cut."""
    rng = np.random.default_rng(case["seed"])
    free = task.free if case["penalty"].startswith("i") else 0
    masks = [
        torch.from_numpy(rng.permutation(n) >= round(free * n)).float()
        for n in (X.shape[1], *task.hidden)
    ]
    ratio = L1_RATIO if case["penalty"].endswith("SGL") else 0

    def penalty(weights):
        groups = subgradient.group_lasso(weights, masks)
        if not ratio:
            return task.strength * groups
        penalised = [weight * mask for weight, mask in zip(weights, masks, strict=True)]
        single = subgradient.l1(penalised)
        return task.strength * ((1 - ratio) * groups + ratio * single)

    return subgradient.train(
        X,
        y,
        task.hidden,
        penalty,
        batch_size=task.batch_size,
        n_epochs=case["epochs"],
        seed=case["seed"],
    )


def trained(case, task, X, y):
    """Train under the same penalty with its proximal operator."""
    fraction = 1 - task.free if case["penalty"].startswith("i") else 1
    if case["penalty"].endswith("SGL"):
        penalty = SparseGroupLasso(L1_RATIO, fraction=fraction)
    else:
        penalty = GroupLasso(fraction=fraction)
    model = estimator(case, task, y, penalty=penalty, alpha=task.strength)
    return model.fit(X, y).expand()


def estimator(case, task, y, learning_rate=3e-3, **parameters):
    cls = SparseMLPRegressor if y.dtype.kind == "f" else SparseMLPClassifier
    return cls(
        task.hidden,
        batch_size=task.batch_size,
        max_iter=case["epochs"],
        learning_rate_init=learning_rate,
        random_state=case["seed"],
        **parameters,
    )


def walked(case, task, X, X_test, y, y_test):
    """Walk paths, and choose for each cell of the paper a network that is nowhere larger."""
    n_train = len(X) - len(X) // 6
    X, X_val, y, y_val = X[:n_train], X[n_train:], y[:n_train], y[n_train:]
    candidates, seconds = [], 0
    for layers, alphas, learning_rate in task.paths:
        penalty = LogSum(layers=layers)
        path, spent = timed(
            sparse_mlp_path,
            estimator(case, task, y, learning_rate, penalty=penalty, l2=1e-4, refit=True),
            X,
            y,
            X_val=X_val,
            y_val=y_val,
            alphas=np.geomspace(*alphas),
            max_iter=case["epochs"] // 2,
        )
        candidates += [path.estimator(index) for index in np.flatnonzero(path.n_features)]
        seconds += spent

    def best_that_fits(cell):
        fitting = [model for model in candidates if fits(model.n_neurons_, cell)]
        if not fitting:
            return None
        network = max(fitting, key=lambda model: model.score(X_val, y_val)).expand()
        return {
            **networks.anatomy(network[0]),
            "train": metric(*network, X, y),
            "validation": metric(*network, X_val, y_val),
            "test": metric(*network, X_test, y_test),
        }

    cells = PUBLISHED.get(case["data"], {})
    chosen = {penalty: best_that_fits(cell) for penalty, cell in cells.items()}
    return {
        "cpu_seconds": seconds,
        "points": len(candidates),
        "chosen": {penalty: found for penalty, found in chosen.items() if found},
    }


def fits(units, cell):
    """Whether a network is nowhere larger than one of the paper."""
    return cell.units is None or all(np.array(units[: len(cell.units)]) <= cell.units)


def metric(coefs, intercepts, X, y):
    """Return the accuracy, or the mean squared error."""
    if y.dtype.kind == "i":
        return networks.accuracy(coefs, intercepts, X, y)
    outputs = compact.forward(X, coefs, intercepts, "relu")[:, 0]
    return float(np.mean((outputs - y) ** 2))


def runs(records):
    """Return one dict per network: the chosen ones of a path are runs of their own."""
    flat = []
    for record in records:
        for penalty, found in record.get("chosen", {record["penalty"]: record}).items():
            flat.append({**record, **found, "penalty": penalty})
    return flat


def of(found, name, method, penalty):
    wanted = (name, method, penalty)
    return [run for run in found if (run["data"], run["method"], run["penalty"]) == wanted]


def is_error(name):
    return name in ("parabola", "boston")


def beats(run):
    """Whether a network is better than the cell of the paper, and nowhere larger."""
    cell = PUBLISHED[run["data"]][run["penalty"]]
    better = run["test"] < cell.test if is_error(run["data"]) else run["test"] > cell.test
    return better and fits(run["units"], cell)


def scored(found):
    """Yield (data, penalty, runs) for the cells that ours are to beat."""
    for name in ("mnist", "fashion_mnist"):
        for penalty in PENALTIES:
            group = of(found, name, "path", penalty)
            if group:
                yield name, penalty, group


def value(name, values):
    """Return errors in hundredths, and accuracies in per cent."""
    return pages.spread(values, 3 if is_error(name) else 2, 100)


def shown(units):
    return "-".join(f"{np.mean(column):.0f}" for column in zip(*units, strict=True))


def rows(found, name):
    for penalty in PENALTIES:
        cell = PUBLISHED.get(name, {}).get(penalty)
        if cell:
            units = "-".join(map(str, cell.units)) if cell.units else ""
            yield [penalty, "E & Gao, printed", "", "", value(name, [cell.test]), units, "", ""]
        for method, title in METHODS.items():
            group = of(found, name, method, penalty)
            if group:
                sparsity = np.mean([run["sparsity"] for run in group], axis=0)
                yield [
                    penalty,
                    title,
                    len(group),
                    value(name, [run["train"] for run in group]),
                    value(name, [run["test"] for run in group]),
                    shown([run["units"][:-1] for run in group]),
                    " ".join(f"{one:.3f}" for one in sparsity),
                    f"{np.median([run['cpu_seconds'] for run in group]):.1f}",
                ]


def effects(found):
    """Yield what it does that a share of the units is free.

    Yields
    ------
    name : str
        Of the data.
    gains : ndarray
        In test score, seed by seed.
    growth : float
        Ratio of the multiply-adds.
    """
    for name in TASKS:
        for method in ("subgradient", "prox"):
            for penalty in ("GL", "SGL"):
                whole, part = (
                    {run["seed"]: run for run in of(found, name, method, one)}
                    for one in (penalty, f"i{penalty}")
                )
                pairs = [(whole[seed], part[seed]) for seed in whole if seed in part]
                if pairs:
                    tests, sizes = (
                        np.array([[run[key] for run in pair] for pair in pairs])
                        for key in ("test", "multiply_adds")
                    )
                    gains = np.diff(tests)[:, 0] * (-1 if is_error(name) else 1)
                    yield name, gains, sizes[:, 1].mean() / max(sizes[:, 0].mean(), 1)


def is_clear(gains):
    """Whether the mean is positive, and more than two standard errors where that can be told."""
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0
    return gains.mean() > 2 * error


def picture(found):
    """Draw test accuracy over the size of the compact network, one panel per set of images."""
    names = [name for name in IMAGES if any(run["data"] == name for run in found)]
    fig, axes = plt.subplots(1, len(names), figsize=(12, 4.6), layout="constrained", squeeze=False)
    colours = {penalty: f"C{number}" for number, penalty in enumerate(PENALTIES)}
    markers = dict(zip(METHODS, "v^o", strict=True))
    for ax, name in zip(axes[0], names, strict=True):
        for run in found:
            if run["data"] == name:
                style = {"color": colours[run["penalty"]], "marker": markers[run["method"]]}
                ax.scatter(run["multiply_adds"], 100 * run["test"], s=45, alpha=0.8, **style)
        for penalty, cell in PUBLISHED.get(name, {}).items():
            size = np.dot(cell.units, [*cell.units[1:], 10])
            ax.scatter(size, 100 * cell.test, s=160, color=colours[penalty], marker="*", ec="k")
        ax.set(title=TASKS[name].title, xlabel="multiply-adds", ylabel="test accuracy, %")
        ax.set_xscale("log")
    handles = [Line2D([], [], color=c, lw=5, label=penalty) for penalty, c in colours.items()]
    for method, marker in markers.items():
        handles.append(Line2D([], [], color="0.4", marker=marker, ls="", label=METHODS[method]))
    handles.append(Line2D([], [], color="0.4", marker="*", ms=12, ls="", label="E & Gao, printed"))
    fig.legend(handles=handles, loc="outside right upper")
    return pages.save(fig, "partial_regularisation")


def verdict(found):
    """Say where partial regularisation helps, and where it does not."""
    pairs = list(effects(found))
    growths = [growth for *_, growth in pairs]
    counts = [
        f"{TASKS[name].title} {sum(is_clear(gains) for _, gains, _ in group)} of {len(group)}"
        for name in TASKS
        if (group := [pair for pair in pairs if pair[0] == name])
    ]
    beside = [
        better_than(name, path, freed)
        for name in TASKS
        for penalty in ("iGL", "iSGL")
        for method in ("subgradient", "prox")
        if (path := of(found, name, "path", penalty))
        and (freed := of(found, name, method, penalty))
    ]
    return (
        "At the strength of the paper, freeing a share of the units makes the test score better in "
        f"{sum(is_clear(gains) for _, gains, _ in pairs)} of {len(pairs)} pairs (GL and iGL, SGL "
        "and iSGL, both ways to train; with several seeds, by more than two standard errors): "
        f"{'; '.join(counts)}. The network then has {min(growths):.1f} to {max(growths):.1f} times "
        f"the multiply-adds, in the median {np.median(growths):.1f} times. It is not needed for "
        "that: a path without free units has, within the sizes printed for iGL and iSGL, a better "
        f"mean test score than iGL and iSGL at the strength of the paper in {sum(beside)} of "
        f"{len(beside)} comparisons."
    )


def better_than(name, group, other):
    """Whether the mean test score of some networks is better than that of others."""
    one, two = (np.mean([run["test"] for run in some]) for some in (group, other))
    return one < two if is_error(name) else one > two


def report(records):
    found = runs(records)
    header = ["penalty", "trained by", "seeds", "train", "test", "units", "sparsity", "CPU s"]
    parts = [picture(found), LEGEND, verdict(found)]
    for name, task in TASKS.items():
        if any(run["data"] == name for run in found):
            parts += [f"## {task.title}", pages.table(header, rows(found, name))]
    return parts


def summary(records):
    found = runs(records)
    header = ["data", "penalty", "printed", "units", "their protocol", "units"]
    header += ["sgnn, best that fits", "units", "seeds", "beaten"]
    lines = []
    for name, penalty, group in scored(found):
        cell, theirs = PUBLISHED[name][penalty], of(found, name, "subgradient", penalty)
        lines.append(
            [
                TASKS[name].title,
                penalty,
                value(name, [cell.test]),
                shown([cell.units]),
                value(name, [run["test"] for run in theirs]) if theirs else "",
                shown([run["units"][:-1] for run in theirs]) if theirs else "",
                value(name, [run["test"] for run in group]),
                shown([run["units"][:-1] for run in group]),
                len(group),
                "yes" if all(map(beats, group)) else "no",
            ]
        )
    return "\n\n".join([CLAIM, pages.table(header, lines), verdict(found)])


def headline(records):
    cells = list(scored(runs(records)))
    beaten = sum(all(map(beats, group)) for *_, group in cells)
    return [
        f"{beaten} of {len(cells)} cells (MNIST, Fashion-MNIST) beaten by every seed: more "
        "accurate, and no more units in any layer",
        "E & Gao, as printed",
    ]
