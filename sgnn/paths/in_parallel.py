"""Tasks that processes share, and what is known of them already."""

from sklearn.utils.parallel import Parallel


def in_parallel(tasks, place, n_jobs):
    """Yield the results of tasks in their order; those that are written down are not done again.

    Parameters
    ----------
    tasks : list
        Made by scikit-learn's ``delayed``. What they return is plain data, and those that write go
        to ``place.inner(number)``, with their number as a str.
    place : Nowhere
        Of the call that waits for them.
    n_jobs : int or None
    """
    journal, n_over = place.journal(), 0
    while n_over < len(tasks) and (result := journal.over()) is not None:
        yield result
        n_over += 1
    n_cleared = n_over
    for result in Parallel(n_jobs=n_jobs, return_as="generator")(tasks[n_over:]):
        n_over += 1
        if journal.end(result):
            for number in range(n_cleared, n_over):
                place.inner(str(number)).clear()
            n_cleared = n_over
        yield result
