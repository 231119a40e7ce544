"""From an estimator and data to what the engine gets."""

import numpy as np

from sgnn.estimators.data import check_data
from sgnn.estimators.prepare import prepare, settings_of


def prepared(model, X, y, sample_weight=None, seed=0):
    """Return the problem, the settings, and where training starts."""
    rng = np.random.RandomState(seed)
    problem, state = prepare(model, check_data(model, X, y, sample_weight, rng=rng), rng)
    return problem, settings_of(model), state
