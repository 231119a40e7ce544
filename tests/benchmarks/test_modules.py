"""What the benchmarks count in modules, and how they train them."""

import pytest
import torch

pytest.importorskip("matplotlib")

from benchmarks import modules
from benchmarks.lenet5 import methods
from benchmarks.lenet5.network import LeNet5

UNITS = "conv1", "conv2", "fc1", "fc2"


@pytest.fixture
def network():
    torch.manual_seed(0)
    return LeNet5(16)


@pytest.fixture
def images():
    return torch.randn(40, 1, 16, 16, generator=torch.Generator().manual_seed(1))


def multiply_adds(network, images):
    return modules.anatomy(network, images)["multiply_adds"]


def test_all_products_of_the_dense_network_are_counted(network, images):
    """A filter of 5 x 5 has 12 x 12 places in 16 x 16 pixels, and 2 x 2 in the 6 x 6 after them."""
    assert modules.anatomy(network, images) == {
        "parameters": 20 * 26 + 50 * 501 + 500 * 51 + 10 * 501,
        "weights": 20 * 25 + 50 * 500 + 500 * 50 + 10 * 500,
        "multiply_adds": 20 * 25 * 144 + 50 * 500 * 4 + 500 * 50 + 10 * 500,
        "units": [20, 50, 500, 10],
    }


@torch.no_grad()
def test_what_nothing_depends_on_is_not_counted(network, images):
    network.conv1.weight[3] = 0
    network.conv2.weight[:, 5] = 0
    network.fc2.weight[:, 7] = 0
    network.fc1.weight[2, 10] = 0
    found = modules.anatomy(network, images)
    assert found["units"] == [18, 50, 499, 10]
    assert found["weights"] == 18 * 25 + 50 * 18 * 25 + 499 * 50 - 1 + 10 * 499
    assert found["multiply_adds"] == 18 * 25 * 144 + 50 * 18 * 25 * 4 + 499 * 50 + 10 * 499


@pytest.mark.parametrize("number", range(4))
@torch.no_grad()
def test_costs_are_the_multiply_adds_that_go_with_a_unit(number):
    """A filter of each convolution, one of its 16 inputs of the dense layers, a hidden unit."""
    network, images = LeNet5(28), torch.randn(2, 1, 28, 28)
    cost = methods._costs(network, images)[number]
    before = multiply_adds(network, images)
    weight = getattr(network, UNITS[number]).weight
    weight.select(0 if number < 2 else 1, 4).zero_()
    assert before - multiply_adds(network, images) == pytest.approx(1000 * cost)


def test_training_on_keeps_zeros_and_learns(network, images):
    labels = (images.mean((1, 2, 3)) > 0).long()
    with torch.no_grad():
        network.fc1.weight[:, ::2] = 0
        network.conv1.weight[0, 0, 1:] = 0
    before = modules.anatomy(network, images)["weights"]
    options = {"n_epochs": 12, "batch_size": 10, "generator": torch.Generator().manual_seed(0)}
    trained = modules.retrained(network, images, labels, 3e-3, **options)
    assert modules.anatomy(trained, images)["weights"] == before
    assert modules.accuracy(trained, images, labels) == 1
    assert modules.accuracy(network, images, labels) < 0.7
