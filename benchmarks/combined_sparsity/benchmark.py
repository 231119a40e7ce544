"""Accuracy against weights and multiply-adds, for penalties that combine groups and weights."""

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pages
from benchmarks.combined_sparsity import pictures, proximal
from benchmarks.combined_sparsity.pictures import of
from benchmarks.networks import accuracy, anatomy
from sgnn import SparseMLPClassifier, sparse_mlp_path
from sgnn.penalties import TransformedL1

# The README of github.com/jaehong-yoon93/CGES: "L2 baseline test accuracy might be 98.8x%".
PRINTED = {"dense_mnist": "98.8x"}

TITLE = "Combined sparsity: CGES and transformed l1"
IMAGES = "mnist", "fashion_mnist"
HIDDEN = {"digits": (40, 20), "pendigits": (40, 20)} | dict.fromkeys(IMAGES, (300, 100))
BATCH_SIZES = {"digits": 200, "pendigits": 200} | dict.fromkeys(IMAGES, 500)
EPOCHS = {"digits": 80, "pendigits": 20} | dict.fromkeys(IMAGES, 8)
EPOCHS_PER_ALPHA = {"digits": 20, "pendigits": 6} | dict.fromkeys(IMAGES, 2)
SEEDS = {"digits": 5, "pendigits": 3} | dict.fromkeys(IMAGES, 1)
STRENGTHS = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]
PATHS = {"digits": 40, "pendigits": 40} | {name: [1e-4, *STRENGTHS] for name in IMAGES}
TOLERANCE = 0.005
MAX_DROP = 0.1
TARGETS = [("weights", 20), ("weights", 10), ("weights", 5)]
TARGETS += [("multiply_adds", 50), ("multiply_adds", 25), ("multiply_adds", 10)]

PENALTIES = {
    "l1": "l1",
    "group lasso": "group_lasso",
    "sparse group lasso": "sparse_group_lasso",
    "CGES": "cges",
    "transformed l1": "transformed_l1",
    "integrated transformed l1": "integrated_transformed_l1",
}
CONCAVITIES = {f"transformed l1, a={a:g}": TransformedL1(a) for a in (0.01, 0.1, 10, 100)}
LABELS = {"path": "path, refit", "fits": "one fit per strength"}
PROXES = {"prox in turn": proximal.in_turn, "joint prox": proximal.jointly}


def prepared(name, seed):
    """Return training, validation and test data, each as a pair of X and y."""
    X, X_test, y, y_test = data.split(data.load(name), seed)
    X, X_val, y, y_val = train_test_split(
        X, y, test_size=10_000 if name in IMAGES else 0.2, random_state=seed, stratify=y
    )
    if name in IMAGES:
        X, X_val, X_test = X / 255, X_val / 255, X_test / 255
    else:
        scaler = StandardScaler().fit(X)
        X, X_val, X_test = map(scaler.transform, (X, X_val, X_test))
    return (X, y), (X_val, y_val), (X_test, y_test)


def cases(toy=False):
    if toy:
        choices = [
            *[("path", penalty) for penalty in ("l1", "transformed l1", "transformed l1, a=10")],
            ("fits", "l1"),
            *[(method, "CGES") for method in PROXES],
        ]
        toys = [_case("digits", *choice, 0) for choice in choices]
        return [{**case, "epochs": 2, "alphas": [1e-3, 1e-2]} for case in toys]
    choices = [
        *[(name, "path", penalty) for name in HIDDEN for penalty in PENALTIES],
        *[("digits", "path", penalty) for penalty in CONCAVITIES],
        *[("digits", "fits", penalty) for penalty in PENALTIES],
        *[("digits", method, "CGES") for method in PROXES],
    ]
    return [
        _case(*choice, seed)
        for choice in choices
        for seed in range(2 if choice[1] in PROXES else SEEDS[choice[0]])
    ]


def _case(name, method, penalty, seed):
    return {
        "data": name,
        "method": method,
        "penalty": penalty,
        "seed": seed,
        "epochs": EPOCHS[name],
        "alphas": PATHS[name] if method == "path" else STRENGTHS,
    }


