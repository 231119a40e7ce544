"""What several benchmarks need: clocks, LassoNet, lists of features."""

import time

import numpy as np


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
