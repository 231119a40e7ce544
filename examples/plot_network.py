"""
================================
What does the penalty leave?
================================

Pictures of a network before and after: the whole of it with :class:`sgnn.display.NetworkDisplay`,
its shrinking over the epochs with :class:`sgnn.display.NeuronsDisplay`, and what its first units
look at with :class:`sgnn.display.FirstLayerDisplay`.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits, load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPClassifier
from sgnn.display import FirstLayerDisplay, NetworkDisplay, NeuronsDisplay

# %%
# Before and after
# ----------------
# The same network without a penalty, and with one. Small dots are units that were removed.

X, y = load_wine(return_X_y=True, as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
dense = SparseMLPClassifier((20, 10), penalty=None, random_state=0)
sparse = SparseMLPClassifier((20, 10), alpha=0.015, random_state=0)

fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for ax, network, title in zip(axes, (dense, sparse), ("dense", "sparse"), strict=True):
    network.fit(X_train, y_train)
    NetworkDisplay.from_estimator(network, ax=ax)
    ax.set_title(f"{title}: test accuracy {network.score(X_test, y_test):.2f}", size="medium")

# %%
# Over the epochs
# ---------------
# Handwritten digits of 8 x 8 pixels. Inputs and units go while the network is trained; from some
# point on only what is left costs time.

X, y = load_digits(return_X_y=True)
network = SparseMLPClassifier((60, 30), alpha=0.003, max_iter=100, random_state=0).fit(X / 16, y)
NeuronsDisplay.from_estimator(network)

# %%
# What the first units look at
# ----------------------------
# The weights of the units that are left of the first hidden layer, and the importances of all
# pixels. Grey ones were removed.

fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
FirstLayerDisplay.from_estimator(network, (8, 8), ax=axes[0])
FirstLayerDisplay.from_estimator(network, (8, 8), what="importance", ax=axes[1])

plt.show()
