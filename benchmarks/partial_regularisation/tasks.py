"""Data, networks and strengths, and what E & Gao print."""

from typing import NamedTuple

PENALTIES = ("GL", "iGL", "SGL", "iSGL")
METHODS = {
    "subgradient": "their protocol",
    "prox": "sgnn, same penalty",
    "path": "sgnn, best that fits",
}


class Cell(NamedTuple):
    """What E & Gao print: accuracy, or error, on the test set, and units per layer."""

    test: float
    units: tuple | None = None


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
        "Toy, y = -x²", (50, 50), 1e-3, 40, 1 / 8, 2000, 250, (Path((1, 1, 5), SMALL),)
    ),
    "boston": Task("Boston", (40, 30), 1e-3, 404, 1 / 8, 2000, 250, (Path((0.1, 1, 20), SMALL),)),
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
        Cell(0.0036, (1, 30, 2)),
        Cell(0.0012),
        Cell(0.0033),
        Cell(0.0014),
    ],
    "boston": [
        Cell(0.0105, (12, 3, 1)),
        Cell(0.0089, (10, 25, 12)),
        Cell(0.0103, (13, 40, 1)),
        Cell(0.0089, (13, 35, 10)),
    ],
    "sdd_subset2200": [
        Cell(0.9874, (47, 25, 11, 10)),
        Cell(0.9928, (48, 20, 8, 15)),
        Cell(0.9875, (47, 22, 9, 9)),
        Cell(0.9929, (47, 24, 9, 12)),
    ],
    "mnist": [
        Cell(0.9574, (522, 19, 28, 33)),
        Cell(0.9640, (605, 345, 79, 39)),
        Cell(0.9541, (756, 341, 27, 33)),
        Cell(0.9592, (759, 384, 81, 46)),
    ],
    "fashion_mnist": [
        Cell(0.8352, (589, 7, 9, 16)),
        Cell(0.8577, (748, 260, 84, 27)),
        Cell(0.8467, (771, 304, 10, 17)),
        Cell(0.8536, (778, 365, 91, 27)),
    ],
}
PUBLISHED = {name: dict(zip(PENALTIES, cells, strict=True)) for name, cells in PUBLISHED.items()}
L1_RATIO = 0.1


def fits(units, cell):
    """Whether a network is nowhere larger than one of the paper."""
    return cell.units is None or all(
        left <= printed for left, printed in zip(units, cell.units, strict=False)
    )
