"""Places of inputs in an order, those of a block together."""

import numpy as np


def places_of(blocks, *keys):
    """Return the place of each input, 1 for the first; inputs of one block have one place.

    Parameters
    ----------
    blocks : ndarray of int, shape (n_features,), or None
        Blocks of inputs that stand or fall together, of which the keys are those of the block.
    *keys : ndarray of shape (n_features,)
        What comes first is smallest; the later keys decide between equals.

    Returns
    -------
    ndarray of int, shape (n_features,)
        The place of a block is that of the first of its inputs.
    """
    if blocks is None:
        blocks = np.arange(len(keys[0]))
    order = np.lexsort((blocks, *keys[::-1]))
    starts = np.append(True, blocks[order][1:] != blocks[order][:-1])
    places = np.empty(len(order), dtype=int)
    places[order] = np.maximum.accumulate(np.where(starts, np.arange(1, len(order) + 1), 0))
    return places


def first(places, n_features):
    """Return the inputs that come first, as many as are wanted or, by whole blocks, fewer.

    Parameters
    ----------
    places : ndarray of int, shape (n_features,)
        As :func:`places_of` returns them.
    n_features : int >= 1

    Returns
    -------
    ndarray of bool, shape (n_features,)

    Raises
    ------
    ValueError
        If `n_features` is less than the inputs of the first block.
    """
    ends = np.searchsorted(np.sort(places), places, side="right")
    selected = ends <= n_features
    if not selected.any():
        raise ValueError(
            f"n_features={n_features} is less than the {ends.min()} inputs of the first block."
        )
    return selected
