"""The fitted network in numpy: removing what is zero, putting it back, and predicting.

A network is a list of weight matrices of shape (n_in, n_out) and a list of biases. A unit is kept
when it lies on a path of non-zero weights from an input to an output. Units that only pass on a
constant are folded into the biases of the next layer, so predictions do not change.
"""

from itertools import pairwise

import numpy as np
from scipy.special import erf, expit

_ROWS_PER_CHUNK = 1024
_LEAKY_SLOPE = 0.01


def _gelu(x):
    return x * (0.5 * (1 + erf(x * x.dtype.type(np.sqrt(0.5)))))


ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "leaky_relu": lambda x: np.maximum(x, x.dtype.type(_LEAKY_SLOPE) * x, out=x),
    "tanh": lambda x: np.tanh(x, out=x),
    "logistic": lambda x: expit(x, out=x),
    "gelu": _gelu,
}


def forward(X, coefs, intercepts, activation):
    """Return the raw outputs of a network.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_in)
    coefs, intercepts : list of ndarray
    activation : str
        A key of ``ACTIVATIONS``.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
        In the data type of the weights.
    """
    n_samples, dtype = X.shape[0], intercepts[-1].dtype
    outputs = np.empty((n_samples, len(intercepts[-1])), dtype=dtype)
    for start in range(0, n_samples, _ROWS_PER_CHUNK):
        rows = slice(start, start + _ROWS_PER_CHUNK)
        values = X[rows].astype(dtype, copy=False)
        for layer, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
            values = values @ coef
            values += intercept
            if layer < len(coefs) - 1:
                values = ACTIVATIONS[activation](values)
        outputs[rows] = values
    return outputs


def units_on_paths(coefs, blocks=None):
    """Return, per layer, which units lie on a path of non-zero weights from input to output.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    blocks : ndarray of int, shape (n_features,), default=None
        Blocks of inputs that count as a whole as soon as one of them does.

    Returns
    -------
    list of ndarray of bool
        Inputs first, outputs last.
    """
    connected = [coef != 0 for coef in coefs]
    reached = [np.ones(coefs[0].shape[0], dtype=bool)]
    for matrix in connected:
        reached.append(reached[-1] @ matrix)
    reaching = [np.ones(coefs[-1].shape[1], dtype=bool)]
    for matrix in reversed(connected):
        reaching.append(matrix @ reaching[-1])
    on_paths = [forth & back for forth, back in zip(reached, reversed(reaching), strict=True)]
    if blocks is not None:
        on_paths[0] = np.isin(blocks, blocks[on_paths[0]])
    return on_paths


def compact(coefs, intercepts, activation, blocks=None):
    """Remove everything that no path from an input to an output uses.

    Parameters
    ----------
    coefs, intercepts : list of ndarray
        The full-size network.
    activation : str
    blocks : ndarray of int, shape (n_features,), default=None
        Blocks of inputs that are kept whole as soon as one of them is used.

    Returns
    -------
    coefs, intercepts : list of ndarray
        The compact network; all outputs are kept.
    kept : list of ndarray of bool
        The units kept per layer, inputs first; for the outputs, those that depend on an input.
    """
    kept = units_on_paths(coefs, blocks)
    return *keep_units(coefs, intercepts, activation, kept), kept


def keep_units(coefs, intercepts, activation, kept):
    """Remove units, and fold the constants that they put out into the biases of the next layer.

    Parameters
    ----------
    coefs, intercepts : list of ndarray
    activation : str
    kept : list of ndarray of bool
        The units per layer that stay, at least those on paths; all outputs do.

    Returns
    -------
    coefs, intercepts : list of ndarray
    """
    select = [*kept[:-1], np.ones_like(kept[-1])]
    constant = np.zeros(coefs[0].shape[0], dtype=intercepts[-1].dtype)
    small_coefs, small_intercepts = [], []
    for layer, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        bias = intercept + constant @ coef
        small_coefs.append(coef[np.ix_(select[layer], select[layer + 1])])
        small_intercepts.append(bias[select[layer + 1]])
        if layer < len(coefs) - 1:
            constant = np.where(kept[layer + 1], 0, ACTIVATIONS[activation](bias))
    return small_coefs, small_intercepts


def expand(coefs, intercepts, kept):
    """Put the removed units back, as zeros.

    Parameters
    ----------
    coefs, intercepts, kept
        As returned by :func:`compact`.

    Returns
    -------
    coefs, intercepts : list of ndarray
        Full-size arrays.
    """
    select = [*kept[:-1], np.ones_like(kept[-1])]
    full_coefs, full_intercepts = [], []
    for coef, intercept, (rows, columns) in zip(coefs, intercepts, pairwise(select), strict=True):
        full = np.zeros((len(rows), len(columns)), dtype=coef.dtype)
        full[np.ix_(rows, columns)] = coef
        full_coefs.append(full)
        bias = np.zeros(len(columns), dtype=intercept.dtype)
        bias[columns] = intercept
        full_intercepts.append(bias)
    return full_coefs, full_intercepts


def compose(kept, of_kept):
    """Return masks over all units from masks over those of `kept`."""
    composed = []
    for outer, inner in zip(kept, of_kept, strict=True):
        mask = outer.copy()
        mask[outer] = inner
        composed.append(mask)
    return composed


def summary(coefs, kept):
    """Return a table of what is left of a network.

    Parameters
    ----------
    coefs, kept
        As returned by :func:`compact`.

    Returns
    -------
    str
    """
    sizes = [len(mask) for mask in kept]
    header = f"{'layer':<10}{'units':>16}{'weights':>20}{'multiply-adds':>20}"
    lines = [header, "-" * len(header)]
    lines.append(f"{'input':<10}{_of(kept[0].sum(), sizes[0]):>16}")
    total = np.zeros(3, dtype=int)
    for layer, coef in enumerate(coefs):
        name = "output" if layer == len(coefs) - 1 else f"hidden {layer + 1}"
        full = sizes[layer] * sizes[layer + 1]
        counts = np.count_nonzero(coef), coef.size
        total += (*counts, full)
        units = _of(kept[layer + 1].sum(), sizes[layer + 1])
        weights, products = (_of(count, full) for count in counts)
        lines.append(f"{name:<10}{units:>16}{weights:>20}{products:>20}")
    weights, products = (_of(count, total[2]) for count in total[:2])
    lines.append(f"{'total':<10}{'':>16}{weights:>20}{products:>20}")
    return "\n".join(lines)


def _of(part, whole):
    return f"{part:,} of {whole:,}"
