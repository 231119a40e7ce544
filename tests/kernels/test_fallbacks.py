"""What has no kernel is computed in torch, without a word, beside what has one."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
import torch

from sgnn import SparseMLPClassifier, SparseMLPRegressor, kernels
from sgnn.groups import AROUND_UNITS, STRUCTURES, register
from sgnn.groups.units import Outgoing
from sgnn.losses import SquaredError
from sgnn.networks.activations import ACTIVATIONS, Activation
from sgnn.networks.parameters import Parameters
from sgnn.penalties import GroupLasso
from sgnn.penalties.base import GroupPenalty, Shape
from sgnn.penalties.elastic_net import ElasticNet
from sgnn.penalties.exclusive import SquaredL1
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.penalties.log_sum import Logarithm
from sgnn.training.compiled import CompiledPerceptron
from tests.kernels.test_network import batches_of, gradients, make_data, of_autograd
from tests.losses.cases import cases

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))
Y = X[:, 0] - np.abs(X[:, 1])


def fitted(**parameters):
    """Return the weights of a regressor."""
    given = {"alpha": 0.02, "batch_size": 25, "max_iter": 20, "random_state": 0, **parameters}
    coefs, intercepts = SparseMLPRegressor((6,), **given).fit(X, Y).expand()
    return np.concatenate([array.ravel() for array in coefs + intercepts])


def assert_as_in_torch(parameters, unlike):
    """Compare with a fit without kernels, and with one that must differ."""
    found = fitted(**parameters)
    with kernels.switched_off():
        expected = fitted(**parameters)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_array_equal(found == 0, expected == 0)
    assert np.abs(found - fitted(**unlike)).max() > 1e-3


@pytest.mark.parametrize("case", cases())
def test_a_subclass_of_a_loss_is_computed_as_it_says(case):
    """Its gradient is twice that of the loss that it derives from."""

    class Twice(type(case.loss)):
        def write(self, outputs, targets, weights, losses):
            super().write(outputs, targets, weights, losses)
            outputs.mul_(2)
            losses.mul_(2)

    loss = Twice(**case.loss.get_params())
    parameters = Parameters((4, 5, 3), torch.float64, torch.device("cpu"))
    parameters.flat.copy_(torch.linspace(-1, 1, len(parameters.flat)).sin())
    data = make_data(case)
    losses, expected = of_autograd(parameters, "tanh", case.loss, *data)
    batches = batches_of(*data)
    (found,) = gradients(parameters, "tanh", loss, batches)
    torch.testing.assert_close(found, 2 * expected, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(batches.losses, 2 * losses, rtol=1e-12, atol=1e-12)


def test_all_losses_that_sum_over_samples_have_a_kernel():
    for param in cases():
        (case,) = param.values
        parameters = Parameters((4, case.n_outputs(1)), torch.float64, torch.device("cpu"))
        model = CompiledPerceptron(parameters, "relu", case.loss)
        assert model._has_loss == case.loss.separable


@dataclass(eq=False, repr=False)
class QuarticError(SquaredError):
    """A quarter of the error to the power of 4."""

    def write(self, outputs, targets, weights, losses):
        errors = outputs - targets.t()
        losses.copy_((errors**4 / 4).sum(0))
        outputs.copy_(errors**3 / outputs.shape[1])
        if weights is not None:
            outputs.mul_(weights)


def test_a_loss_of_a_user_is_fitted_as_in_torch():
    assert_as_in_torch({"loss": QuarticError()}, unlike={"loss": SquaredError()})


@pytest.fixture
def softplus(monkeypatch):
    monkeypatch.setattr(ACTIVATIONS, "_entries", dict(ACTIVATIONS._entries))
    backward = torch.ops.aten.softplus_backward.grad_input
    ACTIVATIONS.register(
        "softplus",
        Activation(
            values=lambda x: np.logaddexp(x, 0, out=x),
            kernels=lambda torch: (
                torch.nn.functional.softplus,
                lambda gradient, pre: backward(gradient, pre, 1, 20, grad_input=gradient),
            ),
            module=lambda nn: nn.Softplus(),
            onnx=lambda op, x: op("Softplus", x),
            keeps_pre=True,
        ),
    )


@pytest.mark.usefixtures("softplus")
def test_an_activation_of_a_user_is_fitted_as_in_torch():
    assert_as_in_torch({"activation": "softplus"}, unlike={"activation": "relu"})


class Entering(Outgoing):
    """All weights that enter one unit: derived from what has a kernel."""

    def axes(self, layer):
        return layer.outputs


@pytest.fixture
def entering(monkeypatch):
    monkeypatch.setattr(STRUCTURES, "_entries", dict(STRUCTURES._entries))
    around_units = AROUND_UNITS[:]
    register("entering", Entering)
    yield
    AROUND_UNITS[:] = around_units


@pytest.mark.usefixtures("entering")
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_structure_of_a_user_is_fitted_as_in_torch(solver):
    assert_as_in_torch(
        {"penalty": GroupLasso(groups="entering"), "solver": solver},
        unlike={"penalty": GroupLasso(), "solver": solver},
    )


@dataclass(frozen=True)
class Half(AbsoluteValue):
    """Half of the lasso, by a prox of its own."""

    def value(self, x, strength):
        return super().value(x, strength / 2)

    def prox(self, x, step, strength):
        assert torch.is_tensor(x)
        return super().prox(x, step, strength / 2)


@dataclass(frozen=True)
class HalfLogarithm(Logarithm):
    """Half of the log-sum penalty, of tensors only."""

    def value(self, x, strength):
        return super().value(x, strength / 2)

    def prox(self, x, step, strength):
        assert torch.is_tensor(x)
        return super().prox(x, step, strength / 2)


@dataclass(frozen=True)
class HalfSquaredL1(SquaredL1):
    """Half of the exclusive lasso, by a prox of its own."""

    def value(self, x, strength):
        return super().value(x, strength / 2)

    def prox(self, x, step, strength):
        return super().prox(x, step, strength / 2)


@dataclass(eq=False, repr=False)
class OfShape(GroupPenalty):
    """A penalty of some shape."""

    of: Shape = None

    def shape(self):
        return self.of


@pytest.mark.parametrize(
    ("shape", "groups"),
    [
        *product([Half(), HalfLogarithm(0.1)], ["weights", "outgoing", "incoming"]),
        *product([HalfSquaredL1()], ["outgoing", "incoming"]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_shape_that_derives_from_another_has_its_own_prox(shape, groups, solver):
    (parent,) = (kind for kind in type(shape).__mro__[1:2])
    of_parent = parent(**vars(shape))
    assert_as_in_torch(
        {"penalty": OfShape(groups=groups, of=shape), "solver": solver},
        unlike={"penalty": OfShape(groups=groups, of=of_parent), "solver": solver},
    )


@pytest.mark.parametrize("parent", [AbsoluteValue(), Logarithm(0.1), SquaredL1()], ids=repr)
def test_a_shape_that_derives_from_another_has_its_own_value(parent):
    class Twice(type(parent)):
        def value(self, x, strength):
            return 2 * super().value(x, strength)

    def objectives(shape):
        model = SparseMLPRegressor((6,), penalty=OfShape(of=shape), max_iter=3, random_state=0)
        return np.array(model.fit(X, Y).objective_curve_)

    found = objectives(Twice(**vars(parent)))
    with kernels.switched_off():
        np.testing.assert_allclose(found, objectives(Twice(**vars(parent))), rtol=1e-11)
    assert (found > 1.001 * objectives(parent)).all()


@pytest.mark.parametrize("groups", ["weights", "outgoing", "incoming"])
def test_a_soft_shape_says_the_threshold_of_its_prox(groups):
    """What the kernels are told of a shape, against what its prox does."""
    for shape in (AbsoluteValue(), ElasticNet(0.3).pieces()[0].shape):
        x = torch.linspace(-3, 3, 61, dtype=torch.float64)
        l1, l2 = shape.soft(0.4)
        expected = x.sign() * (x.abs() - 0.7 * l1).clamp(min=0) / (1 + 0.7 * l2)
        torch.testing.assert_close(shape.prox(x, 0.7, 0.4), expected, rtol=1e-14, atol=1e-15)


def test_deeper_networks_than_the_kernels_take_are_trained_in_torch():
    loss, most = SquaredError(), kernels.MOST_LAYERS
    deepest, deeper = (
        Parameters((2,) * (n + 1), torch.float64, torch.device("cpu")) for n in (most, most + 1)
    )
    assert CompiledPerceptron.can_take(deepest, "tanh")
    assert not CompiledPerceptron.can_take(deeper, "tanh")
    draw = torch.Generator().manual_seed(0)
    deepest.flat.copy_(torch.randn(len(deepest.flat), generator=draw))
    X, targets, _ = rng.normal(size=(7, 2)), rng.normal(size=(7, 2)), None
    _, expected = of_autograd(deepest, "tanh", loss, X, targets, None)
    (found,) = gradients(deepest, "tanh", loss, batches_of(X, targets, None))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-14)
    SparseMLPRegressor((2,) * most, alpha=0, max_iter=2).fit(X, targets)
    SparseMLPClassifier((2,) * most, alpha=0, max_iter=2).fit(X, targets[:, 0] > 0)
