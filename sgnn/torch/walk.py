"""Following one module while the penalty grows."""

import copy
import math
from dataclasses import dataclass

import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    TensorDataset,
)

from sgnn.training.course import History


@dataclass(frozen=True)
class Place:
    """A place on the way: what training goes on from, and its size.

    Attributes
    ----------
    module, optimizer : dict
        Their states.
    units : dict of str to tuple of two int
        Inputs and outputs that are left of each penalised weight.
    n_weights : int
        Penalised weights that are not zero.
    sparsity : float
        Share of those that are.
    """

    module: dict
    optimizer: dict
    units: dict
    n_weights: int
    sparsity: float

    @property
    def network(self):
        """What has a size: itself."""
        return self

    @property
    def n_neurons(self):
        """Inputs and outputs of all weights together, and one for the outputs of the module."""
        return sum(map(sum, self.units.values())), 1

    @property
    def n_multiply_adds(self):
        """One for each weight: at how many places it is used is not known."""
        return self.n_weights

    @property
    def is_empty(self):
        """Whether all penalised weights are zero."""
        return self.n_weights == 0


class ModuleWalk:
    """Trains a module for one strength of the penalty after another.

    Parameters
    ----------
    module : torch.nn.Module
    optimizer : ProxAdam or ProxSGD
    loader : iterable of (inputs, targets)
        One epoch each time.
    loss : callable
        ``loss(outputs, targets)`` is a tensor with one number.
    n_epochs : int
        Epochs of each step; the rate falls to 0 along a cosine in them.
    """

    #: Whether a step may stop early.
    stops_at_limit = False

    def __init__(self, module, optimizer, loader, loss, n_epochs):
        self._module, self._optimizer, self._loader, self._loss = module, optimizer, loader, loss
        self._n_epochs = n_epochs
        self._device = next(module.parameters()).device
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def begin(self, n_epochs):
        """Train without penalty, and let the walk start there."""
        self._optimizer.set_alpha(0.0)
        history = self.train(n_epochs)
        #: Unit of the losses: that of the first epoch.
        self.unit_of_loss = history.loss[0]
        #: Where the walk starts.
        self.start = self.place()
        self._optimizer.set_alpha(1.0)
        #: Value of the penalty at the start, for ``alpha=1``.
        self.penalty_at_start = self._optimizer.penalty()
        return history

    def step(self, place, alpha, limit=math.inf):
        """Train from a place on under a strength, and return where that leads, and the history.

        Parameters
        ----------
        place : Place
        alpha : float
        limit : float, default=inf
            Not used: a module is trained to the end of a step.
        """
        self.go_to(place)
        self._optimizer.set_alpha(alpha)
        history = self.train(self._n_epochs)
        return self.place(), history

    def refit(self, place, n_epochs):
        """Return the place where training without penalty leads, zeros being kept."""
        self.go_to(place)
        self._optimizer.keep_zeros()
        self.train(n_epochs)
        return self.place()

    def train(self, n_epochs):
        """Train for some epochs."""
        history, n_batches = History(), len(self._loader)
        self._module.train()
        for epoch in range(n_epochs):
            total = 0.0
            for batch, (inputs, targets) in enumerate(self._on_device(self._loader)):
                self._set_rates((epoch + batch / n_batches) / n_epochs)
                self._optimizer.zero_grad()
                loss = self._loss(self._module(inputs), targets)
                loss.backward()
                self._optimizer.step()
                total += float(loss.detach())
            if not math.isfinite(total):
                raise FloatingPointError("The loss is not finite; lower the learning rate.")
            history.loss.append(total / n_batches)
        return history

    def place(self):
        """Return where the module is."""
        weights = self._optimizer.penalised_weights()
        return Place(
            copy.deepcopy(self._module.state_dict()),
            copy.deepcopy(self._optimizer.state_dict()),
            self._optimizer.n_units(self._module),
            sum(int(weight.count_nonzero()) for weight in weights),
            self._optimizer.sparsity(),
        )

    def go_to(self, place):
        """Bring module and optimiser to a place."""
        self._module.load_state_dict(place.module)
        self._optimizer.load_state_dict(copy.deepcopy(place.optimizer))

    @torch.no_grad()
    def score(self, place, batches, score):
        """Return the mean score of batches at a place, weighted by their numbers of samples."""
        self.go_to(place)
        self._module.eval()
        scores, sizes = [], []
        for inputs, targets in self._on_device(batches):
            scores.append(float(score(self._module(inputs), targets)))
            sizes.append(len(targets))
        return sum(s * n for s, n in zip(scores, sizes, strict=True)) / sum(sizes)

    def _on_device(self, batches):
        """Yield batches on the device of the module."""
        for batch in batches:
            yield [part.to(self._device) if hasattr(part, "to") else part for part in batch]

    def _set_rates(self, share):
        for group in self._optimizer.param_groups:
            group["lr"] = group["initial_lr"] * (1 + math.cos(math.pi * share)) / 2


def batches_of(name, data, batch_size, shuffle):
    """Return a loader, or one of two tensors."""
    if isinstance(data, (tuple, list)):
        if not all(isinstance(part, torch.Tensor) for part in data):
            kinds = ", ".join(type(part).__name__ for part in data)
            raise TypeError(f"{name} must be a DataLoader or two tensors; got {kinds}.")
        if len({len(part) for part in data}) > 1:
            shapes = ", ".join(str(tuple(part.shape)) for part in data)
            raise ValueError(f"{name} must be tensors of as many samples; got shapes {shapes}.")
        rows = (RandomSampler if shuffle else SequentialSampler)(data[0])
        batches = BatchSampler(rows, batch_size, drop_last=False)
        return DataLoader(TensorDataset(*data), sampler=batches, batch_size=None)
    return data
