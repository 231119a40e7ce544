"""The contract of a loss, on one screen."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

_ROUNDING, _LEAST_MEAN = 1e-13, 1e-9


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
    #: Whether the loss has a gradient everywhere.
    differentiable = True
    #: Whether targets are classes or labels, and not numbers.
    of_classes = False
    #: What the score is called.
    score_name = "score"
    #: Whether raw outputs are logarithms of predictions: then those for targets divided by their
    #: units differ by the logarithms of these, and else by these as factors.
    log_link = False
    #: Whether it is 0 where outputs say what happened, and its slope falls with it: then
    #: ``alpha="auto"`` follows the noise.
    follows_noise = False

    @property
    def out_activation(self):
        """Name of the function that makes predictions of raw outputs."""
        return "exp" if self.log_link else "identity"

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
            Sample weights, of mean 1 over all samples.
        losses : torch.Tensor of shape (n_samples,)
            Overwritten with the loss of each sample, not multiplied by its weight.
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

    def check_parameters(self):
        """Raise a ValueError or TypeError if a parameter is invalid."""
        return

    def columns(self, y):
        """Return a structured array as numbers, one column for each field; most refuse it."""
        raise ValueError(
            f"{type(self).__name__}: y must hold numbers; it is a structured array with the fields "
            f"{y.dtype.names}."
        )

    def n_outputs(self, n_columns):
        """Return the number of outputs that targets of some columns need."""
        return n_columns

    def check(self, targets):
        """Raise a ValueError for targets out of range."""
        return

    def strata(self, targets):
        """Return what a split of targets is stratified by, or None."""
        return None

    def order(self, targets):
        """Return the indices of samples in the order that training is to have them, or None."""
        return None

    def baseline(self, outputs, targets, weights):
        """Return what predictions need to know of the training data; None if nothing.

        Parameters
        ----------
        outputs : callable
            Returns the raw outputs, shape (n_samples, n_outputs).
        targets : ndarray of shape (n_samples, n_columns)
        weights : ndarray of shape (n_samples,) or None
        """
        return None

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

    def loss_unit(self, units):
        """Return the unit of measure of the loss, a float, for targets of some units."""
        return 1.0

    def in_units(self, units):
        """Return the loss, but for a factor, of targets and raw outputs divided by their units."""
        return self

    def slope(self, targets, weights, n_outputs):
        """Return how steep the loss is at the best constant, to which ``alpha="auto"`` is relative.

        Parameters
        ----------
        targets, weights, n_outputs
            As for :meth:`constant`; targets in their units.

        Returns
        -------
        float
            Positive; the root mean square, over samples and outputs, of the slopes.
        """
        import torch

        n_samples = len(targets)
        constant = self.constant(targets, weights, n_outputs)
        outputs = torch.tensor(np.tile(constant[:, None], n_samples), dtype=torch.float64)
        losses = outputs.new_empty(n_samples)
        self.write(outputs, torch.from_numpy(targets.astype(np.float64)), None, losses)
        squares = (n_samples * outputs.numpy()) ** 2
        return float(np.sqrt(np.average(squares.mean(axis=0), weights=weights))) or 1.0

    def predicted(self, outputs):
        """Return what raw outputs predict, an array of the same shape: the inverse link."""
        return outputs


class DevianceLoss(Loss):
    r"""A loss of numbers that is a sum over outputs, and least where these say what happened.

    The score is :math:`D^2`: 1 minus the deviance, which is the loss minus its least value,
    relative to that of the best constant; the mean over outputs. For the squared error it is
    :math:`R^2`.
    """

    score_name = "D²"
    least_scored = 2
    follows_noise = True

    @abstractmethod
    def deviance(self, outputs, targets):
        """Return the loss of each output minus its least value for the target.

        Parameters
        ----------
        outputs, targets : ndarray of shape (n_samples, n_outputs)
            Targets in double precision.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            >= 0.
        """

    def scores(self, outputs, targets, weights=None):
        targets = targets.astype(np.float64, copy=False)
        constant = self.constant(targets, weights, targets.shape[1])
        with np.errstate(over="ignore"):
            deviances = self.deviance(outputs, targets)
        of_constant = self.deviance(np.tile(constant, (len(targets), 1)), targets)
        of_constant = np.average(of_constant, axis=0, weights=weights)
        least = np.finfo(np.float64).tiny
        varies = (targets != targets[0]).any(axis=0) & (of_constant >= least)
        misses = np.average(deviances, axis=0, weights=weights) >= least
        ratios = np.where(varies, deviances, misses)
        return 1 - (ratios / np.where(varies, of_constant, 1)).mean(axis=1)


class ErrorLoss(DevianceLoss):
    """A loss of the errors of outputs, which are predictions, measured in standard deviations."""

    @abstractmethod
    def of_errors(self, errors):
        """Return the loss of each error, output minus target; arrays of shape (n, n_outputs)."""

    def deviance(self, outputs, targets):
        return self.of_errors(outputs - targets)

    def units(self, mean, variance):
        varies = variance > (_ROUNDING * mean) ** 2
        typical = np.sqrt(variance[varies].mean()) if varies.any() else 1.0
        return np.where(varies, np.sqrt(variance), typical)


class LogLinkLoss(DevianceLoss):
    """A loss of means whose logarithms are the raw outputs; the unit of targets is their mean."""

    log_link = True

    def constant(self, targets, weights, n_outputs):
        means = np.average(targets.astype(np.float64, copy=False), axis=0, weights=weights)
        return np.log(np.maximum(means, _LEAST_MEAN))

    def predicted(self, outputs):
        with np.errstate(over="ignore"):
            return np.exp(outputs)

    def units(self, mean, variance):
        if not mean.any():
            raise ValueError(f"{type(self).__name__}: y must not be 0 throughout.")
        return np.where(mean > 0, mean, 1.0)


def average_(outputs, weights):
    """Turn the gradients of the losses of samples into that of their weighted mean, in place."""
    outputs.mul_(1 / outputs.shape[1])
    if weights is not None:
        outputs.mul_(weights)
