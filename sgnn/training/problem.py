"""The door of the engine: what is handed to it is plain data, no torch."""

import math
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from sgnn.losses.base import Loss
from sgnn.networks.network import Network
from sgnn.proximal._registry import SOLVERS
from sgnn.training.rows import ENTRIES_AT_ONCE
from sgnn.training.scales import Scales
from sgnn.training.shard import Shard
from sgnn.training.stream import Stream

_AUTO_BATCHES, _AUTO_BATCH_SIZES = 32, (32, 200)


@dataclass(frozen=True)
class HeldOut:
    """Data that are not trained on: inputs, targets as the loss wants them, and weights."""

    X: object
    targets: np.ndarray
    sample_weight: np.ndarray | None = None


@dataclass(frozen=True)
class Problem:
    """One objective: data, loss, penalty.

    Attributes
    ----------
    X : ndarray, CSR, Rows or Stream of shape (n_samples, n_features)
    targets : ndarray
        As the loss wants them.
    n_outputs : int
    loss : Loss
    activation : str
    sample_weight : ndarray of shape (n_samples,) or None
    held_out : HeldOut or None
    penalties : list of Penalty
    alpha : float
        As it is told.
    l2 : float
        As it is trained with.
    blocks : ndarray of int, shape (n_features,), or None
        Blocks of inputs that stand or fall together.
    scales : Scales
        Of the optimisers.
    told : Scales or None
        What is trained, times these, is what is told: parameters and losses of the targets as they
        were given. None is 1 for all.
    alpha_unit : float
        What is trained with a strength of the penalty is told with the strength times this.
    seed : int
        Of the draw of what is penalised, where a penalty is partial.
    pilot : Network or None
        The network that adaptive weights come from.
    keep_zeros : bool
        Whether weights that are zero at the start stay zero; then there is no other penalty.
    importance : float
        Factor of the gradient of the loss, for data that are a part of others.
    group : Together or None
        The processes that train on parts of the samples; X and held-out data are those of this one.
    follows_noise : bool
        Whether `alpha` is for the best constant, and to be lowered; see :func:`strength_of_noise`.
    """

    X: object
    targets: np.ndarray
    n_outputs: int
    loss: Loss
    activation: str
    sample_weight: np.ndarray | None
    held_out: HeldOut | None
    penalties: list
    alpha: float
    l2: float
    blocks: np.ndarray | None
    scales: Scales
    told: Scales | None = None
    alpha_unit: float = 1.0
    seed: int = 0
    pilot: Network | None = None
    keep_zeros: bool = False
    importance: float = 1.0
    group: object = None
    follows_noise: bool = False

    @property
    def has_penalty(self):
        """Whether something makes weights zero."""
        return bool(self.penalties) and self.alpha > 0

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

    @property
    def best_constant(self):
        """The raw outputs of the best model without inputs, shape (n_outputs,)."""
        constant = self.loss.constant(self.targets, self.sample_weight, self.n_outputs)
        return constant.astype(self.X.dtype)

    @property
    def slope(self):
        """The slope of the loss at the best constant; see :meth:`Loss.slope`."""
        return self.loss.slope(self.targets, self.sample_weight, self.n_outputs)

    @cached_property
    def largest_input(self):
        """The largest absolute value in X, a float; inf where X is not at hand as an array."""
        if not isinstance(self.X, np.ndarray):
            return math.inf
        return float(max(-self.X.min(initial=0.0), self.X.max(initial=0.0)))

    def parts(self):
        """Yield some samples each, all where losses depend on all: a slice, X, targets, weights."""
        n_samples = self.X.shape[0]
        size = max(1, ENTRIES_AT_ONCE // self.n_outputs) if self.loss.separable else n_samples
        if isinstance(self.X, (Shard, Stream)):
            size = min(size, getattr(self.X, "buffer_size", size))
            yield from ((None, *part) for part in self.X.read(size, None))
            return
        for start in range(0, n_samples, size):
            rows = slice(start, start + size)
            weights = None if self.sample_weight is None else self.sample_weight[rows]
            yield rows, self.X[rows], self.targets[rows], weights

    def baseline(self, network):
        """Return what predictions of a network need to know besides it; see :class:`Loss`."""
        outputs = partial(network.forward, self.X)
        return self.loss.baseline(outputs, self.targets, self.sample_weight)

    def samples_per_batch(self, settings):
        """Return the batch size: all samples where the loss of one depends on the others, or the
        solver wants them.
        """
        n_samples = len(self.targets)
        if not (self.loss.separable and SOLVERS[settings.solver].has_rate):
            return n_samples
        if settings.batch_size == "auto":
            least, most = _AUTO_BATCH_SIZES
            return min(max(n_samples // _AUTO_BATCHES, least), most)
        return settings.batch_size

    @property
    def loss_unit(self):
        """What losses are told in."""
        return 1.0 if self.told is None else self.told.loss

    @property
    def strength(self):
        """`alpha` as it is trained with."""
        return self.alpha / self.alpha_unit

    @property
    def told_unit(self):
        """The unit of the loss, as it is told."""
        return self.scales.loss * self.loss_unit

    def tell(self, network):
        """Return a network that was trained as one for the targets as they were given."""
        return network if self.told is None else network.times(self.told)

    def untell(self, network):
        """Return what :meth:`tell` makes a network from."""
        return network if self.told is None else network.times(self.told.inverse)

    def without_penalty(self):
        """Return the same problem without the penalty that makes weights zero."""
        return replace(self, penalties=[])

    def without_held_out(self):
        """Return the same problem without held-out data."""
        return replace(self, held_out=None)

    def on_inputs(self, inputs):
        """Return the same problem on some inputs, without blocks.

        Parameters
        ----------
        inputs : ndarray of bool, shape (n_features,), or of int
        """
        held_out = self.held_out
        if held_out is not None:
            held_out = replace(held_out, X=held_out.X[:, inputs])
        return replace(self, X=self.X[:, inputs], held_out=held_out, blocks=None)

    def on_support(self, inputs):
        """Return the same problem without penalty, on some inputs and a fixed set of weights.

        Parameters
        ----------
        inputs
            As for :meth:`on_inputs`.
        """
        return replace(self.on_inputs(inputs), penalties=[], keep_zeros=True)

    def with_held_out(self, rows, held_out):
        """Return the same problem on some samples, with others held out.

        Parameters
        ----------
        rows, held_out : ndarray of int
            In the order of the samples, which a loss may rely upon.
        """

        def part(rows):
            weights = self.sample_weight
            weights = None if weights is None else weights[rows]
            return {"X": self.X[rows], "targets": self.targets[rows], "sample_weight": weights}

        return replace(self, **part(rows), held_out=HeldOut(**part(held_out)))


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
    max_fun: int
    tol: float
    n_iter_no_change: float
    early_stopping: bool
    input_dropout: float
    device: str
    n_threads: int | None
