"""How few weights and multiply-adds LeNet-300-100 needs on MNIST."""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import data, networks, pages, pruning
from benchmarks.compression import hoyer, one_path, structured
from benchmarks.compression.one_path import best_within
from benchmarks.compression.published import (
    N_WEIGHTS,
    STRUCTURED,
    UNSTRUCTURED,
    multiply_adds,
    published_tables,
)
from benchmarks.compression.recipes import ELEMENTS, GROUPS, RECIPES, TRIALS, fit, network
from sgnn import sparse_mlp_path
from sgnn.penalties import (
    L0,
    L1,
    MCP,
    CappedL1,
    GroupLasso,
    Hoyer,
    HoyerSquare,
    LHalf,
    LogSum,
    TransformedL1,
)

TITLE = "The compression frontier"
SEEDS = 2
SHOWN = ("log-sum, gelu, blank pixels", "log-sum of units, gelu, blank pixels")
PENALTIES = {
    ELEMENTS: {
        "l1": L1(),
        "transformed l1": TransformedL1(a=0.1),
        "log-sum": LogSum(eps=0.01, groups="weights"),
        "MCP": MCP(groups="weights"),
        "capped l1": CappedL1(groups="weights"),
        "l1/2": LHalf(groups="weights"),
        "l0": L0(groups="weights"),
        "Hoyer": Hoyer(),
        "Hoyer-Square": HoyerSquare(),
    },
    GROUPS: {
        "group lasso": GroupLasso(),
        "group log-sum": LogSum(),
        "group MCP": MCP(),
        "group l1/2": LHalf(),
        "group Hoyer-Square": "group_hoyer_square",
    },
}
PRUNED = {
    "none, pruned at once": pruning.at_once,
    "none, pruned gradually": pruning.gradually,
}
IN_BRIEF = [
    *PRUNED,
    "l1",
    "log-sum",
    "Hoyer-Square",
    "group lasso",
    "group log-sum",
    "group Hoyer-Square",
]
AIMS = [("weights", 3_500, 0.982), ("weights", 4_900, 0.984), ("multiply_adds", 16_000, 0.982)]
SIZES = ("units", "weights", "multiply_adds")
N_STEPS = 40
#: What measures on training, held-out and test data.
OF_ALL_PARTS = {"one path": one_path, "structured": structured}
LIMITS = {"weights": (20_000, 10_000, 5_000, 3_500), "multiply_adds": (60_000, 30_000, 16_000)}


def cases(toy=False):
    if toy:
        shared = {"data": "digits", "epochs": 2}
        paths = [
            (ELEMENTS, "log-sum"),
            (GROUPS, "group lasso"),
            *((ELEMENTS, one) for one in PRUNED),
        ]
        seeds = 1
    else:
        shared = {"data": "mnist", "epochs": 12}
        paths = [(kind, name) for kind, group in PENALTIES.items() for name in group]
        paths += [(ELEMENTS, name) for name in PRUNED]
        seeds = SEEDS
    return [
        *({**shared, "of": kind, "penalty": name, "seed": 0} for kind, name in paths),
        *(
            {
                "data": shared["data"],
                "of": kind,
                "recipe": name,
                "epochs": shared["epochs"] if toy else recipe.n_epochs,
                "seed": seed,
            }
            for kind, recipes, n_seeds in (("recipe", RECIPES, seeds), ("trial", TRIALS, 1))
            for name, recipe in recipes.items()
            for seed in range(n_seeds)
        ),
        *hoyer.cases(toy),
        *one_path.cases(toy),
        *structured.cases(toy),
    ]


def is_long(case):
    if case["of"] == "recipe":
        return case["seed"] > 0 or case["recipe"] not in SHOWN
    if case["of"] in ("Hoyer-Square", "one path", "structured"):
        return True
    return case["of"] == "trial" or case["penalty"] not in IN_BRIEF


