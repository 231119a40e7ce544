"""How many neurons and parameters go at no loss: the claim of Alvarez and Salzmann."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from benchmarks import data, pages, pruning
from benchmarks.networks import anatomy
from benchmarks.peers import timed
from sgnn import SparseMLPClassifier, SparseMLPRegressor, sparse_mlp_path
from sgnn.penalties import LogSum, NeuronLasso

TITLE = "Learning the number of neurons"

CLAIM = 0.8
"""Share of the parameters that go "while retaining or even improving the network accuracy":
Alvarez & Salzmann (2016), abstract."""


class Task(NamedTuple):
    """A data set, the network that is too large for it, and settings of the path."""

    label: str
    hidden: tuple
    epochs: int
    seeds: int
    learning_rate: float = 0.01
    path: dict | None = None


IMAGES = 3e-3, {"alphas": 25, "max_iter": 3}


TASKS = {
    "digits": Task("DIGITS", (300, 100), 40, 3),
    "pendigits": Task("PENDIGITS", (300, 100), 20, 3),
    "isolet": Task("ISOLET", (500,), 20, 3),
    "california_housing": Task("California housing (R²)", (300, 100), 20, 3),
    "mnist": Task("MNIST", (300, 100), 8, 2, *IMAGES),
    "fashion_mnist": Task("Fashion-MNIST", (300, 100), 8, 1, *IMAGES),
}
TOY = {"digits": Task("DIGITS", (10,), 2, 1), "diabetes": Task("Diabetes (R²)", (5,), 2, 1)}
PENALTIES = {
    "neuron lasso": lambda factors: NeuronLasso(layers=factors),
    "neuron lasso, half l1": lambda factors: NeuronLasso(0.5, layers=factors),
    "log-sum": lambda factors: LogSum(groups="incoming", layers=factors),
}
PRUNED = {
    "none, pruned at once": (pruning.at_once, [0.19, 0.15, 0.1, 0.05], 1),
    "none, pruned gradually": (pruning.gradually, [0.8**step for step in range(1, 16)], 1 / 4),
}
"""How to prune, the shares of the weights that stay, and epochs for each of the dense network."""
TICKS = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
RULES = {
    "claim": "best with 80% removed",
    "1se": "one standard error",
    "dense": "no worse than dense",
}


def cases(toy=False):
    return [
        {
            "data": name,
            "hidden": list(task.hidden),
            "epochs": task.epochs,
            "penalty": penalty,
            "seed": seed,
        }
        for name, task in (TOY if toy else TASKS).items()
        for penalty in [*(["neuron lasso"] if toy else PENALTIES), *PRUNED]
        for seed in range(task.seeds)
    ]


def is_long(case):
    return case["data"] == "fashion_mnist" or (case["data"] == "mnist" and case["seed"] > 0)


def measure(case):
    X, X_test, y, y_test = data.split(data.load(case["data"]), case["seed"])
    task, is_classifier = (TOY | TASKS)[case["data"]], y.dtype.kind == "i"
    scaler = (MinMaxScaler() if is_classifier else StandardScaler()).fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    if not is_classifier:
        y, y_test = (y - y.mean()) / y.std(), (y_test - y.mean()) / y.std()
    X, X_val, y, y_val = train_test_split(
        X, y, test_size=1 / 6, stratify=y if is_classifier else None, random_state=case["seed"]
    )
    train, held_out = {"X": X, "y": y}, {"X_val": X_val, "y_val": y_val}
    model = (SparseMLPClassifier if is_classifier else SparseMLPRegressor)(
        case["hidden"],
        max_iter=case["epochs"],
        learning_rate_init=task.learning_rate,
        random_state=case["seed"],
    )
    walk = pruned if case["penalty"] in PRUNED else along_path
    (networks, by_rule), seconds = timed(walk, case, model, train, held_out)

    def described(network):
        left = anatomy(network.expand()[0])
        return {
            "alpha": network.alpha_,
            "validation_score": network.score(X_val, y_val),
            "test_score": network.score(X_test, y_test),
            "units": left["units"],
            "neurons_removed": 1 - sum(left["units"][1:-1]) / sum(case["hidden"]),
            "parameters_removed": removed(network),
        }

    small = [network for network in networks if removed(network) >= CLAIM] or networks[-1:]
    return {
        "unpenalised": described(networks[0]),
        "claim": described(max(small, key=lambda network: network.score(X_val, y_val))),
        **{rule: described(network) for rule, network in by_rule.items()},
        "points": len(networks),
        "cpu_seconds": seconds,
    }


def along_path(case, model, train, held_out):
    """Return the networks of a path under a penalty, and those that its rules choose."""
    factors = [0.4] + [1.0] * len(case["hidden"])
    model.set_params(penalty=PENALTIES[case["penalty"]](factors), refit=True)
    options = (TOY | TASKS)[case["data"]].path or {}
    path = sparse_mlp_path(model, **train, **held_out, **options)
    networks = [path.estimator(index) for index in np.flatnonzero(path.n_features)]
    return networks, {rule: path.best(rule) for rule in ("1se", "dense")}


def pruned(case, model, train, held_out):
    """Return the networks of magnitude pruning, and the smallest that is no worse than dense."""
    prune, shares, pace = PRUNED[case["penalty"]]
    dense = model.set_params(penalty=None, warm_start=True).fit(**train)
    sizes = [int(share * sum(coef.size for coef in dense.coefs_)) for share in shares]
    networks = prune(dense, sizes, max(1, int(pace * case["epochs"])), **train)
    scores = [network.score(*held_out.values()) for network in networks]
    as_good = [one for one, score in zip(networks, scores, strict=True) if score >= scores[0]]
    return networks, {"dense": as_good[-1]}


def removed(network):
    """Return the share of the parameters that are gone: weights, and biases of units."""
    coefs, _ = network.expand()
    left = anatomy(coefs)
    n_all = sum(coef.size + coef.shape[1] for coef in coefs)
    return 1 - (left["weights"] + sum(left["units"][1:])) / n_all


class Outcome(NamedTuple):
    """What a rule chose, over seeds: scores and their differences in points, shares removed."""

    data: str
    penalty: str
    rule: str
    dense: np.ndarray
    sparse: np.ndarray
    gains: np.ndarray
    neurons: float
    parameters: float
    units: str

    @property
    def holds(self):
        return self.parameters >= CLAIM and np.mean(self.gains) >= 0

    @property
    def verdict(self):
        if self.holds:
            return "yes"
        loss = -np.mean(self.gains)
        return f"no: loses {loss:.2f}" if loss > 0 else f"no: {self.parameters:.0%} removed"


def outcomes(records):
    for name, penalty, runs in records.by("data", "penalty"):
        for rule in filter(runs[0].__contains__, RULES):
            dense, sparse = (100 * runs.values(key, "test_score") for key in ("unpenalised", rule))
            yield Outcome(
                name,
                penalty,
                rule,
                dense,
                sparse,
                sparse - dense,
                runs.mean(rule, "neurons_removed"),
                runs.mean(rule, "parameters_removed"),
                pages.dashed(runs.mean(rule, "units")),
            )


def label(name):
    return (TOY | TASKS)[name].label


def picture(records):
    """Draw what is gained or lost over the share of parameters that is left."""
    names = records.distinct("data")
    fig, axes = plt.subplots(
        2, -(-len(names) // 2), figsize=(12, 6.5), layout="constrained", sharex=True, squeeze=False
    )
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    for ax, name in zip(axes.flat, names, strict=False):
        ax.axhline(0, color="0.6", linewidth=1, zorder=0)
        ax.axvline(100 * (1 - CLAIM), color="0.6", linewidth=1, linestyle=":", zorder=0)
        for rule, marker in zip(RULES, "dos", strict=True):
            for number, penalty in enumerate([*PENALTIES, *PRUNED]):
                runs = records.where(data=name, penalty=penalty)
                if not runs or rule not in runs[0]:
                    continue
                left = 100 * (1 - runs.values(rule, "parameters_removed"))
                dense, sparse = (runs.values(key, "test_score") for key in ("unpenalised", rule))
                style = {"facecolor": f"C{number}" if rule == "claim" else "none"}
                style |= {"edgecolor": f"C{number}", "marker": marker, "s": 36}
                ax.scatter(left, 100 * (sparse - dense), label=f"{penalty}, {RULES[rule]}", **style)
        ax.set(title=label(name), xscale="log")
        ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        ax.xaxis.set_minor_formatter("")
    for ax in axes[-1]:
        ax.set_xlabel("parameters left, % (dotted: the claim)")
    fig.supylabel("test score beside the dense network, points")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return pages.save(fig, "number_of_neurons")


def report(records):
    header = ["data", "penalty", "chosen", "seeds", "dense", "sparse", "difference"]
    header += ["neurons removed", "parameters removed", "units, inputs first", "claim holds"]
    rows = [
        [
            label(one.data),
            one.penalty,
            RULES[one.rule],
            len(one.gains),
            pages.spread(one.dense),
            pages.spread(one.sparse),
            pages.spread(one.gains),
            f"{one.neurons:.1%}",
            f"{one.parameters:.1%}",
            one.units,
            one.verdict,
        ]
        for one in outcomes(records)
    ]
    return [
        f"The claim holds where at least {CLAIM:.0%} of the parameters are removed and the mean "
        "test score is not below that of the dense network. Scores are accuracies in %, or R² "
        "times 100.",
        picture(records),
        pages.table(header, rows),
    ]


def summary(records):
    rows = [
        [
            label(one.data),
            one.penalty,
            len(one.gains),
            pages.spread(one.dense),
            pages.spread(one.sparse),
            f"{one.parameters:.1%}",
            one.verdict,
        ]
        for one in outcomes(records)
        if one.rule == "claim"
    ]
    header = ["data", "penalty", "seeds", "dense", "sparse", "parameters removed", "claim holds"]
    return [
        "Alvarez & Salzmann (2016), [arXiv:1611.06321](https://arxiv.org/abs/1611.06321), "
        f"claim up to {CLAIM:.0%} fewer parameters at no loss of accuracy, for convolutional "
        "networks on images. Here networks are fully connected; *neuron lasso* is their "
        "penalty, *log-sum* ours on the same groups. Of the networks of each path that have "
        f"lost at least {CLAIM:.0%}, the best on validation data; the claim holds where the "
        "mean test score does not fall at all.",
        pages.table(header, rows),
    ]


def headline(records):
    def phrase(penalty):
        found = [one for one in outcomes(records) if (one.penalty, one.rule) == (penalty, "claim")]
        if not found:
            return f"{penalty} not measured"
        shares = [f"{pick(one.parameters for one in found):.0%}" for pick in (min, max)]
        gains = [f"{pick(np.mean(one.gains) for one in found):+.1f}" for pick in (min, max)]
        return (
            f"{penalty}: {' to '.join(shares)} of the parameters removed, scores change by "
            f"{' to '.join(gains)} points, over {len(found)} data sets"
        )

    return [phrase("log-sum"), f"{phrase('neuron lasso')} (paper: {CLAIM:.0%} at no loss)"]
