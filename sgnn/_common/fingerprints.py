"""Fingerprints: calls and data that differ in anything that counts have other ones."""

import hashlib
from dataclasses import fields, is_dataclass

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from sgnn._common.words import brief

#: Parameters that change no result; the folds of `cv` are entered themselves.
_WITHOUT_EFFECT = {"checkpoint", "cv", "memory", "n_jobs", "verbose"}


def fingerprint(*things):
    """Return a short name of some things, which is another one where anything in them differs.

    It is made of values only, so it is the same in each process. Of estimators, penalties and
    losses, class and parameters count, but for those that change no result.

    Parameters
    ----------
    *things : object
        Arrays, matrices that hand out ``blocks()`` of rows, sparse matrices, estimators,
        dataclasses, lists, dicts, plain values, and what can be pickled.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    ValueError
        If something cannot be pickled.
    """
    digest = hashlib.sha256()
    _enter(digest, things)
    return digest.hexdigest()[:32]


def _enter(digest, thing):
    is_array = isinstance(thing, np.ndarray) and not thing.dtype.hasobject
    if is_array or callable(getattr(thing, "blocks", None)):
        digest.update(f"array {thing.dtype.str} {thing.shape}".encode())
        for block in [thing] if is_array else thing.blocks():
            digest.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8))
        return
    kind, parts = _parts(thing)
    digest.update(f"{kind} {len(parts)};".encode())
    for part in parts:
        _enter(digest, part)


def _parts(thing):
    """Return in words what a thing is, and what it consists of."""
    kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if sparse.issparse(thing):
        return f"{kind} {thing.shape}", [thing.data, thing.indices, thing.indptr]
    if isinstance(thing, BaseEstimator):
        given = thing.get_params(deep=False)
        return kind, sorted((k, v) for k, v in given.items() if k not in _WITHOUT_EFFECT)
    if isinstance(thing, np.random.RandomState):
        return kind, [thing.get_state(legacy=False)]
    if is_dataclass(thing) and not isinstance(thing, type):
        return kind, [getattr(thing, field.name) for field in fields(thing)]
    if isinstance(thing, dict):
        return kind, sorted(thing.items(), key=repr)
    if isinstance(thing, np.ndarray):
        return f"{kind} {thing.shape}", thing.ravel().tolist()
    if isinstance(thing, (list, tuple)):
        return kind, thing
    if thing is None or isinstance(thing, (str, bytes, bool, int, float, complex, np.generic)):
        return f"{kind} {thing!r}", []
    return f"{kind} {_pickled(thing)}", []


def _pickled(thing):
    try:
        return joblib.hash(thing)
    except Exception as error:
        raise ValueError(
            f"checkpoint: {brief(thing)} cannot be pickled ({brief(str(error))}), so a call with "
            "it is not known again: define it at the top of a module."
        ) from error
