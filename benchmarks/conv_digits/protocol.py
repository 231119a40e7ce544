"""Data, networks, penalties and strengths that are compared."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from benchmarks import data, modules
from sgnn.penalties import CGES, GroupLasso, IntegratedTransformedL1, LogSum, SparseGroupLasso

RATE, HIDDEN, FILTERS, BATCH = 5e-3, 40, 16, 100
TOLERANCE = 0.005
N_POINTS = 20
STRENGTHS = [3e-4, 1e-3, 3e-3, 1e-2]
OF_IMAGES = [3e-5, 1e-4, 3e-4, 1e-3]
CONCAVITIES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
RIDGE, INTEGRATED, OURS = "L2", "integrated transformed l1", "log-sum"
PENALTIES = {
    RIDGE: {"*": None},
    "l1": "l1",
    "group lasso": GroupLasso(groups="incoming"),
    "sparse group lasso": SparseGroupLasso(groups="incoming"),
    "CGES": CGES(groups="incoming"),
    "transformed l1": "transformed_l1",
    INTEGRATED: IntegratedTransformedL1(groups="incoming"),
    OURS: LogSum(groups="weights"),
}
VARIED = {
    f"{INTEGRATED}, a={a:g}": IntegratedTransformedL1(a=a, groups="incoming")
    for a in CONCAVITIES
    if a != 1
}
ON_PATHS = ["l1", "CGES", INTEGRATED, OURS]


class Task(NamedTuple):
    """A data set and its network.

    Attributes
    ----------
    shape : tuple of int
        Channels and two sides of a sample.
    kernel, pool : tuple of int
        Sides of the kernels, and of what is pooled.
    n_train, n_validation : int or None
        Images drawn from the published training data; None is four fifths and one fifth.
    n_epochs, n_seeds : int
    """

    shape: tuple
    kernel: tuple
    pool: tuple
    n_train: int | None
    n_validation: int | None
    n_epochs: int
    n_seeds: int


TASKS = {
    "digits": Task((1, 8, 8), (3, 3), (2, 2), None, None, 40, 5),
    "pendigits": Task((2, 8, 1), (3, 1), (2, 1), None, None, 10, 2),
    "mnist": Task((1, 28, 28), (5, 5), (4, 4), 5000, 2500, 8, 2),
    "fashion_mnist": Task((1, 28, 28), (5, 5), (4, 4), 5000, 2500, 8, 2),
}


def strengths(name):
    """Return the strengths that are tried on a data set: less where there are more samples."""
    return OF_IMAGES if "mnist" in name else STRENGTHS


class Network(nn.Module):
    """One convolutional layer and two dense ones.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task):
        super().__init__()
        (channels, *sides), kernel, self.pool = task[:3]
        places = [(side - k + 1) // p for side, k, p in zip(sides, kernel, self.pool, strict=True)]
        self.conv = nn.Conv2d(channels, FILTERS, kernel)
        self.hidden = nn.Linear(FILTERS * places[0] * places[1], HIDDEN)
        self.output = nn.Linear(HIDDEN, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv(x).relu(), self.pool)
        return self.output(self.hidden(x.flatten(1)).relu())


def splits(name, seed):
    """Return training, validation and test data, each as a pair of tensors."""
    task = TASKS[name]
    X, X_test, y, y_test = data.split(data.load(name), seed)
    X, X_val, y, y_val = train_test_split(
        X,
        y,
        train_size=task.n_train,
        test_size=task.n_validation or 0.2,
        random_state=seed,
        stratify=y,
    )
    mean, scale = X.mean(), X.std()
    return [
        (_arranged((part - mean) / scale, task.shape), modules.labels(labels))
        for part, labels in ((X, y), (X_val, y_val), (X_test, y_test))
    ]


def _arranged(X, shape):
    """Return samples as images; a series of points, x and y in turn, has a channel for each."""
    if shape[0] > 1:
        X = X.reshape(len(X), -1, shape[0]).swapaxes(1, 2)
    return modules.placed(torch.from_numpy(np.ascontiguousarray(X.reshape(len(X), *shape))))
