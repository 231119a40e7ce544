"""Samples coded by linked samples, few groups and few components of the graph: re-derived.

Of Gao & Zhou (2016) only the abstract was to be had, so this is our own model after it: a sample is
a combination of few training samples, found greedily as in Huang, Zhang & Metaxas (2011), "Learning
with structured sparsity". Each step takes the sample that explains most of what is left per price;
the price says which structure is wanted. The class is that whose samples leave the least.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

N_STEPS, RIDGE = 16, 1e-3
#: Prices of what is new, and of a link between classes, to choose from.
NEW, BETWEEN = (0.5, 2.0, 8.0), (1.0, 4.0)


class Structure(NamedTuple):
    """What a sample costs beside 1: a new class, a new component, a link between classes."""

    new_class: float = 0.0
    new_component: float = 0.0
    between: float = 0.0
    from_own_links: bool = False


#: Candidates for each structure, the first of which is none.
STRUCTURES = {
    "plain": [Structure()],
    "group": [Structure(new_class=new) for new in NEW],
    "graph": [Structure(new_component=new) for new in NEW],
    "group and graph, apart": [Structure(new, new) for new in NEW],
    "joint": [Structure(0.0, new, link) for new in NEW for link in BETWEEN],
    "joint, from own links": [Structure(0.0, new, link, True) for new in NEW for link in BETWEEN],
}


class Dictionary:
    """Training samples that code others.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        All samples; they are scaled to length 1.
    y : ndarray of int, shape (n_samples,)
    edges : ndarray of int, shape (2, n_links)
    train : ndarray of int
        Samples that the dictionary has.
    """

    def __init__(self, X, y, edges, train):
        X = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
        self.products = X @ X[train].T
        links = sparse.coo_array((np.ones(edges.shape[1]), tuple(edges)), shape=(len(X),) * 2)
        links = (links + links.T).tocsr()[:, train]
        self.links = (links > 0).toarray().astype(np.float32)
        self.train, self.y, self.n_classes = train, y[train], y.max() + 1

    def classes(self, rows, structure):
        """Return the classes of samples by codes of 1, 2, ... samples, shape (n_steps, n_rows)."""
        pulls, gram, links = self.products[rows], self.products[self.train], self.links[self.train]
        m, n = pulls.shape
        here = np.arange(m)
        is_linked = self.links[rows] > 0 if structure.from_own_links else np.zeros((m, n), bool)
        n_between, is_open = np.zeros((m, n), np.float32), np.zeros((m, self.n_classes), bool)
        chosen, found, left = np.zeros((m, 0), int), [], pulls
        for _ in range(min(N_STEPS, n)):
            price = 1 + structure.new_component * ~is_linked + structure.between * n_between
            price += structure.new_class * ~is_open[:, self.y]
            gains = np.square(left) / price
            np.put_along_axis(gains, chosen, -1, axis=1)
            new = gains.argmax(axis=1)
            chosen = np.column_stack([chosen, new])
            is_open[here, self.y[new]] = True
            is_linked |= links[new] > 0
            n_between += links[new] * (self.y[new][:, None] != self.y)
            among = gram[chosen[:, :, None], chosen[:, None, :]]
            targets = np.take_along_axis(pulls, chosen, axis=1)
            codes = np.linalg.solve(among + RIDGE * np.eye(chosen.shape[1]), targets[:, :, None])
            rows_of = np.repeat(here, chosen.shape[1])
            coded = sparse.csr_array((codes.ravel(), (rows_of, chosen.ravel())), shape=(m, n))
            left = pulls - coded @ gram
            found.append(self._nearest(chosen, codes[:, :, 0], among, targets))
        return np.array(found)

    def _nearest(self, chosen, codes, among, targets):
        """Return the class whose part of a code leaves the least of a sample."""
        rest = np.ones((len(chosen), self.n_classes))
        for label in range(self.n_classes):
            part = codes * (self.y[chosen] == label)
            quadratic = np.einsum("mi,mij,mj->m", part, among, part)
            rest[:, label] += quadratic - 2 * (part * targets).sum(axis=1)
        return rest.argmin(axis=1)


def accuracies(linked):
    """Return the accuracy of each structure on the test part.

    Prices and number of samples in a code are those of the highest accuracy on the validation part.

    Parameters
    ----------
    linked : Linked
    """
    dictionary = Dictionary(linked.X, linked.y, linked.edges, linked.train)
    found = {}
    for name, candidates in STRUCTURES.items():
        scores = np.array([_scores(dictionary, linked, linked.validation, s) for s in candidates])
        best, n_steps = np.unravel_index(scores.argmax(), scores.shape)
        test = _scores(dictionary, linked, linked.test, candidates[best])
        found[name] = {"score": float(test[n_steps]), "samples": int(n_steps) + 1}
    return found


def _scores(dictionary, linked, rows, structure):
    return (dictionary.classes(rows, structure) == linked.y[rows]).mean(axis=1)
