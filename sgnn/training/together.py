"""Processes that train one network together, each on its part of the samples.

Each process takes its part of every batch, the gradients are summed, and all take the same step: so
they have the same network at any time. The communication is that of ``torch.distributed``.
"""

import gc
from contextlib import contextmanager
from traceback import clear_frames

import torch
from torch import distributed


class Together:
    """A process group of its own for one fit.

    A process that leaves it, by an error or by dying, lets the others fail in their next call.

    Attributes
    ----------
    n_processes, rank : int
        How many there are, and which of them this is, from 0.
    """

    def __init__(self):
        with self._told():
            self._group = distributed.new_group()
        self.n_processes, self.rank = distributed.get_world_size(), distributed.get_rank()

    @property
    def is_first(self):
        return self.rank == 0

    def gather(self, thing):
        """Return what each of the processes gives, a list."""
        things = [None] * self.n_processes
        with self._told():
            distributed.all_gather_object(things, thing, group=self._group)
        return things

    def sum_(self, tensor):
        """Overwrite a tensor with the sum over the processes."""
        with self._told():
            distributed.all_reduce(tensor, group=self._group)

    def sum(self, number):
        """Return the sum of a number over the processes, a float."""
        tensor = torch.tensor(float(number), dtype=torch.float64)
        self.sum_(tensor)
        return tensor.item()

    def first(self, thing):
        """Return what the first of the processes gives."""
        return self.gather(thing)[0]

    def leave(self):
        """Close the group; whoever still waits for this process gets an error."""
        distributed.destroy_process_group(self._group)
        self._group = None

    @contextmanager
    def _told(self):
        try:
            yield
        except RuntimeError as error:
            raise ConnectionError(
                "data_parallel=True: another process has failed or was stopped "
                f"({str(error).splitlines()[0][:200]}). The estimator is as it was before."
            ) from error


@contextmanager
def together():
    """Make a group of all processes for the duration of a fit.

    Raises
    ------
    ValueError
        If the processes have not been introduced to each other.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        raise ValueError(
            "data_parallel=True needs a process group: start the script by torchrun, and call "
            "torch.distributed.init_process_group() first."
        )
    group = Together()
    try:
        yield group
        group.sum(0)  # All have come to the end.
    except BaseException as error:
        # Frames of torch hold the group, and so its connections.
        for one in error, error.__cause__:
            clear_frames(getattr(one, "__traceback__", None))
        group.leave()
        gc.collect()
        raise
    group.leave()


def gradients(model, batches, l2):
    """Write the gradient of one batch after the other, that of all processes.

    Parameters
    ----------
    model : Perceptron
    batches : Batches
    l2 : float

    Yields
    ------
    None
    """
    own = model.gradients(batches, l2)
    if batches.group is None:
        yield from own
        return
    flat = model.gradient.flat
    for share in batches.shares:
        next(own, None)
        flat.mul_(share) if share else flat.zero_()
        batches.group.sum_(flat)
        yield


def mean_gradient(model, batches, l2):
    """Return the gradient over the samples of all processes, with all inputs."""
    gradient = model.mean_gradient(batches, l2)
    if batches.group is not None:
        gradient.flat.mul_(batches.n_samples / batches.n_of_all)
        batches.group.sum_(gradient.flat)
    return gradient
