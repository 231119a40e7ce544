"""
===========
Quick start
===========

A small network for the Wisconsin breast cancer data. :class:`sgnn.SparseMLPClassifier` takes the
place of :class:`sklearn.neural_network.MLPClassifier` in a pipeline. It switches off the inputs and
the hidden units that it does not need, says which inputs are left, and is compared with the dense
network on samples that neither has seen.

The script writes its picture to ``quickstart.png`` in the current directory.
"""

import matplotlib

matplotlib.use("Agg")  # draw into files only, so that no display is needed

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sgnn import SparseMLPClassifier

# %%
# Data: 30 named measurements of cell nuclei, and whether the tumour is benign.

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# Two pipelines that differ in the last step. ``alpha`` is the strength of the penalty: the larger,
# the smaller the network.

dense = make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=0))
sparse = make_pipeline(StandardScaler(), SparseMLPClassifier(alpha=0.01, random_state=0))
with threadpool_limits(1):  # networks this small train fastest on one core
    dense.fit(X_train, y_train)
    sparse.fit(X_train, y_train)

# %%
# What is left of the network, and of the inputs.

network = sparse[-1]
print(network.summary())

kept = sparse.get_feature_names_out()
print(f"\nKept {len(kept)} of {X.shape[1]} features:")
for name in kept:
    print(f"  {name}")

# %%
# The two networks side by side.

rows = {
    "test accuracy": [round(model.score(X_test, y_test), 3) for model in (dense, sparse)],
    "inputs": [X.shape[1], network.n_neurons_[0]],
    "hidden units": [dense[-1].coefs_[0].shape[1], network.n_neurons_[1]],
    "weights": [sum(np.count_nonzero(W) for W in model[-1].coefs_) for model in (dense, sparse)],
}
models = "MLPClassifier", "SparseMLPClassifier"
print(f"\n{'':<15}{models[0]:>15}{models[1]:>22}")
for name, (left, right) in rows.items():
    print(f"{name:<15}{left:>15,.4g}{right:>22,.4g}")

# %%
# The same as a picture, with the importance of each input: the norm of its outgoing weights, which
# is exactly 0 for those that were removed.

BLUE, GREY, INK = "#2a6f97", "#98a1a9", "#33383d"
order = np.argsort(-network.feature_importances_, kind="stable")

fig = plt.figure(figsize=(9.6, 5.4), layout="constrained")
layout = [["importance", name] for name in rows]
axes = fig.subplot_mosaic(layout, width_ratios=[3, 2])

ax = axes["importance"]
ax.barh(X.columns[order], network.feature_importances_[order], color=BLUE, height=0.7)
for label, is_kept in zip(ax.get_yticklabels(), network.support_[order], strict=True):
    label.set_color(INK if is_kept else GREY)
ax.set_title(f"{len(kept)} of {X.shape[1]} inputs kept", loc="left", weight="bold")
ax.set_xlabel("feature_importances_")
ax.set_ylim(X.shape[1] - 0.4, -0.6)
middle = (len(kept) + X.shape[1] - 1) / 2
ax.text(0.03, middle, "weights exactly 0: removed", color=GREY, transform=ax.get_yaxis_transform())

for name, values in rows.items():
    ax = axes[name]
    bars = ax.barh(models, values, color=[GREY, BLUE], height=0.65)
    ax.bar_label(bars, [f"{value:,.4g}" for value in values], padding=4, color=INK)
    ax.set_title(name.capitalize(), loc="left", weight="bold")
    ax.set(xlim=(0, 1.2 * max(values)), ylim=(1.5, -0.5), xticks=[])
for ax in axes.values():
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.tick_params(axis="y", length=0, labelsize=9)

fig.savefig("quickstart.png", dpi=150)
print("\nThe picture is in quickstart.png.")
