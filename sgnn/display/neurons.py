"""Neurons that are left, over the epochs of a fit."""

from dataclasses import dataclass
from itertools import cycle

import numpy as np

from sgnn.display._common import BLUE, GREEN, ORANGE, PINK, RED, SKY, axes_for, fitted_model


@dataclass(kw_only=True, eq=False, repr=False)
class NeuronsDisplay:
    """Units left in each layer but the last, over the epochs of a fit.

    It is made by :meth:`from_estimator`; all parameters are stored as attributes.

    Parameters
    ----------
    n_neurons : array-like of int, shape (n_epochs, n_layers + 1)
        Units on a path from an input to an output at the end of each epoch, inputs first and
        outputs last.
    layer_sizes : sequence of int, length n_layers + 1
        Units at the start.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One per layer, inputs first.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sgnn import SparseMLPClassifier
    >>> from sgnn.display import NeuronsDisplay
    >>> clf = SparseMLPClassifier((20,), random_state=0).fit(*load_iris(return_X_y=True))
    >>> len(NeuronsDisplay.from_estimator(clf).lines_)
    2
    """

    n_neurons: object
    layer_sizes: object

    def plot(self, ax=None):
        """Draw a line per layer.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : NeuronsDisplay
            This one, drawn.
        """
        ax = axes_for(self, ax)
        columns = np.transpose(self.n_neurons)[:-1]
        epochs = np.arange(1, len(self.n_neurons) + 1)
        names = ["inputs", *(f"hidden layer {layer}" for layer in range(1, len(columns)))]
        colors = cycle([BLUE, ORANGE, GREEN, PINK, SKY, RED])
        self.lines_ = []
        for name, size, column, color in zip(
            names, self.layer_sizes, columns, colors, strict=False
        ):
            label = f"{name}: {column[-1]:,} of {size:,}"
            self.lines_ += ax.plot(epochs, column, color=color, label=label)
        ax.set(xlabel="epoch", ylabel="units left")
        ax.set_ylim(bottom=0)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw how the network of an estimator shrank while it was trained.

        Parameters
        ----------
        estimator : SparseMLPClassifier or SparseMLPRegressor
            Fitted.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : NeuronsDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` is of another kind.
        """
        model = fitted_model(estimator, cls)
        sizes = model.network_.sizes
        return cls(n_neurons=model.n_neurons_curve_, layer_sizes=sizes).plot(ax)
