"""Log loss."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

from sgnn.losses.base import Loss, average_

_LEAST_PROBABILITY = 1e-9


@dataclass(eq=False, repr=False)
class LogLoss(Loss):
    r"""Log loss of classes that exclude each other, or of labels that do not.

    .. math:: \log\sum_k e^{z_k} - z_y \quad\text{or}\quad \sum_k \log(1 + e^{(1 - 2 y_k) z_k})

    Parameters
    ----------
    exclusive : bool, default=True
        Whether there is one class per sample, by softmax; targets are then class indices of shape
        (n_samples,). Else each output is a label by itself, or the only one the second of two
        classes, by the logistic function; targets are 0 or 1.

    Examples
    --------
    >>> from sgnn.losses import LogLoss
    >>> LogLoss(exclusive=False)
    LogLoss(exclusive=False)
    """

    exclusive: bool = True

    of_classes = True
    score_name = "accuracy"

    @property
    def out_activation(self):
        return "softmax" if self.exclusive else "logistic"

    def write(self, outputs, targets, weights, losses):
        import torch

        if self.exclusive:
            rows, logarithms = targets[None], outputs.log_softmax(0)
            torch.gather(logarithms, 0, rows, out=losses[None]).neg_()
            torch.exp(logarithms, out=outputs).scatter_(0, rows, -1.0, reduce="add")
        else:
            truth = targets.t()
            wrong_side = outputs.addcmul(truth, outputs, value=-2)
            torch.sum(torch.nn.functional.softplus(wrong_side), dim=0, out=losses)
            outputs.sigmoid_().sub_(truth)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        if self.exclusive:
            counts = np.bincount(targets, weights=weights, minlength=n_outputs)
            return np.log(np.maximum(counts / counts.sum(), _LEAST_PROBABILITY))
        mean = np.average(targets.astype(np.float64, copy=False), axis=0, weights=weights)
        mean = np.clip(mean, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
        return np.log(mean) - np.log1p(-mean)

    def scores(self, outputs, targets, weights=None):
        if self.exclusive:
            return outputs.argmax(axis=1) == targets
        return ((outputs > 0) == targets).all(axis=1)

    def predicted(self, outputs):
        return softmax(outputs, axis=1) if self.exclusive else expit(outputs)

    def slope(self, targets, weights, n_outputs):
        """Return 1: ``alpha="auto"`` does not depend on the frequencies of classes."""
        return 1.0

    def log_predicted(self, outputs):
        """Return the logarithms of :meth:`predicted`, without underflow.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
            Raw outputs.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Logarithms of probabilities.
        """
        return log_softmax(outputs, axis=1) if self.exclusive else log_expit(outputs)
