"""What is counted in a network, whoever trained it."""

import numpy as np

from sgnn.networks.network import Network
from sgnn.networks.units import units_on_paths


def anatomy(coefs):
    """Return what is left of a network.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
        At full size.

    Returns
    -------
    dict
        "units" per layer that lie on a path from an input to an output, inputs first; "weights"
        that are not zero between them; "multiply_adds" of the dense network of these units; and
        "sparsity", the share of zeros of each full matrix.
    """
    masks = units_on_paths(coefs)
    units = [int(mask.sum()) for mask in masks]
    pairs = list(zip(coefs, masks[:-1], masks[1:], strict=True))
    return {
        "units": units,
        "weights": int(sum(np.count_nonzero(coef[np.ix_(a, b)]) for coef, a, b in pairs)),
        "multiply_adds": int(np.dot(units[:-1], units[1:])),
        "sparsity": [round(float(np.mean(coef == 0)), 4) for coef in coefs],
    }


def accuracy(coefs, intercepts, X, y):
    """Return the accuracy of a classifier with rectified linear units."""
    return float(np.mean(Network.whole(coefs, intercepts, "relu").forward(X).argmax(1) == y))
