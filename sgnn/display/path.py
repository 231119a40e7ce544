"""Scores along a path."""

import math
from dataclasses import dataclass

import numpy as np

from sgnn.display._common import BLUE, GREY, RED, axes_for, fitted_part, path_of
from sgnn.paths.choice import standard_error

_COLUMNS = {
    "n_features": "n_features",
    "alpha": "alphas",
    "n_weights": "n_weights",
    "n_multiply_adds": "n_multiply_adds",
    "sparsity": "sparsities",
}
_LABELS = {
    "n_features": "number of features",
    "alpha": "alpha",
    "n_weights": "number of weights",
    "n_multiply_adds": "multiply-adds of a prediction",
    "sparsity": "sparsity",
}
_WIDE_RANGE, _MOST_TICKS = 50, 8


@dataclass(kw_only=True, eq=False, repr=False)
class PathDisplay:
    """Scores of the networks of a path against their size.

    Each network is a dot. Of those of one size, the line goes through the first on the path, which
    is the one that :meth:`sgnn.SparseMLPPath.at` returns. The empty network is left out.

    It is made by :meth:`from_path` or :meth:`from_estimator`; all parameters are stored as
    attributes.

    Parameters
    ----------
    sizes : ndarray of shape (n_points,)
        What is on the x axis.
    x : {"n_features", "alpha", "n_weights", "n_multiply_adds", "sparsity"}, default="n_features"
        What `sizes` are.
    train_scores : ndarray of shape (n_points,), default=None
        Scores on the training data.
    validation_scores : ndarray of shape (n_points,), default=None
        Scores on the validation data.
    validation_errors : ndarray of shape (n_points,), default=None
        Standard errors of `validation_scores`.
    best_index : int, default=None
        The network that was chosen.
    score_name : str, default="score"
        What the axis of the scores is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        Of the training scores and the validation scores, those that there are.
    band_ : matplotlib PolyCollection or None
        One standard error around the validation scores.
    best_line_ : matplotlib Line2D or None
        At the network that was chosen.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sgnn import SparseMLPClassifier, sparse_mlp_path
    >>> from sgnn.display import PathDisplay
    >>> clf = SparseMLPClassifier((10,), max_iter=40, early_stopping=True, random_state=0)
    >>> path = sparse_mlp_path(clf, *load_iris(return_X_y=True), alphas=5)
    >>> display = PathDisplay.from_path(path, x="n_weights")
    >>> display.ax_.get_ylabel()
    'accuracy'
    """

    sizes: object
    x: object = "n_features"
    train_scores: object = None
    validation_scores: object = None
    validation_errors: object = None
    best_index: object = None
    score_name: object = "score"

    def plot(self, ax=None):
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : PathDisplay
            This one, drawn.
        """
        ax = axes_for(self, ax)
        self._scale(ax)
        self.lines_, self.band_, self.best_line_ = [], None, None
        _, first = np.unique(self.sizes, return_index=True)
        if self.train_scores is not None:
            self._draw(ax, self.train_scores, first, GREY, "training")
        if self.validation_scores is not None:
            label = "validation"
            if self.validation_errors is not None:
                label += " ± standard error"
                scores, errors = self.validation_scores[first], self.validation_errors[first]
                self.band_ = ax.fill_between(
                    self.sizes[first],
                    scores - errors,
                    scores + errors,
                    color=BLUE,
                    alpha=0.2,
                    linewidth=0,
                )
            self._draw(ax, self.validation_scores, first, BLUE, label)
        if self.best_index is not None:
            best = self.sizes[self.best_index]
            value = f"{best:.3g}" if isinstance(best, float) else f"{best:,}"
            self.best_line_ = ax.axvline(
                best, color=RED, linestyle="--", linewidth=1, label=f"chosen: {value}"
            )
        ax.set_xlabel(_LABELS[self.x])
        ax.set_ylabel(self.score_name, parse_math=False)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw(self, ax, scores, first, color, label):
        """Draw all scores as dots, and a line through some of them."""
        ax.scatter(self.sizes, scores, s=12, color=color, alpha=0.5, linewidth=0)
        self.lines_ += ax.plot(self.sizes[first], scores[first], color=color, label=label)

    def _scale(self, ax):
        """Use a logarithmic axis, with a place for 0, where sizes are of many magnitudes."""
        positive = self.sizes[self.sizes > 0]
        if self.x == "sparsity" or not positive.size:
            return
        if np.ptp(np.log(positive)) > math.log(_WIDE_RANGE):
            ax.set_xscale("symlog", linthresh=positive.min())
            ax.set_xmargin(0.01)
            first, last = np.log10([positive.min(), positive.max()])
            decades = 10.0 ** np.arange(math.ceil(first), math.floor(last) + 1)
            at_zero = np.zeros(int((self.sizes == 0).any()))
            ax.set_xticks([*at_zero, *decades[:: -(-len(decades) // _MOST_TICKS)]])

    @classmethod
    def from_path(cls, path, *, x="n_features", ax=None):
        """Draw the training and validation scores of a path.

        Parameters
        ----------
        path : SparseMLPPath or fitted estimator
            A path, or a CV class, a selector, a pipeline or a search that has one as ``path_``.
        x : {"n_features", "alpha", "n_weights", "n_multiply_adds", "sparsity"}, \
