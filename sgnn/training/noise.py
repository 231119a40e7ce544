"""A strength of the penalty that follows the noise in the targets while a network trains."""

from dataclasses import dataclass

import numpy as np

from sgnn.proximal._registry import SOLVERS
from sgnn.training.last_look import mean_loss

_RISE, _END = 1 / 8, 1 / 2
_N_CHANGES_IN_LONG_STEPS = 8
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Noise:
    r"""Lowers a strength with the root of the deviance that is left.

    .. math:: \alpha \sqrt{\mathrm{deviance} / \mathrm{deviance\ of\ the\ best\ constant}}

    For the squared error the root is the standard deviation of the residuals relative to that of
    the targets, and the strength that of the scaled lasso: in proportion to the noise, which is
    estimated along with the network. So it is until half of the epochs are over; in the first
    eighth it rises from zero, so that no unit is lost before there is something to see.

    Parameters
    ----------
    alpha : float
        For the best constant.
    least_loss : float
        That of outputs that are the targets, in the unit of the losses of a history.
    deviance : float
        Of the best constant, likewise.
    n_epochs : int
        Epochs that are planned.
    every : int, default=1
        Epochs between changes.

    References
    ----------
    Sun & Zhang (2012), "Scaled sparse linear regression", doi:10.1093/biomet/ass043.
    """

    alpha: float
    least_loss: float
    deviance: float
    n_epochs: int
    every: int = 1

    @classmethod
    def of(cls, problem, settings):
        """Return the noise that the strength of a problem follows, or None if it follows none."""
        if not (problem.follows_noise and problem.has_penalty):
            return None
        constant = np.broadcast_to(problem.best_constant, problem.targets.shape)
        deviances = problem.loss.deviance(constant, problem.targets.astype(np.float64))
        deviance = float(np.average(deviances.sum(axis=1), weights=problem.sample_weight))
        if not deviance > 0:
            return None
        least_loss = mean_loss(problem, constant, settings.n_threads) - deviance
        unit = problem.loss_unit
        n_epochs, has_rate = settings.max_iter, SOLVERS[settings.solver].has_rate
        every = 1 if has_rate else max(int(n_epochs * _END / _N_CHANGES_IN_LONG_STEPS), 1)
        return cls(problem.alpha, least_loss * unit, deviance * unit, n_epochs, every)

    @property
    def known_at(self):
        """The epoch from which on the strength stays."""
        return int(self.n_epochs * _END)

    def alpha_at(self, epoch, losses):
        """Return the strength from an epoch on, or None if it stays what it is.

        Parameters
        ----------
        epoch : int
            Counted from 0.
        losses : list of float
            Mean losses of the epochs so far.
        """
        if epoch % self.every or epoch > self.known_at:
            return None
        left = max(losses[-1] - self.least_loss, 0) / self.deviance if losses else 1.0
        share = min(max(left**0.5, _LEAST_SHARE), 1.0)
        return self.alpha * share * min((epoch + 1) / (self.n_epochs * _RISE), 1.0)
