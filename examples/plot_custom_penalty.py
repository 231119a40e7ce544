"""
======================
A penalty of one's own
======================

A penalty needs a *shape*: a function of one magnitude, and its proximal operator. Structures,
solvers, ``GridSearchCV`` and everything else come with the package. Here is the sum of counting and
the lasso, ``|x| + cost`` for every x that is not zero: the lasso removes what is small at any time,
and what it leaves must be worth its place.

Hazimeh & Mazumder (2020), "Fast best subset selection", doi:10.1287/opre.2019.1919.

The script writes its picture to ``custom_penalty.png`` in the current directory.
"""

import matplotlib

matplotlib.use("Agg")  # draw into files only, so that no display is needed

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPClassifier
from sgnn.penalties import GroupPenalty, Shape, register

# %%
# The shape: a soft threshold, and what it leaves must exceed ``sqrt(2 * step * cost)``.


@dataclass(frozen=True)
class CountAndMagnitude(Shape):
    cost: float

    def value(self, x, strength):
        return strength * (x.abs() + self.cost * (x != 0))

    def prox(self, x, step, strength):
        area = step * strength + x.new_zeros(())
        soft = (x.abs() - area).clamp(min=0)
        return soft.where(soft > (2 * area * self.cost).sqrt(), 0 * x) * x.sign()


@dataclass(eq=False, repr=False)
class L0L1(GroupPenalty):
    cost: float = 0.1

    def shape(self):
        return CountAndMagnitude(self.cost)


register("l0_l1", L0L1)

# %%
# Its prox is what it should be: no point of a fine grid is better.

x = torch.linspace(-2, 2, 401, dtype=torch.float64)
shape = CountAndMagnitude(0.5)
found = shape.prox(x, 0.6, 1.0)
objective = (x[:, None] - x) ** 2 / 2 + 0.6 * shape.value(x, 1.0)
reached = (found - x) ** 2 / 2 + 0.6 * shape.value(found, 1.0)
print("largest excess over a grid:", f"{(reached - objective.amin(1)).max():.1e}")

# %%
# By name, in a search over names and strengths; with an object, over its parameters.

X, y = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), SparseMLPClassifier(random_state=0))
name = "sparsemlpclassifier__"
search = GridSearchCV(
    model,
    [
        {name + "penalty": ["group_lasso", "l0_l1"], name + "alpha": [0.003, 0.01]},
        {
            name + "penalty": [L0L1()],
            name + "penalty__cost": [0.01, 1.0],
            name + "alpha": [0.01],
        },
    ],
    cv=3,
).fit(X, y)
for parameters, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"{score:.3f}", *parameters.values())
print("best:", search.best_estimator_[-1].penalty, search.best_estimator_[-1].n_neurons_)

# %%
# The prox as a picture.

fig, ax = plt.subplots(figsize=(5, 4), layout="constrained")
ax.plot(x, x, color="#d5d9dc")
ax.plot(x, np.where(found == 0, np.nan, found), ".", markersize=3, color="#2a6f97")
ax.plot(x[found == 0], found[found == 0], linewidth=3, color="#2a6f97")
ax.set(xlabel="x", ylabel="prox of x", title="L0L1(cost=0.5), step 0.6")
fig.savefig("custom_penalty.png", dpi=120)
print("The picture is in custom_penalty.png.")
