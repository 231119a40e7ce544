"""Questions that E & Gao raise: which share, which units, layer weights too, and training on."""

import numpy as np

from benchmarks import networks, pages
from benchmarks.partial_regularisation.tasks import IMAGES, PUBLISHED, TASKS, is_error
from benchmarks.partial_regularisation.training import draw, estimator, metric
from benchmarks.records import Records
from sgnn.penalties import GroupLasso

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4)
FIRST_LAYER = 0.4
VARIATIONS = ("share", "first units", "layer weights", "layer weights, free", "trained on")
WAYS = {
    "trained on": "slim, trained on without penalty",
    "random": "the same sizes, from random weights, without penalty",
    "longer": "full size, penalty all the time",
}


def cases(toy=False):
    """Return the cases, of one group lasso at the strength of the paper each."""
    return [
        {
            "data": name,
            "method": method,
            "free": free,
            "epochs": 4 if toy else TASKS[name].epochs,
            "seed": seed,
        }
        for name in (("digits",) if toy else PUBLISHED)
        for method in VARIATIONS
        for free in (SHARES if method == "share" else [TASKS[name].free])
        for seed in range(1 if toy or name in IMAGES else 5)
    ]


def measure(case):
    """Return scores and sizes."""
    task, parts = TASKS[case["data"]], draw(case["data"], case["seed"])
    if case["method"] == "trained on":
        return trained_on(case, task, *parts)
    X, _, y, _ = parts
    sizes = [X.shape[1], *task.hidden]
    penalty = GroupLasso(fraction=1 - case["free"])
    if case["method"] == "first units":
        penalty = GroupLasso(fraction=[np.arange(n) >= round(case["free"] * n) for n in sizes])
    if case["method"].startswith("layer weights"):
        factors = [FIRST_LAYER] + [1.0] * len(task.hidden)
        fraction = 1 - case["free"] if case["method"].endswith("free") else 1
        penalty = GroupLasso(layers=factors, fraction=fraction)
    model = estimator(case, task, y, penalty=penalty, alpha=task.strength).fit(X, y)
    return described(*model.expand(), *parts)


def trained_on(case, task, X, X_test, y, y_test):
    """Train a slim network on, and beside it others for as many epochs in all.

    "epochs" is the number after which the training loss is as low as that of the random one ends.
    """
    options = {"penalty": GroupLasso(), "alpha": task.strength}
    slim = estimator(case, task, y, refit=True, **options).fit(X, y)
    twice = {**case, "epochs": 2 * case["epochs"]}
    longer = estimator(twice, task, y, **options).fit(X, y)
    of_slim = X[:, slim.support_], X_test[:, slim.support_], y, y_test
    random = estimator(twice, task._replace(hidden=slim.n_neurons_[1:-1]), y, penalty=None)
    random.fit(of_slim[0], y)
    end, begin = random.loss_curve_[-1], case["epochs"]
    curves = {
        "trained on": [np.inf] * begin + slim.loss_curve_[-begin:],
        "random": random.loss_curve_,
        "longer": longer.loss_curve_,
    }
    ends = {
        "trained on": described(*slim.expand(), X, X_test, y, y_test),
        "random": described(*random.expand(), *of_slim),
        "longer": described(*longer.expand(), X, X_test, y, y_test),
    }
    for way, curve in curves.items():
        low = np.flatnonzero(np.array(curve) <= end)
        ends[way]["epochs"] = int(low[0]) + 1 if len(low) else None
    return ends


def described(coefs, intercepts, X, X_test, y, y_test):
    return {
        **networks.anatomy(coefs),
        "train": metric(coefs, intercepts, X, y),
        "test": metric(coefs, intercepts, X_test, y_test),
    }


def report(records, value):
    """Return the parts of the page.

    Parameters
    ----------
    records : Records
        All of the benchmark.
    value : callable
        Writes scores on a data set.
    """
    parts = []
    shares = records.where(method="share")
    whole = Records({**run, "free": 0} for run in records.where(method="prox", penalty="GL"))
    if shares:
        header = ["data", "seeds", *(f"{share:g}" for share in (0, *SHARES))]
        parts += [
            "## The share of free units",
            "Test score, and multiply-adds behind the stroke, of the group lasso in sgnn with this "
            "share of free units. E & Gao (figure 3) see no trend in test accuracy, "
            "and conclude that there is an optimal share.",
            best_shares(Records([*whole, *shares])),
            pages.table(header, share_rows(Records([*whole, *shares]), value)),
        ]
    variants = [
        ("GL", records.where(method="prox", penalty="GL")),
        ("iGL, random units free", records.where(method="prox", penalty="iGL")),
        ("iGL, first units free", records.where(method="first units")),
        (f"GL, {FIRST_LAYER:g} in the first layer", records.where(method="layer weights")),
        (f"iGL, {FIRST_LAYER:g} in the first layer", records.where(method="layer weights, free")),
    ]
    if any(runs for _, runs in variants[2:]):
        parts += [
            "## Which units are free, and layer weights",
            "The group lasso in sgnn. E & Gao find that it does not matter which units are free, "
            "and that layer weights together with free units train better and test worse.",
            variant_verdict(dict(variants)),
            pages.table(
                ["data", "penalty", "seeds", "train", "test", "units"],
                variant_rows(variants, value),
            ),
        ]
    if slim := records.where(method="trained on"):
        parts += [
            "## The slim network, trained on",
            "The group lasso (GL) for the epochs of the table above, and then as many again: the "
            "slim network goes on without penalty (`refit=True`); beside it for as many epochs in "
            "all a network of its sizes from random weights, and the full one under the penalty. "
            "*As low after*: epochs, in all, after which the training loss is as low as that of "
            "the random one ends (median), where it is. E & Gao print no figures, but write that "
            "the slim network needs fewer steps, ends better than the penalised one, and that "
            "random weights are always worse.",
            verdict(records),
            pages.table(
                ["data", "network", "seeds", "train", "test", "units", "as low after", "epochs"],
                slim_rows(slim, value),
            ),
        ]
    return parts


