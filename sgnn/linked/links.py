"""Links between samples, as a symmetric sparse matrix."""

import numpy as np
from scipy import sparse


def adjacency_of(links, n_samples):
    """Return a symmetric matrix of weights, with nothing on its diagonal.

    Parameters
    ----------
    links : sparse matrix, array, networkx graph, or array of int of shape (2, n_links)
        As in :func:`sgnn.linked.neighbor_features`.
    n_samples : int

    Returns
    -------
    CSR array of shape (n_samples, n_samples)

    Raises
    ------
    ValueError
        If these are no links between samples, or a weight is negative or not finite.
    """
    matrix = sparse.csr_array(_matrix_of(links, n_samples), dtype=np.float64)
    if not np.isfinite(matrix.data).all() or matrix.data.min(initial=0) < 0:
        raise ValueError("links must have finite weights of at least 0.")
    matrix = matrix.maximum(matrix.T).tocsr()
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    return matrix


def _matrix_of(links, n_samples):
    if hasattr(links, "edges") and callable(links.edges):
        return _of_networkx(links, n_samples)
    if not sparse.issparse(links):
        links = np.asarray(links)
    if links.dtype.kind not in "biuf" or links.ndim != 2:
        raise ValueError(
            "links must be a matrix of numbers, a networkx graph, or edges of shape (2, n_links); "
            f"got shape {links.shape} of {links.dtype}."
        )
    if links.shape == (n_samples, n_samples):
        return links
    if links.shape[0] == 2 and not sparse.issparse(links) and links.dtype.kind in "iu":
        return _of_edges(links, n_samples)
    raise ValueError(
        f"links must have the shape ({n_samples}, {n_samples}), a row for each sample of X, or be "
        f"integers of shape (2, n_links); got shape {links.shape} of {links.dtype}."
    )


def _of_networkx(graph, n_samples):
    import networkx

    if set(graph.nodes) != set(range(n_samples)):
        raise ValueError(
            f"links: the nodes of a networkx graph must be the samples, 0 to {n_samples - 1}; it "
            f"has {len(graph.nodes)} nodes."
        )
    return networkx.to_scipy_sparse_array(graph, nodelist=range(n_samples))


def _of_edges(edges, n_samples):
    if edges.size and not (edges.min() >= 0 and edges.max() < n_samples):
        raise ValueError(
            f"links: edges are between samples 0 to {n_samples - 1}; got {edges.min()} to "
            f"{edges.max()}."
        )
    ones = np.ones(edges.shape[1])
    matrix = sparse.coo_array((ones, tuple(edges)), shape=(n_samples, n_samples)).tocsr()
    matrix.data[:] = 1
    return matrix
