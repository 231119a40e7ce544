"""The data sets of the benchmarks: from a folder, from a server, or from scikit-learn.

A folder, named by the environment variable ``SGNN_DATA``, holds ``mnist.npz`` and so on, with the
arrays ``X`` and ``y``, and ``X_test`` and ``y_test`` where the authors published a split. What is
not there is fetched from OpenML or UCI, once, into scikit-learn's cache.
"""

import hashlib
import math
import os
import socket
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple
from urllib.request import urlopen
from zipfile import BadZipFile, ZipFile

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split

FOLDER = "SGNN_DATA"


class DataUnavailableError(Exception):
    """A data set is neither in the folder nor to be had from a server."""


class Data(NamedTuple):
    """A data set: X in float32; y class numbers, or numbers in float32.

    ``X_test`` and ``y_test`` are None where no split was published.
    """

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray | None = None
    y_test: np.ndarray | None = None


@dataclass(frozen=True)
class Source:
    """Where a data set comes from.

    Attributes
    ----------
    digest : str or None
        First 16 digits of the SHA-256 of all rows of X, as float32, and of y, as float64; None if
        no results were made with it.
    file : str
        Name in the folder, without ``.npz``.
    openml : int, optional
        Number on OpenML.
    n_train : int, optional
        Rows before the published test set.
    """

    digest: str | None
    file: str
    openml: int | None = None
    n_train: int | None = None


SOURCES = {
    "mnist": Source("95a7aadbc1be6186", "mnist", 554, 60_000),
    "fashion_mnist": Source("a0e39e2a3b3eff0f", "fashion_mnist", 40996, 60_000),
    "cifar_10": Source(None, "cifar_10", 40927, 50_000),
    "isolet": Source("e3f78bad4696eec3", "isolet", 300, 6_238),
    "pendigits": Source("c33553aeec569ef2", "pendigits", 32, 7_494),
    "boston": Source("98e54c8c27ba2b94", "uci_boston", 531),
    "concrete": Source("16e5ecff3187c179", "uci_concrete"),
    "energy": Source("e6b58a582819646c", "uci_energy"),
    "california_housing": Source("81f03dc1da3d19da", "california_housing"),
    "sdd": Source(None, "sdd"),
    "sdd_subset2200": Source("ce6ae3c2c5d6be48", "sdd_subset2200"),
    "tox_171": Source("4c27b44a8176d1ba", "tox_171"),
    "prostate_ge": Source("c5ef1fb516d866f0", "prostate_ge"),
    "cora": Source("56b6bf95afafe0c4", "cora"),
    "texas": Source("ef76dc82e289b8da", "webkb_texas"),
}
REGRESSION = ("boston", "california_housing", "concrete", "energy")
SDD = (
    "https://archive.ics.uci.edu/ml/machine-learning-databases/00325/Sensorless_drive_diagnosis.txt"
)
SDD_SHAPE = 58_509, 49
SECONDS_TO_WAIT = 60
MOST_BYTES = 2**30
SHIPPED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def load(name):
    """Return a data set.

    Parameters
    ----------
    name : str
        One of `SOURCES` or `SHIPPED`.

    Returns
    -------
    Data

    Raises
    ------
    DataUnavailableError
        With what to do about it.
    ValueError
        If a file of the folder holds other data than the results were made with, or says that it
        holds more than a gigabyte.
    """
    if name in SHIPPED:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return Data(X.astype(np.float32), y.astype(np.float32 if name == "diabetes" else int))
    source = SOURCES[name]
    path = Path(os.environ.get(FOLDER, "")) / f"{source.file}.npz"
    if FOLDER in os.environ and path.exists():
        data = _from_file(path)
        if source.digest not in (None, digest(data)):
            raise ValueError(
                f"{path} does not hold the data that the results were made with: its digest is "
                f"{digest(data)}, and should be {source.digest}."
            )
        return data
    data = _from_server(name, source)
    if source.digest not in (None, digest(data)):
        warnings.warn(
            f"{name} as the server has it differs from the data of the committed results.",
            stacklevel=2,
        )
    return data


def digest(data):
    """Return the digest of a data set that `SOURCES` holds."""
    sha = hashlib.sha256()
    for part, dtype in zip(data, (np.float32, np.float64) * 2, strict=True):
        if part is not None:
            sha.update(np.ascontiguousarray(part, dtype).tobytes())
    return sha.hexdigest()[:16]


