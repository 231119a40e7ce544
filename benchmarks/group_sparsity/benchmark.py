"""Group sparsity in the loss, and by proximal steps: networks of Scardapane et al."""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
from sklearn.preprocessing import MinMaxScaler

from benchmarks import data, pages
from benchmarks.group_sparsity.training import IN_LOSS, RIDGE, TASKS, WAYS, Task
from benchmarks.networks import accuracy, anatomy
from benchmarks.peers import timed
from benchmarks.records import Records

TITLE = "Group sparsity: weights, neurons and inputs at once"


METHODS = {
    "in loss": "in the loss",
    "proximal": "sgnn",
    "refit": "sgnn, refit",
    "path": "sgnn, path",
}


def cases(toy=False):
    tasks = {"digits": Task("DIGITS", (10,), 300, 2, (1e-4,), 1, 1)} if toy else TASKS
    return [
        {
            "data": name,
            "hidden": list(task.hidden),
            "batch_size": task.batch_size,
            "epochs": task.epochs,
            "strength": strength,
            "penalty": penalty,
            "method": method,
            "seed": seed,
        }
        for name, task in tasks.items()
        for strength, penalty, method in [
            *product(task.strengths, IN_LOSS, ["in loss", "proximal", "refit"]),
            (None, "log-sum", "path"),
        ]
        for seed in range(task.seeds_in_loss if method == "in loss" else task.seeds)
        if (penalty, method) != ("L2", "refit")
    ]


def is_long(case):
    return case["data"] == "mnist" and case["seed"] > 0


def measure(case):
    X, X_test, y, y_test = data.split(data.load(case["data"]), case["seed"], test_size=0.25)
    scaler = MinMaxScaler().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    (coefs, intercepts, found), seconds = timed(WAYS[case["method"]], case, X, y)
    n_zeros = sum(np.count_nonzero(coef == 0) for coef in coefs)
    return {
        "train_accuracy": accuracy(coefs, intercepts, X, y),
        "test_accuracy": accuracy(coefs, intercepts, X_test, y_test),
        **anatomy(coefs),
        "total_sparsity": n_zeros / sum(coef.size for coef in coefs),
        "cpu_seconds": seconds,
        **found,
    }


def strength_of(value):
    return "chosen" if value is None else f"{value:.2g}"


def rows(records):
    keys = "data", "strength", "penalty", "method"
    for name, strength, penalty, method, runs in records.by(*keys):
        yield [
            TASKS[name].label,
            strength_of(strength),
            penalty,
            METHODS[method],
            len(runs),
            pages.spread(runs.values("train_accuracy"), scale=100),
            pages.spread(runs.values("test_accuracy"), scale=100),
            ", ".join(f"{share:.3f}" for share in runs.mean("sparsity")),
            f"{runs.mean('total_sparsity'):.3f}",
            pages.dashed(runs.mean("units")),
            f"{runs.mean('cpu_seconds'):.1f}",
        ]


def picture(records, name):
    """Draw the units of each layer over the epochs."""
    n_layers = len(records[0]["units"]) - 1
    fig, axes = plt.subplots(1, n_layers, figsize=(3 * n_layers + 2.6, 3.4), layout="constrained")
    for layer, ax in enumerate(axes):
        for run in records:
            penalty, method = run["penalty"], run["method"]
            left = [counts[layer] for counts in run["curve"]]
            ax.plot(
                range(1, len(left) + 1),
                left,
                color=f"C{list(IN_LOSS).index(penalty)}",
                linestyle="-" if method == "proximal" else "--",
                label=f"{penalty}, {METHODS[method]}",
            )
        ax.set(title=f"hidden {layer}" if layer else "inputs", xlabel="epoch")
        ax.set_ylim(0, 1.05 * ax.dataLim.y1)
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[0].set_ylabel("units left")
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside right center")
    fig.suptitle(f"{TASKS[name].label}, strength {strength_of(records[0]['strength'])}, seed 0")
    return pages.save(fig, f"group_sparsity_{name}")


