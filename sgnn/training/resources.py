"""Thread count and flush-to-zero mode for the duration of a fit."""

import threading
from contextlib import contextmanager

import numpy as np
import torch

_lock = threading.Lock()
_running = 0
_threads_before = None


@contextmanager
def limited_threads(n_threads):
    """Run with `n_threads` torch threads, and restore the count when the last user leaves.

    The count belongs to the process, so fits in several threads are counted under a lock.

    Parameters
    ----------
    n_threads : int or None
        None leaves the count as it is.
    """
    global _running, _threads_before
    if n_threads is None:
        yield
        return
    with _lock:
        if _running == 0:
            _threads_before = torch.get_num_threads()
        _running += 1
        if torch.get_num_threads() != n_threads:
            torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if _running == 0 and torch.get_num_threads() != _threads_before:
                torch.set_num_threads(_threads_before)


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
