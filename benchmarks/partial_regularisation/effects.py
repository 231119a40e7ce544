"""What it does that a share of the units bears no penalty: ours, and what E & Gao print."""

from typing import NamedTuple

import numpy as np

from benchmarks import pages
from benchmarks.partial_regularisation.tasks import (
    METHODS,
    PUBLISHED,
    SAME_PENALTY,
    TASKS,
    is_error,
)
from benchmarks.records import Records

TEXT = (
    "E & Gao claim lower errors in training and testing, and less time, and concede more "
    "parameters. Gains are positive where the penalty with free units, iGL or iSGL, is better than "
    "the one without; units as above. The last columns are ratios of means."
)
N_OUTPUTS = {"parabola": 1, "boston": 1, "sdd_subset2200": 11}


class Effect(NamedTuple):
    """What it does that a share of the units is free.

    Attributes
    ----------
    data, method, penalty : str
        Where; "printed" is what E & Gao print.
    train, test : ndarray
        Gains in the scores on training and test data, seed by seed.
    multiply_adds, seconds : float
        Ratios of the means.
    """

    data: str
    method: str
    penalty: str
    train: np.ndarray
    test: np.ndarray
    multiply_adds: float
    seconds: float


def measured(found):
    """Yield the effects on each data set, of each way to train, on both penalties."""
    for name, method, group in found.by("data", "method"):
        for penalty in ("GL", "SGL"):
            whole, part = (
                {run["seed"]: run for run in group.where(penalty=one)}
                for one in (penalty, f"i{penalty}")
            )
            pairs = [(whole[seed], part[seed]) for seed in whole if seed in part]
            if pairs and method in SAME_PENALTY:
                yield effect(name, method, penalty, pairs)


def effect(name, method, penalty, pairs):
    """Return what pairs of a network without free units, and one with them, say."""
    whole, part = (Records(runs) for runs in zip(*pairs, strict=True))
    sign = -1 if is_error(name) else 1
    gains = [sign * (part.values(key) - whole.values(key)) for key in ("train", "test")]
    ratios = [part.mean(key) / max(whole.mean(key), 1) for key in ("multiply_adds", "cpu_seconds")]
    return Effect(name, method, penalty, *gains, *ratios)


def printed_effect(name, penalty):
    """Return the effect that E & Gao print."""
    pair = [
        {
            "train": cell.train,
            "test": cell.test,
            "multiply_adds": multiply_adds(name, cell),
            "cpu_seconds": cell.seconds,
        }
        for cell in (PUBLISHED[name][penalty], PUBLISHED[name][f"i{penalty}"])
    ]
    return effect(name, "printed", penalty, [pair])


def multiply_adds(name, cell):
    """Return those of a dense network with the units that are printed."""
    return np.dot(cell.units, [*cell.units[1:], N_OUTPUTS.get(name, 10)])


def is_clear(gains):
    """Whether the mean is positive, and more than two standard errors where that can be told."""
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0
    return gains.mean() > 2 * error


def claims(found):
    """Say in how many pairs what E & Gao claim is so."""
    pairs = list(measured(found))
    printed = [printed_effect(name, penalty) for name in PUBLISHED for penalty in ("GL", "SGL")]

    def counted(group):
        return (
            f"lower training error in {sum(one.train.mean() > 0 for one in group)}, lower test "
            f"error in {sum(one.test.mean() > 0 for one in group)}, less time in "
            f"{sum(one.seconds < 1 for one in group)}, more multiply-adds in "
            f"{sum(one.multiply_adds > 1 for one in group)}"
        )

    return (
        f"Of means over seeds, in {len(pairs)} pairs of ours: {counted(pairs)}. In the "
        f"{len(printed)} that they print: {counted(printed)}."
    )


def rows(found, value):
    for one in measured(found):
        yield row(one, METHODS[one.method], value)
        if one.method == SAME_PENALTY[-1] and one.data in PUBLISHED:
            yield row(printed_effect(one.data, one.penalty), "E & Gao, printed", value)


def row(one, trained_by, value):
    return [
        TASKS[one.data].title,
        one.penalty,
        trained_by,
        *(value(one.data, gains) for gains in (one.train, one.test)),
        f"{one.multiply_adds:.2f}",
        f"{one.seconds:.2f}",
    ]


def report(found, value):
    """Return the part of the page.

    Parameters
    ----------
    found : Records
        One for each network.
    value : callable
        Writes scores on a data set.
    """
    header = ["data", "penalty", "trained by", "train, gain", "test, gain"]
    header += ["multiply-adds, times", "seconds, times"]
    return [
        "## What it does that units are free",
        TEXT,
        claims(found),
        pages.table(header, rows(found, value)),
    ]
