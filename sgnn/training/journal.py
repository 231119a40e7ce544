"""What is over of a call, and how far the rest is.

A call is a series of runs, each of which follows from those before: a pilot fit, the fit, a refit;
the strengths of a path; the folds of a cross-validation. Runs that are over are known by what they
left behind, and the one on the way by a state, so the same call does again what lies between, and
goes on. A call whose runs are calls themselves gives each a place inside its own.
"""

import time
from collections import deque

from sgnn._common.warnings import warn

#: Between two writings there is this many times what the first has taken, at least.
_PATIENCE = 100


class Blank:
    """Nothing is written down; the contract of journals."""

    def over(self):
        """Begin the next run, and return what it has left behind, None if it is not over yet."""
        return

    def begun(self):
        """Return the state in which the run was when it was last written down, or None."""
        return

    def note(self, state):
        """Hear that the run has come further.

        Parameters
        ----------
        state : callable () -> object
            Returns, as plain data, what it can go on from.
        """

    def end(self, result):
        """Hear that the run is over.

        Parameters
        ----------
        result : object
            What it leaves behind: plain data.

        Returns
        -------
        bool
            Whether all that is over is written down.
        """
        return False

    @staticmethod
    def clock():
        """Return the seconds of work, with those of the processes that were killed."""
        return time.perf_counter()


BLANK = Blank()


class Journal(Blank):
    """What is written at a place.

    Files with numbers hold the runs that are over, and one more the run on the way.

    Parameters
    ----------
    place : Place
    rng : numpy.random.RandomState or None
    """

    def __init__(self, place, rng):
        self._place, self._rng = place, rng
        self._n_over = self._n_files = 0
        self._known, self._unwritten = deque(), []
        self._on_the_way = place.read("run")
        self._seconds_before, self._began = 0.0, time.perf_counter()
        self._next_at = time.perf_counter() + place.seconds

    def over(self):
        self._began = time.perf_counter()
        if not self._known:
            written = self._place.read(self._n_files)
            if written is not None and written["first"] == self._n_over:
                self._n_files += 1
                self._known.extend(written["runs"])
        if not self._known:
            return None
        self._n_over += 1
        return self._taken(self._known.popleft())

    def begun(self):
        written, self._on_the_way = self._on_the_way, None
        if written is None or written["first"] != self._n_over:
            return None
        self._began -= written["run"]["seconds"]
        return self._taken(written["run"])

    def note(self, state):
        if self._place.is_due(self._next_at):
            self._write(self._given(state()))

    def end(self, result):
        self._unwritten.append(self._given(result))
        self._n_over += 1
        if self._place.is_due(self._next_at):
            self._write()
        return not self._unwritten

    def clock(self):
        return time.perf_counter() + self._seconds_before

    def _given(self, what):
        rng = None if self._rng is None else self._rng.get_state(legacy=False)
        return {"what": what, "rng": rng, "seconds": time.perf_counter() - self._began}

    def _taken(self, run):
        self._seconds_before += run["seconds"]
        if self._rng is not None:
            self._rng.set_state(run["rng"])
        return run["what"]

    def _write(self, on_the_way=None):
        start = time.perf_counter()
        try:
            if self._unwritten:
                first = self._n_over - len(self._unwritten)
                self._place.write(self._n_files, {"first": first, "runs": self._unwritten})
                self._n_files, self._unwritten = self._n_files + 1, []
            if on_the_way is not None:
                self._place.write("run", {"first": self._n_over, "run": on_the_way})
        except OSError as error:
            warn(f"checkpoint: {error}; training goes on without.")
        now = time.perf_counter()
        self._next_at = now + max(self._place.seconds, _PATIENCE * (now - start))
