"""
=====================================
The number of neurons, epoch by epoch
=====================================

The demonstration of Scardapane et al. (2017), arXiv:1607.00485, in sgnn: a network with two hidden
layers for a regression, and how many neurons the group lasso leaves while it is trained. Theirs is
on the Boston housing data, which scikit-learn no longer ships; for these put
``fetch_openml(data_id=531, return_X_y=True, as_frame=False)`` in place of ``load_diabetes``.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPRegressor
from sgnn.display import NeuronsDisplay

X, y = load_diabetes(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y.astype(float), random_state=0)
scaler = StandardScaler().fit(X)
X, X_test = scaler.transform(X), scaler.transform(X_test)
y, y_test = (y - y.mean()) / y.std(), (y_test - y.mean()) / y.std()

# %%
# With the group lasso, and with a ridge beside it
# ------------------------------------------------
# The authors of the demonstration write that it is best combined with an ordinary penalty. Biases
# are free, there and here.

fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
for ax, l2 in zip(axes, (0, 1e-3), strict=True):
    network = SparseMLPRegressor((40, 20), alpha=0.003, l2=l2, max_iter=200, random_state=0)
    network.fit(X, y)
    NeuronsDisplay.from_estimator(network, ax=ax)
    ax.set_title(f"l2 = {l2:g}: R² on test data {network.score(X_test, y_test):.2f}")

# %%
# The same in TensorBoard
# -----------------------
# All fits take scikit-learn's callbacks, which see a fitted estimator after each epoch. ``writer``
# is a ``torch.utils.tensorboard.SummaryWriter()``, or anything else with its ``add_scalar``.
# (skorch has a callback of its own for its networks.)


class NeuronCounts:
    """Write the neurons that are left in each layer, after each epoch."""

    def __init__(self, writer):
        self.writer = writer

    def setup(self, estimator, context):
        """Do nothing."""

    on_fit_task_begin = teardown = setup

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Write a number for each layer."""
        if context.task_name == "epoch":
            for layer, n_neurons in enumerate(fitted_estimator.n_neurons_):
                self.writer.add_scalar(f"neurons/layer {layer}", n_neurons, context.task_id)


class Printed:
    """In place of a writer, for those who do not have TensorBoard."""

    @staticmethod
    def add_scalar(tag, value, step):
        """Print every fiftieth step."""
        if step % 50 == 0:
            print(f"{step:4} {tag}: {value}")


network.set_callbacks(NeuronCounts(Printed())).fit(X, y)

plt.show()
