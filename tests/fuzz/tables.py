"""Inputs: tables of numbers, in every container that a user may have."""

import numpy as np
import pandas as pd
import polars as pl
import torch
from scipy import sparse

from tests.fuzz.draw import INF, NAN


def _read_only(array):
    array.flags.writeable = False
    return array


def _every_other(X):
    wide = np.zeros((2 * X.shape[0], 2 * X.shape[1]), X.dtype)
    wide[::2, ::2] = X
    return wide[::2, ::2]


def _unsorted(X):
    matrix = sparse.csr_matrix(X)
    for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        matrix.indices[start:stop] = matrix.indices[start:stop][::-1].copy()
        matrix.data[start:stop] = matrix.data[start:stop][::-1].copy()
    matrix.has_sorted_indices = False
    return matrix


def _repeated_entries(X):
    half = sparse.csr_matrix(X / 2)
    data, indices = np.repeat(half.data, 2), np.repeat(half.indices, 2)
    return sparse.csr_matrix((data, indices, 2 * half.indptr), shape=X.shape)


def _wide_indices(X):
    matrix = sparse.csr_array(X)
    matrix.indices, matrix.indptr = matrix.indices.astype("int64"), matrix.indptr.astype("int64")
    return matrix


def _explicit_zeros(X):
    matrix = sparse.csr_matrix(X)
    matrix.data[:1] = 0
    return matrix


def _names(X):
    return [f"col {index}" for index in range(X.shape[1])]


def _frame(X, dtype=None):
    frame = pd.DataFrame(X, columns=_names(X))
    return frame if dtype is None else frame.astype(dtype)


def _with(X, value, dtype=object):
    array = X.astype(dtype)
    array[0, 0] = value
    return array


ARRAYS = {
    "float64": lambda X: X,
    "float32": lambda X: X.astype("f4"),
    "Fortran": np.asfortranarray,
    "Fortran float32": lambda X: np.asfortranarray(X.astype("f4")),
    "negative strides": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "every other": _every_other,
    "transposed": lambda X: X.T.copy().T,
    "read only": lambda X: _read_only(X.astype("f4")),
    "big-endian": lambda X: X.astype(">f8"),
    "longdouble": lambda X: X.astype(np.longdouble),
    "list": lambda X: X.tolist(),
    "object": lambda X: X.astype(object),
    "torch": lambda X: torch.tensor(X, dtype=torch.float32),
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csr float32": lambda X: sparse.csr_array(X.astype("f4")),
    "csc": sparse.csc_matrix,
    "coo": sparse.coo_array,
    "lil": sparse.lil_matrix,
    "csr unsorted": _unsorted,
    "csr repeated": _repeated_entries,
    "csr int64": _wide_indices,
    "csr explicit zeros": _explicit_zeros,
    "frame": _frame,
    "frame float32": lambda X: _frame(X, "f4"),
    "frame unnamed": pd.DataFrame,
    "frame odd index": lambda X: _frame(X).set_index(np.arange(len(X))[::-1] * 7),
    "frame Float64": lambda X: _frame(X, "Float64"),
    "frame object": lambda X: _frame(X, object),
    "polars": lambda X: pl.DataFrame(X, schema=_names(X)),
}
WHOLE = {
    "int64": lambda X: X.astype("i8"),
    "int8": lambda X: X.clip(-100, 100).astype("i1"),
    "bool": lambda X: X > 0,
    "sparse bool": lambda X: sparse.csr_matrix(X > 0),
    "sparse int": lambda X: sparse.csr_matrix(X.astype("i8")),
    "frame Int64": lambda X: _frame(X.astype("i8"), "Int64"),
    "frame boolean": lambda X: _frame(X > 0, "boolean"),
    "frame categories": lambda X: _frame(X.clip(-2, 2).astype("i8"), "category"),
    "polars int": lambda X: pl.DataFrame(X.astype("i8"), schema=_names(X)),
}
# name: (container, words of its refusal)
BAD = {
    "complex": (lambda X: X + 1j, "[Cc]omplex"),
    "1-D": (lambda X: X[:, 0], "1D array|2D array|inconsistent|Expected"),
    "3-D": (lambda X: X[:, :, None], "dim|array"),
    "no rows": (lambda X: X[:0], "sample|inconsistent"),
    "no columns": (lambda X: X[:, :0], "feature"),
    "fewer rows": (lambda X: X[:-1], "inconsistent|sample"),
    "None": (lambda X: None, "X|NoneType|array"),
    "number": (lambda X: 3.0, "array|scalar|Singleton"),
    "text": (lambda X: "some text", "array|could not convert|dtype|Singleton|sample"),
    "dict": (lambda X: {"a": [1] * len(X)}, "array|dict|sample|number|Singleton|argument"),
    "strings": (lambda X: np.full(X.shape, "abc"), "could not convert|string|dtype"),
    "with a string": (lambda X: _with(X, "abc"), "could not convert|float"),
    "with None": (lambda X: _with(X, None), "NaN|None"),
    "with NA": (lambda X: _frame(_with(X, NAN, float), "Float64"), "NaN|NA"),
    "mixed names": (lambda X: pd.DataFrame(X, columns=[0, *_names(X)[1:]]), "[Ff]eature names"),
    "matrix": (np.matrix, "matrix"),
    "ragged": (
        lambda X: [row.tolist() + [1.0] * (i == 0) for i, row in enumerate(X)],
        "array|inhomogeneous|sequence",
    ),
    "sparse NaN": (lambda X: sparse.csr_array(np.where(X.max() == X, NAN, X)), "NaN"),
}


