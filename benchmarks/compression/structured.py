"""Few multiply-adds by single fits: units under a growing strength, then a refit."""

from benchmarks import networks, pages
from benchmarks.compression.recipes import network
from sgnn.penalties import LogSum

SEEDS = 3
N_EPOCHS, N_EPOCHS_GROWTH = 100, 80
#: Factors of the three layers' groups, strengths, shares of inputs that are blank.
SETTINGS = {
    "0.25, 2.5, 2.5; 0.005; 0.1": ([0.25, 2.5, 2.5], 5e-3, 0.1),
    "0.5, 2, 2; 0.005; 0.1": ([0.5, 2, 2], 5e-3, 0.1),
    "0.5, 2, 2; 0.0065; 0.1": ([0.5, 2, 2], 6.5e-3, 0.1),
    "0.5, 2, 2; 0.0065; 0.2": ([0.5, 2, 2], 6.5e-3, 0.2),
    "0.7, 2, 2.5; 0.006; 0.1": ([0.7, 2, 2.5], 6e-3, 0.1),
}
LIMITS = (15_000, 12_000, 9_500)
AIM = (9_500, 0.984)
OPTIONS = {
    "activation": "gelu",
    "learning_rate_init": 3e-3,
    "refit": True,
    "dtype": "float32",
}


def cases(toy):
    """Return a case for each setting and seed."""
    shared = {"data": "digits", "epochs": 2} if toy else {"data": "mnist", "epochs": N_EPOCHS}
    names, seeds = (list(SETTINGS)[:2], 1) if toy else (SETTINGS, SEEDS)
    return [
        {**shared, "of": "structured", "setting": name, "seed": seed}
        for name in names
        for seed in range(seeds)
    ]


def measure(case, train, held_out, test):
    """Return sizes, and accuracies on training, held-out and test data."""
    layers, alpha, blank = SETTINGS[case["setting"]]
    penalty = LogSum(eps=0.01, layers=layers, warm_up=min(N_EPOCHS_GROWTH, case["epochs"]))
    options = {**OPTIONS, "input_dropout": blank}
    model = network(penalty, alpha, 5e-5, case["epochs"], case["seed"], **options).fit(*train)
    parts = {"train": train, "validation": held_out, "test": test}
    scores = {key: model.score(*part) for key, part in parts.items()}
    return {**networks.anatomy(model.expand()[0]), **scores}


def report(records):
    """Return the settings, and what is best on held-out data within limits of size."""
    header = ["factors; strength; blank", "seeds", "units", "multiply-adds"]
    header += ["validation", "test", "CPU s"]
    rows = [[name, *_row(runs)] for name, runs in records.by("setting")]
    chosen = [
        [f"{limit:,}", best[0]["setting"], *_row(best)]
        for limit in LIMITS
        if (best := best_setting(records, limit))
    ]
    return [verdict(records), pages.table(["at most", *header], chosen), pages.table(header, rows)]


def _row(runs):
    units = ", ".join(pages.dashed(one[:-1]) for one in runs.values("units"))
    return [
        len(runs),
        units,
        pages.spread(runs.values("multiply_adds"), 0),
        pages.spread(runs.values("validation"), 2, 100),
        pages.spread(runs.values("test"), 2, 100),
        f"{runs.median('seconds'):.0f}",
    ]


def best_setting(records, limit):
    """Return the runs of the setting best on held-out data of those within a limit, or None."""
    within = [runs for _, runs in records.by("setting") if runs.mean("multiply_adds") <= limit]
    return max(within, key=lambda runs: runs.mean("validation"), default=None)


def verdict(records):
    """Say whether the aim is reached."""
    limit, aim = AIM
    best = best_setting(records, limit)
    if best is None:
        outcome = "no setting is so small"
    else:
        found = best.mean("test")
        size = f"{best.mean('multiply_adds'):,.0f}"
        outcome = f"{100 * found:.2f} % with {size}, {pages.against(found, aim)}"
    return f"Aim: {100 * aim:.1f} % with at most {limit:,} multiply-adds: {outcome}."
