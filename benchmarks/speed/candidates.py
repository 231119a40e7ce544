"""Data and networks of several shapes, and who trains them."""

from itertools import pairwise

import numpy as np
import torch
from scipy import sparse
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sgnn import SparseMLPClassifier, SparseMLPRegressor

RATE = 1e-3
#: name: (rows, sizes of all layers, batch size, epochs)
SHAPES = {
    "digits, batch 32": (1797, (64, 40, 20, 10), 32, 20),
    "digits, batch 200": (1797, (64, 40, 20, 10), 200, 40),
    "500 x 13, batch 200": (500, (13, 100, 3), 200, 40),
    "5,000 x 50, batch 200": (5000, (50, 100, 1), 200, 8),
    "50,000 x 48, batch 500": (50_000, (48, 40, 40, 30, 11), 500, 4),
    "MNIST-shaped, batch 100": (10_000, (784, 300, 100, 10), 100, 2),
    "MNIST, batch 100": (10_000, (784, 300, 100, 10), 100, 2),
    "500,000 x 90, batch 1024": (500_000, (90, 100, 1), 1024, 1),
}
TEXT = "4,000 x 20,000 in CSR, 0.2 % not zero, batch 200"
SHAPES[TEXT] = (4000, (20_000, 50, 1), 200, 2)
TOY_SHAPES = {
    "200 x 5, three classes": (200, (5, 4, 3), 32, 2),
    "200 x 5, regression": (200, (5, 4, 1), 32, 2),
}


def draw(rows, sizes):
    rng = np.random.default_rng(0)
    if sizes[0] == SHAPES[TEXT][1][0]:
        X = sparse.random_array(
            (rows, sizes[0]), density=0.002, format="csr", dtype=np.float32, rng=rng
        )
        return X, (X @ rng.standard_normal(sizes[0])).astype(np.float32)
    X = rng.standard_normal((rows, sizes[0]), dtype=np.float32)
    outputs = X @ rng.standard_normal((sizes[0], sizes[-1]), dtype=np.float32)
    if sizes[-1] == 1:
        return X, (outputs[:, 0] / outputs.std()).astype(np.float32)
    return X, outputs.argmax(1)


class SlicingIterator:
    """Batches of arrays in memory, for skorch."""

    def __init__(self, dataset, batch_size, shuffle=False):
        self.X, self.y = (torch.as_tensor(part) for part in (dataset.X, dataset.y))
        self.batch_size = batch_size

    def __iter__(self):
        order = torch.randperm(len(self.X))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.X[rows], self.y[rows]


def skorch_net(sizes, batch_size, n_epochs, **parameters):
    import skorch

    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    kind = skorch.NeuralNetRegressor if sizes[-1] == 1 else skorch.NeuralNetClassifier
    criterion = torch.nn.MSELoss if sizes[-1] == 1 else torch.nn.CrossEntropyLoss
    return kind(
        torch.nn.Sequential(*layers[:-1]),
        criterion=criterion,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=batch_size,
        max_epochs=n_epochs,
        train_split=None,
        verbose=0,
        **parameters,
    )


def candidates(sizes, batch_size, n_epochs):
    """Return functions that make the estimators, by name, the peer first."""
    shared = {
        "hidden_layer_sizes": sizes[1:-1],
        "batch_size": batch_size,
        "max_iter": n_epochs,
        "learning_rate_init": RATE,
        "tol": 0.0,
        "random_state": 0,
    }
    dense, ours = (
        (MLPRegressor, SparseMLPRegressor)
        if sizes[-1] == 1
        else (MLPClassifier, SparseMLPClassifier)
    )
    ours_too = {**shared, "learning_rate": "constant", "n_iter_no_change": np.inf}
    net = sizes, batch_size, n_epochs
    if sizes[0] == SHAPES[TEXT][1][0]:
        peers = {}
    else:
        peers = {
            "skorch": lambda: skorch_net(*net),
            "skorch, slicing": lambda: skorch_net(*net, iterator_train=SlicingIterator),
        }
    return {
        "MLP": lambda: dense(alpha=0.0, n_iter_no_change=10**6, **shared),
        **peers,
        "sgnn, no penalty": lambda: ours(penalty=None, **ours_too),
        "sgnn, group lasso": lambda: ours(penalty="group_lasso", alpha=1e-4, **ours_too),
        "sgnn, log-sum": lambda: ours(penalty="log_sum", alpha=1e-4, **ours_too),
    }
