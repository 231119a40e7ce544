"""Targets and weights of samples, good and bad, and whole data sets."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from tests.fuzz.draw import INF, NAN
from tests.fuzz.tables import draw_table, dress, to_dense

NAMES = np.array(["ant", "bee", "<b>cat</b>", "dög", "e\n", "f"])


@dataclass(frozen=True)
class Data:
    """A training set: what is handed to ``fit``, and X as a float64 array, None if it is none."""

    X: object
    y: object
    weights: object
    dense: object

    @property
    def n_features(self):
        """The number of columns, None if X is no table."""
        is_table = self.dense is not None and self.dense.ndim == 2
        return self.dense.shape[1] if is_table else None


def draw_data(draw, task, n=None, p=None):
    """Return a training set for a "classifier" or a "regressor"."""
    if n is None:
        n = int(draw.pick([1, 2, 3, 5, 12, *[30] * 4, *[90] * 4, 250]))
    if p is None:
        p = int(draw.pick([0, *[1, 2, 3, 4, 8, 8, 30, 120] * 4]))
    if p == 0:
        draw.wrong("feature|array|sample|dim")
    table = draw_table(draw, n, p)
    y = _draw_classes(draw, n, table) if task == "classifier" else _draw_quantities(draw, n, table)
    weights = _draw_weights(draw, n)
    X = dress(draw, table)
    return Data(X, y, weights, to_dense(X))


def _first(value, rest, dtype=float):
    return np.array([value, *rest[1:]], dtype=dtype)


def _draw_classes(draw, n, X):
    sums = np.nan_to_num(X).sum(axis=1)
    two = (sums > np.median(sums)).astype(int)
    k = int(draw.rng.integers(3, 7))
    many = draw.rng.integers(0, k, n)
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
    good = {
        "two": two,
        "many": many,
        "own class each": np.arange(n),
        "names": NAMES[many],
        "object names": NAMES[many].astype(object),
        "bool": two.astype(bool),
        "float classes": two.astype(float),
        "negative": many - 7,
        "huge ints": many * 10**15,
        "list": many.tolist(),
        "series": pd.Series(NAMES[many], index=np.arange(n) * 3),
        "categories": pd.Series(NAMES[many]).astype("category"),
        "Int64": pd.Series(many).astype("Int64"),
        "polars": pl.Series("y", many),
        "rare": np.eye(1, n, dtype=int)[0],
        "column": two[:, None],
        "multilabel": labels,
        "multilabel empty": labels * (np.arange(k) > 0),
        "multilabel full": labels | (np.arange(k) == 0),
        "multilabel sparse": sparse.csr_matrix(labels),
        "multilabel bool": labels.astype(bool),
        "multilabel frame": pd.DataFrame(labels),
    }
    if draw.is_bad(0.07):
        name = draw.pick(list(bad))
        y, words = bad[name]
        draw.wrong(words)
    else:
        name = draw.pick(list(good)) if draw.chance(0.7) else draw.pick(["two", "many"])
        y = good[name]
        if "multilabel" in name:
            draw.wrong("class|label|form|multi|y", surely=False)
        elif len(np.unique(np.asarray(y))) < 2:
            draw.wrong("class")
        elif name == "own class each":
            draw.wrong("class", surely=False)
    draw.words.append(f"y: {name}")
    return y


def _draw_quantities(draw, n, X):
    y = draw.rng.normal(size=n) + np.nan_to_num(X).clip(-3, 3).sum(axis=1)
    if draw.chance(0.2):
        factor = draw.pick([draw.power(-30, 30), draw.power(-300, 160)])
        y, is_far = y * factor, not 1e-6 < factor < 1e6
        draw.is_wild |= is_far
        draw.wrong("y |square|scale", surely=False)
        draw.words.append(f"y times {factor:.0e}")
    if draw.chance(0.05):
        y = np.full(n, draw.pick([5.0, 0.0, 1 / 3]))
    bad = {
        "NaN": (_first(NAN, y), "NaN"),
        "inf": (_first(INF, y), "infinity"),
        "None": (None, "y"),
        "strings": (np.full(n, "abc"), "could not convert|string"),
        "fewer": (y[:-1], "inconsistent|sample|shape"),
        "complex": (y + 1j, "[Cc]omplex"),
        "3-D": (np.zeros((n, 2, 2)), "dim"),
        "no outputs": (np.zeros((n, 0)), "y|feature|output"),
        "sparse": (sparse.csr_matrix(y[:, None]), "[Ss]parse"),
    }
    with np.errstate(all="ignore"):
        good = {
            "1-D": y,
            "float32": y.astype("f4"),
            "float16": y.clip(-6e4, 6e4).astype("f2"),
            "column": y[:, None],
            "two": np.c_[y, -y],
            "scales": np.c_[y, 1e3 * y, 0 * y],
            "Fortran": np.asfortranarray(np.c_[y, y[::-1], y]),
            "list": y.tolist(),
            "ints": y.clip(-1e6, 1e6).astype(int),
            "bool": y > 0,
            "object": y.astype(object),
            "series": pd.Series(y, index=np.arange(n) * 3),
            "Float64": pd.Series(y).astype("Float64"),
            "frame": pd.DataFrame(np.c_[y, y]),
            "polars": pl.Series("y", y),
            "negative strides": y[::-1].copy()[::-1],
        }
    if draw.is_bad(0.07):
        name = draw.pick(list(bad))
        y, words = bad[name]
        draw.wrong(words)
    else:
        name = draw.pick(list(good)) if draw.chance(0.6) else "1-D"
        y = good[name]
        if name == "float32" and not np.isfinite(y).all():
            draw.wrong("infinity")
    draw.words.append(f"y: {name}")
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
        draw.wrong("weight|class|sample", surely=not np.any(np.asarray(weights)))
    draw.words.append(f"weights: {name}")
    return weights
