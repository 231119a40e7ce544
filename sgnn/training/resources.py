"""Thread count and flush-to-zero mode for the duration of a fit."""

import os
import threading
from contextlib import contextmanager
from functools import cache

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_inside = threading.local()
_running = 0
_threads_before = None
_blas_threads_before = []
_has_had_threads = _has_lost_threads = False


def _after_fork():
    """Start anew in a process that was forked, whose only thread is the one that forked it."""
    global _lock, _has_lost_threads, _running
    _lock, _has_lost_threads = threading.Lock(), _has_had_threads
    _running = int(getattr(_inside, "yes", False))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def limited_threads(n_threads):
    """Run torch and BLAS on `n_threads` threads, and restore the counts afterwards.

    Torch keeps a count per thread, and threads new to torch take over the count that was set last,
    by whichever thread. So users are counted under a lock, and a thread that comes upon the limit
    of another user is given the count from before the first of them. BLAS has one count for all;
    it is restored when the last user leaves.

    A process that was forked from one that has run on several threads would wait for those for
    ever, so it runs on one.

    Parameters
    ----------
    n_threads : int or None
        None leaves the count as it is.
    """
    global _running, _threads_before, _blas_threads_before, _has_had_threads
    if _has_lost_threads:
        n_threads = 1
    if (n_threads or torch.get_num_threads()) > 1:
        _has_had_threads = True
    if n_threads is None:
        yield
        return
    n_threads = int(n_threads)
    nested = getattr(_inside, "yes", False)
    with _lock:
        before = torch.get_num_threads()
        if _running == 0:
            _threads_before = before
            _blas_threads_before = [library.num_threads for library in _blas_libraries()]
        elif not nested:
            before = _threads_before
        _running += 1
        torch.set_num_threads(n_threads)
        _set_blas_threads([n_threads] * len(_blas_threads_before))
    _inside.yes = True
    try:
        yield
    finally:
        _inside.yes = nested
        with _lock:
            _running -= 1
            torch.set_num_threads(before)
            if _running == 0:
                _set_blas_threads(_blas_threads_before)


@cache
def _blas_libraries():
    """Return the controllers of the BLAS libraries of this process."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


def _set_blas_threads(counts):
    for library, count in zip(_blas_libraries(), counts, strict=True):
        library.set_num_threads(count)


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
