"""Which units of a network there are, by masks, one per layer, inputs first."""

from itertools import pairwise

import numpy as np


def all_units(sizes):
    """Return masks, one per layer, that keep everything."""
    return [np.ones(size, dtype=bool) for size in sizes]


def n_products(sizes):
    """Return the multiplications of a prediction by a dense network."""
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


def units_on_paths(coefs, blocks=None):
    """Return, per layer, which units lie on a path of non-zero weights from input to output.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    blocks : ndarray of int, shape (n_features,), default=None
        Blocks of inputs that count as a whole as soon as one of them does.

    Returns
    -------
    list of ndarray of bool
        Inputs first, outputs last.
    """
    connected = [coef != 0 for coef in coefs]
    reached = [np.ones(coefs[0].shape[0], dtype=bool)]
    for matrix in connected:
        reached.append(reached[-1] @ matrix)
    reaching = [np.ones(coefs[-1].shape[1], dtype=bool)]
    for matrix in reversed(connected):
        reaching.append(matrix @ reaching[-1])
    on_paths = [forth & back for forth, back in zip(reached, reversed(reaching), strict=True)]
    on_paths[0] = with_blocks(on_paths[0], blocks)
    return on_paths


def with_blocks(inputs, blocks):
    """Return a mask of inputs with all those whose blocks have one in it."""
    return inputs if blocks is None else np.isin(blocks, blocks[inputs])


def compose(kept, of_kept):
    """Return masks over all units from masks over those of `kept`; all outputs are there."""
    composed = []
    for outer, inner in zip(kept[:-1], of_kept[:-1], strict=True):
        mask = outer.copy()
        mask[outer] = inner
        composed.append(mask)
    return [*composed, of_kept[-1]]
