"""
=================================
Which features can you rely on?
=================================

Three of the twenty features of this regression matter, and none of them correlates with the target.
:class:`sgnn.SparseMLPSelector` picks a given number of features from one path;
:class:`sgnn.StabilitySelector` asks which features random halves of the data agree upon.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from sgnn import SparseMLPRegressor, SparseMLPSelector, StabilitySelector
from sgnn.display import StabilityDisplay

rng = np.random.default_rng(0)
X = rng.standard_normal((600, 20))
y = X[:, 0] * X[:, 1] + 0.7 * X[:, 2] ** 2 + 0.3 * rng.standard_normal(600)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)

# %%
# A given number of features
# --------------------------
# Two features enter by their product and one through a parabola, so a test of linear dependence is
# blind to all three.

reg = SparseMLPRegressor((20,), penalty="log_sum", max_iter=200, random_state=0)
selector = SparseMLPSelector(reg, n_features_to_select=3)
by_test = SelectKBest(f_regression, k=3)
for name, step in [("path", selector), ("F test", by_test)]:
    model = make_pipeline(step, KNeighborsRegressor(10)).fit(X, y)
    names = ", ".join(model[0].get_feature_names_out())
    print(f"{name:>7}: {names}; R² of nearest neighbours {model.score(X_test, y_test):.2f}")

# %%
# Stable features
# ---------------
# Each of ten halves of the data selects some features. Those that three quarters of the halves
# select are kept, and the bound says how many of them to expect by chance.

stable = StabilitySelector(reg, n_pairs=5, alphas=30, random_state=0).fit(X, y)
print(f"{stable.n_features_to_select_} features per half; by chance at most", end=" ")
print(f"{stable.error_bound_:.2f}; kept: {np.flatnonzero(stable.support_)}")
StabilityDisplay.from_estimator(stable)

plt.show()
