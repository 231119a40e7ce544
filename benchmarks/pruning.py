"""Magnitude pruning with retraining: no penalty, small weights go, and training goes on.

The networks are those of sgnn, warm-started. Weights that went are held at zero by a lasso on them
alone, so strong that no step takes them off zero.
"""

from copy import deepcopy
from itertools import accumulate

import numpy as np

from sgnn.penalties import L1

_HOLD = 1e6


def at_once(dense, sizes, n_epochs, **data):
    """Prune a network to each of several sizes, from the start each time.

    Parameters
    ----------
    dense : SparseMLPClassifier or SparseMLPRegressor
        Fitted, with ``penalty=None`` and ``warm_start=True``.
    sizes : iterable of int
        Weights that stay, in all layers together.
    n_epochs : int
        Of the training after each pruning.
    **data
        What its ``fit`` takes.

    Returns
    -------
    list of estimators
        The dense network, and one for each size.
    """
    return [dense, *(pruned(dense, size, n_epochs, data) for size in sizes)]


def gradually(dense, sizes, n_epochs, **data):
    """Prune a network to one size after the other; otherwise as :func:`at_once`."""
    return list(accumulate(sizes, lambda last, n: pruned(last, n, n_epochs, data), initial=dense))


def pruned(network, size, n_epochs, data):
    """Return a copy of a network with its largest weights alone, trained on."""
    magnitudes = [np.abs(coef) for coef in network.expand()[0]]
    least = np.sort(np.concatenate([one.ravel() for one in magnitudes]))[-size]
    penalty = L1(fraction=[(one < least) | (one == 0) for one in magnitudes])
    network = deepcopy(network)
    return network.set_params(penalty=penalty, alpha=_HOLD, max_iter=n_epochs).fit(**data)
