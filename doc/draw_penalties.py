"""Draw each penalty for doc/penalties.md: its value, its prox, and a path on the same small data.

Usage::

    python doc/draw_penalties.py [NAME ...]
"""

import sys
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files only, so that no display is needed

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from sgnn import SgnnWarning, SparseMLPRegressor, sparse_mlp_path
from sgnn.networks.parameters import Parameters
from sgnn.penalties import available
from sgnn.penalties._registry import PENALTIES
from sgnn.proximal.build import build_terms

FOLDER = Path(__file__).parent / "images"
GREY, BLUE, FAINT = "#98a1a9", "#2a6f97", "#d5d9dc"
POINTS = np.linspace(-3, 3, 241)
SECOND = 0.25  # weight beside x


def penalty_of(name, n_features):
    """Return a penalty with its defaults; those of graphs get a chain of the features."""
    chain = [(one, one + 1) for one in range(n_features - 1)]
    return PENALTIES[name](chain) if "graph" in name else PENALTIES[name]()


def value_and_prox(name):
    """Return the penalty of (x, 0.25), and what a step of 1 makes of x.

    The two weights leave one input; under a graph they are those of two inputs.
    """
    sizes = (2, 1, 1) if "graph" in name else (1, 2, 1)
    parameters = Parameters(sizes, torch.float64, torch.device("cpu"))
    terms = build_terms([penalty_of(name, sizes[0])], parameters, alpha=1.0)
    weights = parameters.layers[0].weight.view(-1)
    found = []
    for x in POINTS:
        weights.copy_(torch.tensor([x, SECOND]))
        value = terms.value(parameters)
        terms.prox_(parameters, 1.0)
        found.append((value, weights[0].item()))
    return np.array(found).T


def path_of(name):
    """Return the strengths of a path on the diabetes data, and the norms of the inputs on it."""
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    penalty = penalty_of(name, X.shape[1])
    reg = SparseMLPRegressor((10,), penalty=penalty, max_iter=100, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SgnnWarning)
        path = sparse_mlp_path(reg, X, y, alphas=40, max_iter=20)
    return path.alphas[1:], np.array([point.network.importances for point in path.points[1:]])


def draw(name):
    """Draw one penalty into a file."""
    values, moved = value_and_prox(name)
    alphas, norms = path_of(name)
    fig, axes = plt.subplots(1, 3, figsize=(8.4, 2.3), layout="constrained")
    axes[0].plot(POINTS, values, color=GREY)
    axes[0].set(xlabel="x", title="value")
    axes[1].plot(POINTS, POINTS, color=FAINT, linewidth=1)
    axes[1].plot(POINTS, moved, color=BLUE)
    axes[1].set(xlabel="x", title="prox of x")
    axes[2].semilogx(alphas, norms, linewidth=1)
    axes[2].set(xlabel="alpha", title="norms of ten inputs")
    for ax in axes:
        ax.tick_params(labelsize=8)
        ax.title.set_size(9)
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(FOLDER / f"penalty_{name}.png", dpi=90)
    plt.close(fig)


if __name__ == "__main__":
    for name in sys.argv[1:] or available():
        draw(name)
