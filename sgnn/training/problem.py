"""What is handed from an estimator to the training engine: plain data, no torch."""

from dataclasses import dataclass, replace

import numpy as np

_AUTO_BATCH_SIZE = 200
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Units:
    """Natural units of the parameters and of the loss.

    The optimisers work as if each parameter were divided by its unit and the loss by its own. This
    changes the way to the minimum and not the objective.

    Attributes
    ----------
    weights, biases : list of float
        One number per layer.
    loss : float
    """

    weights: list
    biases: list
    loss: float

    @classmethod
    def of_targets(cls, scale, n_layers, homogeneous):
        """Units for targets of a given standard deviation.

        Where the activation is positively homogeneous the scale is shared evenly among the layers,
        so that training on ``c * y`` is training on ``y`` in other units; else the last layer
        carries all of it.
        """
        if homogeneous:
            share = scale ** (1 / n_layers)
            weights = [share] * n_layers
        else:
            weights = [1.0] * (n_layers - 1) + [scale]
        return cls(weights, np.cumprod(weights).tolist(), scale**2)


@dataclass(frozen=True)
class Validation:
    """Held-out data, and the scores of raw outputs of shape (n_samples, n_outputs) on targets.

    There is one score per sample; what counts is their mean.
    """

    X: object
    targets: np.ndarray
    scores: callable


@dataclass(frozen=True)
class Problem:
    """One objective: data, loss, penalty.

    Attributes
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
    targets : ndarray of shape (n_samples, n_outputs), or (n_samples,) of class indices
    n_outputs : int
    loss : {"squared_error", "logistic", "softmax"}
    activation : str
    sample_weight : ndarray of shape (n_samples,) or None
    validation : Validation or None
    penalties : list of Penalty
    alpha, l2 : float
    blocks : ndarray of int, shape (n_features,), or None
        Blocks of inputs that stand or fall together.
    units : Units
    seed : int
        Of the draw of what is penalised, where a penalty is partial.
    pilot : tuple of lists of ndarray, or None
        Weights and biases of the network that adaptive weights come from.
    keep_zeros : bool
        Whether weights that are zero at the start stay zero; then there is no other penalty.
    """

    X: object
    targets: np.ndarray
    n_outputs: int
    loss: str
    activation: str
    sample_weight: np.ndarray | None
    validation: Validation | None
    penalties: list
    alpha: float
    l2: float
    blocks: np.ndarray | None
    units: Units
    seed: int = 0
    pilot: tuple | None = None
    keep_zeros: bool = False

    @property
    def is_partial(self):
        """Whether some penalty is on a part of the groups that is to be drawn."""
        return any(
            not isinstance(p.fraction, (list, tuple)) and p.fraction < 1 for p in self.penalties
        )

    @property
    def is_adaptive(self):
        """Whether some penalty needs the weights of a pilot fit."""
        return any(penalty.adaptive > 0 for penalty in self.penalties)

    def without_penalty(self):
        """Return the same problem without the penalty that makes weights zero."""
        return replace(self, penalties=[])

    def without_validation(self):
        """Return the same problem without held-out data."""
        return replace(self, validation=None)

    def on_support(self, inputs):
        """Return the same problem without penalty, on some inputs and a fixed set of weights.

        Parameters
        ----------
        inputs : ndarray of bool, shape (n_features,)
        """
        validation = self.validation
        if validation is not None:
            validation = replace(validation, X=validation.X[:, inputs])
        return replace(
            self,
            X=self.X[:, inputs],
            validation=validation,
            penalties=[],
            blocks=None,
            keep_zeros=True,
        )


@dataclass(frozen=True)
class Settings:
    """How to minimise: the parameters of the estimators that bear the same names."""

    solver: str
    momentum: float
    nesterovs_momentum: bool
    shuffle: bool
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    max_iter: int
    tol: float
    n_iter_no_change: float
    early_stopping: bool
    device: str
    n_threads: int | None

    @property
    def samples_per_batch(self):
        """The batch size, as a number; data sets may have fewer samples."""
        return _AUTO_BATCH_SIZE if self.batch_size == "auto" else self.batch_size


def n_effective(X, sample_weight):
    """Return the sum of the weights, but at least the number of samples that have any.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
    sample_weight : ndarray of shape (n_samples,) or None
    """
    if sample_weight is None:
        return X.shape[0]
    return max(float(sample_weight.sum()), np.count_nonzero(sample_weight))
