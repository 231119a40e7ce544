"""What the docstrings of the cross-validated estimators share."""

from sgnn._common.docstrings import fill

_METHOD = """
The path of :func:`sgnn.sparse_mlp_path` is walked on all data, which finds the strengths, and
along the same strengths on the training part of each fold, which scores them. The network at
the strength chosen is that of the path on all data; nothing is trained again.
"""

_PATH = """
alphas : int or array-like of float > 0, default=60
    The number of steps at most, of a path that finds its strengths; or the strengths.
max_iter : int or "auto", default="auto"
    Epochs at each strength; "auto" is as many as make 120 steps, but five at least.
cv : int, cross-validation generator or iterable, default=None
    Folds, as everywhere in scikit-learn; None is 5 folds. Splits that need groups are given as a
    list, ``list(cv.split(X, y, groups))``.
"""

_CHOICE = """
rule : {"best", "1se", "dense"}, default="1se"
    "best": the highest mean score. "1se": the largest alpha whose mean score is within one
    standard error of the highest. "dense": the largest alpha whose mean score is at most `tol`
    below that of the dense network.
tol : float >= 0, default=0.0
    For ``rule="dense"``.
n_jobs : int or None, default=None
    Processes that the folds are shared out among; None is 1.
"""

_FITTED = """
alpha_ : float
    The strength chosen; 0 for the dense network.
alphas_ : ndarray of shape (n_points,)
    The strengths of the path, in growing order, 0 first.
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
"""

_CHOSEN = """
coefs_, intercepts_, n_neurons_, sparsity_, support_, selected_features_, feature_importances_
    Those of `estimator_`.
"""

_SEEN = """
n_features_in_, feature_names_in_
    As everywhere in scikit-learn.
"""

document = fill(
    method=_METHOD,
    path=_PATH,
    choice=_CHOICE,
    fitted=_FITTED,
    chosen=_CHOSEN,
    seen=_SEEN,
)
