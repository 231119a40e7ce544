"""LeNet-5, and the images."""

from functools import cache
from typing import NamedTuple

import torch
from torch import nn

from benchmarks import data, modules
from sgnn.torch import ProxAdam

BATCH, RATE, RIDGE = 128, 2e-3, 3e-5


class LeNet5(nn.Module):
    """Two convolutions with pooling, and two dense layers with one nonlinearity between them.

    Parameters
    ----------
    side : int
        Of the images: 28, or for tests 16.
    """

    def __init__(self, side):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(50 * (((side - 4) // 2 - 4) // 2) ** 2, 500)
        self.fc2 = nn.Linear(500, 10)

    def forward(self, x):
        pool = nn.functional.max_pool2d
        x = pool(self.conv2(pool(self.conv1(x), 2)), 2)
        return self.fc2(nn.functional.gelu(self.fc1(x.flatten(1))))


class Split(NamedTuple):
    """Images and labels of one part of the data."""

    X: torch.Tensor
    y: torch.Tensor


@cache
def splits(name):
    """Return training, validation and test data; of the training images the last twelfth is for
    validation.
    """
    X, X_test, y, y_test = data.split(data.load(name), seed=0)
    if name == "digits":
        X, X_test = (x.reshape(-1, 8, 8).repeat(2, 1).repeat(2, 2) for x in (X, X_test))
    mean, scale, side = X.mean(), X.std(), 16 if name == "digits" else 28
    n_train = len(X) * 11 // 12
    return tuple(
        Split(modules.images(images, side, mean, scale), modules.labels(labels))
        for images, labels in (
            (X[:n_train], y[:n_train]),
            (X[n_train:], y[n_train:]),
            (X_test, y_test),
        )
    )


def new(X, seed):
    """Return a network for some images with the values of a seed."""
    torch.manual_seed(seed)
    return modules.placed(LeNet5(X.shape[-1]))


@cache
def dense(name, n_epochs, seed):
    """Return the network trained without penalty; all methods begin with a copy of it."""
    part = splits(name)[0]
    module = new(part.X, seed)
    optimizer = ProxAdam(module.parameters(), lr=RATE, weight_decay=RIDGE)
    generator = torch.Generator().manual_seed(seed)
    options = {"batch_size": BATCH, "generator": generator, "rate": RATE}
    modules.train(module, optimizer, *part, n_epochs=n_epochs, **options)
    return module
