"""Data, networks and strengths, and what E & Gao print."""

from typing import NamedTuple

PENALTIES = ("GL", "iGL", "SGL", "iSGL")
METHODS = {
    "normalised": "their protocol",
    "subgradient": "the same, not normalised",
    "prox": "sgnn, same penalty",
    "path": "sgnn, best that fits",
}
SAME_PENALTY = ("normalised", "subgradient", "prox")


class Cell(NamedTuple):
    """What E & Gao print.

    Attributes
    ----------
    train, test : float
        Accuracies, or mean squared errors.
    units : tuple of int
        Per layer, inputs first.
    sparsity : tuple of float
        Share of the weights below a threshold, layer by layer; 1.0 where they print "≈ 1.0".
    seconds : float
        On their machine.
    """

    train: float
    test: float
    units: tuple
    sparsity: tuple
    seconds: float


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
        "Toy, y = -x²", (50, 50), 1e-3, 40, 1 / 5, 2000, 250, (Path((1, 1, 5), SMALL),)
    ),
    "boston": Task("Boston", (40, 30), 1e-3, 404, 1 / 4, 2000, 250, (Path((0.1, 1, 20), SMALL),)),
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
        Cell(1.51e-3, 0.0036, (1, 30, 2), (0.96, 0.9988, 0.96), 4.86),
        Cell(8.24e-5, 0.0012, (1, 29, 10), (0.8, 0.8, 0.8), 4.66),
        Cell(1.46e-3, 0.0033, (1, 49, 2), (0.96, 0.9988, 0.96), 5.67),
        Cell(1.03e-4, 0.0014, (1, 50, 10), (0.8, 0.8, 0.8), 5.13),
    ],
    "boston": [
        Cell(0.0103, 0.0105, (12, 3, 1), (0.9827, 0.9992, 0.9667), 38.10),
        Cell(0.0099, 0.0089, (10, 25, 12), (0.2327, 0.7267, 0.6), 36.77),
        Cell(0.0102, 0.0103, (13, 40, 1), (0.9808, 0.9992, 0.9667), 38.27),
        Cell(0.0113, 0.0089, (13, 35, 10), (0.2385, 0.7217, 0.6667), 38.13),
    ],
    "sdd_subset2200": [
        Cell(0.9889, 0.9874, (47, 25, 11, 10), (0.59, 0.84, 0.92, 0.71), 507),
        Cell(0.9943, 0.9928, (48, 20, 8, 15), (0.55, 0.85, 0.90, 0.65), 489),
        Cell(0.9883, 0.9875, (47, 22, 9, 9), (0.67, 0.89, 0.93, 0.74), 528),
        Cell(0.9960, 0.9929, (47, 24, 9, 12), (0.57, 0.79, 0.85, 0.67), 508),
    ],
    "mnist": [
        Cell(0.9598, 0.9574, (522, 19, 28, 33), (0.99, 1.0, 0.99, 0.68), 73),
        Cell(0.9722, 0.9640, (605, 345, 79, 39), (0.87, 0.88, 0.88, 0.69), 68),
        Cell(0.9569, 0.9541, (756, 341, 27, 33), (0.99, 1.0, 0.99, 0.69), 74),
        Cell(0.9696, 0.9592, (759, 384, 81, 46), (0.87, 0.88, 0.88, 0.70), 74),
    ],
    "fashion_mnist": [
        Cell(0.8528, 0.8352, (589, 7, 9, 16), (1.0, 1.0, 1.0, 0.84), 328),
        Cell(0.9171, 0.8577, (748, 260, 84, 27), (0.76, 0.76, 0.76, 0.74), 307),
        Cell(0.8650, 0.8467, (771, 304, 10, 17), (1.0, 1.0, 1.0, 0.84), 340),
        Cell(0.9131, 0.8536, (778, 365, 91, 27), (0.76, 0.76, 0.76, 0.74), 321),
    ],
}
PUBLISHED = {name: dict(zip(PENALTIES, cells, strict=True)) for name, cells in PUBLISHED.items()}
L1_RATIO = 0.1


def is_error(name):
    """Whether a data set is scored by its mean squared error."""
    return name in ("parabola", "boston")


def fits(units, cell):
    """Whether a network is nowhere larger than one of the paper."""
    return all(left <= printed for left, printed in zip(units, cell.units, strict=False))
