"""
=============================================
Variables with bends, as columns of one group
=============================================

A network has to spend units on each bend of a variable. Piecewise-linear columns give it bends for
nothing: ``SplineTransformer(degree=1)`` makes some columns of each variable, and with
``feature_groups`` these stand or fall together, so that variables are still selected as a whole.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from sgnn import SparseMLPRegressor

# %%
# Data
# ----
# What a parcel costs: by weight there is a flat rate up to 2 kg, then a price per kg up to 10 kg,
# then a lower one; by distance there are zones. The other eight variables do not matter.

rng = np.random.default_rng(0)
n_parcels, n_features = 2000, 10
X = rng.uniform(0, 20, (n_parcels, n_features))
weight, distance = X[:, 0], X[:, 1]
by_weight = 1.5 * np.clip(weight, 2, 10) + 0.4 * np.maximum(weight - 10, 0)
price = by_weight + np.interp(distance, [5, 6, 12, 13], [0, 5, 5, 12])
y = price + rng.normal(0, 0.5, n_parcels)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# Columns and groups
# ------------------
# Without a bias there are one less columns of a variable than knots, next to each other. The scaler
# behind brings them to one scale. How many knots are best, or none at all, is a question for
# cross-validation: :doc:`on small, noisy data </bends>` more columns do harm.


def groups_of(n_knots):
    return np.arange(n_features * (n_knots - 1)).reshape(n_features, -1).tolist()


network = SparseMLPRegressor(alpha=0.1, refit=True, random_state=0)
straight = make_pipeline(StandardScaler(), clone(network))
bent = make_pipeline(
    SplineTransformer(degree=1, knots="quantile", extrapolation="linear", include_bias=False),
    StandardScaler(),
    clone(network),
)
grid = [
    {"splinetransformer__n_knots": [n], "sparsemlpregressor__feature_groups": [groups_of(n)]}
    for n in (4, 8, 16)
]
models = {"as they are": straight, "with bends": GridSearchCV(bent, grid, cv=3)}
for title, model in models.items():
    model.fit(X_train, y_train)
    network = getattr(model, "best_estimator_", model)[-1]
    variables = np.unique(network.selected_features_ * n_features // network.n_features_in_)
    print(f"{title}: R2 = {model.score(X_test, y_test):.4f}, kept variables {variables.tolist()}")
print("Knots:", models["with bends"].best_params_["splinetransformer__n_knots"])

# %%
# What the networks learnt
# ------------------------
# One variable moves, the others stay in the middle of their ranges.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True, layout="constrained")
for feature, (ax, name) in enumerate(zip(axes, ["weight", "distance"], strict=True)):
    moved = np.full((400, n_features), 10.0)
    moved[:, feature] = np.linspace(0, 20, 400)
    truth = 1.5 * np.clip(moved[:, 0], 2, 10) + 0.4 * np.maximum(moved[:, 0] - 10, 0)
    truth += np.interp(moved[:, 1], [5, 6, 12, 13], [0, 5, 5, 12])
    ax.plot(moved[:, feature], truth, color="0.7", linewidth=5, label="truth")
    for title, model in models.items():
        ax.plot(moved[:, feature], model.predict(moved), label=title)
    ax.set(xlabel=name)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("price")
axes[0].legend(frameon=False)

plt.show()
