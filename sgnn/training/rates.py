"""Learning rates over the epochs, and when to stop."""

import math

_REDUCTION = 5.0
_SMALLEST_FRACTION = 1e-3


class LearningRate:
    """The learning rate of each epoch.

    Parameters
    ----------
    kind : {"constant", "cosine", "adaptive"}
        "cosine" falls to zero at `max_iter`; "adaptive" is divided by 5 on request, until it is a
        thousandth of the initial rate.
    initial : float
    max_iter : int

    Attributes
    ----------
    fraction : float
        What is left of an adaptive rate.
    """

    def __init__(self, kind, initial, max_iter):
        self.kind = kind
        self.initial = initial
        self.max_iter = max_iter
        self.fraction = 1.0

    def rate(self, epoch):
        """Return the rate of an epoch, counted from 0."""
        if self.kind == "cosine":
            return self.initial * 0.5 * (1 + math.cos(math.pi * epoch / self.max_iter))
        return self.initial * self.fraction

    def restart(self):
        """Return to the initial rate of an adaptive schedule."""
        self.fraction = 1.0

    def reduce(self):
        """Lower an adaptive rate; return whether there was room to do so."""
        if self.kind != "adaptive" or self.fraction <= _SMALLEST_FRACTION:
            return False
        self.fraction /= _REDUCTION
        return True


class Patience:
    """Counts epochs in which a watched number did not fall by more than `tol`.

    Parameters
    ----------
    tol : float
    n_iter_no_change : int or inf
    """

    def __init__(self, tol, n_iter_no_change):
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.best = math.inf
        self.waited = 0

    def exhausted_by(self, value):
        """Record the number of one epoch; return whether it has stood still for too long."""
        self.waited = self.waited + 1 if value > self.best - self.tol else 0
        self.best = min(self.best, value)
        return self.waited > self.n_iter_no_change

    def restart(self):
        """Forget the epochs waited."""
        self.waited = 0
