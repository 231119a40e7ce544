"""A random generator that keeps account of what is wrong with what it has drawn."""

from contextlib import contextmanager

import numpy as np

NAN, INF = float("nan"), float("inf")
BAD_SHARE = 0.15


class Draw:
    """Draws a case; a case is its seed.

    Most cases are sound: all that is drawn goes together, however unusual it is. The others may
    have anything in them.

    Attributes
    ----------
    is_sound : bool
    must, may : list of str
        Regular expressions. There must be a refusal if `must` has any, and a refusal has to match
        one of `must` or `may`.
    is_wild : bool
        Whether magnitudes are such that training may diverge.
    words : list of str
        What was drawn, for the reader of a fault.
    """

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.must, self.may, self.words, self.is_wild = [], [], [], False
        self._is_lenient = False
        self.is_sound = not self.chance(BAD_SHARE)

    def chance(self, probability):
        """Return True with some probability."""
        return self.rng.random() < probability

    def is_bad(self, probability):
        """Return True with some probability, but never in a sound case."""
        return not self.is_sound and self.chance(probability)

    def pick(self, options, bad=()):
        """Return one of some objects, or in a case that is not sound of others besides."""
        options = options if self.is_sound else [*options, *bad]
        return options[self.rng.integers(len(options))]

    def power(self, low, high):
        """Return ten to the power of a uniform number."""
        return float(10.0 ** self.rng.uniform(low, high))

    def wrong(self, words, surely=True):
        """Note that something is wrong, or may be, and in which words a refusal must say so."""
        (self.must if surely and not self._is_lenient else self.may).append(words)

    @contextmanager
    def leniently(self):
        """Let what is wrong be what may be wrong."""
        before, self._is_lenient = self._is_lenient, True
        yield
        self._is_lenient = before
