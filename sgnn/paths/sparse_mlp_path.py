"""From one dense network to networks of all sizes."""

from functools import partial
from numbers import Integral, Real

import numpy as np

from sgnn._common.interrupts import interrupted
from sgnn._common.private_sklearn import Interval, Options, validate_params
from sgnn._common.warnings import warn
from sgnn._common.words import check_plain, refuses
from sgnn.estimators import checks
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.explained import explained
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.constraints import PATH_CONSTRAINTS
from sgnn.paths.inputs import in_growing_order, set_up
from sgnn.paths.path import SparseMLPPath
from sgnn.paths.point import learnt_at
from sgnn.paths.points import empty_point, points_of
from sgnn.paths.progress import following
from sgnn.training.checkpoint import place_of


@refuses
@validate_params(
    {
        "estimator": [SparseMLPClassifier, SparseMLPRegressor],
        **PATH_CONSTRAINTS,
        "min_features": [Interval(Integral, 0, None, closed="left")],
        "max_sparsity": [Interval(Real, 0, 1, closed="right")],
        "max_drop": [Interval(Real, 0, None, closed="left"), Options(Real, {np.inf})],
        "checkpoint": SparseMLPRegressor._parameter_constraints["checkpoint"],
    },
    prefer_skip_nested_validation=True,
)
def sparse_mlp_path(
    estimator,
    X,
    y,
    *,
    sample_weight=None,
    X_val=None,
    y_val=None,
    alphas=60,
    max_iter="auto",
    min_features=0,
    max_sparsity=1.0,
    max_drop=np.inf,
    checkpoint=None,
) -> SparseMLPPath:
    r"""Train networks of all sizes, from the dense one to the empty one.

    The network is trained without penalty first. Then the strength of the penalty grows from point
    to point; each network is trained on from the last, and what has become zero is removed for
    good. So the path gets cheaper as it goes, and follows one minimum of

    .. math:: \text{loss} + \alpha\,\Omega(W) + \tfrac{l2}{2} \sum w^2

    from one end to the other. The ends are found: the first strength removes nothing, and from one
    to the next about the same share of what is left goes, until nothing is left. Under a concave
    penalty a network may fall to a much smaller one however little the strength grows; then steps
    end on the way down, by whole epochs, so that networks in between are there, if not trained to
    the end: ``refit=True`` trains them on. Penalties that do
    not grow any more for large weights, such as ``"l0"`` and ``"capped_l1"``, or that only make
    weights compete, such as ``"exclusive_lasso"``, may never remove the last of them: then the path
    ends, with a warning, when a million times the strength has removed nothing. So does one with
    too few steps of the optimiser at each strength.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        Network, penalty and training; not changed. Its ``max_iter`` is for the dense network, its
        ``alpha`` is not used, and with ``refit=True`` each network is trained on without penalty
        before it is kept. With ``verbose=True`` a line is printed for each network; its callbacks
        hear of each as a task "point" of a task "path", and end the path if they ask for it.
        Concave penalties, such as ``"log_sum"``, select better than ``"l1"`` or ``"group_lasso"``,
        which also shrink what they keep. Deep networks on tens of thousands of samples stay closer
        to the accuracy of the dense one at a lower ``learning_rate_init``, such as 3e-3.
    X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
        Training inputs.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights of the samples.
    X_val, y_val : array-like, default=None
        Held-out data for the validation scores. Without them, ``early_stopping=True`` holds out
        ``validation_fraction`` of the training data.
    alphas : int >= 2 or array-like of float > 0, default=60
        The number of steps at most, of a path that finds its strengths; or the strengths, which
        are walked in growing order. A path that finds them is the same in all units of y: penalty
        and `l2` are those of targets divided by their standard deviations, as for ``alpha="auto"``,
        and the strengths are told as ``alpha_`` of the estimators is. Strengths that are given hold
        for the targets as they are, and with them `l2` and the parameters of concave penalties,
        such as ``"log_sum"`` and ``"mcp"``, which say what weights are large.
    max_iter : int or "auto", default="auto"
        Epochs at each strength; the learning rate runs through its schedule in them. "auto" is as
        many as make 120 steps of the optimiser, but five at least.
    min_features : int >= 0, default=0
        Stop when no more inputs than these are left.
    max_sparsity : float in (0, 1], default=1.0
        Stop when at least this fraction of the weights is zero.
    max_drop : float >= 0, default=inf
        Stop when the validation score is further than this below that of the dense network.
    checkpoint : str, path, Checkpoint or None, default=None
        Folder in which it is written down how far the path is, or a :class:`sgnn.Checkpoint` that
        says how often. If the process is killed, the same call goes on from there, and ends with
        the same bits. `estimator` needs a ``random_state`` other than None. None is the
        ``checkpoint`` of `estimator`.

    Returns
    -------
    SparseMLPPath
        The networks, and what each of them scores.

    Raises
    ------
    ValueError
        If a parameter or the data are invalid, or the loss of the dense network is not finite.
    KeyboardInterrupt
        If the user breaks off; its attribute ``trained`` is the path until then. Before the dense
        network has been trained for one epoch there is none.

    See Also
    --------
    SparseMLPClassifierCV, SparseMLPRegressorCV : The strength by cross-validation.
    SparseMLPSelector : Selection of features by a path.

    References
    ----------
    Paths that run from the dense to the sparse network: Lemhadri, Ruan, Abraham & Tibshirani
    (2021), "LassoNet", JMLR 22, arXiv:1907.12207. Warm starts along a path: Friedman, Hastie &
    Tibshirani (2010), doi:10.18637/jss.v033.i01.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseMLPClassifier, sparse_mlp_path
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, X_val, y, y_val = train_test_split(scale(X), y, random_state=0)
    >>> clf = SparseMLPClassifier((30,), penalty="log_sum", random_state=0)
    >>> path = sparse_mlp_path(clf, X, y, X_val=X_val, y_val=y_val)
    >>> path.at(n_features=5).score(X_val, y_val) > 0.9
    True
    """
    if isinstance(alphas, Integral):
        check_plain("alphas", alphas)
    rules = {"min_features": min_features, "max_sparsity": max_sparsity, "max_drop": max_drop}
    held_out = {"X_val": X_val, "y_val": y_val}
    arguments = {"sample_weight": sample_weight, "alphas": alphas, "max_iter": max_iter}
    arguments |= {**held_out, **rules, "checkpoint": checkpoint}
    return compute_path(estimator, X, y, **arguments, keeps_part=True)


