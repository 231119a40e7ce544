"""Inputs that are 0 in training, by chance."""

import numpy as np
import torch

from sgnn.networks.parameters import to_tensor

_N_NUMBERS = 2**32


class InputDropout:
    """Draws which entries of X are 0 in an epoch; the others are larger, so that means stay.

    Numbers below 2^32 are drawn for each place of the order of an epoch and each column, by mixing
    these with a seed. So they can be drawn again, by this or by a kernel, which has the same
    formulas.

    Parameters
    ----------
    share : float in (0, 1)
        Probability of a 0.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), "Dropout: a simple way to
    prevent neural networks from overfitting", JMLR 15. The mixing is lowbias32 of Wellons (2018),
    "Prospecting for hash functions".
    """

    def __init__(self, share):
        self._below = min(int(share * _N_NUMBERS), _N_NUMBERS - 1)
        self._factor = 1 / (1 - share)
        self._seed = 0

    def draw(self, rng):
        """Draw anew for an epoch."""
        self._seed = int(rng.randint(_N_NUMBERS, dtype=np.uint32))

    def enter(self, samples):
        """Let samples of the kernels be as drawn."""
        samples.drop_inputs(self._seed, self._below, self._factor)

    def factors(self, start, stop, like):
        """Return what the rows at some places of the order are to be multiplied by.

        Parameters
        ----------
        start, stop : int
        like : torch.Tensor of shape (stop - start, n_columns)
        """
        places, columns = np.arange(start, stop, dtype=np.uint32), np.arange(like.shape[1])
        keys = _mixed(np.uint32(self._seed) ^ _mixed(places))
        spread = columns.astype(np.uint32) * np.uint32(0x9E3779B9)
        is_kept = _mixed(keys[:, None] ^ spread) >= self._below
        return torch.where(to_tensor(is_kept, like.device), like.new_tensor(self._factor), 0)


def _mixed(x):
    x = x ^ (x >> 16)
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> 15)
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> 16)
