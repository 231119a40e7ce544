"""Rank and strength by cross-validation."""

from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral
from typing import Self

import numpy as np
from sklearn.callback import CallbackSupportMixin
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_is_fitted, indexable

from sgnn._common.docstrings import takes_over
from sgnn._common.private_sklearn import Interval, StrOptions, _fit_context, _safe_indexing
from sgnn._common.warnings import warn
from sgnn._common.words import refuses
from sgnn.estimators.checks import check_weights
from sgnn.estimators.learnt import fitted, set_learnt
from sgnn.paths.choice import choose, standard_error
from sgnn.paths.folds import check_scores, scored_part
from sgnn.paths.inputs import in_growing_order
from sgnn.paths.routing import check_groups, routed_by_fit, routed_by_score, router
from sgnn.paths.tasks import Tasks
from sgnn.penalties import Penalty
from sgnn.reduced_rank.base import BaseReducedRank, check_data
from sgnn.reduced_rank.descent import Factors, convex_start
from sgnn.reduced_rank.fit import learnt, solve, solver_for
from sgnn.reduced_rank.radial import RadialPenalty, radial_shape
from sgnn.reduced_rank.regressor import SparseReducedRankRegressor
from sgnn.reduced_rank.strengths import grid
from sgnn.training.checkpoint import NOWHERE

_OF_ESTIMATOR = ("l2", "max_iter", "penalty", "refit", "tol")


