"""LeNet-300-100."""

from sgnn import SparseMLPClassifier

ELEMENTS, GROUPS = "single weights", "units"


def network(penalty, alpha, l2, n_epochs, seed, **options):
    """Return LeNet-300-100, not fitted."""
    shared = {"batch_size": 200, "learning_rate_init": 1e-3, "random_state": seed}
    return SparseMLPClassifier(
        (300, 100), penalty=penalty, alpha=alpha, l2=l2, max_iter=n_epochs, **{**shared, **options}
    )
