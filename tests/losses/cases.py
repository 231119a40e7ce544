"""Every registered loss with targets that it accepts, so that it is tested unasked.

A new loss needs nothing here if numbers of some kind are its targets: it gets the first form of
`FORMS` that its `check` lets pass. `CASES` has those that want something else, or that have
parameters which change what they are.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from sgnn.losses import LOSSES, Cox, Huber, LogLoss, Loss, Quantile


def _numbers(rng, n_samples, n_outputs):
    return rng.normal(loc=1.0, scale=3.0, size=(n_samples, n_outputs))


def _positive(rng, n_samples, n_outputs):
    return 0.1 + rng.exponential(size=(n_samples, n_outputs))


def _counts(rng, n_samples, n_outputs):
    return rng.poisson(2.0, size=(n_samples, n_outputs)).astype(float)


def _fractions(rng, n_samples, n_outputs):
    return rng.uniform(0.05, 0.95, size=(n_samples, n_outputs))


def _labels(rng, n_samples, n_outputs):
    return (rng.random((n_samples, n_outputs)) < 0.4).astype(float)


def _classes(rng, n_samples, n_outputs):
    return rng.permutation(np.arange(n_samples) % n_outputs)


def _survival(rng, n_samples, n_outputs):
    """Events and times, some of them tied, and one event before all others."""
    time = 1.0 + rng.integers(8, size=n_samples)
    time[0] = 0.5
    event = rng.random(n_samples) < 0.7
    event[0] = True
    return np.column_stack([event, time])


FORMS = [_numbers, _positive, _counts, _fractions, _labels, _classes]


@dataclass(frozen=True)
class Case:
    """A loss, the form of its targets, its least number of outputs, and parameters like y."""

    loss: Loss
    form: callable = None
    least_outputs: int = 1
    like_y: tuple = ()

    def n_outputs(self, more=0):
        """Return a number of outputs that the loss has, more than the least if it can."""
        return self.loss.n_outputs(self.least_outputs + more)

    def targets(self, n_samples, n_outputs, seed=0):
        """Return targets as an array, in double precision where they are not indices."""
        forms = [self.form] if self.form else FORMS
        for form in forms:
            targets = form(np.random.default_rng(seed), n_samples, n_outputs)
            try:
                self.loss.check(targets)
            except ValueError:
                continue
            return targets
        pytest.fail(f"No targets for {self.loss}: add a form of them to tests/losses/cases.py.")


CASES = {
    "cox": [Case(Cox(), _survival)],
    "huber": [Case(Huber(), like_y=("delta",)), Case(Huber(delta=0.4), like_y=("delta",))],
    "quantile": [Case(Quantile()), Case(Quantile(quantile=0.3))],
    "log_loss": [
        Case(LogLoss(), _classes, least_outputs=2),
        Case(LogLoss(exclusive=False), _labels),
    ],
}


def cases():
    """Return a parameter for each registered loss, in each of its forms."""
    found = [case for name in LOSSES for case in CASES.get(name) or [Case(LOSSES[name]())]]
    return [pytest.param(case, id=repr(case.loss)) for case in found]


def written(loss, outputs, targets, weights=None):
    """Return the losses and the gradient for outputs of shape (n_samples, n_outputs)."""
    outputs = torch.tensor(outputs.T.copy())
    losses = torch.full((outputs.shape[1],), torch.nan, dtype=outputs.dtype)
    weights = None if weights is None else torch.tensor(weights, dtype=outputs.dtype)
    targets = torch.tensor(targets)
    targets = targets.to(outputs.dtype) if targets.is_floating_point() else targets
    loss.write(outputs, targets, weights, losses)
    return losses.numpy(), outputs.numpy().T
