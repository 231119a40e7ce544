"""Cox's partial likelihood."""

from dataclasses import dataclass

import numpy as np

from sgnn.losses.base import Loss
from sgnn.losses.survival import StepFunctions, baseline_hazard, concordances


@dataclass(eq=False, repr=False)
class Cox(Loss):
    r"""Cox's partial likelihood of survival times, with Efron's ties.

    .. math:: -\sum_{t} \frac{W_t}{m_t} \sum_{k=0}^{m_t - 1} \log
        \frac{\prod_{i \in D_t} e^{w_i z_i / W_t}}
        {\sum_{j \in R_t} w_j e^{z_j} - \frac{k}{m_t} \sum_{j \in D_t} w_j e^{z_j}}

    over the times :math:`t` of events, with the :math:`m_t` samples :math:`D_t` that have theirs
    then, of weight :math:`W_t`, and the samples :math:`R_t` at risk, which are still under
    observation; minus the same for equal hazards. So it is 0 where nothing is known, and can be
    compared between data sets of different sizes. Weights enter as in R's ``coxph``: a weight of 2
    is the sample twice, but that the two would be tied.

    Targets are (event, time): a structured array with these two fields, of whatever names, as in
    scikit-survival, or two columns; the event is 1 if it happened at that time, and 0 if the sample
    was no longer observed from then on. There is one raw output, the logarithm of the hazard but
    for a constant. The score is Harrell's concordance: the share of the pairs in which the sample
    with the earlier event had the larger hazard, among those of which one is known to have been
    earlier. Ties of the hazard count one half, and pairs the product of their weights.

    The loss of a sample depends on all samples, so each batch is all of them.

    Notes
    -----
    A network without a penalty can order all events as they came, and its hazards then drift apart
    without end. It has nothing left to lose by any input, while concave penalties, such as
    ``"log_sum"``, pull the less the larger a weight: a path from such a network first removes
    nothing, and then nearly all at once. ``"group_lasso"`` holds large weights too; choose the
    ridge `l2` between 1e-3 and 0.1 by cross-validation as well.

    References
    ----------
    Cox (1972), "Regression models and life-tables", doi:10.1111/j.2517-6161.1972.tb00899.x.
    Efron (1977), "The efficiency of Cox's likelihood function for censored data",
    doi:10.1080/01621459.1977.10480613. Harrell, Califf, Pryor, Lee & Rosati (1982), "Evaluating the
    yield of medical tests", doi:10.1001/jama.1982.03320430047030.

    Examples
    --------
    >>> import numpy as np
    >>> from sgnn.losses import Cox
    >>> y = np.array([[1, 2.0], [0, 3.0], [1, 5.0]])
    >>> Cox().score(np.array([[1.0], [0.5], [-1.0]]), y)
    1.0
    """

    separable = False
    score_name = "concordance"
    least_scored = 2

    def __post_init__(self):
        self._known = []

    def __getstate__(self):
        return super().__getstate__() | {"_known": []}

    def write(self, outputs, targets, weights, losses):
        sets = self._risk_sets(targets, weights)
        events, order = sets.events, sets.order
        z = (outputs[0] if order is None else outputs[0].index_select(0, order)).double()
        z = z - z.max()
        hazard = z.exp()
        if weights is not None:
            hazard.mul_(sets.weight)
        at_risk = sets.at_risk(hazard)
        logs = at_risk.log().sub_(sets.log_weight)
        of_events = sets.averaged_(logs).sub_(z.index_select(0, events))
        rows = events if order is None else order.index_select(0, events)
        losses.zero_().index_copy_(0, rows, of_events.to(losses.dtype))
        slope = sets.so_far(sets.mean_weight / at_risk).mul_(hazard).sub_(sets.lost).div_(len(z))
        if order is None:
            outputs[0].copy_(slope)
        else:
            outputs[0].index_copy_(0, order, slope.to(outputs.dtype))

    def _risk_sets(self, targets, weights):
        """Return those of the targets and weights, the same again for each epoch."""
        from sgnn.losses.risk_sets import RiskSets

        for sets in self._known:
            if sets.are_of(targets, weights):
                return sets
        sets = RiskSets.of(targets, weights)
        self._known = [sets, *self._known[:1]]
        return sets

    def constant(self, targets, weights, n_outputs):
        return np.zeros(n_outputs)

    def scores(self, outputs, targets, weights=None):
        """Return the concordance plus the influence of each sample on it."""
        weights = np.ones(len(targets)) if weights is None else weights
        concordant, pairs = concordances(outputs[:, 0], *targets.T, weights)
        twice = weights @ pairs
        score = weights @ concordant / twice
        return score + 2 * weights.sum() * (concordant - score * pairs) / twice

    def columns(self, y):
        return np.column_stack([y[name].astype(np.float64) for name in y.dtype.names])

    def n_outputs(self, n_columns):
        return 1

    def strata(self, targets):
        return targets[:, 0]

    def order(self, targets):
        """Return the samples in the order of their times, the latest first: then it is faster."""
        return np.argsort(-targets[:, 1], kind="stable")

    def check(self, targets):
        if targets.shape[1] != 2:
            raise ValueError(
                "Cox: y must be a structured array with the fields event and time, or have these "
                f"two columns; it has {targets.shape[1]}."
            )
        event, time = targets.T
        neither = event[(event != 0) & (event != 1)]
        if neither.size:
            raise ValueError(
                "Cox: the first field or column of y is the event, 0 or 1 (and the second the "
                f"time); it holds {neither[0]:.6g}."
            )
        if not 0 < time.min() <= time.max() < np.inf:
            raise ValueError(
                "Cox: times, the second field or column of y, must be positive and finite; it "
                f"holds {time[~((time > 0) & (time < np.inf))][0]:.6g}."
            )
        n_events = int(event.sum())
        if n_events < 2:
            raise ValueError(
                f"Cox: y must hold at least two events; it holds {n_events} in {len(time)} samples."
            )
        first = time[event == 1].min()
        if not ((time > first) | ((time == first) & (event == 0))).any():
            raise ValueError(
                f"Cox: no two samples of y can be compared: no one was observed after {first:.6g}, "
                "the first event."
            )

    def baseline(self, outputs, targets, weights):
        return baseline_hazard(outputs()[:, 0], *targets.T, weights)

    def survival_functions(self, outputs, baseline):
        """Return the probability to survive each time, of samples.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, 1)
            Logarithms of hazards.
        baseline : StepFunctions
            What :meth:`baseline` returned.

        Returns
        -------
        StepFunctions
            One of each sample.
        """
        hazards = np.exp(outputs.astype(np.float64)) * baseline.values
        return StepFunctions(baseline.times, np.exp(-hazards), before=1.0)
