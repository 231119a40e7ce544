"""Columns for samples that are linked: what their neighbours have."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array

from sgnn._common.columns import naming_columns
from sgnn.linked.links import adjacency_of


def neighbor_features(X, links, n_hops: int = 1, *, smooth: bool = False):
    r"""Add to each feature the mean of it over linked samples.

    .. math:: Z = [X,\ P_1 X,\ \dots,\ P_H X]

    where the rows of :math:`P_h` average over the samples at h links, not fewer, those at one link
    by the weights of the links. A network whose ``feature_groups`` are those that are returned
    keeps or drops a feature with the means of it: sparsity of groups, the features, and of the
    graph, the hops, jointly. Nothing here reads targets, so all samples, those of test folds too,
    are given at once, and cross-validation of what follows is as always.

    This formulation is our own. With `smooth` it is that of simplified graph convolutions, which
    suits graphs whose links join samples of one class.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Features of all samples.
    links : {sparse matrix, array, networkx graph} of shape (n_samples, n_samples) or (2, n_links)
        Who is linked with whom, in one direction or both, the larger weight counting; weights of
        at least 0. Two rows of int are pairs of samples, with weight 1 each; the nodes of a graph
        are 0 to n_samples - 1. Links of samples to themselves are ignored.
    n_hops : int >= 1, default=1
        How many links to go along, :math:`H`.
    smooth : bool, default=False
        Whether to return :math:`S^H X` instead, with
        :math:`S = D^{-1/2}(A + I)D^{-1/2}` and the degrees D of :math:`A + I`.

    Returns
    -------
    Z : ndarray or CSR of shape (n_samples, (n_hops + 1) * n_features), or that of X
        CSR if X is sparse. The means of a sample without neighbours are 0.
    feature_groups : list of lists of int, or None
        The columns that belong to each feature; None if `smooth`.

    Raises
    ------
    ValueError, TypeError
        If a parameter or the data are invalid.

    References
    ----------
    The task: Gao & Zhou (2016), "Group and graph joint sparsity for linked data classification",
    AAAI. `smooth`: Wu et al. (2019), "Simplifying graph convolutional networks", arXiv:1902.07153.
    Hops apart: Abu-El-Haija et al. (2019), "MixHop", arXiv:1905.00067.

    Examples
    --------
    >>> from sgnn.linked import neighbor_features
    >>> Z, feature_groups = neighbor_features([[1.0], [2.0], [4.0]], [[0, 1], [1, 2]])
    >>> Z
    array([[1. , 2. ],
           [2. , 2.5],
           [4. , 2. ]])
    >>> feature_groups
    [[0, 1]]
    """
    if isinstance(n_hops, bool) or not isinstance(n_hops, (int, np.integer)):
        raise TypeError(f"n_hops must be an integer of at least 1; got {n_hops!r}.")
    if n_hops < 1:
        raise ValueError(f"n_hops must be an integer of at least 1; got {n_hops!r}.")
    if not isinstance(smooth, (bool, np.bool_)):
        raise TypeError(f"smooth must be True or False; got {smooth!r}.")
    with naming_columns(X):
        X = check_array(X, accept_sparse="csr", dtype=(np.float64, np.float32), input_name="X")
    adjacency = adjacency_of(links, X.shape[0])
    if smooth:
        return _smoothed(X, adjacency, n_hops), None
    parts = [X, *(mean @ X for mean in _means(adjacency, n_hops))]
    n_features = X.shape[1]
    groups = [list(range(j, n_features * len(parts), n_features)) for j in range(n_features)]
    if sparse.issparse(X):
        return sparse.hstack(parts, format="csr", dtype=X.dtype), groups
    return np.hstack(parts).astype(X.dtype, copy=False), groups


def _means(adjacency, n_hops):
    """Yield the matrices that average over the samples at 1, 2, ... links."""
    reached = sparse.eye_array(adjacency.shape[0], format="csr")
    ring = reached
    for hop in range(n_hops):
        ring = ring @ adjacency
        if hop:
            ring.data[:] = 1
        ring = ring - ring.multiply(reached > 0)
        ring.eliminate_zeros()
        reached = reached + ring
        sums = ring.sum(axis=1)
        yield sparse.diags_array(1 / np.where(sums > 0, sums, 1)) @ ring


def _smoothed(X, adjacency, n_hops):
    with_self = adjacency + sparse.eye_array(adjacency.shape[0])
    root = sparse.diags_array(1 / np.sqrt(with_self.sum(axis=1)))
    smoother = (root @ with_self @ root).tocsr()
    dtype = X.dtype
    for _ in range(n_hops):
        X = smoother @ X
    return X.astype(dtype)
