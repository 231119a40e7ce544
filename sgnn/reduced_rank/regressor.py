"""Sparse reduced-rank regression as an estimator."""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Self

from sgnn._common.private_sklearn import Interval, StrOptions, _fit_context
from sgnn._common.warnings import SgnnConvergenceWarning, warn
from sgnn._common.words import refuses
from sgnn.estimators.checks import warn_if_column
from sgnn.estimators.learnt import set_learnt
from sgnn.penalties import Penalty
from sgnn.reduced_rank.base import BaseReducedRank, check_data
from sgnn.reduced_rank.fit import learnt, solve, solver_for
from sgnn.reduced_rank.radial import radial_shape
from sgnn.reduced_rank.strengths import auto_strength


@dataclass(eq=False, repr=False)
class SparseReducedRankRegressor(BaseReducedRank):
    r"""Sparse reduced-rank regression: many targets from few directions of few features.

    A linear model whose coefficients :math:`C` have few rows that are not zero, and a low rank:

    .. math::
        \min_{\mathrm{rank}\, C \le k}\ \frac{\sum_i s_i \|y_i - m - C^\top x_i\|^2}{2\sum_i s_i}
        + \sum_j \varphi_\alpha(\|c_j\|_2) + \frac{\texttt{l2}}{2} \|C\|^2

    with sample weights :math:`s`, intercepts :math:`m`, and the shape :math:`\varphi` of a penalty.
    ``C = x_rotations_ @ y_loadings_.T``: the rows of ``x_rotations_`` have the norms of those of C,
    so the orthonormal loadings of the literature *are* the bound on the rank. Scale X first, for
    instance with :class:`sklearn.preprocessing.StandardScaler`, and targets of different units too.

    :meth:`transform` gives the scores ``(X - mean) @ x_rotations_``, as in
    :class:`sklearn.cross_decomposition.PLSRegression`, where the networks of this package drop
    columns; :meth:`get_support` tells which features are used.

    Parameters
    ----------
    n_components : int >= 1 or None, default=2
        Bound :math:`k` on the rank; None is no bound.
    penalty : str or Penalty, default="group_lasso"
        What has the shape :math:`\varphi`, a function of the norm of a row: "capped_l1",
        "elastic_net", "group_lasso", "l0", "l_half", "l_two_thirds", "log_sum", "mcp", "scad",
        "transformed_l1", or an object of their classes or of your own. It must be concave in the
        square of the norm, as these are. All rows are alike, so there is no factor for the size of
        a group. Of these "group_lasso" was measured to predict best on real data; "scad" is better
        where few features carry strong signals, and like it does not depend on the scale of y.
    alpha : float >= 0 or "auto", default="auto"
        Strength of the penalty, the slope at zero of most shapes, as in
        :class:`sklearn.linear_model.MultiTaskLasso`. "auto" is the strength under which a feature
        alone stays out until it pulls 0.1 times (convex shapes) or 0.2 times (others) as hard as
        those of the data do at zero.
    l2 : float >= 0, default=0.0
        Strength of the ridge.
    refit : bool, default=False
        Whether to fit anew on the features that were selected, without the penalty.
    max_iter : int >= 1, default=1000
        Iterations at most.
    tol : float >= 0, default=1e-6
        Least gain of an iteration, relative to the variance of y.

    Attributes
    ----------
    alpha_ : float
        Strength that was used.
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        ``y_loadings_ @ x_rotations_.T``.
    intercept_ : float or ndarray of shape (n_targets,)
        The prediction where X is 0.
    x_rotations_ : ndarray of shape (n_features, n_components)
        Directions: the scores are uncorrelated, and their variance falls.
    y_loadings_ : ndarray of shape (n_targets, n_components)
        Orthonormal; the largest entry of each column is positive.
    n_components_ : int
        Directions that are left: the rank.
    support_ : ndarray of bool, shape (n_features,)
        Features that are used.
    selected_features_ : ndarray of int
        Their indices.
    objective_curve_ : list of float
        The objective after each iteration, before `refit`; it never rises.
    n_iter_ : int
        Iterations, at least 1.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str
        Names of the features, if X had any.

    See Also
    --------
    sgnn.SparseReducedRankRegressorCV : Rank and strength by cross-validation.
    sgnn.display.BiplotDisplay : Scores, features and targets in one picture.
    sklearn.cross_decomposition.PLSRegression : Directions of all features.
    sklearn.linear_model.MultiTaskLasso : Few features, of any rank.

    Notes
    -----
    The algorithm is our own. Each iteration replaces the penalty by a ridge that lies above it and
    touches it, under which B and the loadings have a joint minimum in closed form, where the
    literature alternates; moves one row after another; and drops rows. When that gains little, rows
    come in. It starts from the group lasso without bound on the rank: if the rank of that is small
    enough, it is the global minimum. Otherwise, and under concave shapes, the end is a local one.

    References
    ----------
    The model: Chen & Huang (2012), "Sparse reduced-rank regression for simultaneous dimension
    reduction and variable selection", doi:10.1080/01621459.2012.734178. Nonconvex shapes: Zhao &
    Palomar (2018), "Sparse reduced rank regression with nonconvex regularization",
    arXiv:1803.07247, whose :math:`t/(t + \theta)` is "transformed_l1" with ``a=theta`` but for a
    factor. `refit`: Kobak et al. (2021), "Sparse reduced-rank regression for exploratory
    visualisation of paired multivariate data", doi:10.1111/rssc.12494.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseReducedRankRegressor
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> reg = SparseReducedRankRegressor(1, alpha=0.2).fit(scale(X), scale(Y))
    >>> reg.selected_features_, reg.coef_.shape
    (array([0, 1]), (3, 3))
    """

    n_components: int | None = 2
    _: KW_ONLY
    penalty: str | Penalty = "group_lasso"
    alpha: float | str = "auto"
    l2: float = 0.0
    refit: bool = False
    max_iter: int = 1000
    tol: float = 1e-6

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "penalty": [str, Penalty],
        "alpha": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "l2": [Interval(Real, 0, None, closed="left")],
        "refit": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs; float32 and float64 are kept, everything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples: 2 is the sample twice. Only their ratios matter.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are invalid. The estimator is then as it was before the call.
        """
        shape = radial_shape(self.penalty)
        checked = check_data(self, X, y, sample_weight)
        warn_if_column(y)
        data, solver = checked.data, solver_for(self, checked.data, self.n_components)
        alpha = auto_strength(shape, solver) if self.alpha == "auto" else float(self.alpha)
        solution = solve(data, shape, alpha, solver)
        self._warn_about(solution, alpha, data)
        attributes = {
            "alpha_": alpha,
            "objective_curve_": solution.curve,
            "n_iter_": max(1, len(solution.curve)),
            **learnt(checked, solution, solver, self.refit),
        }
        set_learnt(self, attributes)
        return self

    def _warn_about(self, solution, alpha, data):
        if not solution.converged:
            warn(
                f"The objective still fell by more than tol={self.tol} when max_iter="
                f"{self.max_iter} iterations were over.",
                SgnnConvergenceWarning,
            )
        if not len(solution.factors.rows) and data.products.any():
            warn(f"alpha={alpha:.3g} left no feature: X has no effect. Lower alpha.")