def split(data, seed, test_size=0.2):
    """Return X, X_test, y, y_test: the published split, or a random one, stratified for classes."""
    if data.X_test is not None:
        return data.X, data.X_test, data.y, data.y_test
    stratify = data.y if data.y.dtype.kind == "i" else None
    return train_test_split(
        data.X, data.y, test_size=test_size, random_state=seed, stratify=stratify
    )


def _from_file(path):
    _check_size(path)
    with np.load(path) as arrays:
        X, y = _typed(arrays["X"], arrays["y"])
        if "X_test" not in arrays:
            return Data(X, y)
        return Data(X, y, *_typed(arrays["X_test"], arrays["y_test"]))


def _check_size(path):
    """Raise a ValueError if arrays of a file say that they are large; nothing is unpacked."""
    n_bytes = 0
    try:
        with ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    shape, dtype = _header(member)
                    n_bytes += math.prod(shape) * max(dtype.itemsize, 4)
    except (BadZipFile, ValueError, EOFError) as error:
        raise ValueError(f"{path} is no .npz of arrays of numbers: {error}") from error
    if n_bytes > MOST_BYTES:
        raise ValueError(
            f"{path} says that it holds {n_bytes / 2**30:.3g} GiB, more than the "
            f"{MOST_BYTES / 2**30:.3g} that a data set may have."
        )


def _header(member):
    """Return shape and dtype of an array that is stored in a file."""
    read = np.lib.format
    version = read.read_magic(member)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"the format {version} of an array is unknown")
    of_version = read.read_array_header_1_0 if version == (1, 0) else read.read_array_header_2_0
    shape, _, dtype = of_version(member)
    return shape, dtype


def _typed(X, y):
    return X.astype(np.float32), y.astype(np.float32 if y.dtype.kind == "f" else int)


def _from_server(name, source):
    try:
        with _waiting(SECONDS_TO_WAIT):
            X, y = _fetched(name, source)
    except (OSError, HTTPException) as error:
        raise DataUnavailableError(
            f"{name} could not be fetched: {error}. Put {source.file}.npz, with arrays X and y, "
            f"into a folder, and name it with --data or the variable {FOLDER}."
        ) from error
    X = np.asarray(X, np.float32)
    y = np.asarray(y, np.float32) if name in REGRESSION else _class_numbers(y)
    if source.n_train is None:
        return Data(X, y)
    return Data(X[: source.n_train], y[: source.n_train], X[source.n_train :], y[source.n_train :])


@contextmanager
def _waiting(seconds):
    """Give servers up that say nothing for some seconds."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _fetched(name, source):
    """Return X and y as a server has them."""
    if name == "california_housing":
        return datasets.fetch_california_housing(return_X_y=True)
    if name == "sdd":
        return _from_uci()
    if source.openml is None:
        raise FileNotFoundError("no server that we know of has it")
    return datasets.fetch_openml(
        data_id=source.openml, return_X_y=True, as_frame=False, parser="liac-arff"
    )


def _from_uci():
    """Return the whole of sdd; the cache holds all of it or nothing, with the checksums of zip."""
    path = Path(datasets.get_data_home()) / "sdd.npz"
    if not path.exists():
        with urlopen(SDD) as answer:
            table = _table(answer)
        with NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as part:
            try:
                np.savez_compressed(part, X=table[:, :-1], y=table[:, -1])
            except BaseException:
                os.unlink(part.name)
                raise
        os.replace(part.name, path)
    _check_size(path)
    with np.load(path) as arrays:
        return arrays["X"], arrays["y"]


def _table(answer):
    """Return the numbers that a server sends, if these are all of sdd."""
    try:
        table = np.loadtxt(answer)
    except ValueError as error:
        raise OSError(f"{SDD} holds no table of numbers: {error}") from error
    if table.shape != SDD_SHAPE:
        raise OSError(f"{SDD} holds a table of shape {table.shape}, and not of {SDD_SHAPE}")
    return table


def _class_numbers(y):
    """Number the classes in the order of their names, which may be numbers."""
    with suppress(ValueError):
        y = np.asarray(y, np.float32)
    return np.unique(y, return_inverse=True)[1]
