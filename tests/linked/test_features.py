"""Features of linked samples, beside loops over samples."""

import networkx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from sgnn import SparseMLPClassifier
from sgnn.linked import neighbor_features

RNG = np.random.default_rng(0)
N = 12
X = RNG.normal(size=(N, 3))
WEIGHTS = np.triu(RNG.random((N, N)) * (RNG.random((N, N)) < 0.2), 1)
WEIGHTS[:, 5] = WEIGHTS[5] = 0  # has no neighbours
WEIGHTS = WEIGHTS + WEIGHTS.T


def by_loops(X, weights, n_hops):
    """Return the means over the samples at each number of links, one sample at a time."""
    distances = shortest_path(weights > 0, unweighted=True)
    parts = [X]
    for hop in range(1, n_hops + 1):
        means = np.zeros_like(X)
        for i in range(len(X)):
            ring = [j for j in range(len(X)) if distances[i, j] == hop]
            if ring:
                means[i] = np.average(
                    X[ring], axis=0, weights=weights[i, ring] if hop == 1 else None
                )
        parts.append(means)
    return np.hstack(parts)


@pytest.mark.parametrize("n_hops", [1, 2, 3])
def test_means_are_those_of_loops(n_hops):
    Z, groups = neighbor_features(X, WEIGHTS, n_hops)
    np.testing.assert_allclose(Z, by_loops(X, WEIGHTS, n_hops), atol=1e-12)
    assert not Z[5, 3:].any()
    for j, group in enumerate(groups):
        assert group == [j + 3 * hop for hop in range(n_hops + 1)]


@pytest.mark.parametrize("smooth", [False, True])
def test_links_are_taken_in_all_forms(smooth):
    adjacency = (WEIGHTS > 0).astype(int)
    edges = np.array(np.nonzero(np.triu(adjacency)))
    graph = networkx.empty_graph(N)
    graph.add_edges_from(edges.T[::-1].tolist())
    expected = neighbor_features(X, adjacency, 2, smooth=smooth)[0]
    both_ways = np.hstack([edges, edges[::-1], [[3], [3]]])
    for links in (
        *(edges, edges[::-1], both_ways, graph, graph.to_directed(), np.triu(adjacency)),
        *(sparse.csr_array(adjacency), sparse.coo_matrix(np.tril(adjacency)), adjacency > 0),
        adjacency + np.diag(range(N)),
    ):
        found = neighbor_features(X, links, 2, smooth=smooth)[0]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_weights_of_a_networkx_graph_count():
    graph = networkx.from_numpy_array(WEIGHTS)
    expected = neighbor_features(X, WEIGHTS)[0]
    np.testing.assert_allclose(neighbor_features(X, graph)[0], expected, atol=1e-12)
    assert abs(expected - neighbor_features(X, WEIGHTS > 0)[0]).max() > 0.1


def test_smoothing_is_the_formula():
    A = WEIGHTS + np.eye(N)
    root = np.diag(A.sum(axis=1) ** -0.5)
    S = root @ A @ root
    Z, groups = neighbor_features(X, WEIGHTS, 3, smooth=True)
    np.testing.assert_allclose(Z, S @ S @ S @ X, atol=1e-12)
    assert groups is None


@pytest.mark.parametrize("smooth", [False, True])
def test_the_order_of_the_samples_does_not_matter(smooth):
    order = RNG.permutation(N)
    expected = neighbor_features(X, WEIGHTS, 2, smooth=smooth)[0][order]
    found = neighbor_features(X[order], WEIGHTS[np.ix_(order, order)], 2, smooth=smooth)[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_and_dense_features_and_frames_stay_what_they_are(dtype, smooth):
    words = np.where(X > 0.5, X, 0).astype(dtype)
    expected, groups = neighbor_features(words, WEIGHTS, 2, smooth=smooth)
    of_sparse, of_groups = neighbor_features(sparse.csr_array(words), WEIGHTS, 2, smooth=smooth)
    assert sparse.issparse(of_sparse)
    assert of_sparse.format == "csr"
    assert of_sparse.dtype == expected.dtype == dtype
    assert groups == of_groups
    np.testing.assert_allclose(of_sparse.toarray(), expected, atol=1e-6)
    of_frame = neighbor_features(pd.DataFrame(words), WEIGHTS, 2, smooth=smooth)[0]
    np.testing.assert_array_equal(of_frame, expected)


def test_a_network_keeps_a_feature_with_its_means():
    Z, groups = neighbor_features(X, WEIGHTS)
    y = (X[:, 0] > 0).astype(int)
    clf = SparseMLPClassifier((), alpha=0.1, feature_groups=groups, random_state=0).fit(Z, y)
    assert 0 < clf.support_.sum() < 6
    assert np.array_equal(clf.support_[:3], clf.support_[3:])


def test_smooth_is_yes_or_no():
    with pytest.raises(TypeError, match="smooth must be True or False; got 'yes'"):
        neighbor_features(X, WEIGHTS, smooth="yes")


@pytest.mark.parametrize(
    ("links", "n_hops", "error", "words"),
    [
        (WEIGHTS, 0, ValueError, "n_hops must be an integer of at least 1; got 0"),
        (WEIGHTS, 1.0, TypeError, "n_hops must be an integer"),
        (-WEIGHTS, 1, ValueError, "weights of at least 0"),
        (np.full((N, N), np.nan), 1, ValueError, "finite"),
        (WEIGHTS[:5, :5], 1, ValueError, r"shape \(12, 12\).*got shape \(5, 5\)"),
        (np.array([[0], [N]]), 1, ValueError, "samples 0 to 11; got 0 to 12"),
        (np.array([[0], [-1]]), 1, ValueError, "samples 0 to 11; got -1"),
        (np.array([[0.0], [1.0]]), 1, ValueError, "got shape .* of float64"),
        (networkx.path_graph(5), 1, ValueError, "nodes .* it has 5 nodes"),
        ("abc", 1, ValueError, "links must be a matrix"),
        (None, 1, ValueError, "links must be a matrix"),
    ],
)
def test_what_is_no_graph_of_the_samples_is_refused(links, n_hops, error, words):
    with pytest.raises(error, match=words) as caught:
        neighbor_features(X, links, n_hops)
    assert len(str(caught.value)) < 500
