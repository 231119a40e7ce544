"""Selection of features that are selected again and again on subsamples."""

import math
import os
from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral, Real
from typing import Self

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import indexable

from sgnn._common.docstrings import takes_over
from sgnn._common.interrupts import interrupted
from sgnn._common.private_sklearn import (
    Interval,
    StrOptions,
    _fit_context,
    _num_samples,
    _safe_indexing,
)
from sgnn._common.words import refuses
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.checks import check_weights
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.data import rows_with_weight
from sgnn.estimators.defaults import takes_estimator
from sgnn.estimators.learnt import fitted, set_learnt
from sgnn.estimators.prepare import MAX_SEED
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.base_cv import BaseSparseMLPCV
from sgnn.paths.constraints import PATH_CONSTRAINTS
from sgnn.paths.inputs import set_up
from sgnn.paths.routing import check_groups
from sgnn.paths.sparse_mlp_path import compute_path
from sgnn.paths.tasks import Tasks, place_of_search
from sgnn.selection.base import PathSelector, check_count
from sgnn.training.checkpoint import Checkpoint


@takes_over(BaseSparseMLPCV)
@takes_estimator
@dataclass(eq=False, repr=False)
class StabilitySelector(PathSelector):
    r"""Select the features that paths on random halves of the data agree upon.

    The samples are split at random into two halves, `n_pairs` times; on each half a path (see
    :func:`sgnn.sparse_mlp_path`) selects :math:`q` features. The share of the :math:`2 B` halves
    that select a feature is its selection probability; those that reach the threshold
    :math:`\pi` are kept. Features that a half selects with a probability of at most
    :math:`\theta = q/p`, no more than if it drew them blindly, count as selected by chance. Their
    expected number is at most

    .. math:: C(\pi, B)\, q^2 / p, \qquad
        C = \begin{cases}
            \frac{1}{2 (2\pi - 1 - 1/(2B))} & \pi \le 3/4 \\
            \frac{4 (1 - \pi + 1/(2B))}{1 + 1/B} & \pi > 3/4
        \end{cases}

    if the share of pairs that select such a feature on both halves has a unimodal distribution and
    :math:`\pi > \tfrac12 + \max(\tfrac1{4B}, \min(\theta^2, \tfrac1{2B} + \tfrac34 \theta^2))`;
    else it is infinite.

    Parameters
    ----------
    estimator : SparseMLPClassifier, SparseMLPRegressor or None, default=None
        Network, penalty and training, as for :class:`sgnn.SparseMLPSelector`.
    threshold : float in (0.5, 1], default=0.75
        Selection probability :math:`\pi` that a feature must reach.
    max_false : float > 0, default=1.0
        The bound that `n_features_to_select` follows from if it is "auto".
    n_features_to_select : int or "auto", default="auto"
        Number :math:`q` of features that each half selects. "auto" is the largest for which the
        bound is at most `max_false`.
    n_pairs : int >= 2, default=50
        Number :math:`B` of pairs of halves.
    alphas, max_iter
        As in :class:`BaseSparseMLPCV`.
    random_state : int, RandomState or None, default=None
        Of the halves, and of the networks.
    n_jobs : int or None, default=None
        Processes that the halves are shared out among; None is 1.
    verbose : bool or int, default=False
        1 prints a line for each half, and 2 one for each network of its path too.
    checkpoint
        As in :class:`BaseSparseMLPCV`.

    Attributes
    ----------
    selection_probabilities_ : ndarray of shape (n_features,)
        Share of the halves that selected each feature.
    support_ : ndarray of bool, shape (n_features,)
        The features selected.
    error_bound_ : float
        Bound on the expected number of features selected by chance.
    n_features_to_select_ : int
        :math:`q`.
    n_iter_ : int
        Epochs along the longest path.
    n_features_in_, feature_names_in_
        As in :class:`BaseSparseMLPCV`.

    See Also
    --------
    sgnn.KnockoffSelector : A bound on false features from 33 fits, also where few are given.
    sgnn.SparseMLPSelector : As many features as predict well, or a number of them.

    Notes
    -----
    The bound is only small where each half selects few of many features: with `max_false` of 1, 5
    of 30, 31 of 1,000. Where more are relevant than that, or copies of each other take turns in the
    halves, hardly one reaches the threshold: of the 30 features of the breast cancer data, three
    kinds of the same ten, one does. It takes `2 * n_pairs` paths; 25 pairs take half the time, and
    their bound is larger by a fiftieth.

    References
    ----------
    Shah & Samworth (2013), "Variable selection with error control: another look at stability
    selection", arXiv:1105.5578, the bound under unimodality. Meinshausen & Bühlmann (2010),
    "Stability selection", arXiv:0809.2932.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sgnn import SparseMLPRegressor, StabilitySelector
    >>> X, y = make_friedman1(300, n_features=20, random_state=0)
    >>> reg = SparseMLPRegressor((10,), penalty="log_sum", max_iter=40)
    >>> selector = StabilitySelector(reg, n_pairs=3, alphas=20, random_state=0).fit(X, y)
    >>> selector.support_[[0, 1, 3]].all().item()
    True
    """

    estimator: BaseSparseMLP | None = None
    _: KW_ONLY
    threshold: float = 0.75
    max_false: float = 1.0
    n_features_to_select: int | str = "auto"
    n_pairs: int = 50
    alphas: object = 60
    max_iter: int | str = "auto"
    random_state: int | np.random.RandomState | None = None
    n_jobs: int | None = None
    verbose: bool | int = False
    checkpoint: str | os.PathLike | Checkpoint | None = None

    _parameter_constraints = {
        **PATH_CONSTRAINTS,
        "estimator": [SparseMLPClassifier, SparseMLPRegressor, None],
        "threshold": [Interval(Real, 0.5, 1, closed="right")],
        "max_false": [Interval(Real, 0, None, closed="neither")],
        "n_features_to_select": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "n_pairs": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "checkpoint": SparseMLPRegressor._parameter_constraints["checkpoint"],
    }

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None) -> Self:
        """Select on all halves, and keep what is selected often.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples; those of weight 0 are in no half.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are in one half together, such as those of one patient; halves of
            groups are drawn without a look at classes.

        Returns
        -------
        self : object
            Fitted selector.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid, or no number of features has a bound of
            `max_false`.
        KeyboardInterrupt
            If the user breaks off; its attribute ``trained`` is a selector by the pairs until then,
            if these are two at least. The selector itself is as it was before the call.
        """
        estimator, inputs = self._prepare(X, y, sample_weight)
        n_features = inputs["n_features_in_"]
        weights, groups = check_weights(sample_weight, X), check_groups(groups, X)
        if groups is not None and weights is not None:
            groups = groups[weights > 0]
        X, y, weights = rows_with_weight(*indexable(X, y, weights))
        n_selected = self._n_selected(n_features)
        # It warns, for all halves.
        set_up(clone(estimator).set_params(random_state=0), X, y, weights)
        place = place_of_search(self, estimator, X, y, weights, groups)
        rng = check_random_state(self.random_state)
        halves = _halves(y, is_classifier(estimator), self.n_pairs, rng, groups)
        models = [clone(estimator).set_params(random_state=rng.randint(MAX_SEED)) for _ in halves]
        tasks = Tasks(self, len(halves), X, y, weights, place)
        arguments = {"alphas": self.alphas, "max_iter": self.max_iter}
        walks = [
            partial(_path_on, model, X, y, weights, half, n_selected, arguments)
            for model, half in zip(models, halves, strict=True)
        ]
        of_halves = []
        try:
            of_halves.extend(tasks.in_parallel("half", walks, self.n_jobs))
        except KeyboardInterrupt:
            n_pairs = len(of_halves) // 2
            if n_pairs < 2:
                raise KeyboardInterrupt from None
            so_far = inputs | self._agreed_upon(of_halves[: 2 * n_pairs], n_selected)
            raise interrupted(fitted(self, so_far)) from None
        attributes = inputs | self._agreed_upon(of_halves, n_selected)
        tasks.end(attributes)
        set_learnt(self, attributes)
        return self

    def _agreed_upon(self, of_halves, n_selected):
        """Return the fitted attributes that follow from features and epochs of each half."""
        supports, n_iters = zip(*of_halves, strict=True)
        probabilities, n_pairs = np.mean(supports, axis=0), len(of_halves) // 2
        n_features = len(probabilities)
        return {
            "selection_probabilities_": probabilities,
            "n_iter_": max(n_iters),
            "support_": probabilities >= self.threshold,
            "n_features_to_select_": n_selected,
            "error_bound_": _error_bound(n_selected, n_features, self.threshold, n_pairs),
        }

    def _n_selected(self, n_features):
        """Return how many features each half selects."""
        if self.n_features_to_select != "auto":
            check_count(self.n_features_to_select, n_features)
            return self.n_features_to_select
        bounds = [
            _error_bound(n_selected, n_features, self.threshold, self.n_pairs)
            for n_selected in range(1, n_features + 1)
        ]
        n_selected = np.searchsorted(bounds, self.max_false, side="right")
        if n_selected == 0:
            raise ValueError(
                f"max_false={self.max_false}: with {n_features} features and threshold="
                f"{self.threshold} even the choice of one has a bound of {bounds[0]:.3g}; raise "
                "threshold, n_pairs or max_false."
            )
        return int(n_selected)


