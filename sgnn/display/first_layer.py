"""The first layer of a network whose inputs are pixels."""

import math
from dataclasses import dataclass

import numpy as np

from sgnn.display._common import axes_for, fitted_model

_GAP = 0.08
_REMOVED = "0.88"


@dataclass(kw_only=True, eq=False, repr=False)
class FirstLayerDisplay:
    """Images of the weights of units in the first layer, or of the importances of the inputs.

    Pixels that were removed are grey.

    It is made by :meth:`from_estimator`; all parameters are stored as attributes.

    Parameters
    ----------
    images : masked array of shape (n_images, height, width)
        Masked where a pixel was removed.
    what : {"weights", "importance"}, default="weights"
        "weights" have a sign: their colours are symmetric around 0.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Holds all images.
    figure_ : matplotlib Figure
    images_ : list of matplotlib AxesImage
    colorbar_ : matplotlib Colorbar
        Of all images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sgnn import SparseMLPClassifier
    >>> from sgnn.display import FirstLayerDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = SparseMLPClassifier((20,), max_iter=40, random_state=0).fit(X / 16, y)
    >>> display = FirstLayerDisplay.from_estimator(clf, (8, 8))
    >>> len(display.images_)
    15
    """

    images: object
    what: object = "weights"

    def plot(self, ax=None):
        """Draw the images, side by side and in rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : FirstLayerDisplay
            This one, drawn.
        """
        ax = axes_for(self, ax)
        import matplotlib.pyplot as plt

        n_images, height, width = self.images.shape
        n_columns = math.ceil(math.sqrt(n_images))
        n_rows = math.ceil(n_images / n_columns)
        signed = self.what == "weights"
        colors = plt.get_cmap("RdBu_r" if signed else "viridis").with_extremes(bad=_REMOVED)
        largest = np.abs(self.images).filled(0).max() or 1
        limits = {"vmin": -largest if signed else 0, "vmax": largest}
        across, down = width * (1 + _GAP), height * (1 + _GAP)
        self.images_ = []
        for index, image in enumerate(self.images):
            row, column = divmod(index, n_columns)
            left, top = column * across, row * down
            extent = (left, left + width, top + height, top)
            self.images_.append(ax.imshow(image, cmap=colors, extent=extent, **limits))
        ax.set(xlim=(0, n_columns * across - width * _GAP), aspect="equal")
        ax.set(ylim=(n_rows * down - height * _GAP, 0))
        ax.set_axis_off()
        label = "weight" if signed else "norm of the weights"
        self.colorbar_ = ax.figure.colorbar(self.images_[0], ax=ax, label=label)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, image_shape, *, what="weights", max_units=16, ax=None):
        """Draw the first layer of the network of an estimator.

        Parameters
        ----------
        estimator : SparseMLPClassifier, SparseMLPRegressor or one of their CV classes
            Fitted.
        image_shape : tuple of int
            Height and width of an image whose pixels, row by row, are the inputs.
        what : {"weights", "importance"}, default="weights"
            "weights" is an image for each unit of the first layer, "importance" one image of
            ``feature_importances_``.
        max_units : int, default=16
            How many units are drawn, those with the largest product of the norms of the weights
            that lead to them and that leave them.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : FirstLayerDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` is of another kind.
        ValueError
            If `image_shape` does not fit the inputs, `what` is unknown, or no unit is left.
        """
        model = fitted_model(estimator, cls)
        n_features, support = model.n_features_in_, model.support_
        if len(image_shape) != 2 or math.prod(image_shape) != n_features:
            raise ValueError(
                f"image_shape={image_shape!r} must be a height and a width whose product is the "
                f"number of inputs, {n_features}."
            )
        if what == "importance":
            values = model.feature_importances_[support, None]
        elif what == "weights":
            values = _strongest_units(model.coefs_, max_units)
        else:
            raise ValueError(f'what must be "weights" or "importance"; got {what!r}.')
        if not values.shape[1]:
            raise ValueError("No unit is left of the first layer: there is nothing to draw.")
        images = np.ma.array(np.zeros((values.shape[1], n_features)), mask=True)
        images[:, support] = values.T
        return cls(images=images.reshape(-1, *image_shape), what=what).plot(ax)


def _strongest_units(coefs, max_units):
    """Return the weights that lead to some units of the first layer, shape (n_in, n_units)."""
    strengths = np.linalg.norm(coefs[0], axis=0)
    if len(coefs) > 1:
        strengths = strengths * np.linalg.norm(coefs[1], axis=1)
    return coefs[0][:, np.argsort(-strengths, kind="stable")[:max_units]]
