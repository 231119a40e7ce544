"""What a report of a fault should begin with."""

import platform
import sys
from importlib.metadata import version

from sgnn import kernels
from sgnn._version import __version__

_REQUIRED = ["numpy", "scipy", "scikit-learn", "torch", "threadpoolctl"]


def show_versions() -> None:
    """Print the versions of Python, sgnn and what it needs, and whether compiled kernels are used.

    Where they are not, the last line says why, and what to do.

    Examples
    --------
    >>> import sgnn
    >>> sgnn.show_versions()  # doctest: +SKIP
    """
    rows = {
        "python": sys.version.replace("\n", " "),
        "executable": sys.executable,
        "machine": platform.platform(),
        "sgnn": __version__,
        **{name: version(name) for name in _REQUIRED},
        "compiled kernels": kernels.in_words(),
    }
    for name, value in rows.items():
        print(f"{name:>16}: {value}")
