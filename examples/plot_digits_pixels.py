"""
===============================================
Which pixels and neurons does a network need?
===============================================

Handwritten digits are images of 8 x 8 pixels, and many of these pixels hardly matter. The group
lasso of :class:`sgnn.SparseMLPClassifier` removes such inputs, and hidden units with them; how many
is set by ``alpha``.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sgnn import SparseMLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)

# %%
# Three strengths
# ---------------
# Each network starts with 64 inputs and 100 hidden units. ``n_neurons_`` says what is left.

networks = [
    SparseMLPClassifier(alpha=alpha, max_iter=100, random_state=0).fit(X_train, y_train)
    for alpha in (3e-4, 1e-3, 4e-3)
]
for network in networks:
    pixels, units, _ = network.n_neurons_
    accuracy = network.score(X_test, y_test)
    print(f"alpha={network.alpha:<7g}{pixels} pixels, {units} units, accuracy {accuracy:.3f}")

# %%
# ``feature_importances_`` holds the norm of the weights that leave each pixel. Pixels in grey have
# been removed.

colors = plt.get_cmap("viridis").with_extremes(bad="0.88")
largest = max(network.feature_importances_.max() for network in networks)
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
for ax, network in zip(axes, networks, strict=True):
    importances = np.ma.masked_equal(network.feature_importances_, 0).reshape(8, 8)
    image = ax.imshow(importances, cmap=colors, vmin=0, vmax=largest)
    pixels, units, _ = network.n_neurons_
    ax.set_title(f"alpha = {network.alpha:g}\n{pixels} pixels, {units} hidden units", size=10)
    ax.set(xticks=[], yticks=[])
fig.colorbar(image, ax=axes, shrink=0.85, label="feature_importances_")

# %%
# What the last units look at
# ---------------------------
# ``expand`` gives the weights at full size, with their zeros. Here are those of every hidden unit
# that the strongest penalty has left, in decreasing order of what they say to the outputs: red
# pixels excite a unit, blue ones inhibit it, white ones do nothing.

smallest = networks[-1]
first, last = smallest.expand()[0]
kept = np.flatnonzero(smallest.kept_units_[1])
kept = kept[np.argsort(-np.linalg.norm(last[kept], axis=1))]

n_columns = 8
n_rows = -(-len(kept) // n_columns)
fig, axes = plt.subplots(n_rows, n_columns, figsize=(9, 1.35 * n_rows), layout="constrained")
for ax in axes.flat:
    ax.set_axis_off()
for ax, unit in zip(axes.flat, kept, strict=False):
    weights = first[:, unit].reshape(8, 8)
    largest = np.abs(weights).max()
    ax.imshow(weights, cmap="RdBu_r", vmin=-largest, vmax=largest)

plt.show()
