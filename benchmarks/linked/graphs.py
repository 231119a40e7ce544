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


def load(name, split):
    """Return a data set with one of its published splits; toy data for "wine"."""
    if name == "wine":
        X, y = load_wine(return_X_y=True)
        X = scale(X).astype(np.float32)
        edges = np.array(kneighbors_graph(X, 3).nonzero())
        rows = np.random.default_rng(split).permutation(len(X))
        return Linked(X, y, edges, rows[:60], rows[60:100], rows[100:])
    X, y, *_ = data.load(name)
    path = Path(os.environ[data.FOLDER]) / f"{data.SOURCES[name].file}.npz"
    with np.load(path) as arrays:
        edges = arrays["edges"]
        if "train_idx" in arrays:
            parts = [arrays[f"{part}_idx"] for part in ("train", "val", "test")]
        else:
            masks = [arrays[f"{part}_mask"][split] for part in ("train", "val", "test")]
            parts = [np.flatnonzero(mask) for mask in masks]
    return Linked(X, y, edges, *parts)
