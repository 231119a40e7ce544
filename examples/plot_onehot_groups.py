"""
===========================================
One-hot columns that stand or fall together
===========================================

A categorical variable becomes several columns in a one-hot encoding. Judged one by one, some of
them are dropped and others stay, although one cannot ask for a part of a variable. With
``feature_groups`` the columns of a variable form one group: all are kept, or all are removed.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sgnn import SparseMLPRegressor

# %%
# Data
# ----
# Made-up rents that depend on the area, on the distance to the centre, and on the district: two of
# the six districts are dear and one is cheap. The weekday of the advertisement, the colour of the
# door and the age of the house do not matter.

rng = np.random.default_rng(0)
n_flats = 600
categories = {
    "district": ["Hill", "Lake", "Mill", "Old", "Park", "West"],
    "weekday": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "colour": ["blue", "green", "red", "white"],
}
X = pd.DataFrame(
    {
        "area": rng.uniform(20, 120, n_flats),
        "distance": rng.uniform(0, 10, n_flats),
        "age": rng.uniform(0, 100, n_flats),
        **{name: rng.choice(levels, n_flats) for name, levels in categories.items()},
    }
)
rent = X["area"] * (1 + 1 / (1 + X["distance"]))
rent *= X["district"].map({"Hill": 1.3, "Lake": 1.4, "West": 0.7}).fillna(1.0)
rent += rng.normal(0, 5, n_flats)
X_train, X_test, y_train, y_test = train_test_split(X, rent, random_state=0)

# %%
# Two fits
# --------
# The encoder returns a DataFrame, so that groups can be given by column name. ``refit=True`` trains
# what was kept once more without the penalty, which undoes the shrinkage.

numbers = ["area", "distance", "age"]
encoder = make_column_transformer(
    (StandardScaler(), numbers),
    (OneHotEncoder(sparse_output=False), list(categories)),
    verbose_feature_names_out=False,
).set_output(transform="pandas")
blocks = [[f"{name}_{level}" for level in levels] for name, levels in categories.items()]

settings = {"alpha": 3.0, "refit": True, "random_state": 0}
models = {
    "each column by itself": SparseMLPRegressor(**settings),
    "one group per variable": SparseMLPRegressor(feature_groups=blocks, **settings),
}
for title, network in models.items():
    model = make_pipeline(encoder, network).fit(X_train, y_train)
    print(f"{title}: R2 = {model.score(X_test, y_test):.3f}, kept")
    print("   ", ", ".join(network.get_feature_names_out()))

# %%
# What each column weighs
# -----------------------
# One colour per variable; a cross marks a column that was removed.

variables = numbers + list(categories)
n_columns = [1] * len(numbers) + [len(levels) for levels in categories.values()]
colors = np.repeat(plt.get_cmap("tab10").colors[: len(variables)], n_columns, axis=0)

fig, axes = plt.subplots(1, 2, figsize=(9, 5), sharex=True, sharey=True, layout="constrained")
for ax, (title, network) in zip(axes, models.items(), strict=True):
    rows = np.arange(network.n_features_in_)
    ax.barh(rows, network.feature_importances_, color=colors)
    removed = rows[~network.support_]
    ax.scatter(np.zeros(len(removed)), removed, marker="x", color="0.6", clip_on=False, zorder=3)
    ax.set(title=title, xlabel="feature_importances_", yticks=rows)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_yticklabels(network.feature_names_in_)
axes[0].invert_yaxis()

plt.show()