def draw_table(draw, n, p):
    """Return an (n, p) array of floats."""
    X = draw.rng.normal(size=(n, p))
    if p and draw.chance(0.3):
        columns = draw.rng.permutation(p)[: draw.rng.integers(1, p + 1)]
        X[:, columns] = draw.pick([3.0, 0.0, X[:, columns[:1]]])
    if draw.chance(0.15):
        factor = draw.power(-6, 1) if draw.is_sound else draw.power(-30, 30)
        X *= factor
        draw.is_wild |= not 1e-6 < factor < 3
        draw.words.append(f"X times {factor:.0e}")
    if draw.chance(0.08):
        X *= 10.0 ** (draw.rng.uniform(-6, 1, p) if draw.is_sound else draw.rng.uniform(-30, 30, p))
        draw.is_wild |= not draw.is_sound
        draw.words.append("columns of all scales")
    if draw.chance(0.08):
        offset = draw.power(0, 1) if draw.is_sound else draw.power(0, 8)
        X += offset
        draw.is_wild |= offset > 2
        draw.words.append(f"X plus {offset:.0e}")
    if draw.chance(0.05):
        X[draw.rng.random((n, p)) < 0.7] = 0
    if n and p and draw.is_bad(0.15):
        X[draw.rng.integers(n), draw.rng.integers(p)] = draw.pick([NAN, INF, -INF])
        draw.wrong("NaN|infinity|finite|[Cc]annot convert|values")
    elif n and p and draw.is_bad(0.05):
        X[draw.rng.integers(n), draw.rng.integers(p)] = 1e308
        draw.is_wild = True
        draw.words.append("1e308 in X")
    return X


def dress(draw, X):
    """Return an array in some container."""
    is_tame = bool(np.isfinite(X).all())
    if is_tame and X.size and draw.is_bad(0.2):
        name = draw.pick(list(BAD))
        make, words = BAD[name]
        is_bad = {"mixed names": X.shape[1] > 1, "ragged": len(X) > 1}.get(name, True)
        words = "sample|inconsistent" if name == "fewer rows" and len(X) < 2 else words
        draw.wrong(words, surely=is_bad)
    elif is_tame and X.size and draw.chance(0.2):
        name = draw.pick(list(WHOLE))
        X, make = X.clip(-1e6, 1e6), WHOLE[name]
    else:
        name = draw.pick(list(ARRAYS)) if draw.chance(0.7) else "float64"
        make = ARRAYS[name]
    draw.words.append(f"X: {name} {X.shape}")
    with np.errstate(all="ignore"):
        dressed = make(X)
        is_single = "float32" in name or name in ("torch", "read only")
        if is_tame and is_single and not np.isfinite(X.astype("f4")).all():
            draw.wrong("infinity|finite|too large")
    return dressed


def to_dense(X):
    """Return any container as a float64 array, or None."""
    try:
        if sparse.issparse(X):
            X = X.toarray()
        if isinstance(X, (pd.DataFrame, pl.DataFrame)):
            X = X.to_numpy()
        return None if np.iscomplexobj(X) else np.array(X, dtype=float)
    except (TypeError, ValueError):
        return None
