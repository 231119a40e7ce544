"""
==============================
How many features are enough?
==============================

:func:`sgnn.sparse_mlp_path` starts from a dense network and lets the penalty grow until nothing is
left. So one walk gives networks of all sizes, and an order of the features. Two pictures show both:
:class:`sgnn.display.PathDisplay` and :class:`sgnn.display.FeaturePathDisplay`.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPClassifier, sparse_mlp_path
from sgnn.display import FeaturePathDisplay, PathDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(X)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)

# %%
# The walk
# --------

clf = SparseMLPClassifier((30,), penalty="log_sum", random_state=0)
path = sparse_mlp_path(clf, X_train, y_train, X_val=X_val, y_val=y_val, alphas=40)
print(path.summary())

# %%
# Scores against size, and features by name
# -----------------------------------------
# On the left each network is a dot; the line goes through the least penalised one of each size. On
# the right a bar ends where its feature disappears, and the colour is the norm of its weights.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.8), width_ratios=(1, 1.1), layout="constrained"
)
PathDisplay.from_path(path, ax=left)
FeaturePathDisplay.from_path(path, ax=right)

# %%
# One network of the path
# -----------------------
# ``best`` takes the sparsest network within one standard error of the best score.

chosen = path.best()
print(f"accuracy on held-out data: {chosen.score(X_val, y_val):.3f}")
print("features:", ", ".join(chosen.get_feature_names_out()))

# %%
# The same scores against the number of weights: the axis is logarithmic where sizes are of many
# magnitudes.

PathDisplay.from_path(path, x="n_weights")

plt.show()