def _error_bound(n_selected, n_features, threshold, n_pairs):
    """Return the bound on the expected number of features selected by chance."""
    rate = n_selected / n_features
    least = 0.5 + max(0.25 / n_pairs, min(rate**2, 0.5 / n_pairs + 0.75 * rate**2))
    if threshold <= least:
        return math.inf
    if threshold <= 0.75:
        factor = 0.5 / (2 * threshold - 1 - 0.5 / n_pairs)
    else:
        factor = 4 * (1 - threshold + 0.5 / n_pairs) / (1 + 1 / n_pairs)
    return factor * n_selected * rate


def _halves(y, stratify, n_pairs, rng, groups=None):
    """Return the rows of each half, two by two complementary.

    Classes are shared out evenly, or groups are kept together.
    """
    stratify = groups is None and stratify and not type_of_target(y).startswith("multilabel")
    if stratify and np.unique(y, return_counts=True)[1].min() < 2:
        raise ValueError(
            "y has a class of one sample, and both halves of the data need one. If y holds "
            "quantities, give a SparseMLPRegressor as estimator."
        )
    if groups is not None and len(np.unique(groups)) < 2:
        raise ValueError("groups must be two at least; all samples are of one group.")
    folds = (StratifiedKFold if stratify else KFold) if groups is None else GroupKFold
    splitters = [folds(2, shuffle=True, random_state=rng.randint(MAX_SEED)) for _ in range(n_pairs)]
    empty = np.zeros((_num_samples(y), 0))
    return [half for splitter in splitters for _, half in splitter.split(empty, y, groups)]


def _path_on(estimator, X, y, weights, rows, n_features, arguments, task):
    """Return the features that the path on some rows selects, and its epochs."""
    X, y = _safe_indexing(X, rows), _safe_indexing(y, rows)
    of_half = {"sample_weight": None if weights is None else weights[rows], "task": task}
    of_half |= {"min_features": n_features, "is_fold": True}
    path = compute_path(estimator, X, y, **arguments, **of_half)
    return path.top(n_features), path.n_iter
