"""Targets and weights of samples, good and bad, and whole data sets."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from tests.fuzz.draw import INF, NAN
from tests.fuzz.losses import draw_loss, targets_for
from tests.fuzz.tables import draw_table, dress, to_dense

NAMES = np.array(["ant", "bee", "<b>cat</b>", "dög", "e\n", "f"])


@dataclass(frozen=True)
class Recipe:
    """What targets are made by, so that others can be made like them.

    Attributes
    ----------
    task : {"classifier", "regressor"}
    kind : str
        The container or form of y.
    n_classes : int
    loss : object
        What is given to a regressor, of the registered `loss_name`.
    loss_name : str
    factor : float
        The unit of y.
    """

    task: str
    kind: str
    n_classes: int = 0
    loss: object = "squared_error"
    loss_name: str = "squared_error"
    factor: float = 1.0

    @property
    def is_cox(self):
        """Whether the loss of each sample depends on all."""
        return self.loss_name == "cox"

    @property
    def n_least(self):
        """The least number of samples that there are such targets for."""
        return 2 if self.task == "classifier" else 5 if self.is_cox else 1

    @property
    def has_classes_of_one(self):
        """Whether a class has a single sample."""
        return self.kind in ("rare", "own class each")


@dataclass(frozen=True)
class Data:
    """A training set: what is handed to ``fit``, and X as a float64 array, None if it is none."""

    X: object
    y: object
    weights: object
    dense: object
    n_samples: int

    @property
    def n_features(self):
        """The number of columns, None if X is no table."""
        is_table = self.dense is not None and self.dense.ndim == 2
        return self.dense.shape[1] if is_table else None


def draw_recipe(draw, task):
    """Return a Recipe for targets of a "classifier" or a "regressor"."""
    if task == "classifier":
        kind = draw.pick(CLASSES) if draw.chance(0.7) else draw.pick(["two", "many"])
        return Recipe(task, kind, int(draw.rng.integers(3, 7)))
    loss, name = draw_loss(draw)
    kinds = SURVIVAL if name == "cox" else NUMBERS
    kind = draw.pick(kinds) if draw.chance(0.6) else kinds[0]
    if name in POSITIVE and kind in OF_ANY_SIGN:
        kind = kinds[0]
    factor = 1.0
    if draw.chance(0.2) and kind not in ("ints", "bool", "float16"):
        factor = draw.power(-12, 12) if draw.is_sound else draw.power(-300, 160)
        draw.is_wild |= not 1e-6 < factor < 1e6
        draw.words.append(f"y times {factor:.0e}")
    return Recipe(task, kind, 0, loss, name, factor)


def draw_data(draw, recipe, n=None, p=None):
    """Return a training set with targets by a recipe."""
    if n is None:
        n = int(draw.pick([2, 3, 5, 12, *[30] * 4, *[90] * 4, 250], bad=[1] * 2))
        n = max(n, recipe.n_least) if draw.is_sound else n
    if p is None:
        p = int(draw.pick([*[1, 2, 3, 4, 8, 8, 30, 120] * 4], bad=[0]))
    if p == 0:
        draw.wrong("feature|array|sample|dim")
    table = draw_table(draw, n, p)
    make = _draw_classes if recipe.task == "classifier" else _draw_quantities
    y = make(draw, recipe, n, table)
    weights = _draw_weights(draw, n)
    X = dress(draw, table)
    return Data(X, y, weights, to_dense(X), n)


def _first(value, rest, dtype=float):
    return np.array([value, *rest[1:]], dtype=dtype)


def _draw_classes(draw, recipe, n, X):
    sums, k = np.nan_to_num(X).sum(axis=1), recipe.n_classes
    two = (sums.argsort().argsort() >= (n + 1) // 2).astype(int)
    many = draw.rng.permutation(np.arange(n) % k)
    labels = (draw.rng.random((n, k)) < 0.4).astype(int)
    bad = {
        "one class": (np.zeros(n, int), "class"),
        "NaN": (_first(NAN, two), "NaN"),
        "inf": (_first(INF, two), "infinity|NaN|label type"),
        "None": (None, "y"),
        "continuous": (draw.rng.normal(size=n), "continuous|label type"),
        "fewer": (two[:-1], "inconsistent|sample|1d array|shape"),
        "multioutput": (np.c_[many, many + 2], "multioutput|label|y"),
        "None inside": (_first(None, two, object), "NaN|None|label|unknown|str|int|y"),
        "mixed": (_first("a", two, object), "y|str|label|unknown"),
        "3-D": (np.zeros((n, 2, 2)), "dim|shape|label|Unknown"),
        "text": ("text", "y|sample|array|Singleton|dim"),
        "bytes": (np.array([b"a", b"b"])[two], "bytes"),
        "-1 and 1": (2 * labels - 1, "0 or 1|class|y"),
    }
    if draw.is_bad(0.2):
        name = draw.pick(list(bad))
        y, words = bad[name]
        draw.wrong(words)
    else:
        name = recipe.kind
        y = CLASSES_BY_KIND[name](two, many, labels)
        if "multilabel" in name:
            draw.wrong("class|label|form|multi|y", surely=False)
        elif len(np.unique(np.asarray(y))) < 2:
            draw.wrong("class")
    draw.words.append(f"y: {name}")
    return y


CLASSES_BY_KIND = {
    "two": lambda two, many, labels: two,
    "many": lambda two, many, labels: many,
    "own class each": lambda two, many, labels: np.arange(len(two)),
    "names": lambda two, many, labels: NAMES[many],
    "object names": lambda two, many, labels: NAMES[many].astype(object),
    "bool": lambda two, many, labels: two.astype(bool),
    "float classes": lambda two, many, labels: two.astype(float),
    "negative": lambda two, many, labels: many - 7,
    "huge ints": lambda two, many, labels: many * 10**15,
    "list": lambda two, many, labels: many.tolist(),
    "series": lambda two, many, labels: pd.Series(NAMES[many], index=np.arange(len(two)) * 3),
    "categories": lambda two, many, labels: pd.Series(NAMES[many]).astype("category"),
    "Int64": lambda two, many, labels: pd.Series(many).astype("Int64"),
    "polars": lambda two, many, labels: pl.Series("y", many),
    "rare": lambda two, many, labels: np.eye(1, len(two), dtype=int)[0],
    "column": lambda two, many, labels: two[:, None],
    "multilabel": lambda two, many, labels: labels,
    "multilabel empty": lambda two, many, labels: labels * (np.arange(labels.shape[1]) > 0),
    "multilabel full": lambda two, many, labels: labels | (np.arange(labels.shape[1]) == 0),
    "multilabel sparse": lambda two, many, labels: sparse.csr_matrix(labels),
    "multilabel bool": lambda two, many, labels: labels.astype(bool),
    "multilabel frame": lambda two, many, labels: pd.DataFrame(labels),
}
CLASSES = list(CLASSES_BY_KIND)
NUMBERS_BY_KIND = {
    "1-D": lambda y: y,
    "float32": lambda y: y.astype("f4"),
    "float16": lambda y: y.clip(-6e4, 6e4).astype("f2"),
    "column": lambda y: y[:, None],
    "two": lambda y: np.c_[y, -y],
    "scales": lambda y: np.c_[y, 1e3 * y, 0 * y],
    "Fortran": lambda y: np.asfortranarray(np.c_[y, y[::-1], y]),
    "list": lambda y: y.tolist(),
    "ints": lambda y: y.clip(-1e6, 1e6).astype(int),
    "bool": lambda y: y > 0,
    "object": lambda y: y.astype(object),
    "series": lambda y: pd.Series(y, index=np.arange(len(y)) * 3),
    "Float64": lambda y: pd.Series(y).astype("Float64"),
    "frame": lambda y: pd.DataFrame(np.c_[y, 1e3 * y]),
    "polars": lambda y: pl.Series("y", y),
    "negative strides": lambda y: y[::-1].copy()[::-1],
}
SURVIVAL_BY_KIND = {
    "structured": lambda y: np.array(
        [(bool(event), time) for event, time in y], dtype=[("died", bool), ("days", float)]
    ),
    "two columns": lambda y: y,
    "two columns float32": lambda y: y.astype("f4"),
    "two columns Fortran": np.asfortranarray,
    "two columns list": lambda y: y.tolist(),
    "two columns frame": pd.DataFrame,
}
NUMBERS, SURVIVAL = list(NUMBERS_BY_KIND), list(SURVIVAL_BY_KIND)
POSITIVE, OF_ANY_SIGN = {"poisson", "gamma"}, {"two", "scales", "ints", "bool"}


def _draw_quantities(draw, recipe, n, X):
    y = draw.rng.normal(size=n) + np.nan_to_num(X).clip(-3, 3).sum(axis=1)
    y = targets_for(draw, recipe.loss_name, y)
    is_survival = y.ndim == 2
    if not is_survival and draw.chance(0.05):
        y = np.full(n, draw.pick([5.0, 1 / 3], bad=[0.0]))
        draw.wrong("y must", surely=False)
    y = y * (np.array([1, recipe.factor]) if is_survival else recipe.factor)
    if recipe.factor != 1:
        draw.wrong("y |square|scale|times", surely=False)
    bad = {
        "NaN": (np.full(n, NAN), "NaN"),
        "inf": (np.full(n, INF), "infinity"),
        "None": (None, "y"),
        "strings": (np.full(n, "abc"), "could not convert|string"),
        "fewer": (y[:-1], "inconsistent|sample|shape|Cox"),
        "complex": (y + 1j, "[Cc]omplex"),
        "3-D": (np.zeros((n, 2, 2)), "dim"),
        "no outputs": (np.zeros((n, 0)), "y|feature|output"),
        "sparse": (sparse.csr_matrix(y.reshape(n, -1)), "[Ss]parse"),
    }
    if draw.is_bad(0.2):
        name = draw.pick(list(bad))
        y, words = bad[name]
        draw.wrong(words)
    else:
        name = recipe.kind
        kinds = SURVIVAL_BY_KIND if is_survival else NUMBERS_BY_KIND
        with np.errstate(all="ignore"):
            y = kinds.get(name, lambda y: y)(y)
        if "float32" in name and not np.isfinite(y).all():
            draw.wrong("infinity")
    draw.words.append(f"{recipe.loss_name}: {name}")
    return y


def _draw_weights(draw, n):
    if draw.chance(0.7):
        return None
    uniform = draw.rng.uniform(0, 2, n)
    bad = {
        "zero": np.zeros(n),
        "negative": _first(-1, uniform),
        "NaN": _first(NAN, uniform),
        "inf": _first(INF, uniform),
        "more": np.ones(n + 1),
        "2-D": np.ones((n, 2)),
        "strings": ["a"] * n,
        "None inside": [None] * n,
        "complex": uniform * 1j,
    }
    good = {
        "uniform": uniform,
        "some zero": draw.rng.integers(0, 2, n).astype(float),
        "one not zero": np.eye(1, n, draw.rng.integers(n))[0],
        "tiny": np.full(n, 1e-30),
        "huge": draw.rng.uniform(0, 1e30, n),
        "all scales": 10.0 ** draw.rng.uniform(-30, 30, n),
        "ints": draw.rng.integers(1, 5, n),
        "bool": draw.rng.integers(0, 2, n).astype(bool),
        "list": uniform.tolist(),
        "series": pd.Series(uniform, index=np.arange(n) * 3),
        "float32": uniform.astype("f4"),
        "number": 2.0,
    }
    if draw.is_bad(0.2):
        name = draw.pick(list(bad))
        draw.wrong("weight|could not convert|[Cc]omplex")
        weights = bad[name]
    else:
        name = draw.pick(list(good))
        weights = good[name]
        is_nothing = not np.any(np.asarray(weights))
        if is_nothing and draw.is_sound:
            return None
        draw.wrong("weight|class|sample|Cox|Poisson", surely=is_nothing)
    draw.words.append(f"weights: {name}")
    return weights
