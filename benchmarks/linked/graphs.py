"""Data sets of linked samples, and their splits."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_wine
from sklearn.neighbors import kneighbors_graph
from sklearn.preprocessing import scale

from benchmarks import data


class Linked(NamedTuple):
    """Features, classes, edges of shape (2, n_links), and the rows of the three parts."""

    X: np.ndarray
    y: np.ndarray
    edges: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


#: Shares of the training and the validation part, of splits that are drawn.
SHARES = 0.48, 0.32


def load(name, parts, split):
    """Return a data set with one of its "published" splits, or one that is "drawn", by class.

    "wine" is toy data, of which there are only drawn ones.
    """
    if name == "wine":
        X, y = load_wine(return_X_y=True)
        X = scale(X).astype(np.float32)
        edges = np.array(kneighbors_graph(X, 3).nonzero())
        return Linked(X, y, edges, *drawn(y, split))
    X, y, *_ = data.load(name)
    path = Path(os.environ[data.FOLDER]) / f"{data.SOURCES[name].file}.npz"
    with np.load(path) as arrays:
        edges = arrays["edges"]
        if parts == "drawn":
            return Linked(X, y, edges, *drawn(y, split))
        if "train_idx" in arrays:
            rows = [arrays[f"{part}_idx"] for part in ("train", "val", "test")]
        else:
            masks = [arrays[f"{part}_mask"][split] for part in ("train", "val", "test")]
            rows = [np.flatnonzero(mask) for mask in masks]
    return Linked(X, y, edges, *rows)


def drawn(y, seed):
    """Return training, validation and test part, with the same shares of each class."""
    rows = np.random.default_rng(seed).permutation(len(y))
    rank = np.empty(len(y))
    for label in np.unique(y):
        of_class = rows[y[rows] == label]
        rank[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    first, second = SHARES[0], sum(SHARES)
    masks = rank < first, (rank >= first) & (rank < second), rank >= second
    return [np.flatnonzero(mask) for mask in masks]
