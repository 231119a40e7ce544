"""Every step of a fit by the kernels, and by torch from the same state."""

from contextlib import contextmanager

import torch

from sgnn import kernels
from sgnn.training.subnetworks import Subnetworks
from sgnn.training.trainer import Trainer


@contextmanager
def in_lockstep(patch, rtol):
    """Compare all steps of the fits inside, of runs and stages of any kind.

    Parameters
    ----------
    patch : pytest.MonkeyPatch
    rtol : float
        Of gradients, losses, parameters and what the optimiser remembers, relative to the largest
        number of each of these.

    Yields
    ------
    list of int
        The number of steps of each epoch so far.
    """
    made, counts = Subnetworks.trainer, []

    def with_twin(self, parameters, regulariser, kept, state):
        trainer = made(self, parameters, regulariser, kept, state)
        with kernels.switched_off():
            trainer.twin = made(self, parameters.zeros_like(), regulariser, kept, None)
        assert type(trainer.model) is not type(trainer.twin.model)
        return trainer

    def train_epoch(self, course):
        rate = course.learning_rate.rate(course.epoch)
        counts.append(_train_epoch(self, rate, rtol))

    patch.setattr(Subnetworks, "trainer", with_twin)
    patch.setattr(Trainer, "_train_epoch", train_epoch)
    yield counts


def _train_epoch(trainer, rate, rtol):
    twin, batches = trainer.twin, trainer.batches
    ours, theirs = trainer.optimizer, twin.optimizer
    before, count = batches.rng.get_state(), 0
    steps = trainer.model.gradients(batches, trainer.l2)
    twin_steps = twin.model.gradients(batches, trainer.l2)
    for _ in steps:
        _follow(theirs, ours)
        losses = batches.losses.clone()
        if count == 0:
            batches.rng.set_state(before)
        next(twin_steps)
        _assert_close("losses", losses, batches.losses, rtol, least=1.0)
        _assert_close("gradient", ours.gradient.flat, theirs.gradient.flat, rtol, least=0.1)
        _compare_steps(ours, theirs, rate, rtol)
        count += 1
    return count


def _follow(theirs, ours):
    theirs.parameters.flat.copy_(ours.parameters.flat)
    theirs.load(ours.save())


def _compare_steps(ours, theirs, rate, rtol):
    """Compare the steps of two optimisers in the same state.

    Where a prox jumps, rounding may decide: then ours must be what torch makes of parameters that
    differ by little.
    """
    before, state = ours.parameters.flat.clone(), ours.save()
    gradient = ours.gradient.flat.clone()
    ours.step(rate)
    found, reached = ours.parameters.flat, torch.zeros(len(before), dtype=torch.bool)
    for factor in (1, 1 + 1e-6, 1 - 1e-6):
        theirs.parameters.flat.copy_(before).mul_(factor)
        theirs.gradient.flat.copy_(gradient)
        theirs.load(state)
        theirs.step(rate)
        expected = theirs.parameters.flat
        atol = rtol * float(expected.abs().max())
        reached |= found.isclose(expected, rtol=0, atol=atol) & ((found == 0) == (expected == 0))
        if factor == 1:
            tensors = theirs.of_parameters | theirs.of_groups
            for name, tensor in (ours.of_parameters | ours.of_groups).items():
                _assert_close(name, tensor, tensors[name], rtol)
        if reached.all():
            return
    raise AssertionError(f"parameters: {found[~reached]} for {expected[~reached]}")


def _assert_close(name, found, expected, rtol, least=0.0):
    atol = rtol * max(float(expected.abs().max()), least)
    torch.testing.assert_close(found, expected, rtol=0, atol=atol, msg=lambda m: f"{name}: {m}")
