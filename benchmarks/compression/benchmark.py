"""How few weights and multiply-adds LeNet-300-100 needs on MNIST."""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import data, networks, pages
from benchmarks.compression import every_penalty, hoyer, one_path, structured
from benchmarks.compression.published import (
    STRUCTURED,
    UNSTRUCTURED,
    multiply_adds,
    published_tables,
)
from benchmarks.compression.recipes import ELEMENTS, GROUPS, RECIPES, TRIALS, fit

TITLE = "The compression frontier"
SEEDS = 2
SHOWN = ("log-sum, gelu, blank pixels", "log-sum of units, gelu, blank pixels")
AIMS = [("weights", 3_500, 0.982), ("weights", 4_900, 0.984), ("multiply_adds", 16_000, 0.982)]
#: What measures on training, held-out and test data.
OF_ALL_PARTS = {
    "one path": one_path,
    structured.OF_PART: structured,
    structured.OF_ALL: structured,
}


def cases(toy=False):
    name, seeds = ("digits", 1) if toy else ("mnist", SEEDS)
    return [
        *every_penalty.cases(toy),
        *(
            {
                "data": name,
                "of": kind,
                "recipe": recipe_name,
                "epochs": 2 if toy else recipe.n_epochs,
                "seed": seed,
            }
            for kind, recipes, n_seeds in (("recipe", RECIPES, seeds), ("trial", TRIALS, 1))
            for recipe_name, recipe in recipes.items()
            for seed in range(n_seeds)
        ),
        *hoyer.cases(toy),
        *one_path.cases(toy),
        *structured.cases(toy),
    ]


def is_long(case):
    if case["of"] == "recipe":
        return case["seed"] > 0 or case["recipe"] not in SHOWN
    if case["of"] in ("Hoyer-Square", *OF_ALL_PARTS):
        return True
    return case["of"] == "trial" or case["penalty"] not in every_penalty.IN_BRIEF


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
    of = OF_ALL_PARTS.get(case["of"], every_penalty)
    return of.measure(case, train, held_out, (X_test, y_test))


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
    if records.where(of=structured.OF_PART):
        parts += ["## Few multiply-adds by single fits", *structured.report(records)]
    if recipes:
        parts += ["## Recipes", pages.table(*recipe_table(recipes))]
    if trials:
        parts += ["## What was tried", pages.table(*trial_table(trials))]
    if tables := every_penalty.report(records):
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
        if runs := records.where(of="one path", on=kind):
            points = [(one[size], 100 * one["test"]) for run in runs for one in run["points"]]
            ax.plot(*np.transpose(points), "k.", markersize=3, label="one path, all sizes")
        if kind == GROUPS and (runs := records.where(of=structured.OF_ALL)):
            ax.plot(runs.values(size), 100 * runs.values("test"), "k^", label="single fits")
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
            said = f"{about} {100 * best:.2f} % ({name}), {pages.against(best, aim)}"
            outcomes.append(said)
    found = "; ".join(outcomes) or "no recipe is so small"
    return f"- At most {limit:,} {size.replace('_', '-')}, aim {100 * aim:.1f} %: {found}."


def headline(records):
    runs, limit = records.where(of="one path", on=ELEMENTS), max(one_path.AIMS[ELEMENTS])
    found = one_path.within(runs, ELEMENTS, limit)
    weights, accuracy = (np.mean([point[key] for point in found]) for key in ("weights", "test"))
    return [
        f"MNIST with {weights:,.0f} of 266,200 weights, by one path: {100 * accuracy:.2f} %",
        "GSM, as published: 4,400 weights, 98.18 %",
    ]
