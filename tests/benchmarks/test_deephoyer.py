"""Several networks under Hoyer-Square, trained side by side."""

import numpy as np
import pytest
import torch

from benchmarks import subgradient
from benchmarks.compression import deephoyer

SIZES = [6, 5, 4, 3]


def parameters(n_networks):
    generator = torch.Generator().manual_seed(0)
    alone = deephoyer.initial(SIZES, generator)
    return [one.repeat(n_networks, 1, 1) for one in alone]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(250, 6)).astype(np.float32)
    return torch.from_numpy(X), torch.from_numpy((X[:, :2] > 0).sum(1))


def trained(strengths, data):
    network = parameters(len(strengths))
    generator = torch.Generator().manual_seed(1)
    list(deephoyer.epochs(network, data, 3, 0.01, generator, torch.tensor(strengths)))
    return network


def test_networks_side_by_side_are_trained_as_alone(data):
    both = trained([0.0, 0.1], data)
    for place, strength in enumerate([0.0, 0.1]):
        for one, two in zip(both, trained([strength], data), strict=True):
            torch.testing.assert_close(one[place], two[0])
    assert not torch.allclose(both[0][0], both[0][1])


def test_outputs_and_penalty_are_those_of_one_network(data):
    found = [one + torch.arange(2)[:, None, None] for one in parameters(2)]
    for place in range(2):
        values = data[0]
        for weight, bias in zip(found[:-2:2], found[1:-2:2], strict=True):
            values = torch.relu(values @ weight[place] + bias[place])
        values = values @ found[-2][place] + found[-1][place]
        torch.testing.assert_close(deephoyer.outputs(found, data[0])[place], values)
        loss = torch.nn.functional.cross_entropy(values, data[1])
        torch.testing.assert_close(deephoyer.losses(found, *data)[place], loss)
        torch.testing.assert_close(
            deephoyer.hoyer_square(found[0])[place], subgradient.hoyer_square([found[0][place]])
        )


def test_what_is_cut_stays_zero(data):
    shares = torch.tensor([0.5, 1.0])
    found = [deephoyer.cut(one, shares) for one in parameters(2)]
    zeros = [one == 0 for one in found]
    for one, whole in zip(found, parameters(2), strict=True):
        for place, share in enumerate(shares.numpy()):
            values = whole[place].numpy()
            kept = np.abs(values) >= share * values.std()
            np.testing.assert_array_equal(one[place].numpy(), values * kept)
    list(deephoyer.epochs(found, data, 2, 0.01, torch.Generator().manual_seed(1)))
    for one, gone in zip(found, zeros, strict=True):
        assert torch.equal(one == 0, gone)
