"""Thread count and flush-to-zero mode for the duration of a fit."""

import os
import threading
from contextlib import contextmanager

import numpy as np
import torch

_lock = threading.Lock()
_inside = threading.local()
_running = 0
_threads_before = None
_has_had_threads = _has_lost_threads = False


def _after_fork():
    """Start anew in a process that was forked, whose only thread is the one that forked it."""
    global _lock, _has_lost_threads
    _lock, _has_lost_threads = threading.Lock(), _has_had_threads


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def limited_threads(n_threads):
    """Run with `n_threads` torch threads, and restore the count of this thread afterwards.

    Torch keeps a count per thread, and threads new to torch take over the count that was set last,
    by whichever thread. So users are counted under a lock, and a thread that comes upon the limit
    of another user is given the count from before the first of them.

    A process that was forked from one that has run on several threads would wait for those for
    ever, so it runs on one.

    Parameters
    ----------
    n_threads : int or None
        None leaves the count as it is.
    """
    global _running, _threads_before, _has_had_threads
    if _has_lost_threads:
        n_threads = 1
    if (n_threads or torch.get_num_threads()) > 1:
        _has_had_threads = True
    if n_threads is None:
        yield
        return
    nested = getattr(_inside, "yes", False)
    with _lock:
        before = torch.get_num_threads()
        if _running == 0:
            _threads_before = before
        elif not nested:
            before = _threads_before
        _running += 1
        torch.set_num_threads(n_threads)
    _inside.yes = True
    try:
        yield
    finally:
        _inside.yes = nested
        with _lock:
            _running -= 1
            torch.set_num_threads(before)


def denormals_are_flushed():
    """Whether this thread computes with denormal numbers flushed to zero."""
    return bool(np.float32(1e-39) * np.float32(0.5) == 0)


@contextmanager
def flushed_denormals():
    """Flush denormal numbers to zero on this thread, and restore its mode afterwards.

    Moments of dead weights decay into denormal numbers and stay there; arithmetic on these is up to
    a hundred times slower than on ordinary numbers.
    """
    before = denormals_are_flushed()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


@contextmanager
def engine(n_threads):
    """Do everything that training wants of its surroundings, and undo it afterwards.

    Parameters
    ----------
    n_threads : int or None
        As for :func:`limited_threads`.
    """
    with torch.inference_mode(), limited_threads(n_threads), flushed_denormals():
        keep_freed_memory()
        yield


def keep_freed_memory():
    """Let the C library keep what a training step frees for the next one.

    glibc hands large freed blocks back to the system, and every step would pay page faults to get
    them again, until the program once frees a block as large as this: then it keeps as much. No
    page of it is touched.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)
