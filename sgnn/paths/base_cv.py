"""The strength of the penalty by cross-validation along the path."""

import os
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral, Real
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.callback import CallbackSupportMixin
from sklearn.feature_selection import SelectorMixin
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_is_fitted, indexable

from sgnn._common.docstrings import takes_over
from sgnn._common.documented import Documented
from sgnn._common.interrupts import keeping
from sgnn._common.private_sklearn import Interval, StrOptions, _fit_context
from sgnn._common.versions import Versioned
from sgnn._common.warnings import warn
from sgnn._common.words import refuses
from sgnn.estimators.checks import check_weights
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.data import check_form
from sgnn.estimators.defaults import check_no_pipeline, default_estimator, with_ridge
from sgnn.estimators.learnt import set_learnt
from sgnn.estimators.parameters import SparseMLPParameters
from sgnn.networks.picture import Pictured
from sgnn.paths.choice import RULES, choose, least_gain, standard_error
from sgnn.paths.constraints import PATH_CONSTRAINTS
from sgnn.paths.folds import check_scores, scores_of_fold
from sgnn.paths.routing import check_groups, routed_by_fit, routed_by_score, router
from sgnn.paths.sparse_mlp_path import compute_path, sparse_mlp_path
from sgnn.paths.tasks import Tasks, place_of_search
from sgnn.training.checkpoint import Checkpoint

SEARCH_CONSTRAINTS = {
    **PATH_CONSTRAINTS,
    "cv": ["cv_object"],
    "scoring": [str, callable, None],
    "rule": [StrOptions(set(RULES))],
    "tol": [Interval(Real, 0, None, closed="left")],
    "n_jobs": [Integral, None],
    "verbose": ["verbose"],
    "checkpoint": SparseMLPParameters._parameter_constraints["checkpoint"],
}
_OF_ESTIMATOR = [
    "alpha_",
    "network_",
    "coefs_",
    "intercepts_",
    "n_neurons_",
    "sparsity_",
    "support_",
    "selected_features_",
    "feature_importances_",
    "classes_",
    "n_features_in_",
    "feature_names_in_",
]


