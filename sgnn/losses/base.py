"""The contract of a loss."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

from sgnn._common.documented import Documented


class Loss(Documented, BaseEstimator, ABC):
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
            Sample weights; None is 1 for all.
        n_outputs : int
            How many numbers are returned.

        Returns
        -------
        ndarray of shape (n_outputs,)
            A constant, before the inverse link.
        """

    @abstractmethod
    def scores(self, outputs, targets, weights=None):
        """Return a score of each sample, whose weighted mean is the score of the model.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
            Raw outputs.
        targets : ndarray
            As users gave them, in numbers.
        weights : ndarray of shape (n_samples,) or None
            What scores are relative to, such as a variance, is weighted.

        Returns
        -------
        ndarray of shape (n_samples,)
            Greater is better.
        """

    def score(self, outputs, targets, weights=None):
        """Return the score of the model.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
            As for :meth:`scores`.
        targets : ndarray
            As for :meth:`scores`.
        weights : ndarray of shape (n_samples,) or None
            As for :meth:`scores`.

        Returns
        -------
        float
            Mean of :meth:`scores`, by the weights.
        """
        return float(np.average(self.scores(outputs, targets, weights), weights=weights))

    #: Fewest samples for which the scores are defined.
    least_scored = 1

    def check_parameters(self):
        """Raise a ValueError or TypeError if a parameter is invalid."""
        return

    def columns(self, y):
        """Return a structured array as numbers, one column for each field; most refuse it.

        Parameters
        ----------
        y : structured ndarray of shape (n_samples,)
            Targets.

        Returns
        -------
        ndarray of shape (n_samples, n_fields)
            As `targets` are for the other methods.
        """
        raise ValueError(
            f"{type(self).__name__}: y must hold numbers; it is a structured array with the fields "
            f"{y.dtype.names}."
        )

    def n_outputs(self, n_columns):
        """Return the number of outputs that targets of some columns need.

        Parameters
        ----------
        n_columns : int
            Columns of the targets.

        Returns
        -------
        int
            For most losses the same.
        """
        return n_columns

    def check(self, targets):
        """Raise a ValueError for targets out of range.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_columns)
            Finite numbers.
        """
        return

    def strata(self, targets):
        """Return what a split of targets is stratified by, or None.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_columns)
            Those that are split.

        Returns
        -------
        ndarray of shape (n_samples,) or None
            Labels of strata.
        """
        return None

    def order(self, targets):
        """Return the indices of samples in the order that training is to have them, or None.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_columns)
            Those of training.

        Returns
        -------
        ndarray of int, shape (n_samples,), or None
            None leaves them as they are.
        """
        return None

    def baseline(self, outputs, targets, weights):
        """Return what predictions need to know of the training data; None if nothing.

        Parameters
        ----------
        outputs : callable
            Returns the raw outputs, shape (n_samples, n_outputs).
        targets : ndarray of shape (n_samples, n_columns)
            Those of training.
        weights : ndarray of shape (n_samples,) or None
            Sample weights; None is 1 for all.

        Returns
        -------
        object or None
            Handed to predictions with the raw outputs.
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
        """Return the unit of measure of the loss for targets of some units.

        Parameters
        ----------
        units : ndarray of shape (n_outputs,)
            As :meth:`units` returns them.

        Returns
        -------
        float
            Positive.
        """
        return 1.0

    def in_units(self, units):
        """Return the loss, but for a factor, of targets and raw outputs divided by their units.

        Parameters
        ----------
        units : ndarray of shape (n_outputs,)
            As :meth:`units` returns them.

        Returns
        -------
        Loss
            Itself, where its parameters have no unit.
        """
        return self

    def slope(self, targets, weights, n_outputs):
        """Return how steep the loss is at the best constant, to which ``alpha="auto"`` is relative.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_outputs)
            As for :meth:`constant`, in their units.
        weights : ndarray of shape (n_samples,) or None
            As for :meth:`constant`.
        n_outputs : int
            As for :meth:`constant`.

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
        """Return what raw outputs predict: the inverse link.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs)
            Raw outputs.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Such as means or probabilities.
        """
        return outputs


def average_(outputs, weights):
    """Turn the gradients of the losses of samples into that of their weighted mean, in place.

    Parameters
    ----------
    outputs : torch.Tensor of shape (n_outputs, n_samples)
        Gradients, overwritten.
    weights : torch.Tensor of shape (n_samples,) or None
        Sample weights, of mean 1 over all samples; None is 1 for all.
    """
    outputs.mul_(1 / outputs.shape[1])
    if weights is not None:
        outputs.mul_(weights)
