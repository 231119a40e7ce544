"""What a walk along growing strengths leaves behind: networks of all sizes."""

import numpy as np

from sgnn._common.versions import Versioned
from sgnn._common.warnings import warn
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.learnt import fitted
from sgnn.networks.network import row_norms
from sgnn.paths.choice import choose
from sgnn.paths.places import first, places_of
from sgnn.paths.point import learnt_at
from sgnn.paths.tables import summary

_ENOUGH = 0.9


def _column(name, text):
    """Return a property: an attribute of all points as one array, None where they have none."""

    def column(path):
        values = [getattr(point, name) for point in path.points]
        return None if values[0] is None else np.array(values)

    return property(column, doc=text)


class SparseMLPPath(Versioned):
    """The networks that :func:`sgnn.sparse_mlp_path` found, from the dense one to the empty one.

    ``path[i]`` is a :class:`~sgnn.paths.point.PathPoint`; :meth:`estimator`, :meth:`at` and
    :meth:`best` return fitted estimators.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        What was walked with, unfitted.
    form : Form
        What was learnt of X and y.
    points : list of PathPoint
        The networks, from dense to sparse.
    empty : PathPoint
        The network that predicts a constant.

    Attributes
    ----------
    points : list of PathPoint
        The first has ``alpha=0`` and nothing removed by a penalty.
    alphas, objectives, train_scores, sparsities, seconds : ndarray of shape (n_points,)
    validation_scores, validation_errors : ndarray of shape (n_points,), or None
        Scores on the validation data, and their standard errors.
    n_features, n_weights, n_multiply_adds : ndarray of int, shape (n_points,)
    n_neurons : ndarray of int, shape (n_points, n_layers + 1)
        Units that are left, inputs first.
    supports : ndarray of bool, shape (n_points, n_features)
        Inputs that are left.
    """

    alphas = _column("alpha", "Strengths of the penalty, 0 first.")
    objectives = _column("objective", "Loss plus penalty and ridge.")
    train_scores = _column("train_score", "Scores on the training data.")
    validation_scores = _column("validation_score", "Scores on the validation data, or None.")
    validation_errors = _column("validation_error", "Standard errors of these scores, or None.")
    seconds = _column("seconds", "What it took to get there from the point before.")
    sparsities = _column("sparsity", "Fractions of the weights that are zero.")
    n_features = _column("n_features", "Numbers of inputs left.")
    n_weights = _column("n_weights", "Numbers of weights that are not zero.")
    n_multiply_adds = _column("n_multiply_adds", "Multiplications of a prediction.")
    n_neurons = _column("n_neurons", "Units left per layer, inputs first; one row per point.")

    def __init__(self, estimator, form, points, empty):
        self._estimator, self._form, self._empty = estimator, form, empty
        self.points = points

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index]

    def __repr__(self):
        first, last = self.points[0], self.points[-1]
        return (
            f"<SparseMLPPath of {len(self)} networks: {first.n_features} to {last.n_features} "
            f"features, alpha up to {last.alpha:.3g}>"
        )

    @property
    def supports(self):
        """Which inputs are left; one row per point."""
        return np.array([point.kept[0] for point in self.points])

    @property
    def n_iter(self):
        """Number of epochs, all points together; without refits and steps taken back."""
        return sum(len(point.history.loss) for point in self.points)

    @property
    def score_name(self):
        """What the scores are, such as "accuracy" or "R²"."""
        return self._form.targets.loss.score_name

    @property
    def feature_names(self):
        """Names of all inputs: those of the columns of X, or x0, x1, ...

        Returns
        -------
        ndarray of str, shape (n_features,)
        """
        names = self._form.feature_names
        if names is None:
            names = [f"x{index}" for index in range(self._form.n_features)]
        return np.asarray(names, dtype=object)

    @property
    def importances(self):
        """The alpha at which each input disappears for good.

        Returns
        -------
        ndarray of shape (n_features,)
            Infinite for inputs that are still there at the end of a path that was stopped.
        """
        gone_at = np.append(self.alphas, np.inf)
        return gone_at[self.supports.sum(axis=0)]

    @property
    def ranking(self):
        """The place of each input, 1 for the one that stays longest.

        Of those that disappear together, that with the larger weights at the last point before
        comes first; inputs of one block have one place.

        Returns
        -------
        ndarray of int, shape (n_features,)
        """
        lifetimes = self.supports.sum(axis=0)
        norms = np.zeros(len(lifetimes))
        for lifetime in np.unique(lifetimes[lifetimes > 0]):
            point = self.points[lifetime - 1]
            last_here = lifetimes[point.features] == lifetime
            norms[point.features[last_here]] = row_norms(point.coefs[0])[last_here]
        blocks = self._form.blocks
        if blocks is not None:
            norms = np.sqrt(np.bincount(blocks, norms**2))[blocks]
        return places_of(blocks, -lifetimes, -norms)

    def top(self, n_features) -> np.ndarray:
        """Return which inputs stay longest.

        Parameters
        ----------
        n_features : int >= 1
            How many; fewer where there are fewer, or a block of inputs would not fit whole.

        Returns
        -------
        ndarray of bool, shape (n_features,)
            A mask.

        Raises
        ------
        ValueError
            If `n_features` is less than 1, or less than the inputs of the best block.
        """
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1; got {n_features!r}.")
        return first(self.ranking, n_features)

    def estimator(self, index: int) -> BaseSparseMLP:
        """Return the fitted estimator of a point.

        Parameters
        ----------
        index : int
            Of ``points``; negative ones count from the end.

        Returns
        -------
        SparseMLPClassifier or SparseMLPRegressor
            Its ``alpha`` is that of the point.
        """
        point = self.points[index]
        attributes = learnt_at(point, self._form, self._estimator)
        return fitted(self._estimator, attributes).set_params(alpha=point.alpha)

    def at(self, *, n_features=None, sparsity=None, alpha=None) -> BaseSparseMLP:
        """Return the estimator that meets one target; of several, the first on the path.

        Parameters
        ----------
        n_features : int, default=None
            At most so many inputs; it warns if the path went past this size to one that is smaller
            by more than a tenth.
        sparsity : float in [0, 1), default=None
            At least this fraction of the weights is zero.
        alpha : float, default=None
            At least this strength.

        Returns
        -------
        SparseMLPClassifier or SparseMLPRegressor
            Fitted; its ``alpha`` is that of the point.

        Raises
        ------
        ValueError
            If no network of the path that is not empty meets the target.
        """
        targets = {"n_features": n_features, "sparsity": sparsity, "alpha": alpha}
        columns = {"n_features": "n_features", "sparsity": "sparsities", "alpha": "alphas"}
        given = {name: target for name, target in targets.items() if target is not None}
        if len(given) != 1:
            raise ValueError(f"at: give one of {', '.join(targets)}; got {given or 'none'}.")
        [(name, target)] = given.items()
        values = getattr(self, columns[name])
        reached = values <= target if name == "n_features" else values >= target
        candidates = np.flatnonzero(reached & (self.n_features > 0))
        if not candidates.size:
            there = self.n_features > 0
            raise ValueError(
                f"at: no network of the path meets {name}={target!r}; {name} goes from "
                f"{values[there].min():.6g} to {values[there].max():.6g}."
            )
        if name == "n_features":
            self._warn_if_jumped_over(candidates[0], n_features)
        return self.estimator(candidates[0])

    def _warn_if_jumped_over(self, index, n_features):
        """Warn if a point has clearly fewer inputs than are wanted, and the one before has more."""
        if index > 0 and self.n_features[index] < _ENOUGH * n_features:
            before, after = self.n_features[index - 1 : index + 1]
            warn(
                f"at: no network of the path has n_features={n_features!r}: from one strength to "
                f"the next it goes from {before} to {after} features. More steps (alphas) or "
                "epochs (max_iter) may stop in between; `top` and SparseMLPSelector take the most "
                "important of those that leave together."
            )

    def best(self, rule: str = "1se", *, tol: float = 0.0) -> BaseSparseMLP:
        """Return the estimator that a rule chooses by the scores on the validation data.

        The empty network, which predicts the best constant, is one to choose from.

        Parameters
        ----------
        rule : {"best", "1se", "dense"}, default="1se"
            "best": the highest score. "1se": the largest alpha whose score is within one standard
            error of the highest. Under both the empty network, unless the highest score is above
            its score by more than chance (one-sided t-test over samples, at a level of 5 %).
            "dense": the largest alpha whose score is at most `tol` below that of the dense network.
        tol : float >= 0, default=0.0
            For "dense".

        Returns
        -------
        SparseMLPClassifier or SparseMLPRegressor
            Fitted; its ``alpha`` is that of the point.

        Raises
        ------
        ValueError
            If there are no validation scores, the rule is unknown, `tol` is negative, or a version
            before 0.1.0.dev4 has stored the path.
        """
        if tol < 0:
            raise ValueError(f"tol must be at least 0; got {tol!r}.")
        if not self._is_validated:
            raise ValueError(
                "best: the path has no validation scores; give sparse_mlp_path X_val and y_val, or "
                "an estimator with early_stopping=True."
            )
        path = self.with_empty()
        scores = path.validation_scores, path.validation_errors
        least_gains = np.array([point.least_gain for point in path])
        return path.estimator(choose(rule, *scores, tol, least_gains))

    def with_empty(self):
        """Return the path with the empty network at its end, which predicts the best constant.

        Returns
        -------
        SparseMLPPath
            This one, if it goes there; else with one more point, of an infinite alpha.

        Raises
        ------
        ValueError
            If a version before 0.1.0.dev4 has stored the path, which knew no empty network.
        """
        if not hasattr(self, "_empty"):
            raise ValueError(
                "The path was stored by a version of sgnn before 0.1.0.dev4, and lacks the empty "
                "network, one to choose from: walk it again. `at` and `estimator` work."
            )
        if self.points[-1].network.is_empty:
            return self
        return SparseMLPPath(self._estimator, self._form, [*self.points, self._empty], self._empty)

    def summary(self, as_frame=False):
        """Return a table with a line for each network.

        Parameters
        ----------
        as_frame : bool, default=False
            Whether to return a frame of pandas in place of text.

        Returns
        -------
        str or pandas.DataFrame
            Text to be printed, or numbers, with the standard errors of the validation scores, too.
        """
        return summary(self.points, as_frame)

    @property
    def _is_validated(self):
        return self.points[0].validation_score is not None
