"""The contract of a loss, on one screen."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator


class Loss(BaseEstimator, ABC):
    """What a network is trained to make small: a function of the raw outputs of each sample.

    Subclasses are dataclasses, ``@dataclass(eq=False, repr=False)``, whose fields are their
    parameters. Raw outputs come in two forms: while a network trains as a tensor of shape
    (n_outputs, n_samples), since a softmax over a long last dimension is several times as slow; and
    elsewhere as an array of shape (n_samples, n_outputs). Importing a loss does not import torch;
    only :meth:`write` may.
    """

    #: Whether the loss of a sample depends on that sample alone; else batches hold all samples.
    separable = True

    @abstractmethod
    def write(self, outputs, targets, weights, losses):
        """Write loss and gradient.

        Parameters
        ----------
        outputs : torch.Tensor of shape (n_outputs, n_samples)
            Overwritten with the gradient of the mean over the samples of weight times loss; see
            :func:`average_`.
        targets : torch.Tensor of shape (n_samples, n_outputs)
            Or what else the loss wants.
        weights : torch.Tensor of shape (n_samples,) or None
            Sample weights.
        losses : torch.Tensor of shape (n_samples,)
            Overwritten with the loss of each sample, not weighted.
        """

    @abstractmethod
    def constant(self, targets, weights, n_outputs):
        """Return the raw outputs of the best model without inputs.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_outputs)
            Or what else the loss wants.
        weights : ndarray of shape (n_samples,) or None
        n_outputs : int

        Returns
        -------
        ndarray of shape (n_outputs,)
        """

    @abstractmethod
    def scores(self, outputs, targets, weights=None):
        """Return a score of each sample, whose weighted mean is the score of the model.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
        targets : ndarray
        weights : ndarray of shape (n_samples,) or None
            What scores are relative to, such as a variance, is weighted.

        Returns
        -------
        ndarray of shape (n_samples,)
        """

    def score(self, outputs, targets, weights=None):
        """Return the score of the model, a float; see :meth:`scores`."""
        return float(np.average(self.scores(outputs, targets, weights), weights=weights))

    #: Fewest samples for which the scores are defined.
    least_scored = 1

    def units(self, mean, variance):
        """Return the units of measure of targets; None for none.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_outputs,)
            Of all targets so far, with their weights.

        Returns
        -------
        ndarray of shape (n_outputs,) or None
            Positive. Networks are trained on targets divided by their units.
        """
        return None

    #: Whether raw outputs are logarithms of predictions: then those for targets divided by their
    #: units differ by the logarithms of these, and else by these as factors.
    log_link = False

    def loss_unit(self, units):
        """Return the unit of measure of the loss, a float, for targets of some units."""
        return 1.0

    def in_units(self, units):
        """Return the loss, but for a factor, of targets and raw outputs divided by their units."""
        return self

    def predicted(self, outputs):
        """Return what raw outputs predict, an array of the same shape: the inverse link."""
        return outputs

    def check(self, targets):
        """Raise a ValueError for targets out of range."""
        return


def average_(outputs, weights):
    """Turn the gradients of the losses of samples into that of their weighted mean, in place."""
    outputs.mul_(1 / outputs.shape[1])
    if weights is not None:
        outputs.mul_(weights)