def report(records):
    header = ["data", "strength", "penalty", "trained", "seeds", "train accuracy", "test accuracy"]
    header += ["zeros per matrix", "zeros", "units, inputs first", "CPU seconds"]
    with_curve = Records(run for run in records.where(strength=1e-4) if "curve" in run)
    return [
        "Means over seeds, ± standard deviation. *In the loss*: Adam on loss and penalty, weights "
        "below 1e-3 cut off at the end, as in the paper. *sgnn*: the same objective and epochs "
        "with proximal steps. *sgnn, refit*: then as many epochs without penalty on the weights "
        "that are left. *sgnn, path*: log-sum penalty, its strength chosen on validation data.",
        pages.table(header, rows(records)),
        combination_sentence(records),
        *(picture(runs, name) for name, runs in with_curve.by("data")),
    ]


COMPARED = (
    ("group lasso", "in loss", 1e-4),
    ("group lasso", "proximal", 1e-4),
    ("group lasso", "refit", 1e-4),
    ("sparse group lasso", "in loss", 1e-4),
    ("sparse group lasso", "proximal", 1e-4),
    ("sparse group lasso", "refit", 1e-4),
    ("log-sum", "path", None),
)


def compared(records):
    """Yield data, penalty, method, their runs, and the runs in the loss that these are beside."""
    for name, of_data in records.by("data"):
        for penalty, method, strength in COMPARED:
            runs = of_data.where(penalty=penalty, method=method, strength=strength)
            peer = penalty if strength else "group lasso"
            if runs:
                beside = of_data.where(penalty=peer, method="in loss", strength=1e-4)
                yield name, penalty, method, runs, beside


def miss(runs, beside):
    """Return what our way loses to the penalty in the loss, if it does."""
    if not beside:
        return ""
    loss = 100 * (beside.mean("test_accuracy") - runs.mean("test_accuracy"))
    found = [f"{loss:.2f} less accurate"] if loss > 0 else []
    if runs.mean("total_sparsity") < beside.mean("total_sparsity"):
        found.append("fewer zeros")
    return ", ".join(found)


def combination_sentence(records):
    """Say whether the group lasso is best combined, as its authors write."""
    parts = []
    for other, text in (("sparse group lasso", "l1"), (RIDGE, "l2")):
        pairs = [
            (runs.where(penalty="group lasso"), runs.where(penalty=other))
            for *_, runs in records.by("data", "strength", "method")
        ]
        pairs = [pair for pair in pairs if all(pair)]
        if pairs:
            better, sparser = (
                sum(two.mean(key) > one.mean(key) for one, two in pairs)
                for key in ("test_accuracy", "total_sparsity")
            )
            parts.append(
                f"with {text} it is more accurate in {better} of {len(pairs)} comparisons (data, "
                f"strength, training; means over seeds), and leaves more zeros in {sparser}"
            )
    return (
        "The README of the first author's demonstration says that the group lasso is best combined "
        f"with l1 or l2. Here, with the same strength for both parts, {'; '.join(parts)}."
    )


def summary(records):
    lines = [
        [
            TASKS[name].label,
            f"{penalty}, {METHODS[method]}",
            len(runs),
            pages.spread(runs.values("test_accuracy"), scale=100),
            pages.dashed(runs.mean("units")),
            f"{runs.mean('total_sparsity'):.3f}",
            miss(runs, beside),
        ]
        for name, penalty, method, runs, beside in compared(records)
    ]
    header = ["data", "penalty, trained", "seeds", "test accuracy", "units", "zeros", "miss"]
    return [
        "Scardapane, Comminiello, Hussain & Uncini (2017), "
        "[arXiv:1607.00485](https://arxiv.org/abs/1607.00485). Their table is not available "
        "to us, so that nothing is printed from it: their way of training, penalty in the "
        "loss and a threshold, is run beside ours with their networks and batches, and the "
        "same number of epochs. SDD is a part of their data only, and not comparable. Strength "
        "1e-4, or chosen on validation data. *Miss*: where ours is worse than the same penalty "
        "in the loss, or, for log-sum, than the group lasso there.",
        pages.table(header, lines),
        combination_sentence(records),
    ]


def headline(records):
    shown = records.where(data="mnist", penalty="group lasso", strength=1e-4)

    def phrase(method):
        runs = shown.where(method=method)
        if not runs:
            return "not measured"
        accuracies = pages.spread(runs.values("test_accuracy"), scale=100)
        return f"{accuracies} % with {pages.dashed(runs.mean('units'))} units"

    return [
        f"MNIST, group lasso and refit: {phrase('refit')}",
        f"same penalty in the loss: {phrase('in loss')}",
    ]
