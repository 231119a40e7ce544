"""What a path keeps of features that say the same: one of them, all, or any.

Protocol: 500 rows of four independent standard normal variables; each is seen five times, with
noise of standard deviation 0.3, beside 20 columns of noise. The target, standardised, is
``z0 - z1 + 2 sin(z2) + z3**2`` with noise of 0.3. Ten draws; two networks, of other seeds, on each.
``SparseMLPRegressor((50,), max_iter=160)`` and paths of at most 60 steps; the first network with at
most four features, and that with at most twelve; where it is empty, the one before.

"blocks": of the four, how many have a feature left. "of each": features that are left of such a
block. "noise": columns of noise that are left. "agreement": features that both networks keep, of
those that any keeps; with one of five at random in each block it would be near 0.13.

Usage::

    python benchmarks/correlated.py [--seeds N]

The table goes to ``doc/correlated.md``, all counts to ``benchmarks/results/correlated.json``.
"""

import argparse

import numpy as np
from common import one_thread, table, write

from sgnn import SparseMLPRegressor, sparse_mlp_path

N_BLOCKS, COPIES, N_NOISE = 4, 5, 20
PENALTIES = {
    "l1": {"penalty": "l1"},
    "group_lasso": {"penalty": "group_lasso"},
    "sparse_group_lasso": {"penalty": "sparse_group_lasso"},
    "log_sum": {"penalty": "log_sum"},
    "mcp": {"penalty": "mcp"},
    "elastic_net": {"penalty": "elastic_net"},
    "group_lasso, l2=0.01": {"penalty": "group_lasso", "l2": 1e-2},
    "log_sum, l2=0.01": {"penalty": "log_sum", "l2": 1e-2},
}
SIZES = 4, 12


def draw(seed):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((500, N_BLOCKS))
    copies = np.repeat(z, COPIES, axis=1) + 0.3 * rng.standard_normal((500, N_BLOCKS * COPIES))
    X = np.hstack([copies, rng.standard_normal((500, N_NOISE))])
    y = z[:, 0] - z[:, 1] + 2 * np.sin(z[:, 2]) + z[:, 3] ** 2 + 0.3 * rng.standard_normal(500)
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32), (y - y.mean()) / y.std()


def place(counts, size):
    """Return the first place with at most so many features, or the last with any."""
    first = np.argmax(counts <= size)
    return first if counts[first] else first - 1


def measure(label, seed):
    """Return a record for each size."""
    X, y = draw(seed)
    supports = []
    for random_state in (2 * seed, 2 * seed + 1):
        model = SparseMLPRegressor(
            (50,), max_iter=160, random_state=random_state, **PENALTIES[label]
        )
        path = sparse_mlp_path(model, X, y)
        supports.append([path.supports[place(path.n_features, size)] for size in SIZES])
    for size, first, second in zip(SIZES, *supports, strict=True):
        blocks = [s[: N_BLOCKS * COPIES].reshape(N_BLOCKS, COPIES).sum(1) for s in (first, second)]
        yield {
            "penalty": label,
            "seed": seed,
            "at most": size,
            "features": np.mean([first.sum(), second.sum()]),
            "blocks": np.mean([(block > 0).sum() for block in blocks]),
            "of each": np.mean([block[block > 0].mean() for block in blocks if block.any()]),
            "noise": np.mean([s[N_BLOCKS * COPIES :].sum() for s in (first, second)]),
            "agreement": (first & second).sum() / (first | second).sum(),
        }


def rows(records):
    for label in PENALTIES:
        for size in SIZES:
            key = label, size
            runs = [run for run in records if (run["penalty"], run["at most"]) == key]
            columns = "features", "blocks", "of each", "noise", "agreement"
            means = [np.nanmean([run[column] for run in runs]) for column in columns]
            yield [label, size, *(f"{mean:.1f}" for mean in means[:-1]), f"{means[-1]:.2f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    n_seeds = parser.parse_args().seeds
    with one_thread():
        records = [
            record
            for label in PENALTIES
            for seed in range(n_seeds)
            for record in measure(label, seed)
        ]
    header = ["penalty", "at most", "features", "blocks", "of each", "noise", "agreement"]
    about = f"Means over {n_seeds} draws."
    write("correlated", "Features that say the same", records, about, table(header, rows(records)))


if __name__ == "__main__":
    main()