@takes_over(SparseReducedRankRegressor)
@dataclass(eq=False, repr=False)
class SparseReducedRankRegressorCV(CallbackSupportMixin, BaseReducedRank):
    r"""Sparse reduced-rank regression that chooses rank and strength by cross-validation.

    It predicts and transforms as the :class:`SparseReducedRankRegressor` that it has chosen.

    Parameters
    ----------
    n_components : int >= 1, None or sequence of these, default=(1, 2, 3, 5)
        The ranks to choose from; None is no bound.
    alphas : int >= 2 or array-like of float > 0, default=30
        The strengths to choose from. A number of them is a grid from the least strength that leaves
        no feature to the one under which a feature alone stays out until it pulls a hundredth as
        hard as those of the data do.
    penalty, l2, refit, max_iter, tol
        As in :class:`SparseReducedRankRegressor`.
    cv : int, cross-validation generator or iterable, default=None
        Folds, as everywhere in scikit-learn; None is 5 folds.
    scoring : str or callable, default=None
        What decides, and what ``score`` returns, as everywhere in scikit-learn; None is
        :math:`R^2`, the mean over the targets.
    rule : {"best", "1se"}, default="1se"
        "best": the highest mean score. "1se": the fewest parameters of which the mean score is
        within one standard error of the highest. A model of rank :math:`k` with :math:`s` features
        and :math:`q` targets has :math:`k(s + q - k)`; the mean over the folds counts.
    n_jobs : int or None, default=None
        Processes that the folds are shared out among; None is 1.

    Attributes
    ----------
    alphas_ : ndarray of shape (n_alphas,)
        The strengths, in growing order.
    scores_path_ : ndarray of shape (n_folds, n_ranks, n_alphas)
        Scores on the test parts of the folds.
    n_features_path_ : ndarray of int, shape (n_folds, n_ranks, n_alphas)
        Features used in each fold.
    n_parameters_path_ : ndarray of int, shape (n_folds, n_ranks, n_alphas)
        Parameters in each fold.
    best_index_ : tuple of int
        Places of the rank in `n_components` and of the strength in `alphas_`.
    best_score_ : float
        Mean score there.
    estimator_ : SparseReducedRankRegressor
        The one chosen, fitted on all data.
    alpha_, ..., feature_names_in_
        As in :class:`SparseReducedRankRegressor`.

    See Also
    --------
    sgnn.SparseReducedRankRegressor : One rank and one strength.

    Notes
    -----
    The scores are those of a grid search, but for local minima: in each fold and for each rank a
    convex shape goes on from its end at the strength before, and concave ones begin as alone, but
    at one path of the group lasso without a bound on the rank, which all ranks share.

    References
    ----------
    The rule of one standard error: Breiman, Friedman, Olshen & Stone (1984), "Classification and
    regression trees", section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseReducedRankRegressorCV
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> search = SparseReducedRankRegressorCV((1, 2), alphas=10, rule="best")
    >>> search.fit(scale(X), scale(Y)).scores_path_.shape
    (5, 2, 10)
    """

    n_components: int | tuple | None = (1, 2, 3, 5)
    _: KW_ONLY
    alphas: object = 30
    penalty: str | Penalty = "group_lasso"
    l2: float = 0.0
    refit: bool = False
    max_iter: int = 1000
    tol: float = 1e-6
    cv: object = None
    scoring: object = None
    rule: str = "1se"
    n_jobs: int | None = None

    __metadata_request__fit = {"groups": UNUSED}

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None, "array-like"],
        "alphas": [Interval(Integral, 2, None, closed="left"), "array-like"],
        **{name: SparseReducedRankRegressor._parameter_constraints[name] for name in _OF_ESTIMATOR},
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "rule": [StrOptions({"best", "1se"})],
        "n_jobs": [Integral, None],
    }

    def get_metadata_routing(self):
        """Return who gets `sample_weight` and `groups`.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            `groups` go to the splitter `cv`, `sample_weight` to the fits and, if it asks for them,
            to `scoring`.
        """
        return router(self, SparseReducedRankRegressor())

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None) -> Self:
        """Score all ranks and strengths on the folds, choose, and fit the chosen one on all data.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
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
        ValueError, TypeError
            If a parameter or the data are invalid. The estimator is then as it was before the call.
        """
        shape, ranks = radial_shape(self.penalty), _checked_ranks(self.n_components)
        data = check_data(self, X, y, sample_weight).data
        if isinstance(self.alphas, Integral):
            alphas = grid(shape, solver_for(self, data, None), self.alphas)
        else:
            alphas = in_growing_order(self.alphas)
        X, y, sample_weight = indexable(X, y, check_weights(sample_weight, X))
        scorer = check_scoring(self, self.scoring)
        metadata = {"sample_weight": sample_weight, "groups": check_groups(groups, X)}
        routed = routed_by_fit(self, scorer, **metadata)
        splits = list(check_cv(self.cv, y).split(X, y, **routed.splitter.split))
        tasks = Tasks(self, len(splits) + 1, X, y, sample_weight, NOWHERE)
        given = self, shape, ranks, alphas, X, y, sample_weight
        of_scores = scorer, routed.scorer.score
        walks = [partial(_fold, *given, *split, *of_scores) for split in splits]
        folds = list(tasks.in_parallel("fold", walks, self.n_jobs))
        scores, n_features, n_parameters = map(np.array, zip(*folds, strict=True))
        means, errors = scores.mean(axis=0), standard_error(scores)
        check_scores(means, self.scoring, self.cv)
        order = np.argsort(-n_parameters.mean(axis=0), axis=None, kind="stable")
        best = order[choose(self.rule, means.flat[order], errors.flat[order], 0.0)]
        of_rank, of_alpha = map(int, np.unravel_index(best, means.shape))
        if of_alpha == 0:
            warn(f"alpha={alphas[0]:.3g} was chosen, the least of all; let alphas begin with less.")
        with tasks.one("fit").running(X, y, sample_weight):
            chosen = self._estimator(ranks[of_rank], alphas[of_alpha]).fit(X, y, sample_weight)
        attributes = {
            **{name: value for name, value in vars(chosen).items() if name.strip("_") != name},
            "alphas_": alphas,
            "scores_path_": scores,
            "n_features_path_": n_features,
            "n_parameters_path_": n_parameters,
            "best_index_": (of_rank, of_alpha),
            "best_score_": float(means[of_rank, of_alpha]),
            "estimator_": chosen,
        }
        tasks.end(attributes)
        set_learnt(self, attributes)
        return self

    def score(self, X, y, sample_weight=None) -> float:
        """Return the score of the estimator that was chosen, by `scoring`.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        check_is_fitted(self)
        scorer = check_scoring(self.estimator_, self.scoring)
        return scorer(self.estimator_, X, y, **routed_by_score(self, sample_weight=sample_weight))

    def _estimator(self, n_components, alpha):
        parameters = {name: getattr(self, name) for name in _OF_ESTIMATOR}
        return SparseReducedRankRegressor(n_components, alpha=alpha, **parameters)


def _checked_ranks(n_components):
    """Return the ranks as a tuple of int and None."""
    ranks = tuple(n_components) if np.iterable(n_components) else (n_components,)
    if not ranks or not all(k is None or (isinstance(k, Integral) and k >= 1) for k in ranks):
        raise ValueError(
            f"n_components must hold integers of at least 1, or None; got {n_components!r}."
        )
    return ranks


def _fold(search, shape, ranks, alphas, X, y, sample_weight, train, test, scorer, of_scores, task):
    """Return score, number of features and of parameters of each rank and strength."""
    weights = None if sample_weight is None else _safe_indexing(sample_weight, train)
    X_train, y_train = _safe_indexing(X, train), _safe_indexing(y, train)
    with task.running(X_train, y_train, weights):
        checked = check_data(search, X_train, y_train, weights)
        X_test, y_test, given = scored_part(X, y, sample_weight, test, of_scores)
        data = checked.data
        found = np.zeros((3, len(ranks), len(alphas)))
        start = Factors.none(data.Y.shape[1])
        starts = [start] * len(ranks)
        for place in reversed(range(len(alphas))):
            alpha = alphas[place]
            if not shape.convex:
                penalty = RadialPenalty(shape, alpha)
                start = convex_start(data, penalty, solver_for(search, data, None), start)
                starts = [start] * len(ranks)
            for rank, k in enumerate(ranks):
                solver = solver_for(search, data, k)
                solution = solve(data, shape, alpha, solver, starts[rank])
                starts[rank] = solution.factors
                attributes = learnt(checked, solution, solver, search.refit)
                model = fitted(search._estimator(k, alpha), attributes)
                n_features, rank_left = len(model.selected_features_), model.n_components_
                n_parameters = rank_left * (n_features + len(data.y_mean) - rank_left)
                score = scorer(model, X_test, y_test, **given)
                found[:, rank, place] = score, n_features, n_parameters
    return found[0], found[1].astype(int), found[2].astype(int)
