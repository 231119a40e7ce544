"""Losses that are told by a value of each output: of any, of errors, of means under a logarithm."""

from abc import abstractmethod

import numpy as np

from sgnn.losses.base import Loss

_ROUNDING, _LEAST_MEAN = 1e-13, 1e-9


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
        """Return the loss of each error.

        Parameters
        ----------
        errors : ndarray of shape (n_samples, n_outputs)
            Outputs minus targets.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            >= 0.
        """

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
