"""A last look at what training returns: whether it predicts at all, and more than nothing."""

import numpy as np
import torch

from sgnn.networks.parameters import to_tensor
from sgnn.training.resources import engine

_MARGIN, _MARGIN_OF_PART = 0.01, 10.0


def is_worse_than_constant(problem, outputs, n_threads, is_part=False):
    """Whether the loss of raw outputs is above that of the best constant, by more than noise.

    Parameters
    ----------
    problem : Problem
    outputs : ndarray of shape (n_samples, n_outputs)
        For the inputs of the problem.
    n_threads : int or None
    is_part : bool, default=False
        Whether the data are a part, whose best constant knows more than that of all: a hundredth
        of the unit of the loss is then not enough, but one unit, and more for few samples.

    Raises
    ------
    FloatingPointError
        If a raw output, or the loss, is not finite for a sample that has weight.
    """
    weights = problem.sample_weight
    seen = slice(None) if weights is None else weights > 0

    def mean_loss(outputs):
        raw = torch.from_numpy(np.array(outputs.T, order="C"))
        losses = raw.new_empty(len(outputs))
        with engine(n_threads):
            problem.loss.write(raw, to_tensor(problem.targets, "cpu"), None, losses)
        of_seen = losses.numpy()[seen].astype(np.float64)
        return np.average(of_seen, weights=None if weights is None else weights[seen])

    loss = mean_loss(outputs)
    if not (np.isfinite(outputs[seen]).all() and np.isfinite(loss)):
        raise FloatingPointError("what the network predicts is not finite")
    of_constant = mean_loss(np.broadcast_to(problem.best_constant, outputs.shape))
    margin = 1 + _MARGIN_OF_PART / len(outputs) if is_part else _MARGIN
    return bool(loss > of_constant + margin * problem.scales.loss)