default="n_features"
            What the scores are drawn against.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : PathDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `path` is none and has none.
        ValueError
            If `x` is unknown.
        """
        path = path_of(path, cls)
        there = path.n_features > 0
        is_validated = path.validation_scores is not None
        display = cls(
            sizes=_sizes(path, x)[there],
            x=x,
            train_scores=path.train_scores[there],
            validation_scores=path.validation_scores[there] if is_validated else None,
            validation_errors=path.validation_errors[there] if is_validated else None,
            score_name=path.score_name,
        )
        return display.plot(ax)

    @classmethod
    def from_estimator(cls, estimator, *, x="n_features", ax=None):
        """Draw the scores that a cross-validated path has chosen by.

        Training scores are drawn too, unless the estimator has a `scoring` of its own. Sizes are
        those of the path on all data.

        Parameters
        ----------
        estimator : SparseMLPClassifierCV or SparseMLPRegressorCV
            Fitted, alone or in a pipeline.
        x : {"n_features", "alpha", "n_weights", "n_multiply_adds", "sparsity"}, \
default="n_features"
            What the scores are drawn against.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : PathDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` is not a cross-validated path.
        ValueError
            If `x` is unknown.
        """
        found = fitted_part(estimator, "scores_path_")
        if not hasattr(found, "scores_path_"):
            raise TypeError(
                f"{cls.__name__}.from_estimator needs a SparseMLPClassifierCV or a "
                f"SparseMLPRegressorCV; got {type(estimator).__name__}. from_path takes all that "
                "has a path_."
            )
        estimator = found
        path, scoring = estimator.path_, estimator.scoring
        there = path.n_features > 0
        scores = estimator.scores_path_[:, : len(path)][:, there]
        best = estimator.best_index_
        display = cls(
            sizes=_sizes(path, x)[there],
            x=x,
            train_scores=path.train_scores[there] if scoring is None else None,
            validation_scores=scores.mean(axis=0),
            validation_errors=standard_error(scores),
            best_index=best if best < len(there) and there[best] else None,
            score_name=_name_of_score(path, scoring),
        )
        return display.plot(ax)


def _sizes(path, x):
    if x not in _COLUMNS:
        raise ValueError(f"x must be one of {', '.join(_COLUMNS)}; got {x!r}.")
    return getattr(path, _COLUMNS[x])


def _name_of_score(path, scoring):
    if scoring is None:
        return path.score_name
    return scoring.replace("_", " ") if isinstance(scoring, str) else "score"
