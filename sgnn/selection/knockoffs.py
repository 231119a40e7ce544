"""Selection of features with a bound on how many are false, by knockoffs."""

import os
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state

from sgnn._common.docstrings import takes_over
from sgnn._common.interrupts import interrupted
from sgnn._common.private_sklearn import Interval, _fit_context
from sgnn._common.words import refuses
from sgnn.estimators import checks
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.data import check_data
from sgnn.estimators.defaults import takes_estimator
from sgnn.estimators.explained import explained
from sgnn.estimators.learnt import fitted, set_learnt
from sgnn.estimators.prepare import MAX_SEED, prepare, settings_of_steps
from sgnn.networks.network import row_norms
from sgnn.paths.base_cv import BaseSparseMLPCV
from sgnn.paths.tasks import Tasks, place_of_search
from sgnn.selection.base import PathSelector
from sgnn.selection.copies import Copies
from sgnn.training.checkpoint import Checkpoint
from sgnn.training.initial import random_network
from sgnn.training.listeners import Silent
from sgnn.training.state import State

_L2, _N_REWEIGHTED = 0.01, 2


@takes_over(BaseSparseMLPCV)
@takes_estimator
@dataclass(eq=False, repr=False)
class KnockoffSelector(PathSelector):
    r"""Select features that networks prefer to knockoffs, with a bound on the false ones.

    Knockoffs are columns that are distributed as those of X, among themselves and with the others,
    but know nothing of y. A network is trained on both, and then two more, for which each feature
    and its knockoff are multiplied by the larger norm of their outgoing weights in the first: what
    mattered little there matters less again. :math:`W_j`, the mean norm of the outgoing weights of
    feature :math:`j` in these two, times that factor, minus that of its knockoff, has either sign
    with the same probability where the feature is false: where y does not depend on it, given all
    others. Down from the largest :math:`|W_j|`, those with :math:`W_j > 0` are selected until the
    :math:`v`-th negative one, so that at most :math:`v` false ones are expected. This is repeated
    with :math:`M` draws of knockoffs and networks, and the features are kept that at least a share
    :math:`\eta` of the draws selects. The expected number of false ones is at most

    .. math:: v \, \max_{m \le k \le M} \frac{2 M (k - m + 1)}{k (k + 1)},
        \qquad m = \lceil \eta M \rceil,

    if false features are selected by :math:`k` of the draws the less often the larger :math:`k` is,
    and at most :math:`v / \eta` without this condition. :math:`v` follows from `max_false`; where
    it is not an integer, it is drawn for each draw as one of the two next to it.

    Parameters
    ----------
    estimator : SparseMLPClassifier, SparseMLPRegressor or None, default=None
        Network, loss and training; it is trained without its penalty, under a ridge of its own.
        None is one that suits the data, as for :class:`sgnn.SparseMLPSelector`.
    max_false : float > 0, default=1.0
        How many false features are expected at most.
    threshold : float in (0, 1], default=0.5
        Share :math:`\eta` of the draws that must select a feature. For a `max_false` below 1, raise
        it: 0.75 for 0.5.
    n_draws : int >= 1, default=11
        Number :math:`M` of draws.
    random_state : int, RandomState or None, default=None
        Of the knockoffs, and of the networks.
    n_jobs : int or None, default=None
        Processes that the draws are shared out among; None is 1.
    verbose : bool or int, default=False
        Whether to print a line for each draw.
    checkpoint
        As in :class:`BaseSparseMLPCV`.

    Attributes
    ----------
    selection_probabilities_ : ndarray of shape (n_features,)
        Share of the draws that selected each feature.
    support_ : ndarray of bool, shape (n_features,)
        The features selected.
    error_bound_ : float
        Bound on the expected number of false ones, under the condition; `max_false` if all draws
        were made.
    n_features_in_, feature_names_in_
        As in :class:`BaseSparseMLPCV`.

    See Also
    --------
    sgnn.StabilitySelector : A bound on those that paths on halves of the data select by chance.
    sgnn.SparseMLPSelector : As many features as predict well, or a number of them.

    Notes
    -----
    Knockoffs are normal, with the correlations of X, shrunken; so the bound holds for columns about
    as far as they are normal, not where one row lies far from all others, and better with many
    rows: with fewer rows than columns that are strongly correlated, a draw selects up to three
    times as many false ones as it should, most of which the other draws do not. Blocks of
    ``feature_groups`` stand or fall together; those of indicators, such as one-hot encodings, have
    shadows, the same blocks of another sample, instead of knockoffs: they are independent of the
    other features, so that the bound holds for blocks that are. Weights of samples count in
    training; the knockoffs are those of the samples as they are. Sparse X is made dense.

    References
    ----------
    Ren, Wei & Candès (2023), "Derandomizing knockoffs", JASA 118, arXiv:2012.02717. Janson & Su
    (2016), "Familywise error rate control via knockoffs", arXiv:1505.06549. Candès, Fan, Janson &
    Lv (2018), "Panning for gold", arXiv:1610.02351. The factors are those of the adaptive lasso:
    Zou (2006), JASA 101, doi:10.1198/016214506000000735.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sgnn import KnockoffSelector
    >>> X, y = make_friedman1(300, n_features=20, random_state=0)
    >>> selector = KnockoffSelector(random_state=0).fit(X, y)
    >>> selector.support_[[0, 1, 3]].all().item()
    True
    """

    estimator: BaseSparseMLP | None = None
    _: KW_ONLY
    max_false: float = 1.0
    threshold: float = 0.5
    n_draws: int = 11
    random_state: int | np.random.RandomState | None = None
    n_jobs: int | None = None
    verbose: bool | int = False
    checkpoint: str | os.PathLike | Checkpoint | None = None

    _parameter_constraints = {
        "estimator": [BaseSparseMLP, None],
        "max_false": [Interval(Real, 0, None, closed="neither")],
        "threshold": [Interval(Real, 0, 1, closed="right")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "checkpoint": BaseSparseMLP._parameter_constraints["checkpoint"],
    }

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Draw knockoffs, train networks on each draw, and keep what is selected often.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.

        Returns
        -------
        self : object
            Fitted selector.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid.
        KeyboardInterrupt
            If the user breaks off; its attribute ``trained`` is a selector by the draws until then,
            if there are any. The selector itself is as it was before the call.
        """
        estimator, inputs = self._prepare(X, y, sample_weight)
        place = place_of_search(self, estimator, X, y, sample_weight)
        rng = check_random_state(self.random_state)
        draws = _Draws.of(self._model(estimator), X, y, sample_weight, rng)
        n_false = self.max_false / _factor(self.threshold, self.n_draws)
        tasks = Tasks(self, self.n_draws, X, y, sample_weight, place)
        seeds = [rng.randint(MAX_SEED) for _ in range(self.n_draws)]
        calls = [partial(draws.selected, n_false, seed) for seed in seeds]
        of_draws = []
        try:
            of_draws.extend(tasks.in_parallel("draw", calls, self.n_jobs))
        except KeyboardInterrupt:
            if not of_draws:
                raise KeyboardInterrupt from None
            raise interrupted(fitted(self, inputs | self._kept(of_draws, n_false))) from None
        attributes = inputs | self._kept(of_draws, n_false)
        tasks.end(attributes)
        set_learnt(self, attributes)
        return self

    def _model(self, estimator):
        """Return an estimator whose parameters are those of the networks."""
        without = {"penalty": None, "alpha": "auto", "early_stopping": False}
        model = clone(estimator).set_params(**without)
        if self.estimator is None:
            model.set_params(max_iter=model.max_iter // 2)
        return model

    def _kept(self, of_draws, n_false):
        """Return the fitted attributes that follow from the features of each draw."""
        probabilities = np.mean(of_draws, axis=0)
        return {
            "selection_probabilities_": probabilities,
            "support_": probabilities >= self.threshold,
            "error_bound_": n_false * _factor(self.threshold, len(of_draws)),
        }


@dataclass(frozen=True)
class _Draws:
    """What each draw needs: the problem of X alone, copies of its columns, and the model."""

    given: tuple
    model: BaseSparseMLP
    problem: object
    copies: Copies
    blocks: np.ndarray

    @classmethod
    def of(cls, model, X, y, sample_weight, rng):
        checks.check_types(model)
        checks.check_parameters(model)
        data = check_data(model, X, y, sample_weight, rng=rng)
        checks.warn_if_column(y)
        checks.warn_if_badly_scaled(data.X, data.form.column_ends)
        with explained(model, data.X):
            problem, _ = prepare(model, data, rng)
        dense = data.X.toarray() if sparse.issparse(data.X) else np.asarray(data.X)
        problem = replace(problem, X=dense, blocks=None, l2=_L2 * problem.slope)
        blocks = data.form.blocks
        copies = Copies(dense, blocks)
        blocks = np.arange(dense.shape[1]) if blocks is None else blocks
        return cls((X, y, sample_weight), model, problem, copies, blocks)

    def selected(self, n_false, seed, task):
        """Return the features that one draw selects, `n_false` false ones expected at most."""
        with task.running(*self.given):
            return self._selected(n_false, seed, task.place)

    def _selected(self, n_false, seed, place):
        rng, X = np.random.RandomState(seed), self.problem.X
        problem = replace(self.problem, X=np.hstack([X, self.copies.draw(rng)]))
        journal = place.journal(rng)
        with explained(self.model, X):
            varies = np.bincount(self.blocks, self.copies.varies) > 0
            larger = self._norms(problem, rng, journal).max(axis=0) * varies
            scale = larger / max(larger.max(), np.finfo(float).tiny)
            factors = np.tile(scale[self.blocks], 2).astype(X.dtype)
            problem = replace(problem, X=problem.X * factors)
            norms = [self._norms(problem, rng, journal) for _ in range(_N_REWEIGHTED)]
        of_features, of_copies = scale * np.mean(norms, axis=0)
        n_negative = int(n_false) + (rng.rand() < n_false % 1)
        return _before_negative(of_features - of_copies, n_negative)[self.blocks]

    def _norms(self, problem, rng, journal):
        """Train a network, and return the norms of blocks of features and of their knockoffs."""
        from sgnn.training.fit import minimise

        hidden = checks.check_hidden_layer_sizes(self.model.hidden_layer_sizes)
        sizes = (problem.X.shape[1], *hidden, problem.n_outputs)
        start = State(random_network(problem, sizes, rng), rng=rng)
        trained = minimise(problem, settings_of_steps(self.model), start, Silent(), journal)
        if trained.interrupted:
            raise KeyboardInterrupt
        squares = row_norms(trained.network.coefs[0]).reshape(2, -1) ** 2
        return np.sqrt([np.bincount(self.blocks, one) for one in squares])


def _before_negative(differences, n_negative):
    """Return which are positive and larger than the magnitude of the so manieth negative one."""
    order = np.argsort(-np.abs(differences), kind="stable")
    n_so_far = np.cumsum(differences[order] < 0)
    selected = np.zeros(len(order), dtype=bool)
    selected[order] = (differences[order] > 0) & (n_so_far < n_negative)
    return selected


def _factor(threshold, n_draws):
    r"""Return the largest :math:`P(\Pi \ge \eta) / E(\Pi)` of shares that are the rarer the larger.

    The extreme ones of these distributions are uniform on 0, 1/M, ..., k/M.
    """
    least = np.ceil(threshold * n_draws - 1e-9)
    most = np.arange(max(1, least), n_draws + 1)
    return float(np.max(2 * n_draws * (most - least + 1) / (most * (most + 1))))
