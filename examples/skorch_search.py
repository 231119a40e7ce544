"""
============================
A search over sparse modules
============================

:class:`sgnn.torch.SparseNeuralNetClassifier` is a net of skorch, and so an estimator of
scikit-learn: it goes into a pipeline, and strength and kind of the penalty into a grid. The module
is a multilayer perceptron with batch normalisation and dropout, which
:class:`sgnn.SparseMLPClassifier` does not have.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from torch import nn

from sgnn.penalties import GroupLasso, LogSum
from sgnn.torch import SparseNeuralNetClassifier

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)


class Perceptron(nn.Module):
    def __init__(self, n_inputs=30, n_hidden=50):
        super().__init__()
        self.hidden = nn.Linear(n_inputs, n_hidden)
        self.norm = nn.BatchNorm1d(n_hidden)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(n_hidden, 2)

    def forward(self, x):
        return self.out(self.dropout(torch.relu(self.norm(self.hidden(x)))))


net = SparseNeuralNetClassifier(
    Perceptron,
    criterion=nn.CrossEntropyLoss,
    lr=0.01,
    max_epochs=30,
    batch_size=50,
    train_split=None,
    verbose=0,
)
model = make_pipeline(StandardScaler(), FunctionTransformer(lambda X: X.astype("float32")), net)

# %%
# Batch normalisation makes the norm of what enters a unit meaningless. The default groups are what
# leaves an input or a unit.
name = "sparseneuralnetclassifier__"
grid = {f"{name}alpha": [3e-3, 3e-2], f"{name}penalty": [GroupLasso(), LogSum()]}
search = GridSearchCV(model, grid, cv=3).fit(X_train, y_train)

best = search.best_estimator_[-1]
print("chosen:", best.alpha, best.penalty)
print("accuracy:", round(search.score(X_test, y_test), 3))
print(f"{best.sparsity_:.0%} of the weights are zero; inputs and outputs left: {best.n_units_}")

# %%
# The weights that leave an input are zero where it is not used.
used = (best.module_.hidden.weight != 0).any(0).numpy()
print("inputs:", ", ".join(X.columns[used]))
small, report = best.compact(search.best_estimator_[:-1].transform(X_test)[:10])
print(report)

# %%
# How much each input is used: the norm of these weights.
norms = best.module_.hidden.weight.detach().norm(dim=0)
_, ax = plt.subplots(figsize=(6, 6), layout="constrained")
ax.barh(X.columns, norms)
ax.invert_yaxis()
ax.set(xlabel="norm of the weights that leave the input")

plt.show()