def verdict(records):
    """Say what it is worth to train a slim network on."""
    groups = list(records.where(method="trained on").by("data"))

    def better_than(way):
        return sum(
            (-1 if is_error(name) else 1)
            * (group.mean("trained on", "test") - group.mean(way, "test"))
            > 0
            for name, group in groups
        )

    return (
        "Trained on without penalty, the slim network of the group lasso has a better mean test "
        f"score than one of its sizes from random weights on {better_than('random')} of "
        f"{len(groups)} data sets, and than the full one under the penalty, for as many epochs, on "
        f"{better_than('longer')}."
    )


def gain(name, group, other, key):
    """Return by how much some networks are better than others in the mean."""
    return (-1 if is_error(name) else 1) * (group.mean(key) - other.mean(key))


def best_shares(runs):
    """Say which share has the best mean test score on which data, and whether there is a trend."""
    best, trends = [], 0
    for name, of_data in runs.by("data"):
        shares = sorted(of_data.distinct("free"))
        if len(shares) <= len(SHARES):
            continue
        scores = [gain(name, of_data.where(free=s), of_data.where(free=0), "test") for s in shares]
        best.append(f"{TASKS[name].title} {shares[int(np.argmax(scores))]:g}")
        steps = np.diff(scores)
        trends += bool((steps >= 0).all() or (steps <= 0).all())
    return (
        f"Best on test data: {', '.join(best)}. The mean score rises or falls with the share "
        f"throughout on {trends} of {len(best)} data sets."
    )


def variant_verdict(variants):
    """Say in how many data sets it matters which units are free, and what layer weights add."""
    random, first = (variants[f"iGL, {which} units free"] for which in ("random", "first"))
    layered = variants[f"iGL, {FIRST_LAYER:g} in the first layer"]
    pairs = [(name, group, random.where(data=name)) for name, group in first.by("data")]
    differ = [
        TASKS[name].title
        for name, one, two in pairs
        if len(one) > 1
        and abs(gain(name, one, two, "test"))
        > 2
        * np.hypot(*(np.std(runs.values("test"), ddof=1) for runs in (one, two)))
        / len(one) ** 0.5
    ]
    several = [name for name, one, _ in pairs if len(one) > 1]
    groups = [(name, group, random.where(data=name)) for name, group in layered.by("data")]
    better = [sum(gain(*group, key) > 0 for group in groups) for key in ("train", "test")]
    return (
        f"Which units are free changes the mean test score by more than two standard errors on "
        f"{len(differ)} of {len(several)} data sets with several seeds"
        f"{': ' + ', '.join(differ) if differ else ''}. Layer weights beside free units train "
        f"better on {better[0]} of {len(groups)} data sets, and test better on {better[1]}."
    )


def share_rows(runs, value):
    for name, of_data in runs.by("data"):
        if not of_data.where(method="share"):
            continue
        cells = [
            f"{value(name, group.values('test'))} / {group.mean('multiply_adds'):,.0f}"
            if (group := of_data.where(free=share))
            else ""
            for share in (0, *SHARES)
        ]
        yield [TASKS[name].title, len(set(of_data.distinct("seed"))), *cells]


def variant_rows(variants, value):
    measured = {run["data"] for _, runs in variants[2:] for run in runs}
    for name in filter(measured.__contains__, TASKS):
        for text, runs in variants:
            if group := runs.where(data=name):
                yield [
                    TASKS[name].title,
                    text,
                    len(group),
                    *(value(name, group.values(key)) for key in ("train", "test")),
                    pages.dashed(group.mean("units")[:-1]),
                ]


def slim_rows(runs, value):
    for name, group in runs.by("data"):
        for way, text in WAYS.items():
            after = [run[way]["epochs"] for run in group if run[way]["epochs"]]
            yield [
                TASKS[name].title,
                text,
                len(group),
                *(value(name, group.values(way, key)) for key in ("train", "test")),
                pages.dashed(group.mean(way, "units")[:-1]),
                f"{np.median(after):.0f} ({len(after)} of {len(group)})" if after else "never",
                2 * group[0]["epochs"],
            ]