def measure(case):
    X, X_test, y, y_test = scaled_split(case["data"])
    if case["of"] in ("recipe", "trial"):
        recipe = (RECIPES if case["of"] == "recipe" else TRIALS)[case["recipe"]]
        n_train = len(X) if case["of"] == "recipe" else len(X) * 11 // 12
        model = fit(recipe, X[:n_train], y[:n_train], case["epochs"], case["seed"])
        return {
            **networks.anatomy(model.expand()[0]),
            "train": model.score(X[:n_train], y[:n_train]),
            "validation": model.score(X[n_train:], y[n_train:]) if n_train < len(X) else None,
            "test": model.score(X_test, y_test),
        }
    if case["of"] == "Hoyer-Square":
        n_train = len(X) * 11 // 12
        return hoyer.measure(
            case, (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:]), (X_test, y_test)
        )
    n_train = len(X) * 5 // 6
    train, held_out = (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])
    if case["of"] in OF_ALL_PARTS:
        return OF_ALL_PARTS[case["of"]].measure(case, train, held_out, (X_test, y_test))
    found = (pruned if case["penalty"] in PRUNED else along_path)(case, *train, *held_out)
    return {
        "points": [
            {
                **{key: networks.anatomy(one.expand()[0])[key] for key in SIZES},
                "validation": one.score(*held_out),
                "test": one.score(X_test, y_test),
            }
            for one in found
        ]
    }


def along_path(case, X, y, X_val, y_val):
    """Return the networks of a path under a penalty."""
    path = sparse_mlp_path(
        network(PENALTIES[case["of"]][case["penalty"]], 1.0, 3e-5, case["epochs"], case["seed"]),
        X,
        y,
        X_val=X_val,
        y_val=y_val,
        alphas=N_STEPS,
        max_iter=1 if case["epochs"] < 5 else 3,
        max_sparsity=0.99,
    )
    return [path.estimator(index) for index in np.flatnonzero(path.n_features)]


def pruned(case, X, y, *_):
    """Return the networks of magnitude pruning, for as many epochs as those of a path."""
    dense = network(None, 0.0, 3e-5, case["epochs"], case["seed"], warm_start=True).fit(X, y)
    n_weights = sum(coef.size for coef in dense.coefs_)
    if case["penalty"] == "none, pruned at once":
        shares, n_epochs = np.array(LIMITS["weights"]) / N_WEIGHTS, case["epochs"]
    else:
        shares, n_epochs = np.geomspace(1, 0.01, N_STEPS + 1)[1:], 1 if case["epochs"] < 5 else 3
    sizes = (shares * n_weights).astype(int)
    return PRUNED[case["penalty"]](dense, sizes, n_epochs, X=X, y=y)


def scaled_split(name):
    """Return inputs between 0 and 1 and labels: the published split, or a random one."""
    X, X_test, y, y_test = data.split(data.load(name), seed=0)
    largest = X.max()
    return X / largest, X_test / largest, y, y_test


def report(records):
    recipes, trials = (records.where(of=kind) for kind in ("recipe", "trial"))
    parts = [picture(records), "## As published", *published_tables()]
    if runs := records.where(of="one path"):
        parts += ["## All sizes by one path", *one_path.report(runs)]
    if runs := records.where(of="structured"):
        parts += ["## Few multiply-adds by single fits", *structured.report(runs)]
    if recipes:
        parts += ["## Recipes", pages.table(*recipe_table(recipes))]
    if trials:
        parts += ["## What was tried", pages.table(*trial_table(trials))]
    if tables := path_tables(records):
        parts += ["## Every penalty along a path", *tables]
    if runs := records.where(of="Hoyer-Square"):
        parts += ["## Hoyer-Square, one fit for each strength", *hoyer.report(runs)]
    return parts


def recipe_table(records):
    """Return header and rows of a table of the recipes."""
    header = ["recipe", "seeds", "weights", "units", "multiply-adds", "train", "test", "CPU s"]
    rows = [
        [
            name,
            len(runs),
            pages.spread(runs.values("weights"), 0),
            ", ".join(pages.dashed(units[:-1]) for units in runs.values("units")),
            pages.spread(runs.values("multiply_adds"), 0),
            pages.spread(runs.values("train"), 2, 100),
            pages.spread(runs.values("test"), 2, 100),
            f"{runs.median('seconds'):.0f}",
        ]
        for name, runs in records.by("recipe")
    ]
    return header, rows


