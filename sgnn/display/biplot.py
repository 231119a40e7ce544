"""Samples, features and targets in the plane of two directions."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sgnn.display._common import BLUE, FAINT, GREY, RED, axes_for
from sgnn.reduced_rank.base import BaseReducedRank

_SIDE, _EDGE = 1.15, 2.1
_TOP = 1.1


@dataclass(kw_only=True, eq=False, repr=False)
class BiplotDisplay:
    """Scores of samples, with arrows for the features in use and for the targets.

    An arrow ends at the correlations of its variable with the two scores: one that reaches the
    circle is told by them completely. Scores are divided by the largest of them. Arrows of features
    and targets that point the same way belong together.

    It is made by :meth:`from_estimator`; all parameters are stored as attributes.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, 2)
        Of the samples, on two components.
    of_features : ndarray of shape (n_features, 2)
        Correlations of the features with the scores.
    of_targets : ndarray of shape (n_targets, 2)
        Correlations of the targets with the scores.
    feature_names : array-like of str, shape (n_features,)
        Names of all features.
    target_names : array-like of str, shape (n_targets,)
        Names of all targets.
    components : tuple of int, default=(0, 1)
        Which directions these are, for the labels of the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    points_ : matplotlib PathCollection
        The scores.
    feature_arrows_, target_arrows_ : matplotlib Quiver

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseReducedRankRegressor
    >>> from sgnn.display import BiplotDisplay
    >>> X, Y = map(scale, load_linnerud(return_X_y=True))
    >>> reg = SparseReducedRankRegressor(2, alpha=0.05).fit(X, Y)
    >>> BiplotDisplay.from_estimator(reg, X, Y).of_targets.shape
    (3, 2)
    """

    scores: object
    of_features: object
    of_targets: object
    feature_names: object
    target_names: object
    components: tuple = (0, 1)

    def plot(self, ax=None, *, max_features=20):
        """Draw scores and arrows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.
        max_features : int, default=20
            How many features, and how many targets, are drawn: those with the longest arrows.

        Returns
        -------
        display : BiplotDisplay
            This one, drawn.
        """
        ax = axes_for(self, ax, figsize=(8.0, 4.8))
        scores = np.asarray(self.scores)
        largest = max(abs(scores).max(initial=0), np.finfo(float).tiny)
        self.points_ = ax.scatter(*(scores / largest).T, s=10, color=FAINT, zorder=0)
        angles = np.linspace(0, 2 * np.pi, 200)
        ax.plot(np.cos(angles), np.sin(angles), color=FAINT, linewidth=1, zorder=0)
        kinds = [
            (np.asarray(self.of_features), self.feature_names, BLUE, "features"),
            (np.asarray(self.of_targets), self.target_names, RED, "targets"),
        ]
        self.feature_arrows_, self.target_arrows_ = (
            _arrows(ax, tips[_longest(tips, max_features)], color, label)
            for tips, _, color, label in kinds
        )
        labels = [
            (*tips[index], names[index], color)
            for tips, names, color, _ in kinds
            for index in _longest(tips, max_features)
        ]
        for side in -1, 1:
            _write(ax, [label for label in labels if (label[0] >= 0) == (side > 0)], side)
        first, second = (component + 1 for component in self.components)
        ax.set(xlabel=f"component {first}", ylabel=f"component {second}")
        ax.set(xlim=(-_EDGE, _EDGE), ylim=(-_TOP - 0.1, _TOP + 0.1), aspect="equal")
        ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=2, frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, X, y, *, components=(0, 1), max_features=20, ax=None):
        """Draw data in the directions of an estimator.

        Parameters
        ----------
        estimator : SparseReducedRankRegressor or SparseReducedRankRegressorCV
            Fitted, of two components at least.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        y : {array-like, DataFrame} of shape (n_samples,) or (n_samples, n_targets)
            Names of columns, or of a Series, are those of the targets.
        components : tuple of two int, default=(0, 1)
            Which directions.
        max_features : int, default=20
            How many features, and how many targets, are drawn: those with the longest arrows.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : BiplotDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` is of another kind.
        ValueError
            If it does not have the components, or `y` not as many rows as `X`.
        """
        check_is_fitted(estimator)
        if not isinstance(estimator, BaseReducedRank):
            raise TypeError(
                f"{cls.__name__}.from_estimator needs a SparseReducedRankRegressor or "
                f"SparseReducedRankRegressorCV; got {type(estimator).__name__}."
            )
        there = estimator.n_components_
        pair = tuple(components) if np.iterable(components) else (components,)
        if len(pair) != 2 or not all(isinstance(c, Integral) and 0 <= c < there for c in pair):
            raise ValueError(
                f"components must be two of the {there} of the estimator, from 0; "
                f"got {components!r}."
            )
        check_consistent_length(X, y)
        scores = np.asarray(estimator.transform(X))[:, pair]
        selected, Y = estimator.selected_features_, np.asarray(y)
        names = getattr(estimator, "feature_names_in_", None)
        targets = getattr(y, "columns", None)
        if targets is None and getattr(y, "name", None) is not None:
            targets = [y.name]
        Y = Y.reshape(len(Y), -1)
        display = cls(
            scores=scores,
            of_features=_correlations(estimator.columns_in_use(X), scores),
            of_targets=_correlations(Y, scores),
            feature_names=[f"x{index}" if names is None else names[index] for index in selected],
            target_names=[f"y{index}" for index in range(Y.shape[1])]
            if targets is None
            else list(map(str, targets)),
            components=pair,
        )
        return display.plot(ax, max_features=max_features)


def _correlations(columns, scores):
    """Return the correlations of columns with scores; 0 for constant ones."""
    columns, scores = (part - part.mean(axis=0) for part in (columns, scores))
    products = columns.T @ scores
    norms = np.outer(np.linalg.norm(columns, axis=0), np.linalg.norm(scores, axis=0))
    return np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)


def _longest(tips, n_most):
    """Return the indices of the longest arrows."""
    return np.argsort(-np.linalg.norm(tips, axis=1), kind="stable")[:n_most]


def _arrows(ax, tips, color, label):
    start = np.zeros(len(tips))
    shape = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.004}
    return ax.quiver(start, start, *tips.T, color=color, label=label, **shape)


def _write(ax, labels, side):
    """Write names beside the circle, none over another, each with a line to its arrow."""
    if not labels:
        return
    labels = sorted(labels, key=lambda label: label[1])
    heights = _apart([label[1] for label in labels], min(0.16, 2 * _TOP / len(labels)))
    for height, (x, y, name, color) in zip(heights, labels, strict=True):
        ax.plot([x, side * _SIDE], [y, height], color=GREY, linewidth=0.4, zorder=0)
        ha = "left" if side > 0 else "right"
        place = side * (_SIDE + 0.03)
        ax.text(
            place, height, str(name), color=color, ha=ha, va="center", fontsize=8, parse_math=False
        )


def _apart(heights, gap):
    """Return heights, in order, that are a gap apart and within the circle's."""
    heights = np.array(heights, dtype=float)
    steps = gap * np.arange(len(heights))
    lowest = np.maximum.accumulate(heights - steps) + steps
    highest = np.minimum.accumulate((heights - steps)[::-1])[::-1] + steps
    middle = (lowest + highest) / 2
    top = _TOP - gap * np.arange(len(heights))[::-1]
    return np.clip(middle, -_TOP + steps, top)
