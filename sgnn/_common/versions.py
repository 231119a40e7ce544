"""Pickles know the version that wrote them, and caches keep versions apart."""

import threading
import weakref

from sgnn._common.warnings import SgnnInconsistentVersionWarning, warn
from sgnn._version import __version__


class Versioned:
    """Stores the version with what it stores, and warns when another version loads it.

    What consists of several such objects gives one warning. A pickle first makes an object, then
    its parts, then gives them to it; what is made in between is a part. Keys of
    :class:`joblib.Memory` are made of what would be stored, so they differ by version too.
    """

    def __reduce_ex__(self, protocol):
        return _begun, (type(self), __version__), self.__getstate__()

    def __getstate__(self):
        return {**vars(self), "_sgnn_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_sgnn_version", "unknown")
        whole = _LOADING.whole()
        if whole is None:
            _warn_of_another(type(self), version)
        elif whole is self:
            _LOADING.whole = _nothing
        vars(self).update(state)


def _nothing():
    return None


class _Loading(threading.local):
    """A weak reference to what is being loaded in a thread, if another version has stored it."""

    whole = staticmethod(_nothing)


_LOADING = _Loading()


def _begun(kind, version):
    """Return an object whose state is still to come."""
    begun = kind.__new__(kind)
    if _LOADING.whole() is None and _warn_of_another(kind, version):
        _LOADING.whole = weakref.ref(begun)
    return begun


def _warn_of_another(kind, version):
    """Warn if the version is not this one, and return whether it is not."""
    if version == __version__:
        return False
    warn(
        f"A {kind.__name__} that was stored by sgnn of version {version} is loaded by version "
        f"{__version__}: it may not work, or give other results. Fit it anew.",
        SgnnInconsistentVersionWarning,
    )
    return True
