"""Modules of torch that are trained, and what is counted in them."""

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sgnn.torch import ProxAdam, compact, sparse_groups

LAYERS = nn.Conv2d, nn.Linear
LAST = torch.channels_last
#: Where modules are trained: on a GPU, if there is one.
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def images(X, side, mean=0.0, scale=1.0):
    """Return rows of pixels as images of shape (n, channels, side, side)."""
    return placed((torch.from_numpy(X).view(len(X), -1, side, side) - mean) / scale)


def labels(y):
    """Return class numbers on the device."""
    return torch.from_numpy(y).to(DEVICE)


def placed(images_or_module):
    """Return images, or a module, on the device and in the layout that is fast."""
    return images_or_module.to(DEVICE, memory_format=LAST)


def train(
    module,
    optimizer,
    X,
    y,
    *,
    n_epochs,
    batch_size,
    generator,
    rate=None,
    loss=cross_entropy,
    before_step=lambda share: None,
    on_epoch=lambda loss: None,
):
    """Train a module in place.

    Parameters
    ----------
    module : torch.nn.Module
    optimizer : torch.optim.Optimizer
    X, y : torch.Tensor
    n_epochs, batch_size : int
    generator : torch.Generator
        Of the order of the samples.
    rate : float, default=None
        From where the learning rate falls to 0 along a cosine; None leaves it as it is.
    loss : callable
        ``loss(outputs, targets)``, a number.
    before_step : callable
        Told before each step how much of the training is over.
    on_epoch : callable
        Told the mean loss of an epoch at its end.
    """
    module.train()
    n_batches = -(-len(X) // batch_size)
    for epoch in range(n_epochs):
        total = torch.zeros((), dtype=torch.float64, device=X.device)
        batches = torch.randperm(len(X), generator=generator).to(X.device).split(batch_size)
        for number, rows in enumerate(batches):
            share = (epoch + number / n_batches) / n_epochs
            if rate is not None:
                for group in optimizer.param_groups:
                    group["lr"] = rate * (1 + math.cos(math.pi * share)) / 2
            before_step(share)
            optimizer.zero_grad()
            value = loss(module(X[rows].contiguous(memory_format=LAST)), y[rows])
            value.backward()
            optimizer.step()
            total += value.detach()
        on_epoch(total.item() / n_batches)


def retrained(module, X, y, rate, **options):
    """Return a module trained on with its zeros kept, after what nothing depends on is taken out.

    Parameters
    ----------
    module : torch.nn.Module
        It is left as it is.
    X, y : torch.Tensor
    rate : float
    **options
        As :func:`train` takes.
    """
    small = smaller(module, X)
    optimizer = ProxAdam(sparse_groups(small, "l1", 0.0), lr=rate)
    optimizer.keep_zeros()
    train(small, optimizer, X, y, rate=rate, **options)
    return small


def smaller(module, X):
    """Return a copy of a module without what nothing depends on."""
    return placed(compact(module, X[:2])[0])


@torch.no_grad()
def accuracy(module, X, y):
    """Return the accuracy of a classifier in evaluation mode."""
    was_training = module.training
    module.eval()
    hits = sum(
        int((module(part).argmax(1) == labels).sum())
        for part, labels in zip(X.split(1000), y.split(1000), strict=True)
    )
    module.train(was_training)
    return hits / len(y)


def anatomy(module, X):
    """Return what is left of a module, when what nothing depends on is taken out.

    Parameters
    ----------
    module : torch.nn.Module
    X : torch.Tensor
        Two samples or more.

    Returns
    -------
    dict
        "parameters", all that are not zero; "weights" of convolutional and dense layers that are
        not zero, and their "multiply_adds" for one sample; "units", the outputs of each layer.
    """
    small = smaller(module, X)
    layers = counts(small, X)
    return {
        "parameters": sum(int(one.count_nonzero()) for one in small.parameters()),
        "weights": sum(layer["weights"] for layer in layers),
        "multiply_adds": sum(layer["multiply_adds"] for layer in layers),
        "units": [layer["outputs"] for layer in layers],
    }


@torch.no_grad()
def counts(module, X):
    """Return a dict for each convolutional and dense layer, in the order in which they are used.

    Parameters
    ----------
    module : torch.nn.Module
    X : torch.Tensor
        A sample or more.

    Returns
    -------
    list of dict
        "weights" that are not zero; "inputs" and "outputs", channels or units with a weight that is
        not zero; "multiply_adds", of a dense layer between them for one sample.
    """
    found = []
    layers = [layer for layer in module.modules() if isinstance(layer, LAYERS)]
    handles = [layer.register_forward_hook(_counting(found)) for layer in layers]
    module(X[:1])
    for handle in handles:
        handle.remove()
    return found


def _counting(found):
    def count(layer, inputs, outputs):
        used = layer.weight != 0
        used = used.flatten(2).any(2) if used.ndim > 2 else used
        n_outputs, n_inputs = int(used.any(1).sum()), int(used.any(0).sum())
        n_products = outputs[0, 0].numel() * layer.weight[0, 0].numel()
        found.append(
            {
                "weights": int(layer.weight.count_nonzero()),
                "inputs": n_inputs,
                "outputs": n_outputs,
                "multiply_adds": n_inputs * n_outputs * n_products,
            }
        )

    return count


def pruner(module, X, shares, output):
    """Return what lets Torch-Pruning take channels by the norms of all that goes with them.

    Parameters
    ----------
    module : torch.nn.Module
    X : torch.Tensor
        Example inputs.
    shares : sequence of float
        Of the channels that are gone after each step.
    output : torch.nn.Module
        The layer whose outputs all stay.
    """
    import torch_pruning as tp

    return tp.pruner.BasePruner(
        module,
        X,
        importance=tp.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=shares[-1],
        iterative_steps=len(shares),
        iterative_pruning_ratio_scheduler=lambda ratio, n_steps: [0, *shares],
        ignored_layers=[output],
    )
