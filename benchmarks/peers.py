"""What several benchmarks need: clocks, products of matrices, LassoNet, lists of features."""

import time
from itertools import pairwise

import numpy as np
import torch


def timed(function, *arguments, **keywords):
    """Return what a function returns, and its CPU seconds."""
    start = time.process_time()
    result = function(*arguments, **keywords)
    return result, time.process_time() - start


def wall_seconds(function, *arguments):
    """Return the seconds that a function takes by the clock on the wall."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def least_seconds(function, *arguments, n_times=3):
    """Return the least of the seconds by the clock on the wall that some calls take."""
    return min(wall_seconds(function, *arguments) for _ in range(n_times))


def product_rate(largest):
    """Return the highest rate of a matrix product, in multiplications and additions per second."""
    matrices = [torch.rand(size, size) for size in (largest // 4, largest // 2, largest)]
    return max(
        2 * len(A) ** 3 / wall_seconds(torch.matmul, A, A) for A in matrices for _ in range(5)
    )


def operations(rows, sizes):
    """Return the multiplications and additions of the matrix products of an epoch."""
    products = [a * b for a, b in pairwise(sizes)]
    return rows * (6 * sum(products) - 2 * products[0])


def lassonet_path(kind, X, y, seed, *, state_dicts=False, **parameters):
    """Walk LassoNet's path; return the model and the points with features left."""
    from lassonet import LassoNetClassifier, LassoNetRegressor

    cls = LassoNetClassifier if kind == "classifier" else LassoNetRegressor
    model = cls(random_state=seed, torch_seed=seed, verbose=0, **parameters)
    points = model.path(X, y, return_state_dicts=state_dicts)
    return model, [point for point in points if point.selected.any()]


def first_places(scores, count):
    """Return the places of the largest scores."""
    return np.argsort(-np.asarray(scores), kind="stable")[:count]
