"""Hoyer-Square as its authors train it, under several strengths at once, on a GPU if there is one.

After their code, https://github.com/yanghr/DeepHoyer, ``mnist/MLP``: a dense network, then the
penalty in the loss, then parameters below a share of the standard deviation of their tensor are
cut, and what is left is trained on. Biases are treated as weights are; Adam, batches of 100.
"""

import math
from itertools import pairwise, product

import torch
from torch.nn.functional import cross_entropy

from benchmarks import networks

STRENGTHS = (5e-4, 1e-3)
CUTS = (0.03, 0.1, 0.3)
EPOCHS = {"dense": 30, "penalty": 120, "tuning": 30}
"""They take 250, 250 and 50 or 100."""
RATES = {"dense": 1e-3, "penalty": 1e-3, "tuning": 1e-4}
BATCH_SIZE = 100


def measure(case, train, held_out, test):
    """Return sizes and accuracies of a network for each strength and each cut.

    Parameters
    ----------
    case : dict
        With its "strengths", "cuts", "epochs", a list of those of each phase, and "seed".
    train, held_out, test : tuple of X, y

    Returns
    -------
    dict
        "networks", each with "test" after the last epoch, and "best_test", the best of all epochs
        of the last phase, which is what the published code prints.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator(device).manual_seed(case["seed"])
    sides = [on(device, *part) for part in (train, held_out, test)]
    n_outputs = int(train[1].max()) + 1
    parameters = initial([train[0].shape[1], 300, 100, n_outputs], generator)
    for phase, n_epochs in zip(("dense", "penalty"), case["epochs"], strict=False):
        strengths = torch.zeros(1, device=device)
        if phase == "penalty":
            strengths = torch.tensor(case["strengths"], device=device)
            parameters = [one.repeat(len(strengths), 1, 1) for one in parameters]
        for _ in epochs(parameters, sides[0], n_epochs, RATES[phase], generator, strengths):
            pass
    pairs = list(product(case["strengths"], case["cuts"]))
    cuts = torch.tensor(case["cuts"], device=device).repeat(len(case["strengths"]))
    parameters = [cut(one.repeat_interleave(len(case["cuts"]), 0), cuts) for one in parameters]
    best = accuracies(parameters, *sides[2])
    for _ in epochs(parameters, sides[0], case["epochs"][-1], RATES["tuning"], generator):
        best = torch.maximum(best, accuracies(parameters, *sides[2]))
    scores = [accuracies(parameters, *side) for side in sides]
    return {
        "networks": [
            {
                "strength": strength,
                "cut": share,
                **networks.anatomy([one[place].cpu().numpy() for one in parameters[::2]]),
                **{
                    key: float(values[place])
                    for key, values in zip(
                        ("train", "validation", "test", "best_test"), [*scores, best], strict=True
                    )
                },
            }
            for place, (strength, share) in enumerate(pairs)
        ]
    }


def on(device, X, y):
    return torch.from_numpy(X).to(device), torch.from_numpy(y).to(device)


def initial(sizes, generator):
    """Return weights and biases in turn, of shapes (1, n_in, n_out) and (1, 1, n_out)."""
    parameters = []
    for n_in, n_out in pairwise(sizes):
        for n_rows in (n_in, 1):
            values = torch.rand(1, n_rows, n_out, generator=generator, device=generator.device)
            parameters.append((2 * values - 1) / math.sqrt(n_in))
    return parameters


def epochs(parameters, data, n_epochs, rate, generator, strengths=None):
    """Train networks side by side in place, zeros kept; yield after each epoch.

    Without strengths there is no penalty, but the ridge that the published code has in tuning.
    """
    X, y = data
    masks = [(one != 0).to(one.dtype) for one in parameters]
    for one in parameters:
        one.requires_grad_()
    decay = 1e-4 if strengths is None else 0.0
    is_penalised = strengths is not None and bool(strengths.any())
    optimizer = torch.optim.Adam(parameters, lr=rate, weight_decay=decay, fused=True)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(X), generator=generator, device=X.device).split(BATCH_SIZE):
            optimizer.zero_grad()
            loss = losses(parameters, X[rows], y[rows]).sum()
            if is_penalised:
                loss = loss + (strengths * sum(map(hoyer_square, parameters))).sum()
            loss.backward()
            optimizer.step()
            if strengths is None:
                with torch.no_grad():
                    torch._foreach_mul_(parameters, masks)
        yield
    for one in parameters:
        one.requires_grad_(False)


def outputs(parameters, X):
    """Return outputs of shape (n_networks, n_samples, n_outputs)."""
    values = X.expand(len(parameters[0]), *X.shape)
    for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        values = torch.baddbmm(bias, values, weight).relu()
    return torch.baddbmm(parameters[-1], values, parameters[-2])


def losses(parameters, X, y):
    """Return the mean log loss of each network."""
    found = outputs(parameters, X)
    each = cross_entropy(found.flatten(0, 1), y.repeat(len(found)), reduction="none")
    return each.view(len(found), -1).mean(1)


def hoyer_square(parameter):
    """Return the square of the l1 norm by that of the l2 norm, for each network."""
    rows = parameter.flatten(1)
    return rows.abs().sum(1).square() / rows.square().sum(1)


@torch.no_grad()
def cut(parameter, shares):
    """Return a parameter whose entries below a share of its standard deviation are 0."""
    least = shares * parameter.flatten(1).std(1, correction=0)
    return parameter * (parameter.abs() >= least[:, None, None])


@torch.no_grad()
def accuracies(parameters, X, y):
    """Return the accuracy of each network."""
    parts = zip(X.split(10_000), y.split(10_000), strict=True)
    hits = sum((outputs(parameters, some).argmax(2) == labels).sum(1) for some, labels in parts)
    return hits / len(y)
