"""Pickles know the version that wrote them, and caches keep versions apart."""

from sgnn._common.warnings import SgnnInconsistentVersionWarning, warn
from sgnn._version import __version__


class Versioned:
    """Stores the version with what it stores, and warns when another version loads it.

    Keys of :class:`joblib.Memory` are made of what would be stored, so they differ by version too.
    """

    def __getstate__(self):
        return {**vars(self), "_sgnn_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_sgnn_version", "unknown")
        if version != __version__:
            warn(
                f"A {type(self).__name__} that was stored by sgnn of version {version} is loaded "
                f"by version {__version__}: it may not work, or give other results. Fit it anew.",
                SgnnInconsistentVersionWarning,
            )
        vars(self).update(state)
