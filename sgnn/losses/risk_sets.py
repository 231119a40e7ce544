"""Who is at risk when: what Cox's partial likelihood asks of the times, worked out once."""

from dataclasses import dataclass
from functools import cached_property

_LEAST_RISK = 1e-300


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Samples in order of their times, the latest first, and the events among them.

    Attributes
    ----------
    targets : tensor of shape (n_samples, 2)
        (event, time), a copy.
    weights : tensor of shape (n_samples,) or None
        A copy.
    order : tensor of int, shape (n_samples,), or None
        The samples in their order, which the others follow; None if they are given in it.
    weight : tensor of shape (n_samples,) or None
        In double precision, as all other numbers.
    lost : tensor of shape (n_samples,)
        Event times weight.
    events : tensor of int, shape (n_events,)
        The samples with an event.
    last : tensor of int, shape (n_events,)
        The last sample at risk at each.
    n_until : tensor of int, shape (n_samples,)
        Events until the time of the sample.
    tied : tensor of int, shape (n_tied,)
        The events that are not alone at their time.
    time_of_tied : tensor of int, shape (n_tied,)
        Which of these times it is.
    n_together : tensor of shape (n_tied,)
        Events at that time.
    share : tensor of shape (n_tied,)
        How much of their hazard is no longer at risk: 0, 1/m, ..., 1 - 1/m for m of them.
    """

    targets: object
    weights: object
    order: object
    weight: object
    lost: object
    events: object
    last: object
    n_until: object
    tied: object
    time_of_tied: object
    n_together: object
    share: object

    @classmethod
    def of(cls, targets, weights):
        """Return the risk sets of targets (event, time) and weights, which may be None."""
        import torch

        order, ordered, weight = None, targets, weights
        if (targets[1:, 1] > targets[:-1, 1]).any():
            order = targets[:, 1].argsort(descending=True, stable=True)
            ordered, weight = targets[order], None if weights is None else weights[order]
        event, time = ordered.t().double()
        weight = None if weight is None else weight.double()
        events = event.nonzero()[:, 0]
        _, place, sizes = time.unique_consecutive(return_inverse=True, return_counts=True)
        ends = sizes.cumsum(0)
        until = event.long().flip(0).cumsum(0).flip(0)
        _, time_of, counts = place[events].unique_consecutive(
            return_inverse=True, return_counts=True
        )
        rank = (
            torch.arange(len(events), device=events.device) - (counts.cumsum(0) - counts)[time_of]
        )
        tied = (counts[time_of] > 1).nonzero()[:, 0]
        n_together = counts[time_of[tied]].double()
        return cls(
            targets=targets.clone(),
            weights=None if weights is None else weights.clone(),
            order=order,
            weight=weight,
            lost=event if weight is None else event * weight,
            events=events,
            last=ends[place[events]] - 1,
            n_until=until[(ends - sizes)[place]],
            tied=tied,
            time_of_tied=time_of[tied],
            n_together=n_together,
            share=rank[tied] / n_together,
        )

    def are_of(self, targets, weights):
        """Return whether these are the risk sets of some targets and weights."""
        return _same(self.targets, targets) and _same(self.weights, weights)

    @cached_property
    def mean_weight(self):
        """Mean weight of the events at the time of each event, shape (n_events,)."""
        return self.averaged_(self.lost.index_select(0, self.events))

    @cached_property
    def log_weight(self):
        """Logarithm of the weight at risk at each event, shape (n_events,)."""
        weight = self.lost.new_ones(len(self.lost)) if self.weight is None else self.weight
        return self.at_risk(weight).log_()

    def at_risk(self, hazard):
        """Return the hazard at risk at each event, positive."""
        at_risk = hazard.cumsum(0).index_select(0, self.last)
        of_tied = self._together(hazard.index_select(0, self.events.index_select(0, self.tied)))
        at_risk.index_add_(0, self.tied, of_tied.mul_(self.share), alpha=-1)
        return at_risk.clamp_(min=_LEAST_RISK)

    def averaged_(self, values):
        """Replace values of events by their means over the events of each time."""
        means = self._together(values.index_select(0, self.tied)).div_(self.n_together)
        return values.index_copy_(0, self.tied, means)

    def so_far(self, steps):
        """Return for each sample the sum of the steps, one per event, until its time.

        A tied event sees of each step of its time only what is at risk.
        """
        sums = steps.new_zeros(len(steps) + 1)
        sums[1:].copy_(steps.flip(0).cumsum(0))
        sums = sums.index_select(0, self.n_until)
        no_longer = self._together(steps.index_select(0, self.tied).mul_(self.share))
        return sums.index_add_(0, self.events.index_select(0, self.tied), no_longer, alpha=-1)

    def _together(self, values):
        """Return the sums of values of the tied events over those of the same time."""
        sums = values.new_zeros(len(self.events)).index_add_(0, self.time_of_tied, values)
        return sums.index_select(0, self.time_of_tied)


def _same(one, other):
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and one.device == other.device and one.equal(other)