def trial_table(records):
    """Return header and rows of a table of what was tried, on eleven twelfths of the images."""
    header = ["trial", "alpha", "l2", "epochs", "weights", "multiply-adds", "train"]
    header += ["validation", "test", "CPU s"]
    rows = [
        [
            run["recipe"],
            f"{TRIALS[run['recipe']].alpha:g}",
            f"{TRIALS[run['recipe']].l2:g}",
            run["epochs"],
            f"{run['weights']:,}",
            f"{run['multiply_adds']:,}",
            *(f"{100 * run[key]:.2f}" for key in ("train", "validation", "test")),
            f"{run['seconds']:.0f}",
        ]
        for run in records
    ]
    return header, rows


def path_tables(records):
    """Return for each kind of penalty the test accuracy of the network of at most some size that
    is best on validation data.
    """
    tables = []
    for kind, size in ((ELEMENTS, "weights"), (GROUPS, "multiply_adds")):
        name = size.replace("_", "-")
        header = [f"penalty on {kind}", "dense"]
        header += [f"at most {limit:,} {name}" for limit in LIMITS[size]]
        rows = []
        for run in records.where(of=kind):
            best = [best_within(run["points"], size, limit) for limit in LIMITS[size]]
            cells = [f"{100 * point['test']:.2f}" if point else "-" for point in best]
            rows.append([run["penalty"], f"{100 * run['points'][0]['test']:.2f}", *cells])
        if rows:
            tables.append(pages.table(header, rows))
    return tables


def picture(records):
    fig, axes = plt.subplots(1, 2, figsize=(14, 6.5), layout="constrained")
    others = (
        [(n, accuracy) for _, n, accuracy, _ in UNSTRUCTURED],
        [(multiply_adds(units), accuracy) for _, units, accuracy, _ in STRUCTURED],
    )
    for ax, kind, size, published in zip(
        axes, (ELEMENTS, GROUPS), ("weights", "multiply_adds"), others, strict=True
    ):
        for number, run in enumerate(records.where(of=kind)):
            points = np.array([(point[size], 100 * point["test"]) for point in run["points"]])
            ax.plot(*points.T, color=f"C{number}", linewidth=1, label=f"path, {run['penalty']}")
        for name, runs in records.where(of="recipe").by("recipe"):
            if RECIPES[name].of == kind:
                scores = 100 * runs.values("test")
                ax.scatter(runs.values(size), scores, s=45, zorder=4, label=name)
        for number, point in enumerate(published, start=1):
            ax.plot(*point, "kx", markersize=6, zorder=3)
            ax.annotate(str(number), point, xytext=(4, 3), textcoords="offset points")
        ax.set(xscale="log", xlabel=size.replace("_", "-"), ylim=(96, 98.8))
        ax.set(xlim=(1500, 3e5) if size == "weights" else (6000, 3e5))
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=7, loc="lower right")
    axes[0].set_ylabel("test accuracy (%)")
    return pages.save(fig, "compression")


def summary(records):
    recipes = records.where(of="recipe")
    parts = ["LeNet-300-100 on MNIST, as published:", *published_tables()]
    if recipes:
        parts += ["Ours:", pages.table(*recipe_table(recipes))]
        parts.append("\n".join(verdict(recipes, *aim) for aim in AIMS))
    if runs := records.where(of="Hoyer-Square"):
        parts.append(hoyer.verdict(runs))
    return parts


def verdict(recipes, size, limit, aim):
    """Return a sentence on the most accurate recipes within a limit of size, seeds averaged."""
    outcomes = []
    for about, is_shifted in (
        ("on the published images", False),
        ("with shifted copies too", True),
    ):
        means = [
            (runs.mean("test"), name)
            for name, runs in recipes.by("recipe")
            if runs.mean(size) <= limit and RECIPES[name].is_shifted == is_shifted
        ]
        if means:
            best, name = max(means)
            missed = "reached" if best >= aim else f"missed by {100 * (aim - best):.2f} points"
            outcomes.append(f"{about} {100 * best:.2f} % ({name}), {missed}")
    found = "; ".join(outcomes) or "no recipe is so small"
    return f"- At most {limit:,} {size.replace('_', '-')}, aim {100 * aim:.1f} %: {found}."


def headline(records):
    runs = records.where(of="recipe", recipe=SHOWN[0])
    return [
        f"MNIST with {runs.mean('weights'):,.0f} of 266,200 weights: "
        f"{100 * runs.mean('test'):.2f} %",
        "GSM, as published: 4,400 weights, 98.18 %",
    ]
