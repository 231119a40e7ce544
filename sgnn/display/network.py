"""A network, drawn."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sgnn.display._common import BLUE, GREY, RED, axes_for, fitted_model

_INK = "#33383D"
_MOST_NAMES = 40


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkDisplay:
    """A network as columns of dots, with a line for each weight that is not zero.

    Width and opacity of a line are the magnitude of the weight relative to the largest one of its
    layer, the colour is its sign. Units that were removed are small and faint; in layers of more
    than `max_units` they are left out.

    It is made by :meth:`from_estimator`; all parameters are stored as attributes.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
        Weights of the full-size network.
    kept_units : list of ndarray of bool
        The units that are left, per layer, inputs first.
    input_names, output_names : sequence of str, default=None
        Names of all inputs and outputs; those that are left are written, where there is room.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    edges_ : list of matplotlib LineCollection
        One per matrix of weights, weak weights first.
    units_ : list of matplotlib PathCollection
        One per layer, inputs first.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sgnn import SparseMLPClassifier
    >>> from sgnn.display import NetworkDisplay
    >>> clf = SparseMLPClassifier((20,), random_state=0).fit(*load_iris(return_X_y=True))
    >>> display = NetworkDisplay.from_estimator(clf)
    >>> [len(units.get_offsets()) for units in display.units_]
    [4, 20, 3]
    """

    coefs: object
    kept_units: object
    input_names: object = None
    output_names: object = None

    def plot(self, ax=None, *, max_units=64):
        """Draw the network.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.
        max_units : int, default=64
            Units drawn per layer at most.

        Returns
        -------
        display : NetworkDisplay
            This one, drawn.

        Raises
        ------
        ValueError
            If more units than `max_units` are left in a layer.
        """
        names = _layer_names(len(self.kept_units))
        shown = [_shown(*layer, max_units) for layer in zip(names, self.kept_units, strict=True)]
        ax = axes_for(self, ax, figsize=(2 + 2 * len(shown), 5))
        heights = [_heights(len(units)) for units in shown]
        self.edges_ = [
            _draw_edges(ax, layer, coef[np.ix_(*units)], places)
            for layer, (coef, units, places) in enumerate(
                zip(self.coefs, pairwise(shown), pairwise(heights), strict=True)
            )
        ]
        self.units_ = []
        for layer, (units, y) in enumerate(zip(shown, heights, strict=True)):
            kept = self.kept_units[layer]
            sizes, colors = np.where(kept[units], 22, 4), np.where(kept[units], _INK, GREY)
            x = np.full(len(units), layer)
            self.units_.append(ax.scatter(x, y, s=sizes, c=colors, linewidth=0, zorder=3))
            counts = f"{names[layer]}\n{kept.sum():,} of {len(kept):,}"
            ax.text(layer, 1.05, counts, ha="center", va="bottom", size="small")
        self._write_names(ax, 0, self.input_names, shown[0], heights[0], "right")
        self._write_names(ax, len(shown) - 1, self.output_names, shown[-1], heights[-1], "left")
        for color, label in (RED, "positive weight"), (BLUE, "negative weight"):
            ax.plot([], [], color=color, label=label)
        ax.legend(loc="lower center", ncols=2, frameon=False, fontsize="small")
        ax.set(xlim=(-0.3, len(shown) - 0.7), ylim=(-0.1, 1.2))
        ax.set_axis_off()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _write_names(self, ax, layer, names, units, heights, side):
        kept = self.kept_units[layer]
        if names is None or kept.sum() > _MOST_NAMES:
            return
        offset = -6 if side == "right" else 6
        for unit, height in zip(units, heights, strict=True):
            if kept[unit]:
                ax.annotate(
                    names[unit],
                    (layer, height),
                    (offset, 0),
                    textcoords="offset points",
                    ha=side,
                    va="center",
                    size="x-small",
                    parse_math=False,
                )

    @classmethod
    def from_estimator(cls, estimator, *, max_units=64, ax=None):
        """Draw the network of an estimator.

        Inputs are named if X had names, outputs if they are classes.

        Parameters
        ----------
        estimator : SparseMLPClassifier, SparseMLPRegressor or one of their CV classes
            Fitted.
        max_units : int, default=64
            Units drawn per layer at most.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : NetworkDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` is of another kind.
        ValueError
            If more units than `max_units` are left in a layer.
        """
        model = fitted_model(estimator, cls)
        network, classes = model.network_, getattr(model, "classes_", None)
        kept = network.kept
        display = cls(
            coefs=network.expand().coefs,
            kept_units=kept,
            input_names=getattr(model, "feature_names_in_", None),
            output_names=classes if classes is not None and len(classes) == len(kept[-1]) else None,
        )
        return display.plot(ax, max_units=max_units)


def _layer_names(n_layers):
    return ["inputs", *(f"hidden layer {index}" for index in range(1, n_layers - 1)), "outputs"]


def _shown(name, kept, max_units):
    """Return the units of a layer that are drawn: all, or those that are left."""
    if len(kept) <= max_units:
        return np.arange(len(kept))
    units = np.flatnonzero(kept)
    if len(units) > max_units:
        raise ValueError(
            f"{name}: {len(units)} units are left, more than max_units={max_units}; raise "
            "max_units, or draw a sparser network."
        )
    return units


def _heights(n_units):
    return 1 - (np.arange(n_units) + 0.5) / max(n_units, 1)


def _draw_edges(ax, layer, coef, places):
    """Draw a line per weight between one layer and the next, strong ones on top."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    rows, columns = np.nonzero(coef)
    weights = coef[rows, columns]
    order = np.argsort(np.abs(weights), kind="stable")
    rows, columns, weights = rows[order], columns[order], weights[order]
    strengths = np.abs(weights) / np.abs(coef).max(initial=0)
    lines = np.empty((len(weights), 2, 2))
    lines[:, :, 0] = layer, layer + 1
    lines[:, 0, 1], lines[:, 1, 1] = places[0][rows], places[1][columns]
    colors = np.where(weights[:, None] > 0, to_rgba(RED), to_rgba(BLUE))
    colors[:, 3] = 0.15 + 0.75 * strengths
    edges = LineCollection(lines, colors=colors, linewidths=0.4 + 1.6 * strengths)
    return ax.add_collection(edges, autolim=False)
