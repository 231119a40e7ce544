"""What is read of the network of a fitted estimator."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sgnn.networks.network import part_of
from sgnn.networks.picture import Pictured

if TYPE_CHECKING:
    import pandas as pd

_of_network = partial(part_of, "network_")


class ReadsNetwork(Pictured):
    """The fitted attributes and methods that read ``network_``."""

    coefs_ = _of_network("coefs")
    intercepts_ = _of_network("intercepts")
    kept_units_ = _of_network("kept")
    n_layers_ = _of_network("n_layers")
    n_neurons_ = _of_network("n_neurons")
    n_outputs_ = _of_network("n_outputs")
    sparsity_ = _of_network("sparsity")
    support_ = _of_network("support")
    selected_features_ = _of_network("features")
    feature_importances_ = _of_network("importances")

    def expand(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the network at its full size.

        Returns
        -------
        coefs : list of ndarray of shape (n_in, n_out)
            Weight matrices, with zeros for everything that was removed.
        intercepts : list of ndarray of shape (n_out,)
            Biases; removed units have zero.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sgnn import SparseMLPClassifier
        >>> clf = SparseMLPClassifier((20,), random_state=0).fit(*load_iris(return_X_y=True))
        >>> [coef.shape for coef in clf.expand()[0]]
        [(4, 20), (20, 3)]
        """
        check_is_fitted(self)
        network = self.network_.expand()
        return network.coefs, network.intercepts

    @overload
    def summary(self, as_frame: Literal[False] = False) -> str: ...

    @overload
    def summary(self, as_frame: Literal[True]) -> pd.DataFrame: ...

    def summary(self, as_frame=False):
        """Return a table of the units, weights and multiply-adds that are left.

        Parameters
        ----------
        as_frame : bool, default=False
            Whether to return a frame of pandas in place of text: a row for each layer, and in
            columns that begin with ``all_`` what there was; the weights of a layer enter it.

        Returns
        -------
        str or pandas.DataFrame
            Text to be printed, or numbers.
        """
        check_is_fitted(self)
        return self.network_.summary(as_frame)

    def to_torch(self, dtype=None, inputs="kept"):
        """Return the compact network as a plain torch module.

        It returns raw outputs: logits of a classifier, and predictions of a regressor or, for
        losses with a logarithmic link, their logarithms; see ``out_activation_``.

        Parameters
        ----------
        dtype : torch.dtype, type of numpy, str or None, default=None
            Data type of the weights, and so of the inputs that it takes, such as
            ``torch.float32``, torch's default. None is that of training: float64 unless X or
            `dtype` of the estimator was float32.
        inputs : {"kept", "all"}, default="kept"
            Whether it takes the selected features, ``X[:, support_]``, or all columns of X.

        Returns
        -------
        torch.nn.Sequential
            Holds copies of the weights.

        Raises
        ------
        ValueError
            If `dtype` is not floating, or `inputs` unknown.

        Examples
        --------
        >>> import torch
        >>> from sklearn.datasets import load_iris
        >>> from sgnn import SparseMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = SparseMLPClassifier((20,), random_state=0).fit(X, y)
        >>> module = clf.to_torch(torch.float32, inputs="all")
        >>> module(torch.tensor(X[:2], dtype=torch.float32)).shape
        torch.Size([2, 3])
        """
        check_is_fitted(self)
        return self.network_.to_torch(dtype, inputs)
