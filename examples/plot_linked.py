"""
==============
Linked samples
==============

Pages link to pages of their own kind, and each has a few words of its kind among many others.
:func:`sgnn.linked.neighbor_features` puts beside each word the mean of it over linked pages. A word
and its mean form one group, so a network keeps words with all that the links say of them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import cross_val_score

from sgnn import SparseMLPClassifier
from sgnn.linked import neighbor_features

rng = np.random.default_rng(0)
n_pages, n_words, n_kinds = 300, 200, 3
kinds = rng.integers(n_kinds, size=n_pages)
likely = np.full((n_kinds, n_words), 0.05)
for kind in range(n_kinds):
    likely[kind, 5 * kind : 5 * kind + 5] = 0.25
words = (rng.random((n_pages, n_words)) < likely[kinds]).astype(float)
links = rng.integers(n_pages, size=(2, 3000))
links = links[:, (kinds[links[0]] == kinds[links[1]]) | (rng.random(3000) < 0.2)]

# %%
# Words, and words with those of the neighbours
# ---------------------------------------------
# Nothing reads the kinds before the networks do, so cross-validation is as always.

with_neighbors, feature_groups = neighbor_features(words, links)
alone = SparseMLPClassifier((), penalty="log_sum", alpha=0.02, random_state=0)
linked = SparseMLPClassifier(
    (), penalty="log_sum", alpha=0.02, feature_groups=feature_groups, random_state=0
)
for name, model, Z in [("words", alone, words), ("with links", linked, with_neighbors)]:
    score = cross_val_score(model, Z, kinds).mean()
    kept = np.any(model.fit(Z, kinds).support_.reshape(-1, n_words), axis=0)
    print(f"{name:>10}: accuracy {score:.2f}, words {kept.sum()}, of the 15 of a kind", end=" ")
    print(kept[:15].sum())

# %%
# What the network uses
# ---------------------
# The importance of each word by itself, and of its mean over linked pages.

by_hop = linked.feature_importances_.reshape(-1, n_words)
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.bar(range(40), by_hop[0, :40], label="on the page")
ax.bar(range(40), by_hop[1, :40], bottom=by_hop[0, :40], label="on linked pages")
ax.set(xlabel="word; the first 15 belong to a kind", ylabel="importance")
ax.legend()

plt.show()
