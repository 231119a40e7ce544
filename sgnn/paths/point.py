"""One network of a path."""

from dataclasses import dataclass

from sgnn.networks.network import Network
from sgnn.training.course import History


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
        Accuracy or :math:`R^2`, without sample weights, on the data that were trained on (without
        what ``early_stopping`` holds out) and on the validation data; None without the latter.
    validation_error : float or None
        Standard error of the validation score, as a mean over samples.
    seconds : float
        What it took to get here from the point before.
    network : Network
        What is left.
    history : History
        Of the epochs since the point before.
    """

    alpha: float
    objective: float
    train_score: float
    validation_score: float | None
    validation_error: float | None
    seconds: float
    network: Network
    history: History

    @property
    def coefs(self):
        """Weights of what is left."""
        return self.network.coefs

    @property
    def intercepts(self):
        """Biases of what is left."""
        return self.network.intercepts

    @property
    def kept(self):
        """The units that are left, per layer, inputs first: a list of ndarray of bool."""
        return self.network.kept

    @property
    def features(self):
        """Indices of the inputs that are left."""
        return self.network.features

    @property
    def n_features(self):
        """Number of inputs that are left."""
        return len(self.network.features)

    @property
    def n_neurons(self):
        """Units that are left per layer, inputs first, outputs last."""
        return self.network.n_neurons

    @property
    def n_weights(self):
        """Number of weights that are not zero."""
        return self.network.n_weights

    @property
    def n_multiply_adds(self):
        """Multiplications of a prediction by the compact network."""
        return self.network.n_multiply_adds

    @property
    def sparsity(self):
        """Fraction of all weights of the full network that are zero."""
        return self.network.sparsity
