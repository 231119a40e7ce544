"""What is known of the targets of all samples so far: how many they are, and their unit."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Number, weight, means and variances of targets.

    Attributes
    ----------
    n_samples : int
        Samples of some weight.
    weight : float
        Sum of their weights.
    mean, variance : ndarray of shape (n_outputs,)
    """

    n_samples: int
    weight: float
    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, targets, weights):
        """Return the moments of targets.

        Parameters
        ----------
        targets : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        weights : ndarray of shape (n_samples,) or None

        Raises
        ------
        ValueError
            If deviations are too large or too small to be squared.
        """
        values = targets.reshape(len(targets), -1).astype(np.float64, copy=False)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.average(values, axis=0, weights=weights)
            variance = np.average((values - mean) ** 2, axis=0, weights=weights)
        if not np.isfinite(variance).all():
            raise ValueError(f"y reaches {np.abs(values).max():.3g}, too much to square: scale y.")
        lost = (variance == 0) & (values != values[0]).any(axis=0)
        if lost.any():
            extent = np.ptp(values[:, lost], axis=0).max()
            raise ValueError(f"y varies by {extent:.3g}, too little to square: scale y.")
        return cls(*_counted(len(values), weights), mean, variance)

    def merged(self, other):
        """Return the moments of these targets and of others together."""
        weight = self.weight + other.weight
        share = other.weight / weight
        apart = other.mean - self.mean
        variance = (1 - share) * self.variance + share * other.variance
        return Moments(
            self.n_samples + other.n_samples,
            weight,
            self.mean + share * apart,
            variance + share * (1 - share) * apart**2,
        )

    @property
    def n_effective(self):
        """The sum of the weights, but at least the number of samples that have any."""
        return max(self.weight, self.n_samples)


def n_effective(n_samples, sample_weight):
    """Return the sum of the weights, but at least the number of samples that have any.

    Parameters
    ----------
    n_samples : int
    sample_weight : ndarray of shape (n_samples,) or None
    """
    return max(_counted(n_samples, sample_weight))


def _counted(n_samples, sample_weight):
    """Return the number of samples of some weight, and the sum of their weights."""
    if sample_weight is None:
        return n_samples, float(n_samples)
    return int(np.count_nonzero(sample_weight)), float(sample_weight.sum(dtype=np.float64))
