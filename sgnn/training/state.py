"""What training can go on from."""

from dataclasses import dataclass

import numpy as np

from sgnn.networks.network import Network
from sgnn.proximal.state import OptimizerState


@dataclass(frozen=True)
class State:
    """A network on its way: of a warm start, between calls of `partial_fit`, along a path.

    Attributes
    ----------
    network : Network
        At full size, or the units that are left.
    optimizer : OptimizerState or None
    rng : numpy.random.RandomState or None
        Shuffles, and draws what is new.
    seed : int or None
        Of the draw of what is penalised, where a penalty is partial.
    n_epochs : int
        Epochs trained so far, for penalties that warm up.
    weight_seen, n_batches_seen : float, int
        Sum of the weights of the samples of all calls of `partial_fit`, and their mini-batches.
    """

    network: Network
    optimizer: OptimizerState | None = None
    rng: np.random.RandomState | None = None
    seed: int | None = None
    n_epochs: int = 0
    weight_seen: float = 0.0
    n_batches_seen: int = 0
