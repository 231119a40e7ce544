"""Selection of a given number of features, or of as many as are needed."""

import os
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_memory

from sgnn._common.docstrings import takes_over
from sgnn._common.interrupts import keeping
from sgnn._common.private_sklearn import HasMethods, Interval, RealNotInt, StrOptions, _fit_context
from sgnn._common.warnings import warn
from sgnn._common.words import brief, refuses
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.defaults import takes_estimator
from sgnn.estimators.learnt import set_learnt
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.base_cv import SEARCH_CONSTRAINTS, BaseSparseMLPCV
from sgnn.paths.cv import SparseMLPClassifierCV, SparseMLPRegressorCV
from sgnn.paths.places import first
from sgnn.paths.sparse_mlp_path import compute_path
from sgnn.paths.tasks import Tasks, place_of_search
from sgnn.selection.base import PathSelector, check_count
from sgnn.selection.relevance import filled_up
from sgnn.training.checkpoint import NOWHERE, Checkpoint


@takes_over(BaseSparseMLPCV)
@takes_estimator
@dataclass(eq=False, repr=False)
class SparseMLPSelector(PathSelector):
    """Select features by a path of networks from dense to empty.

    Features are ranked by how long they stay while the penalty grows, see
    :func:`sgnn.sparse_mlp_path`: all of them by one path, which takes about as long as a few fits
    of one network. A path ends in networks that do with few features, and drops those that tell
    nothing new, such as mixtures of others. Where more are asked for than a network needs that is
    about as good as the best on held-out samples, its features come first, and then those that are
    most relevant to a committee of small networks on random subspaces: each sees 30 % of the
    features and counts by what it gains on held-out samples over the best constant.

    Parameters
    ----------
    estimator : SparseMLPClassifier, SparseMLPRegressor or None, default=None
        Network, penalty and training. None is one with ``penalty="log_sum"``, and `l2` and
        `max_iter` that suit the data, as for :class:`sgnn.SparseMLPClassifierCV`: a regressor if
        `y` is continuous, else a classifier, with a warning for integers that look like quantities.
        These need a regressor that is given, and results that repeat an estimator with a
        ``random_state``. It is trained in single precision where this has room: where columns of X
        and `y` and the weights of samples reach magnitudes from 1e-6 to 1e6, and columns vary by a
        thousandth of that at least. For another precision give an estimator with a `dtype`.
    n_features_to_select : int, float in (0, 1] or "auto", default="auto"
        How many to select, or which fraction. "auto" is as many as the network has that `rule`
        chooses by cross-validation; of noise that is none.
    relevance : {"all", "minimal"}, default="all"
        What a number of features is filled up with. "all": features that are relevant, whether or
        not others tell the same ("all-relevant"). "minimal": those that stay longest on the path,
        which are to predict well together ("minimal-optimal"). The two differ where a network on
        the path that is about as good as the best has fewer features than are to be selected.
    sparsity : float in (0, 1), default=None
        Select the inputs of the first network on the path of which this fraction of the weights is
        zero; then `n_features_to_select` must be "auto".
    alphas, ..., scoring
        As in :class:`BaseSparseMLPCV`.
    rule : {"best", "1se", "dense"}, default="1se"
        What "auto" chooses the network by, as the `rule` of :class:`sgnn.SparseMLPClassifierCV`.
    tol
        As in :class:`BaseSparseMLPCV`.
    memory : str, joblib.Memory or None, default=None
        Where to keep paths, so that a search over `n_features_to_select` or `sparsity` walks one
        path per fold and not one per candidate. Those of another version of sgnn are not used. Give
        an estimator with an integer as ``random_state``: with None, the first path is returned ever
        after. "auto" keeps nothing.
    n_jobs : int or None, default=None
        Processes that the folds of "auto" are shared out among; None is 1.
    verbose, checkpoint
        As in :class:`BaseSparseMLPCV`.

    Attributes
    ----------
    support_ : ndarray of bool, shape (n_features,)
        The features selected.
    n_features_ : int
        Number of features selected. With ``feature_groups`` of the estimator whole blocks are
        selected, and it is at most what was asked for.
    ranking_ : ndarray of int, shape (n_features,)
        1 for features selected, then 2, 3, ... in the order in which the others would follow.
    path_ : SparseMLPPath
        The path.
    n_iter_ : int
        Epochs along it.
    n_features_in_, feature_names_in_
        As in :class:`BaseSparseMLPCV`.

    See Also
    --------
    sgnn.StabilitySelector : Features that are selected again and again on subsamples.
    sklearn.feature_selection.RFE : The same by repeated fits.

    Notes
    -----
    That network is found by a second path, along the same strengths, on three quarters of the
    samples: it is the last one whose score on the other quarter, with the strata of the whole and
    the score of the estimator, is within one standard error of the best. The committee has 60
    networks of 40 units, each trained for 150 steps on at most 1,000 samples under a ridge of 0.03,
    whatever the layers, penalty, ridge and batches of `estimator`, in single precision where this
    has room.

    References
    ----------
    All-relevant and minimal-optimal features: Nilsson, Peña, Björkegren & Tegnér (2007),
    "Consistent feature selection for pattern recognition in polynomial time", JMLR 8. Random
    subspaces: Ho (1998), "The random subspace method for constructing decision forests",
    doi:10.1109/34.709601.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sgnn import SparseMLPRegressor, SparseMLPSelector
    >>> X, y = make_friedman1(300, n_features=20, random_state=0)
    >>> reg = SparseMLPRegressor((20,), penalty="log_sum", random_state=0)
    >>> selector = SparseMLPSelector(reg, n_features_to_select=5).fit(X, y)
    >>> selector.get_feature_names_out().tolist()
    ['x0', 'x1', 'x2', 'x3', 'x4']
    """

    estimator: BaseSparseMLP | None = None
    _: KW_ONLY
    n_features_to_select: float | str = "auto"
    relevance: str = "all"
    sparsity: float | None = None
    alphas: object = 60
    max_iter: int | str = "auto"
    cv: object = None
    scoring: object = None
    rule: str = "1se"
    tol: float = 0.0
    memory: object = None
    n_jobs: int | None = None
    verbose: bool | int = False
    checkpoint: str | os.PathLike | Checkpoint | None = None

    _parameter_constraints = {
        **SEARCH_CONSTRAINTS,
        "estimator": [SparseMLPClassifier, SparseMLPRegressor, None],
        "n_features_to_select": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            StrOptions({"auto"}),
        ],
        "relevance": [StrOptions({"all", "minimal"})],
        "sparsity": [Interval(Real, 0, 1, closed="neither"), None],
        "memory": [str, HasMethods(["cache"]), None],
    }

    __metadata_request__fit = {"groups": UNUSED}
    get_metadata_routing = BaseSparseMLPCV.get_metadata_routing

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None) -> Self:
        """Walk the path and select.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.
        groups : array-like of shape (n_samples,), default=None
            Groups of the samples, for the splitter `cv` of "auto".

        Returns
        -------
        self : object
            Fitted selector.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid, no network of the path has the sparsity, or
            `groups` or `scoring` are given where there are no folds: but for "auto".
        KeyboardInterrupt
            If the user breaks off; its attribute ``trained`` is the path on all data until then.
            The selector is as it was before the call.
        """
        if self.sparsity is not None and self.n_features_to_select != "auto":
            raise ValueError(
                f"Give one of n_features_to_select={self.n_features_to_select!r} and "
                f"sparsity={self.sparsity!r}."
            )
        self._check_folds(groups)
        estimator, inputs = self._prepare(X, y, sample_weight)
        count = self._count(inputs["n_features_in_"])
        if self.sparsity is None and count is None:
            search = self._search(estimator)
            tasks = Tasks(self, 1, X, y, sample_weight, NOWHERE)
            with tasks.one("search").running(X, y, sample_weight, estimator=search):
                searched = search.fit(X, y, sample_weight, groups)
            path, support, order = searched.path_, searched.support_, searched.path_.ranking
        else:
            place = place_of_search(self, estimator, X, y, sample_weight)
            tasks = Tasks(self, 3, X, y, sample_weight, place)
            memory = check_memory(self.memory)
            of_path = {"sample_weight": sample_weight, "max_iter": self.max_iter}
            on_all = {"alphas": self.alphas, "task": tasks.one("path")}
            path = memory.cache(compute_path, ignore=["task"])(estimator, X, y, **on_all, **of_path)
            order = path.ranking
            if count is None:
                support = path.at(sparsity=self.sparsity).support_
            else:
                if self.relevance == "all":
                    with keeping(path):
                        fill = {"alphas": self.alphas, "memory": memory, "tasks": tasks}
                        order = filled_up(path, count, estimator, X, y, **fill, **of_path)
                support = first(order, count)
                _warn_if_norms_decide(path, count)
        places = np.ones(len(support), dtype=int)
        places[~support] = np.unique(order[~support], return_inverse=True)[1] + 2
        attributes = {
            "path_": path,
            "n_iter_": path.n_iter,
            "support_": support,
            "n_features_": int(support.sum()),
            "ranking_": places,
        }
        tasks.end(inputs | attributes)
        set_learnt(self, inputs | attributes)
        return self

    def _check_folds(self, groups):
        """Raise a ValueError if something is given for folds, and there are none."""
        if self.n_features_to_select == "auto" and self.sparsity is None:
            return
        for name, value in {"groups": groups, "scoring": self.scoring}.items():
            if value is not None:
                raise ValueError(
                    f"{name}={brief(value)} is for folds, and only n_features_to_select='auto' "
                    "has them."
                )

    def _search(self, estimator):
        kind = SparseMLPClassifierCV if is_classifier(estimator) else SparseMLPRegressorCV
        return kind(
            estimator,
            alphas=self.alphas,
            max_iter=self.max_iter,
            cv=self.cv,
            scoring=self.scoring,
            rule=self.rule,
            tol=self.tol,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            checkpoint=self.checkpoint,
        )

    def _count(self, n_features):
        """Return how many features are asked for, None where something else decides."""
        wanted = self.n_features_to_select
        if wanted == "auto":
            return None
        if not isinstance(wanted, Integral):
            wanted = max(1, int(wanted * n_features))
        check_count(wanted, n_features)
        return wanted


def _warn_if_norms_decide(path, count):
    """Warn if the path ends with more features than are to be selected."""
    n_left = int(path.n_features[-1])
    if count is not None and n_left > count:
        warn(
            f"The path ends with {n_left} features, more than the {count} to select: among them, "
            "the norms of their weights decide. Raise alphas or max_iter, or use another penalty."
        )
