"""The features of a path, and where they leave it."""

from dataclasses import dataclass

import numpy as np

from sgnn.display._common import axes_for, path_of

_LEAST_END, _SHARE_OF_END = 1.2, 0.05


@dataclass(kw_only=True, eq=False, repr=False)
class FeaturePathDisplay:
    """How long each feature stays on a path, and how strongly it is used.

    Each row is a feature, the one that stays longest at the top. It ends at the ``alpha`` at which
    the feature disappears; the colour is the norm of the weights that leave it. What is left of the
    first strength is the network without penalty.

    It is made by :meth:`from_path`; all parameters are stored as attributes.

    Parameters
    ----------
    alphas : ndarray of shape (n_points,)
        Strengths in growing order, 0 first.
    norms : ndarray of shape (n_points, n_features)
        Norms of the first-layer weights of each feature; nan where it is gone.
    ranking : ndarray of int, shape (n_features,)
        Place of each feature, 1 for the one that stays longest.
    feature_names : array-like of str, shape (n_features,)
        Names of all features.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib QuadMesh
        Its array has shape (n_shown, n_points), masked where a feature is gone.
    colorbar_ : matplotlib Colorbar

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sgnn import SparseMLPClassifier, sparse_mlp_path
    >>> from sgnn.display import FeaturePathDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> clf = SparseMLPClassifier((10,), max_iter=40, random_state=0)
    >>> path = sparse_mlp_path(clf, X, y, alphas=5)
    >>> display = FeaturePathDisplay.from_path(path, max_features=3)
    >>> len(display.ax_.get_yticklabels())
    3
    """

    alphas: object
    norms: object
    ranking: object
    feature_names: object

    def plot(self, ax=None, *, max_features=20):
        """Draw the features.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a new figure.
        max_features : int, default=20
            How many are drawn, those that stay longest.

        Returns
        -------
        display : FeaturePathDisplay
            This one, drawn.

        Raises
        ------
        ValueError
            If there is the dense network only.
        """
        if len(self.alphas) < 2:
            raise ValueError("FeaturePathDisplay needs a path of at least two networks.")
        shown = np.argsort(self.ranking, kind="stable")[:max_features]
        ax = axes_for(self, ax, figsize=(6.4, 1.4 + 0.22 * len(shown)))
        norms = np.ma.masked_invalid(self.norms[:, shown].T)
        first, last = self.alphas[1], self.alphas[-1]
        end = max(_LEAST_END, (last / first) ** _SHARE_OF_END)
        strengths = np.array([first / end, *self.alphas[1:], last * end])
        rows = np.arange(len(shown) + 1) - 0.5
        self.image_ = ax.pcolormesh(strengths, rows, norms, cmap="viridis_r", vmin=0)
        ax.hlines(rows[1:-1], strengths[0], strengths[-1], color="white", linewidth=2)
        ax.set(xscale="log", xlim=(strengths[0], strengths[-1]), xlabel="alpha")
        names = [self.feature_names[index] for index in shown]
        ax.set_yticks(range(len(shown)), names, parse_math=False)
        ax.tick_params(axis="y", length=0)
        ax.invert_yaxis()
        ax.spines[["top", "right", "left"]].set_visible(False)
        self.colorbar_ = ax.figure.colorbar(self.image_, ax=ax, label="norm of the weights")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_path(cls, path, *, max_features=20, ax=None):
        """Draw the features of a path.

        Parameters
        ----------
        path : SparseMLPPath or fitted estimator
            A path, or a CV class, a selector, a pipeline or a search that has one as ``path_``.
        max_features : int, default=20
            How many are drawn, those that stay longest.
        ax : matplotlib Axes, default=None
            None makes a new figure.

        Returns
        -------
        display : FeaturePathDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `path` is none and has none.
        """
        path = path_of(path, cls)
        norms = np.full(path.supports.shape, np.nan)
        for row, point in zip(norms, path, strict=True):
            row[point.features] = np.linalg.norm(point.coefs[0], axis=1)
        display = cls(
            alphas=path.alphas,
            norms=norms,
            ranking=path.ranking,
            feature_names=path.feature_names,
        )
        return display.plot(ax, max_features=max_features)
