"""One network of a path."""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial

from sgnn.estimators.learnt import learnt
from sgnn.networks.network import Network, part_of
from sgnn.training.course import History
from sgnn.training.state import State

of_network = partial(part_of, "network")


@dataclass(frozen=True)
class PathPoint:
    """One network of a path, compact.

    Attributes
    ----------
    alpha : float
        Strength of the penalty; 0 for the network without.
    objective : float
        Loss plus penalty and ridge when it was trained.
    train_score, validation_score : float
        Accuracy, :math:`R^2` or what else belongs to the loss, with the weights of samples and
        classes, on the data that were trained on (without what ``early_stopping`` holds out) and on
        the validation data, where `X_val` has no weights; None without the latter.
    validation_error : float or None
        Standard error of the validation score, as a mean over samples.
    least_gain : float or None
        By how much the validation score must be above that of the best constant for the difference
        not to be chance, in a t-test over samples at a level of 5 %.
    seconds : float
        What it took to get here from the point before.
    network : Network
        What is left.
    history : History
        Of the epochs since the point before.
    baseline : object
        What predictions need to know besides the network; see :meth:`sgnn.losses.Loss.baseline`.
    coefs, intercepts, kept, features, n_features, n_neurons, n_weights, n_multiply_adds, sparsity
        Those of `network`: what is left.
    """

    alpha: float
    objective: float
    train_score: float
    validation_score: float | None
    validation_error: float | None
    least_gain: float | None
    seconds: float
    network: Network
    history: History
    baseline: object = None

    def __repr__(self):
        n_neurons = "-".join(map(str, self.n_neurons))
        score = self.train_score if self.validation_score is None else self.validation_score
        of = "training" if self.validation_score is None else "validation"
        return (
            f"<PathPoint at alpha={self.alpha:.3g}: {n_neurons} units, {self.n_weights:,} weights, "
            f"{of} score {score:.4f}>"
        )

    coefs = of_network("coefs")
    intercepts = of_network("intercepts")
    kept = of_network("kept")
    features = of_network("features")
    n_features = of_network("n_features")
    n_neurons = of_network("n_neurons")
    n_weights = of_network("n_weights")
    n_multiply_adds = of_network("n_multiply_adds")
    sparsity = of_network("sparsity")


def learnt_at(point, form, estimator):
    """Return the fitted attributes of an estimator at a point of a path.

    Parameters
    ----------
    point : PathPoint
    form : Form
    estimator : SparseMLPClassifier or SparseMLPRegressor

    Returns
    -------
    dict
    """
    form, network = deepcopy((form, point.network))
    n_removed = tuple(int((~mask).sum()) for mask in network.kept)
    state = State(network, n_epochs=estimator.max_iter)
    told = form, point.alpha, network, [point.history], n_removed, state
    return learnt(*told, baseline=point.baseline)