def compute_path(
    estimator,
    X,
    y,
    *,
    sample_weight=None,
    X_val=None,
    y_val=None,
    alphas=60,
    max_iter="auto",
    min_features=0,
    max_sparsity=1.0,
    max_drop=np.inf,
    checkpoint=None,
    keeps_part=False,
    is_fold=False,
    n_steps=None,
    task=None,
):
    """Compute a path, as :func:`sparse_mlp_path` does.

    Parameters
    ----------
    keeps_part : bool, default=False
        Whether a path that diverges is returned until there, with a warning; else the error is
        raised, so that nobody takes a part for the whole.
    is_fold : bool, default=False
        Whether the data are a part of others, for which all warnings have been given.
    n_steps : int, default=None
        The number of steps by which `alphas` were found, and are in natural units; None if they
        were not.
    task : Task, default=None
        The part of a fit that the path is; it has a place to write. A callback may end a path that
        is none.
    estimator, X, y, sample_weight, X_val, y_val, alphas, max_iter, min_features, max_sparsity, \
max_drop, checkpoint
        As for :func:`sparse_mlp_path`, types and ranges checked.
    """
    as_given = n_steps is None and not isinstance(alphas, Integral)
    if not isinstance(alphas, Integral):
        alphas = in_growing_order(alphas)
    inputs = X, y, sample_weight, X_val, y_val
    model, data, problem, start = set_up(estimator, *inputs, as_given=as_given, warns=not is_fold)
    _check_problem(problem, estimator, max_drop)
    if task is None:
        checkpoint = estimator.checkpoint if checkpoint is None else checkpoint
        call = "sparse_mlp_path", estimator.random_state, estimator, data, alphas, max_iter
        place = place_of(checkpoint, *call, min_features, max_sparsity, max_drop)
    else:
        place = task.place
    journal, worse, points = place.journal(start.rng), [], []
    with explained(model, data.X):
        path = SparseMLPPath(model, data.form, points, empty_point(problem, start, model))
        attributes = partial(learnt_at, form=data.form, estimator=model)
        n_points = 1 + (alphas if isinstance(alphas, Integral) else len(alphas))
        try:
            with following(model, (X, y, sample_weight), n_points, attributes, task) as progress:
                found = points_of(model, problem, start, alphas, max_iter, journal, n_steps)
                for point, is_worse in progress.through(found):
                    points.append(point)
                    if is_worse:
                        worse.append(point.alpha)
                    if _is_at_end(points, min_features, max_sparsity, max_drop):
                        break
                    if progress.stopped and keeps_part:
                        break
                else:
                    if keeps_part and isinstance(alphas, Integral) and len(points) <= alphas:
                        _warn_of_an_early_end(points[-1])
        except KeyboardInterrupt:
            if not points:
                raise
            raise interrupted(path) from None
        except FloatingPointError as error:
            if not keeps_part or len(points) < 2:
                raise
            warn(f"The path ends at alpha={points[-1].alpha:.3g}: {error}.")
    if worse and not is_fold:
        networks = f"{len(worse)} of {len(points)} networks, first at alpha={worse[0]:.3g},"
        checks.warn_of_worse_than_constant(networks, model.learning_rate_init)
    place.leave()
    return path


def _check_problem(problem, estimator, max_drop):
    """Raise a ValueError if there is nothing to walk along, or to compare scores on."""
    if not problem.penalties:
        raise ValueError(f"penalty={estimator.penalty!r}: a path needs a penalty.")
    if max_drop < np.inf and problem.held_out is None:
        raise ValueError(
            f"max_drop={max_drop!r} needs X_val and y_val, or early_stopping=True of the estimator."
        )


def _is_at_end(points, min_features, max_sparsity, max_drop):
    """Whether the last point is one at which the user wants the path to stop."""
    first, last = points[0], points[-1]
    is_small = last.n_features <= min_features or last.sparsity >= max_sparsity
    return is_small or (
        max_drop < np.inf and last.validation_score < first.validation_score - max_drop
    )


def _warn_of_an_early_end(point):
    warn(
        f"The path ends at alpha={point.alpha:.3g} with {point.n_features} inputs left: a million "
        "times the strength removed nothing. Raise max_iter, the epochs at each strength, or take "
        "another penalty."
    )