@takes_over(sparse_mlp_path, SparseMLPParameters)
@dataclass(eq=False, repr=False)
class BaseSparseMLPCV(
    Documented, Pictured, CallbackSupportMixin, Versioned, SelectorMixin, BaseEstimator, ABC
):
    r"""Abstract: a path on all data, and paths along the same strengths on folds.

    See :class:`SparseMLPClassifierCV` and :class:`SparseMLPRegressorCV`.

    Parameters
    ----------
    estimator : SparseMLPClassifier, SparseMLPRegressor or None, default=None
        Network, penalty and training, as for :func:`sgnn.sparse_mlp_path`. None is one with
        ``penalty="log_sum"``, and `l2` and `max_iter` that suit the data: with :math:`n` samples
        the ridge is :math:`7\, \sigma^2 / (1 - \sigma^2) / n` for quantities, between 1e-4 and 0.1,
        where :math:`\sigma^2` is the share of the variance that the plain default leaves
        unexplained, and :math:`7\, \sigma^2 / n` for classes, between 1e-3 and 0.1, where it is the
        share of their entropy that the plain default does not learn. For results that repeat, give
        one with a ``random_state``.
    alphas, max_iter
        As in :func:`sgnn.sparse_mlp_path`.
    cv : int, cross-validation generator or iterable, default=None
        Folds, as everywhere in scikit-learn; None is 5 folds.
    scoring : str or callable, default=None
        What decides, and what ``score`` returns, as everywhere in scikit-learn; None is
        the score of `estimator`: accuracy, :math:`R^2`, or what belongs to its `loss`.
    rule : {"best", "1se", "dense"}, default="best"
        "best": the highest mean score, which predicts best. "1se": the largest alpha whose mean
        score is within one standard error of the highest, which selects fewer features. Under both
        nothing, unless the highest is above the score of the best constant by more than chance.
        "dense": the largest alpha whose mean score is at most `tol` below that of the dense
        network.
    tol : float >= 0, default=0.0
        For ``rule="dense"``.
    n_jobs : int or None, default=None
        Processes that the folds are shared out among; None is 1.
    verbose : bool or int, default=False
        1 prints a line for each path that has been walked, with the fold, and 2 one for each of its
        networks too.
    checkpoint : str, path, Checkpoint or None, default=None
        Folder in which `fit` writes down what is over, and how far the rest is, or a
        :class:`sgnn.Checkpoint` that says how often. If the process is killed, the same call goes
        on from there, and ends with the same bits. It needs a ``random_state`` other than None, and
        folds that are the same again. None is the ``checkpoint`` of `estimator`.

    Attributes
    ----------
    alpha_ : float
        The strength chosen; 0 for the dense network, infinite for the empty one where the path ends
        before it.
    alphas_ : ndarray of shape (n_points,)
        The strengths of the path, in growing order, 0 first; that of the empty network last.
    scores_path_ : ndarray of shape (n_folds, n_points)
        Scores on the test parts of the folds.
    n_features_path_ : ndarray of int, shape (n_folds, n_points)
        Inputs left in each fold.
    best_index_ : int
        Place of `alpha_` in `alphas_`.
    best_score_ : float
        Mean score there.
    path_ : SparseMLPPath
        The path on all data.
    n_iter_ : int
        Epochs along it.
    estimator_ : SparseMLPClassifier or SparseMLPRegressor
        The network chosen. The empty one predicts the best constant, and has selected nothing.
    network_, ..., intercepts_
        As in :class:`SparseMLPParameters`.
    n_features_in_, feature_names_in_
        As in :class:`SparseMLPParameters`.

    See Also
    --------
    sgnn.sparse_mlp_path : The path.
    sgnn.SparseMLPSelector : A selector of features with the same choice.

    Notes
    -----
    The path of :func:`sgnn.sparse_mlp_path` is walked on all data, which finds the strengths, and
    along the same strengths on the training part of each fold, which scores them; where the path
    stops on the way down, since a step removes too much, a fold does so too. The network at
    the strength chosen is that of the path on all data; nothing is trained again.

    The empty network is one to choose from, with the best constants of the folds for its scores.
    For "best" and "1se" it is also the null hypothesis of a one-sided t-test at a level of 5 %, of
    the differences on the folds, corrected for training parts that overlap: where scores are
    coarse, as accuracies are, the highest of many is above that of the best constant by chance.

    References
    ----------
    The rule of one standard error: Breiman, Friedman, Olshen & Stone (1984), "Classification and
    regression trees", section 3.4.3. The corrected t-test: Nadeau & Bengio (2003), "Inference for
    the generalization error", doi:10.1023/A:1024068626366.
    """

    estimator: BaseEstimator | None = None
    _: KW_ONLY
    alphas: object = 60
    max_iter: int | str = "auto"
    cv: object = None
    scoring: object = None
    rule: str = "best"
    tol: float = 0.0
    n_jobs: int | None = None
    verbose: bool | int = False
    checkpoint: str | os.PathLike | Checkpoint | None = None

    __metadata_request__fit = {"groups": UNUSED}

    @property
    @abstractmethod
    def _default_kind(self):
        """What `estimator` is if it is None, "classifier" or "regressor"."""

    def get_metadata_routing(self):
        """Return who gets `sample_weight` and `groups`.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            `groups` go to the splitter `cv`, `sample_weight` to the networks and, if it asks for
            them, to `scoring`.
        """
        # Estimators of both kinds ask for the same.
        return router(self, SparseMLPClassifier() if self.estimator is None else self.estimator)

    def _validate_params(self):
        check_no_pipeline(self.estimator)
        super()._validate_params()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None) -> Self:
        """Walk the path on all data and on the folds, and choose from it.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples, for training and, where `scoring` takes them, for
            the scores; samples of weight 0 are never scored.
        groups : array-like of shape (n_samples,), default=None
            Groups of the samples, for a splitter `cv` that keeps groups together, such as
            :class:`sklearn.model_selection.GroupKFold`.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid. The estimator is then as it was before the call.
        KeyboardInterrupt
            If the user breaks off; its attribute ``trained`` is the path on all data until then.
            The estimator is as it was before the call.
        """
        estimator = self.estimator
        if estimator is None:
            estimator = default_estimator(self._default_kind, X, sample_weight)
        check_form(estimator, X, y, sample_weight)
        if self.estimator is None:
            estimator = with_ridge(estimator, X, y, sample_weight)
        X, y, sample_weight = indexable(X, y, check_weights(sample_weight, X))
        scorer = check_scoring(estimator, self.scoring)
        metadata = {"sample_weight": sample_weight, "groups": check_groups(groups, X)}
        of_folds = routed_by_fit(self, scorer, **metadata)
        cv = check_cv(self.cv, y, classifier=is_classifier(self))
        splits = list(cv.split(X, y, **of_folds.splitter.split))
        place = place_of_search(self, estimator, X, y, sample_weight, splits)
        tasks = Tasks(self, 1 + len(splits), X, y, sample_weight, place)
        arguments = {"sample_weight": sample_weight, "max_iter": self.max_iter}
        path = compute_path(
            estimator, X, y, alphas=self.alphas, **arguments, task=tasks.one("path")
        )
        choices, arguments["alphas"] = path.with_empty(), path.alphas[1:]
        arguments["n_steps"] = self.alphas if isinstance(self.alphas, Integral) else None
        given = scorer, of_folds.scorer.score, len(choices), arguments
        walks = [partial(scores_of_fold, estimator, X, y, *split, *given) for split in splits]
        with keeping(path):
            folds = list(tasks.in_parallel("fold", walks, self.n_jobs))
        scores, n_features = map(np.array, zip(*folds, strict=True))
        means, errors = scores.mean(axis=0), standard_error(scores)
        check_scores(means, self.scoring, self.cv)
        overlap = np.mean([len(test) / len(train) for train, test in splits])
        least_gains = least_gain(scores - scores[:, -1:], overlap=overlap)
        best = choose(self.rule, means, errors, self.tol, least_gains)
        chosen = choices.estimator(best)
        self._warn_at_the_edge(path, chosen)
        there = [name for name in _OF_ESTIMATOR if hasattr(chosen, name)]
        attributes = {name: getattr(chosen, name) for name in there}
        attributes |= {
            "alphas_": choices.alphas,
            "scores_path_": scores,
            "n_features_path_": n_features,
            "best_index_": best,
            "best_score_": float(means[best]),
            "path_": path,
            "n_iter_": path.n_iter,
            "estimator_": chosen,
        }
        tasks.end(attributes)
        set_learnt(self, attributes)
        return self

    def score(self, X, y, sample_weight=None) -> float:
        """Return the score of the network that was chosen, by `scoring`.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        check_is_fitted(self)
        scorer = check_scoring(self.estimator_, self.scoring)
        return scorer(self.estimator_, X, y, **routed_by_score(self, sample_weight=sample_weight))

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def _warn_at_the_edge(self, path, chosen):
        """Warn if the choice fell on an end of the path that is not an end by nature."""
        finds, place = isinstance(self.alphas, Integral), f"alpha={chosen.alpha_:.3g} was chosen"
        further = "raise alphas or max_iter" if finds else "let alphas go further"
        if chosen.alpha_ == np.inf:
            place = (
                f"Nothing was chosen, and the path ends with {path.n_features[-1]} features left"
            )
            advice = f"the best network may be smaller than the last of the path: {further}"
        elif chosen.alpha_ == path.alphas[-1] and chosen.support_.any():
            advice = f"the best network may be smaller: {further}"
        elif chosen.alpha_ == 0 and not finds:
            advice = "the best network may be between it and the first alpha: start with less"
        else:
            return
        warn(f"{place}, at the edge of the path; {advice}.")
