"""Cases by kind and seed."""

import warnings
from contextlib import redirect_stdout
from io import StringIO

from tests.fuzz import fits, paths
from tests.fuzz.draw import Draw

KINDS = {"fits": fits.run, "paths": paths.run}


def run(kind, seed):
    """Run a case.

    Parameters
    ----------
    kind : {"fits", "paths"}
    seed : int

    Returns
    -------
    Judge
        Knows what is wrong.
    """
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return KINDS[kind](Draw(seed))
