"""
====================================
Survival times, and what they follow
====================================

Under ``loss="cox"`` a network learns logarithms of hazards from times that may be censored: of some
patients one knows only that they were alive when last seen. y is (event, time), a structured array
as in scikit-survival, or two columns.
"""

import matplotlib.pyplot as plt
import numpy as np

from sgnn import SparseMLPRegressor, sparse_mlp_path
from sgnn.display import PathDisplay

# %%
# A trial
# -------
# The hazard of 600 patients rises with the distance of the first variable from 0, which a linear
# model cannot see, and with the second; ten others have nothing to do with it. A third of the times
# are censored.

rng = np.random.default_rng(0)
X = rng.normal(size=(600, 12))
months = 30 * rng.exponential(np.exp(1 - X[:, 0] ** 2 - X[:, 1]))
seen_until = rng.uniform(0, 120, size=600)
y = np.column_stack([months <= seen_until, np.minimum(months, seen_until)])
train, val = slice(0, 400), slice(400, None)
print(f"{1 - y[:, 0].mean():.0%} of the times are censored")

# %%
# The walk
# --------
# Scores are Harrell's concordance: how often, of two patients, the one with the larger hazard had
# the event first. Each batch holds all samples, so an epoch is one step. The default penalty, the
# group lasso, and a ridge keep the network from learning the order of the events by heart; concave
# penalties do so less. The best `l2` is found by cross-validation, too.

reg = SparseMLPRegressor((20,), loss="cox", l2=1e-3, max_iter=100, random_state=0)
path = sparse_mlp_path(reg, X[train], y[train], X_val=X[val], y_val=y[val], alphas=30, max_iter=60)
PathDisplay.from_path(path)

# %%
# Survival functions of the network chosen
# ----------------------------------------
# They are step functions, made from the hazards by Breslow's estimate of the baseline.

model = path.best()
print("variables:", ", ".join(model.get_feature_names_out()))
print(f"concordance: {model.score(X[val], y[val]):.3f}")
patients = np.zeros((3, 12))
patients[:, 0] = 0, 1, 2
survival = model.predict_survival_function(patients)
_, ax = plt.subplots(layout="constrained")
for first, values in zip(patients[:, 0], survival.values, strict=True):
    ax.step(survival.times, values, where="post", label=f"first variable {first:.0f}")
ax.set(xlabel="months", ylabel="probability to be without event")
ax.legend()
print("after five years:", survival(60).round(2))

plt.show()
