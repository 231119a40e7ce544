"""Survival: pairs that agree, hazards of a baseline, and step functions of time."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class StepFunctions:
    """Functions of time, one per sample, that change at some times and are constant in between.

    Parameters
    ----------
    times : ndarray of shape (n_times,)
        In growing order.
    values : ndarray of shape (n_samples, n_times)
        From each time on.
    before : float
        Value before the first time.
    """

    times: np.ndarray
    values: np.ndarray
    before: float

    def __call__(self, times):
        """Return the values at some times.

        Parameters
        ----------
        times : float or array-like of shape (n,)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n)
        """
        values = np.insert(self.values, 0, self.before, axis=1)
        return values[:, np.searchsorted(self.times, times, side="right")]


def baseline_hazard(outputs, event, time, weights):
    r"""Return Breslow's estimate of the cumulative hazard of a sample with raw output 0.

    .. math:: H(t) = \sum_{s \le t} \frac{\sum_{i \in D_s} w_i}{\sum_{j \in R_s} w_j e^{z_j}}

    with the samples :math:`D_s` that have their event at :math:`s`, and :math:`R_s` at risk.

    Parameters
    ----------
    outputs, event, time : ndarray of shape (n_samples,)
    weights : ndarray of shape (n_samples,) or None

    Returns
    -------
    StepFunctions
        Of one sample, at the times of the events.

    References
    ----------
    Breslow (1972), discussion of Cox, doi:10.1111/j.2517-6161.1972.tb00900.x.
    """
    weights = np.ones(len(time)) if weights is None else weights.astype(np.float64)
    times, place = np.unique(time, return_inverse=True)
    hazards = np.bincount(place, weights * np.exp(outputs.astype(np.float64)))
    events = np.bincount(place, weights * event)
    at_risk = hazards[::-1].cumsum()[::-1]
    happens = events > 0
    steps = events[happens] / at_risk[happens]
    return StepFunctions(times[happens], steps.cumsum()[None], before=0.0)


def concordances(outputs, event, time, weights):
    """Return of each sample the weight of its partners in pairs whose order is known.

    The order is known if the earlier time is that of an event; at one time, an event is before the
    end of an observation.

    Parameters
    ----------
    outputs, event, time, weights : ndarray of shape (n_samples,)

    Returns
    -------
    concordant : ndarray of shape (n_samples,)
        Of partners in pairs in which the earlier event has the larger output; one half if equal.
    pairs : ndarray of shape (n_samples,)
        Of all partners.
    """
    happened = weights * event
    place = _ranks(2 * _ranks(time) + (event == 0))
    risk = _ranks(outputs)
    later = _sums_above(place, weights)
    earlier = _sums_above(-place, happened)
    of_smaller = event * _sums_below(-place, risk, weights)
    of_no_larger = event * (later - _sums_below(-place, -risk, weights))
    to_larger = _sums_below(place, -risk, happened)
    to_no_smaller = earlier - _sums_below(place, risk, happened)
    concordant = (of_smaller + of_no_larger + to_larger + to_no_smaller) / 2
    return concordant, event * later + earlier


def _ranks(values):
    """Return the places of values among the distinct ones."""
    return np.unique(values, return_inverse=True)[1]


def _sums_above(values, weights):
    """Return for each sample the weight of those with a larger value."""
    sums = np.bincount(values - values.min(), weights)
    return (sums[::-1].cumsum()[::-1] - sums)[values - values.min()]


def _sums_below(first, second, weights):
    """Return for each sample the weight of those of which both values are smaller.

    In order of the first value, blocks of twice the size are made of two neighbours at a time; in
    the order of the second value, each sample of the right one sees those of the left one below it.
    """
    order = np.lexsort((-second, first))
    n_samples, size = len(order), 1 << (len(order) - 1).bit_length()
    keys, given, sums = np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size)
    keys[:n_samples], given[:n_samples] = second[order] - second.min(), weights[order]
    half = 1
    while half < size:
        is_left = np.arange(size) // half % 2 == 0
        within = (2 * keys + is_left).reshape(-1, 2 * half).argsort(axis=1)
        within += np.arange(0, size, 2 * half)[:, None]
        below = np.where(is_left, given, 0)[within].cumsum(axis=1)
        sums[within] += np.where(is_left[within], 0, below)
        half *= 2
    found = np.empty(n_samples)
    found[order] = sums[:n_samples]
    return found
