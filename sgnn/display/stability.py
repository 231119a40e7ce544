"""How often features are selected."""

import numpy as np

from sgnn.display._common import BLUE, FAINT, RED, axes_for, fitted_part


class StabilityDisplay:
    """Selection probabilities of features, sorted, with the threshold for being selected.

    It is made by :meth:`from_estimator`; all parameters are stored as attributes.

    Parameters
    ----------
    selection_probabilities : ndarray of shape (n_features,)
        Shares of the halves that select a feature.
    threshold : float
        Probability from which on a feature is selected.
    feature_names : array-like of str, shape (n_features,), default=None
        None is x0, x1, ...

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer
        The most probable feature first.
    line_ : matplotlib Line2D
        At the threshold.

    Examples
    --------
    >>> import numpy as np
    >>> from sgnn.display import StabilityDisplay
    >>> display = StabilityDisplay(
    ...     selection_probabilities=np.array([0.1, 0.95, 0.7]), threshold=0.6
    ... ).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['x1', 'x2', 'x0']
    """

    def __init__(self, *, selection_probabilities, threshold, feature_names=None):
        self.selection_probabilities = np.asarray(selection_probabilities)
        self.threshold = threshold
        self.feature_names = feature_names

    def plot(self, ax=None, *, max_features=20):
        """Draw a bar per feature.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.
        max_features : int, default=20
            How many are drawn, the most probable ones.

        Returns
        -------
        display : StabilityDisplay
            This one, drawn.
        """
        shown = np.argsort(-self.selection_probabilities, kind="stable")[:max_features]
        names = self.feature_names
        labels = [f"x{index}" if names is None else names[index] for index in shown]
        probabilities, places = self.selection_probabilities[shown], range(len(shown))
        colors = np.where(probabilities >= self.threshold, BLUE, FAINT)
        ax = axes_for(self, ax, figsize=(6.4, 1.4 + 0.22 * len(shown)))
        self.bars_ = ax.barh(places, probabilities, color=colors)
        self.line_ = ax.axvline(self.threshold, color=RED, linestyle="--")
        ax.annotate(
            f"threshold {self.threshold:g}",
            (self.threshold, 1),
            (0, 3),
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            color=RED,
        )
        ax.set_yticks(places, labels, parse_math=False)
        ax.tick_params(axis="y", length=0)
        ax.set(xlim=(0, 1), xlabel="selection probability", ylim=(len(shown) - 0.4, -0.6))
        ax.spines[["top", "right"]].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, *, max_features=20, ax=None):
        """Draw the selection probabilities of a selector.

        Parameters
        ----------
        estimator : object
            Fitted, or a pipeline with a step, with `selection_probabilities_` and `threshold`.
        max_features : int, default=20
            How many are drawn, the most probable ones.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : StabilityDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` has no selection probabilities.
        """
        found = fitted_part(estimator, "selection_probabilities_")
        if not hasattr(found, "selection_probabilities_"):
            raise TypeError(
                f"{cls.__name__}.from_estimator needs a selector with selection_probabilities_; "
                f"got {type(estimator).__name__}."
            )
        display = cls(
            selection_probabilities=found.selection_probabilities_,
            threshold=found.threshold,
            feature_names=getattr(found, "feature_names_in_", None),
        )
        return display.plot(ax, max_features=max_features)
