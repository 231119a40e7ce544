"""Where calls write down how far they are, so that a killed one goes on."""

import os
import time
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path

from sgnn._common.fingerprints import fingerprint
from sgnn._common.plain_files import load, save
from sgnn._common.words import brief
from sgnn._version import __version__
from sgnn.networks.network import Network
from sgnn.proximal.state import OptimizerState
from sgnn.training.course import History
from sgnn.training.journal import BLANK, Journal

_FORMAT = 1
_KINDS = History, Network, OptimizerState
_ADVICE = "remove it to start anew, or give another folder."


@dataclass(frozen=True)
class Checkpoint:
    """Where and how often a fit writes down how far it is, so that a killed one can go on.

    Give it, or a folder alone, to estimators, paths, cross-validation and selectors as
    ``checkpoint``. The same call, with the same parameters, data and version of sgnn, goes on where
    the killed one was when it last wrote, and ends with the same bits. Each call has files of its
    own, named by a fingerprint, so that the candidates of a search can share a folder. They are
    removed when the call is over.

    Parameters
    ----------
    folder : str or path
        Made where there is none.
    seconds : float >= 0, default=60.0
        Least time between two writings, which take place after epochs. It is longer where a writing
        takes more than a hundredth of it, so that they cost about 1 % at most.

    Raises
    ------
    TypeError, ValueError
        If `folder` is no path, or `seconds` no number of at least 0.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_iris
    >>> from sgnn import Checkpoint, SparseMLPClassifier
    >>> with TemporaryDirectory() as folder:
    ...     clf = SparseMLPClassifier(checkpoint=Checkpoint(folder, seconds=10), random_state=0)
    ...     clf.fit(*load_iris(return_X_y=True)).score(*load_iris(return_X_y=True)) > 0.9
    True
    """

    folder: str | os.PathLike
    seconds: float = 60.0

    def __post_init__(self):
        if not isinstance(self.folder, (str, os.PathLike)):
            raise TypeError(f"folder must be a str or a path; got {brief(self.folder)}.")
        if not isinstance(self.seconds, Real) or isinstance(self.seconds, bool):
            raise TypeError(f"seconds must be a number; got {brief(self.seconds)}.")
        if not self.seconds >= 0:
            raise ValueError(f"seconds must be at least 0; got {self.seconds!r}.")


class Nowhere:
    """No place to write; the contract of places."""

    def inner(self, name):
        """Return the place of a call inside this one."""
        return self

    def of_all(self, group):
        """Return the place of a call that processes make together; the first of them writes.

        Parameters
        ----------
        group : Together
        """
        return self

    def journal(self, rng=None):
        """Return what is written there, to go on with.

        Parameters
        ----------
        rng : numpy.random.RandomState, default=None
            What the runs draw from; it is brought to where it was.
        """
        return BLANK

    def clear(self):
        """Forget all that is written there, and inside."""

    def leave(self):
        """Hear that the call is over."""


NOWHERE = Nowhere()


@dataclass(frozen=True)
class Place(Nowhere):
    """Files in a folder whose names begin with that of a call.

    Attributes
    ----------
    folder : Path
    name : str
    seconds : float
    is_inner : bool
        Whether the call is inside another one, which clears the place when it needs it no more.
    """

    folder: Path
    name: str
    seconds: float
    is_inner: bool = False

    def inner(self, name):
        return replace(self, name=f"{self.name}-{name}", is_inner=True)

    def of_all(self, group):
        return PlaceOfAll(self, group)

    def journal(self, rng=None):
        return Journal(self, rng)

    def is_due(self, moment):
        """Whether a moment to write has come, by :func:`time.perf_counter`."""
        return time.perf_counter() >= moment

    def clear(self):
        ours = {path for kind in ".-" for path in self.folder.glob(f"{self.name}{kind}*")}
        for path in sorted(ours, reverse=True):
            path.unlink(missing_ok=True)

    def leave(self):
        if not self.is_inner:
            self.clear()

    def write(self, part, content):
        """Write one of the files; see :func:`save`."""
        head = {"format": _FORMAT, "version": __version__, "call": self.name, "part": part}
        save(self._path(part), head | {"content": content})

    def read(self, part):
        """Return the content of one of the files, None if there is none.

        Raises
        ------
        ValueError
            If it is damaged, or was written by another version or for another call.
        """
        path = self._path(part)
        try:
            written = load(path, _KINDS)
            head = written["format"], written["version"]
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, LookupError) as error:
            raise ValueError(f"checkpoint: {error}: {_ADVICE}") from error
        if head != (_FORMAT, __version__):
            raise ValueError(
                f"checkpoint: {path} was written by version {head[1]} of sgnn in format {head[0]}; "
                f"this is version {__version__} with format {_FORMAT}: {_ADVICE}"
            )
        if (written["call"], written["part"]) != (self.name, part):
            raise ValueError(
                f"checkpoint: {path} was written for another call, {written['call']!r}, part "
                f"{written['part']!r}: {_ADVICE}"
            )
        return written["content"]

    def _path(self, part):
        number = part if isinstance(part, str) else f"{part:05d}"
        return self.folder / f"{self.name}.{number}.npz"


class PlaceOfAll(Nowhere):
    """A place of processes that do the same, all with generators of their own.

    Parameters
    ----------
    place : Place
        Of the first of them, which writes for all.
    group : Together
    """

    def __init__(self, place, group):
        self._place, self._group = place, group
        self.seconds = place.seconds

    def journal(self, rng=None):
        return Journal(self, _RngOfAll(rng, self._group))

    def is_due(self, moment):
        return self._group.first(self._place.is_due(moment))

    def leave(self):
        if self._group.is_first:
            self._place.leave()

    def write(self, part, content):
        if self._group.is_first:
            self._place.write(part, content)

    def read(self, part):
        return self._group.first(self._place.read(part) if self._group.is_first else None)


class _RngOfAll:
    """The generators of all processes, of which each has its own."""

    def __init__(self, rng, group):
        self._rng, self._group = rng, group

    def get_state(self, legacy):
        return self._group.gather(self._rng.get_state(legacy=legacy))

    def set_state(self, states):
        self._rng.set_state(states[self._group.rank])


def place_of(checkpoint, kind, random_state, *things):
    """Return where a call writes down how far it is.

    Parameters
    ----------
    checkpoint : None, str, path, Checkpoint or Nowhere
        A place is that of a call inside another one.
    kind : str
        What is called.
    random_state : int, RandomState or None
        What the call draws from.
    *things : object
        What it is told from others by; see :func:`fingerprint`.

    Returns
    -------
    Nowhere

    Raises
    ------
    ValueError
        If the same call would draw other numbers, or the folder cannot be made.
    """
    if checkpoint is None:
        return NOWHERE
    if isinstance(checkpoint, Nowhere):
        return checkpoint
    if random_state is None:
        raise ValueError(
            f"checkpoint={brief(checkpoint)}: a killed call goes on if the same call draws the "
            f"same numbers again, and random_state=None draws others: give {kind} an int as "
            "random_state, or an estimator that has one."
        )
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = Checkpoint(checkpoint)
    folder = Path(checkpoint.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"checkpoint={brief(checkpoint)}: no such folder: {error}.") from error
    name = f"{kind}-{fingerprint(__version__, *things)}"
    return Place(folder, name, checkpoint.seconds)
