"""Calls that are broken off in the middle and made again, and whether they end the same."""

import os
from contextlib import contextmanager
from dataclasses import fields, is_dataclass

import numpy as np
from scipy import sparse

from sgnn import Checkpoint
from sgnn.training import journal
from sgnn.training.trainer import Trainer

_NOT_COMPARED = {"checkpoint", "seconds"}


class Killed(BaseException):
    """Ends a call as abruptly as an exception can: nothing catches it."""


@contextmanager
def counting(monkeypatch, kill_before=None):
    """Count the epochs that are trained in a list, and raise Killed before the n-th."""
    epochs, whole = [], Trainer._train_epoch

    def train(self, rate):
        if len(epochs) + 1 == kill_before:
            raise Killed
        epochs.append(rate)
        whole(self, rate)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_train_epoch", train)
        yield epochs


def always_writing(monkeypatch, folder):
    """Return a checkpoint that is written after each epoch, as far as processes can see."""
    monkeypatch.setattr(journal, "_PATIENCE", 0)
    monkeypatch.setattr(os, "fsync", lambda file: None)
    return Checkpoint(folder, seconds=0)


def killed_and_repeated(monkeypatch, call, kills):
    """Make a call, killed again and again, and return what it returns, and epochs of each try."""
    tries = []
    for kill_before in [*kills, None]:
        with counting(monkeypatch, kill_before) as epochs:
            tries.append(epochs)
            try:
                return call(), [len(one) for one in tries]
            except Killed:
                continue
    raise AssertionError("the last try is not killed")


def leaves(thing):
    """Return all that something consists of, to the last bit, in lists and tuples.

    Seconds, and where it was written down, are left out.
    """
    if isinstance(thing, np.ndarray) and not thing.dtype.hasobject:
        return thing.dtype.str, thing.shape, thing.tobytes()
    if isinstance(thing, np.ndarray):
        return thing.shape, [leaves(one) for one in thing.ravel()]
    if sparse.issparse(thing):
        return leaves(thing.toarray())
    if isinstance(thing, (list, tuple)):
        return type(thing).__name__, [leaves(one) for one in thing]
    if isinstance(thing, np.random.RandomState):
        return leaves(thing.get_state(legacy=False))
    if is_dataclass(thing) and not hasattr(thing, "get_params"):
        thing = {field.name: getattr(thing, field.name) for field in fields(thing)}
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        thing = {"class": type(thing).__name__, **vars(thing)}
    if isinstance(thing, dict):
        kept = {k: v for k, v in thing.items() if k not in _NOT_COMPARED}
        return [(repr(k), leaves(v)) for k, v in sorted(kept.items(), key=repr)]
    return type(thing).__name__, repr(thing)