def measure(case):
    """Return networks of growing strength, the dense one first, and more of the one chosen."""
    parts = prepared(case["data"], case["seed"])
    networks = METHODS[case["method"]](case, *parts)
    floor = max(network["validation"] for network in networks) - TOLERANCE
    chosen = [network for network in networks if network["validation"] >= floor][-1]
    keys = ["alpha", "objective", "weights", "multiply_adds", "validation", "test"]
    return {
        "rows": [len(y) for _, y in parts],
        "sizes": [parts[0][0].shape[1], *HIDDEN[case["data"]], 10],
        "chosen": chosen,
        "networks": {key: [network[key] for network in networks] for key in keys},
    }


def path(case, train, validation, test):
    """Walk one path, with a refit of each network."""
    walk = sparse_mlp_path(
        estimator(case, 0.0, refit=True),
        *train,
        X_val=validation[0],
        y_val=validation[1],
        alphas=case["alphas"],
        max_iter=EPOCHS_PER_ALPHA[case["data"]],
        max_drop=MAX_DROP,
    )
    return [
        network(point.alpha, *walk.estimator(i).expand(), point.objective, validation, test)
        for i, point in enumerate(walk)
    ]


def fits(case, train, validation, test):
    """Train one network from a random start for each strength, and for none."""
    networks = []
    for alpha in [0.0, *case["alphas"]]:
        model = estimator(case, alpha).fit(*train, X_val=validation[0], y_val=validation[1])
        found = network(alpha, *model.expand(), model.objective_curve_[-1], validation, test)
        units = np.array(model.n_neurons_curve_)
        curves = {
            "loss": model.loss_curve_,
            "score": model.validation_scores_,
            "multiply_adds": (units[:, :-1] * units[:, 1:]).sum(1).tolist(),
        }
        every = slice(None, None, -(-case["epochs"] // 40))
        networks.append({**found, "curves": {key: curve[every] for key, curve in curves.items()}})
    return networks


def published(case, train, validation, test):
    """Train by stochastic gradient descent and a prox after each step, once for each strength."""
    networks = []
    for alpha in [0.0, *case["alphas"]]:
        *found, objective = proximal.train(
            *train,
            HIDDEN[case["data"]],
            PROXES[case["method"]],
            alpha,
            n_epochs=case["epochs"],
            seed=case["seed"],
        )
        networks.append(network(alpha, *found, objective, validation, test))
    return networks


METHODS = {"path": path, "fits": fits} | dict.fromkeys(PROXES, published)


def estimator(case, alpha, refit=False):
    return SparseMLPClassifier(
        HIDDEN[case["data"]],
        penalty=(PENALTIES | CONCAVITIES)[case["penalty"]],
        alpha=alpha,
        refit=refit,
        batch_size=BATCH_SIZES[case["data"]],
        max_iter=case["epochs"],
        random_state=case["seed"],
    )


def network(alpha, coefs, intercepts, objective, validation, test):
    scores = [round(accuracy(coefs, intercepts, *part), 5) for part in (validation, test)]
    return {
        "alpha": alpha,
        "objective": round(objective, 5),
        **anatomy(coefs),
        "validation": scores[0],
        "test": scores[1],
    }


def share(run, key):
    """Return what is left of the weights or multiply-adds in the network chosen."""
    return run["chosen"][key] / np.dot(run["sizes"][:-1], run["sizes"][1:])


def dense_scores(runs):
    """Return the test accuracies of the dense networks that the runs of one penalty start from."""
    return [run["networks"]["test"][0] for run in of(runs, penalty=runs[0]["penalty"])]


def figures(runs):
    """Return accuracy, and weights and multiply-adds left, in percent with their spread."""
    return [
        pages.spread([run["chosen"]["test"] for run in runs], 2, 100),
        pages.spread([share(run, "weights") for run in runs], 1, 100),
        pages.spread([share(run, "multiply_adds") for run in runs], 1, 100),
    ]


def rows(records, penalties):
    for name in HIDDEN:
        for method, text in LABELS.items():
            runs = of(records, data=name, method=method)
            if runs:
                dense = dense_scores(runs)
                yield [name, text, "dense", len(dense), pages.spread(dense, 2, 100), 100, 100]
            for penalty in penalties:
                found = of(runs, penalty=penalty)
                if found:
                    yield [name, text, penalty, len(found), *figures(found)]


def at_size(runs, key, percent):
    """Return the accuracy where so much is left, interpolated along each path; "-" if one ends."""
    parts = [pictures.curve(run, key) for run in runs]
    if not parts or max(logs[0] for logs, _ in parts) > np.log(percent):
        return "-"
    return pages.spread([np.interp(np.log(percent), *part) for part in parts])


def sizes(records):
    for name in HIDDEN:
        for penalty in PENALTIES:
            runs = of(records, data=name, method="path", penalty=penalty)
            if runs:
                yield [name, penalty, *[at_size(runs, *target) for target in TARGETS]]


def removed(records):
    """Yield units removed from each layer, and the sparsity of each matrix of weights."""
    for name in HIDDEN:
        for penalty in ("group lasso", "transformed l1", "integrated transformed l1"):
            runs = of(records, data=name, method="path", penalty=penalty)
            if runs:
                full = np.array(runs[0]["sizes"][:-1])
                gone = full - np.mean([run["chosen"]["units"][:-1] for run in runs], axis=0)
                sparsity = 100 * np.mean([run["chosen"]["sparsity"] for run in runs], axis=0)
                units = [f"{n:.1f} of {size}" for n, size in zip(gone, full, strict=True)]
                accuracies = [run["chosen"]["test"] for run in runs]
                yield [
                    name,
                    penalty,
                    pages.spread(accuracies, 2, 100),
                    *units,
                    *[f"{percent:.1f}" for percent in sparsity],
                ]


def proxes(records):
    """Yield what CGES reaches on digits at each strength."""
    methods = {method: of(records, method=method) for method in PROXES}
    methods["sgnn, Adam"] = of(records, data="digits", method="fits", penalty="CGES")
    methods = {method: runs for method, runs in methods.items() if runs}
    for index, alpha in enumerate(next(iter(methods.values()))[0]["networks"]["alpha"]):
        for method, runs in methods.items():
            objectives, accuracies, weights = (
                [run["networks"][key][index] for run in runs]
                for key in ("objective", "test", "weights")
            )
            yield [
                f"{alpha:g}",
                method,
                len(runs),
                pages.spread(objectives, 4),
                pages.spread(accuracies, 2, 100),
                pages.spread(weights, 0),
            ]


def by_concavity(records):
    """Return the paths of transformed l1 on digits, with `a` for a penalty."""
    runs = [
        {**run, "penalty": f"a = {run['penalty'].partition('=')[2] or 1}"}
        for run in of(records, data="digits", method="path")
        if run["penalty"].startswith("transformed l1")
    ]
    return sorted(runs, key=lambda run: float(run["penalty"][4:]))


def report(records):
    runs = [run for run in records if run["method"] in LABELS and run["penalty"] in PENALTIES]
    parts = [
        "All numbers but units, weights and the objective are percentages, with the standard "
        "deviation over seeds."
    ]
    header = ["data", "training", "penalty", "seeds", "test accuracy", "weights", "multiply-adds"]
    if runs:
        parts += of_runs(runs, header)
    fits_alone = of(runs, method="fits")
    if fits_alone:
        parts += [
            "## By epochs",
            "The separate fits at the strength chosen, means over seeds.",
            pictures.epochs(fits_alone),
        ]
    concave = by_concavity(records)
    if concave:
        parts += [
            "## The concavity of transformed l1",
            "Paths on digits.",
            pictures.curves(concave, "combined_sparsity_a"),
            pages.table(header, rows(concave, dict.fromkeys(run["penalty"] for run in concave))),
        ]
    if any(run["method"] in PROXES for run in records):
        parts += [
            "## Two proxes in turn, and their joint prox",
            "CGES on digits in plain stochastic gradient descent, and beside it the separate fits "
            "of sgnn, of as many epochs. The objective is log loss plus penalty on the training "
            "data. Without penalty, too, plain descent is behind: it is not at its end yet.",
            pages.table(
                ["alpha", "training", "seeds", "objective", "test accuracy", "weights"],
                proxes(records),
            ),
        ]
    return parts


def of_runs(runs, header):
    layers = [f"sparsity of W{number}" for number in (1, 2, 3)]
    targets = [f"{percent} % {key.replace('_', '-')}" for key, percent in TARGETS]
    units = ["inputs removed", "hidden 1 removed", "hidden 2 removed"]
    return [
        "## The networks chosen on validation data",
        "Filled: from a path, with refit. Hollow: one fit from a random start for each strength. "
        "The dashed line is the dense network, which is chosen where no penalised one is within "
        "half a point of the best on validation data.",
        pictures.boxes(runs),
        pages.table(header, rows(runs, PENALTIES)),
        "## Accuracy against what is left, over all strengths",
        "Solid: paths. Dotted: one fit for each strength. Means over seeds, interpolated.",
        pictures.curves(runs, "combined_sparsity_curves"),
        "## Accuracy at a given size",
        "Test accuracy where so much is left, interpolated along each path as in the picture; "
        "a dash where the path of a seed ends before.",
        pages.table(["data", "penalty", *targets], sizes(runs)),
        "## What is removed: groups, transformed l1, and both",
        "Paths; means over seeds. W1 is the matrix of the inputs, W3 that of the outputs.",
        pages.table(["data", "penalty", "test accuracy", *units, *layers], removed(runs)),
    ]


def summary(records):
    penalties = ["l1", "CGES", "transformed l1", "integrated transformed l1"]
    lines, compared = [], []
    for name in HIDDEN:
        paths = of(records, data=name, method="path")
        if paths:
            runs = [of(paths, penalty=penalty) for penalty in penalties]
            targets = ("weights", 10), ("multiply_adds", 25)
            cells = [" / ".join(at_size(one, *target) for target in targets) for one in runs]
            compared.append([name, *cells])
        for method, text in LABELS.items():
            runs = of(records, data=name, method=method)
            cells = [
                f"{figures(found)[0]} ({figures(found)[1]})" if found else ""
                for found in (of(runs, penalty=penalty) for penalty in penalties)
            ]
            if any(cells):
                dense = dense_scores(runs)
                lines.append([name, text, len(dense), pages.spread(dense, 2, 100), *cells])
    return "\n\n".join(
        [
            "Yoon & Hwang (2017) and Ma et al. (2019) draw accuracy against parameters and FLOPs, "
            "of convolutional networks on MNIST; their tables are not reproduced here. The public "
            f"code of the former says of its dense network on MNIST: {PRINTED['dense_mnist']} % "
            "accuracy. Ours are fully connected. Test accuracy, with the share of the weights that "
            "is left in brackets, in percent:",
            pages.table(["data", "training", "seeds", "dense", *penalties], lines),
            "Where 100 % is left, no penalised network came within half a point of the best on "
            "validation data, and the dense one was chosen.",
            "On the paths, interpolated, test accuracy with 10 % of the weights and, behind the "
            "stroke, with 25 % of the multiply-adds:",
            pages.table(["data", *penalties], compared),
            prox_sentence(records),
        ]
    )


def prox_sentence(records):
    """Return what the published prox costs in the objective."""
    pairs = [
        (turn["networks"], joint["networks"])
        for turn in of(records, method="prox in turn")
        for joint in of(records, method="joint prox", seed=turn["seed"])
    ]
    if not pairs:
        return ""
    gaps = [
        a - b for one, two in pairs for a, b in zip(one["objective"], two["objective"], strict=True)
    ]
    return (
        "With the prox of the published code of CGES, in place of the exact one, the objective "
        f"reached on digits differs by {min(gaps):+.4f} to {max(gaps):+.4f} over strengths and "
        "seeds."
    )


def headline(records):
    ours, dense = [], []
    for name in HIDDEN:
        runs = of(records, data=name, method="path", penalty="integrated transformed l1")
        if runs:
            ours.append(f"{name} {at_size(runs, 'weights', 10)} %")
            dense.append(f"{name} {pages.spread(dense_scores(runs), 2, 100)} %")
    return [
        f"integrated transformed l1, 10 % of the weights: {', '.join(ours)}",
        f"dense: {', '.join(dense)}",
    ]
