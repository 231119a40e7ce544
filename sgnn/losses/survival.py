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

    def __repr__(self):
        n_samples, n_times = self.values.shape
        return f"<StepFunctions of {n_samples} samples, with steps at {n_times} times>"

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
    pairs = event * _sums_above(place, weights) + _sums_above(-place, happened)
    return _concordant(place, _ranks(outputs), weights, happened, event), pairs


def _ranks(values):
    """Return the places of values among the distinct ones."""
    return np.unique(values, return_inverse=True)[1]


def _sums_above(values, weights):
    """Return for each sample the weight of those with a larger value."""
    sums = np.bincount(values - values.min(), weights)
    return (sums[::-1].cumsum()[::-1] - sums)[values - values.min()]


def _concordant(place, risk, weights, happened, event):
    """Return the concordant partners: later of smaller risk, and earlier, with event, of larger.

    Two samples meet at the highest bit in which their places differ: there they are in one block,
    of equal higher bits, in the order of the risk.
    """
    found = np.zeros(len(place))
    order = np.argsort(risk, kind="stable")
    for bit in reversed(range(int(place.max()).bit_length())):
        order = order[np.argsort(place[order] >> (bit + 1), kind="stable")]
        places = place[order]
        is_later = places >> bit & 1
        new_block = np.diff(places >> (bit + 1)) != 0
        of_block = _ends(new_block)
        of_risk = _ends(new_block | (np.diff(risk[order]) != 0))
        later = _sums_before(weights[order] * is_later)
        earlier = _sums_before(happened[order] * (1 - is_later))
        # Equal risks count one half.
        below = later[of_risk].mean(axis=0) - later[of_block[0]]
        above = earlier[of_block[1]] - earlier[of_risk].mean(axis=0)
        found[order] += np.where(is_later, above, event[order] * below)
    return found


def _sums_before(values):
    """Return the sums of the first values, of none up to all."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _ends(is_new):
    """Return for each sample the first of its run, and the first after it, shape (2, n_samples).

    `is_new` tells for each but the first whether a run begins with it.
    """
    starts = np.flatnonzero(np.concatenate([[True], is_new, [True]]))
    run = np.concatenate([[0], np.cumsum(is_new)])
    return np.stack([starts[run], starts[run + 1]])
