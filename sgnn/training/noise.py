"""A strength of the penalty that follows the noise in the targets while a network trains."""

from dataclasses import dataclass

import numpy as np

from sgnn.proximal._registry import SOLVERS

_RISE, _END = 1 / 8, 1 / 2
_N_CHANGES_IN_LONG_STEPS = 8
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Noise:
    r"""Lowers a strength with the root of the deviance that is left.

    .. math:: \alpha \sqrt{D / D_0}

    with the mean loss :math:`D` of the last epoch, and :math:`D_0` that of the best constant.

    For the squared error the root is the standard deviation of the residuals relative to that of
    the targets, and the strength that of the scaled lasso: in proportion to the noise, which is
    estimated along with the network. So it is until half of the epochs are over; in the first
    eighth it rises from zero, so that no unit is lost before there is something to see.

    Parameters
    ----------
    alpha : float
        For the best constant.
    loss_of_constant : float
        Of the best one, in the unit of the losses of a history.
    n_epochs : int
        Epochs that are planned.
    every : int, default=1
        Epochs between changes.

    References
    ----------
    Sun & Zhang (2012), "Scaled sparse linear regression", doi:10.1093/biomet/ass043.
    """

    alpha: float
    loss_of_constant: float
    n_epochs: int
    every: int = 1

    @classmethod
    def of(cls, problem, settings):
        """Return the noise that the strength of a problem follows, or None if it follows none."""
        if not (problem.follows_noise and problem.has_penalty):
            return None
        from sgnn.training.last_look import mean_loss

        constant = np.broadcast_to(problem.best_constant, problem.targets.shape)
        loss = mean_loss(problem, constant, settings.n_threads) * problem.loss_unit
        if not loss > 0:
            return None
        n_epochs, has_rate = settings.max_iter, SOLVERS[settings.solver].has_rate
        every = 1 if has_rate else max(int(n_epochs * _END / _N_CHANGES_IN_LONG_STEPS), 1)
        return cls(problem.alpha, loss, n_epochs, every)

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
        left = max(losses[-1], 0) / self.loss_of_constant if losses else 1.0
        share = min(max(left**0.5, _LEAST_SHARE), 1.0)
        return self.alpha * share * min((epoch + 1) / (self.n_epochs * _RISE), 1.0)
