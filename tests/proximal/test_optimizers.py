"""Proximal optimisers against torch's own, against a written-out algorithm, and in other units."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from sgnn.networks.parameters import Parameters
from sgnn.penalties import L1, GroupLasso, SparseGroupLasso
from sgnn.proximal.build import build_terms
from sgnn.proximal.optimizers import ProxAdam, ProxSGD
from sgnn.proximal.terms import KeptZeros
from sgnn.training.problem import Units

SIZES = (4, 3, 2)
RATE = 0.05
N_STEPS = 60
BETA_1, BETA_2 = ProxAdam.beta_1, ProxAdam.beta_2


def plain_units(n_layers=2):
    return Units([1.0] * n_layers, [1.0] * n_layers, 1.0)


def make_sgd(momentum, nesterov):
    return lambda *arguments: ProxSGD(*arguments, momentum=momentum, nesterov=nesterov)


OPTIMIZERS = {
    "sgd": make_sgd(0.0, False),
    "heavy-ball": make_sgd(0.9, False),
    "nesterov": make_sgd(0.9, True),
    "adam": ProxAdam,
}
PENALTIES = [[], [L1()], [GroupLasso()], [GroupLasso(groups="incoming")], [SparseGroupLasso(0.3)]]
IDS = ["none", "l1", "group_lasso", "incoming", "sparse_group_lasso"]
all_penalties = pytest.mark.parametrize("penalties", PENALTIES, ids=IDS)


class Problem:
    """A smooth function of all parameters, neither separable nor quadratic.

    It is seen through `scale`: parameters and value are those of the original in other units.
    """

    def __init__(self, units=None):
        self.units = units or plain_units()
        draw = torch.Generator().manual_seed(0)
        self.n = sum(a * b + b for a, b in pairwise(SIZES))
        self.matrix = torch.randn(self.n, self.n, generator=draw, dtype=torch.float64) / 4
        self.target = 3 * torch.randn(self.n, generator=draw, dtype=torch.float64)
        self.start = torch.randn(self.n, generator=draw, dtype=torch.float64)

    def value(self, flat):
        flat = flat / self.scale()
        bowl = 0.5 * (self.matrix @ (flat - self.target)).square().sum()
        return self.units.loss * (bowl + torch.cosh(0.2 * flat).sum())

    def scale(self):
        parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
        for index, layer in enumerate(parameters.layers):
            layer.weight.fill_(self.units.weights[index])
            layer.bias.fill_(self.units.biases[index])
        return parameters.flat

    def gradient(self, flat):
        flat = flat.clone().requires_grad_()
        return torch.autograd.grad(self.value(flat), flat)[0]


def start(make, penalties, alpha=0.1, units=None):
    problem = Problem(units)
    parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
    parameters.flat.copy_(problem.start * problem.scale())
    terms = build_terms(penalties, parameters, alpha)
    optimizer = make(parameters, parameters.zeros_like(), terms, problem.units)
    return problem, optimizer


def advance(problem, optimizer, n_steps, rate=RATE):
    for step in range(n_steps):
        optimizer.gradient.flat.copy_(problem.gradient(optimizer.parameters.flat))
        optimizer.step(rate / (1 + 0.1 * step))
    return optimizer.parameters.flat


def advance_torch(problem, optimizer, flat, n_steps, rate=RATE):
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = rate / (1 + 0.1 * step)
        flat.grad = problem.gradient(flat.detach())
        optimizer.step()
    return flat.detach()


@pytest.mark.parametrize("penalties", [[], [L1()]], ids=["none", "l1"])
def test_adam_without_penalty_is_torch_adam(penalties):
    """Single weights have second moments of their own, also under a penalty of strength 0."""
    problem, optimizer = start(ProxAdam, penalties, alpha=0.0)
    flat = problem.start.clone().requires_grad_()
    oracle = torch.optim.Adam([flat], betas=(BETA_1, BETA_2), eps=ProxAdam.epsilon, foreach=False)
    expected = advance_torch(problem, oracle, flat, N_STEPS)
    found = advance(problem, optimizer, N_STEPS)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert (found - problem.start).abs().max() > 0.1


@pytest.mark.parametrize(
    ("momentum", "nesterov"), [(0.0, False), (0.9, False), (0.9, True), (0.0, True)]
)
def test_sgd_without_penalty_is_torch_sgd(momentum, nesterov):
    problem, optimizer = start(make_sgd(momentum, nesterov), [])
    flat = problem.start.clone().requires_grad_()
    oracle = torch.optim.SGD([flat], momentum=momentum, nesterov=nesterov and momentum > 0)
    expected = advance_torch(problem, oracle, flat, N_STEPS)
    found = advance(problem, optimizer, N_STEPS)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert (found - problem.start).abs().max() > 0.1


def group_lists(name):
    """Return the groups as index arrays into the flat buffer, and the indices of free biases."""
    n_weights = sum(a * b for a, b in pairwise(SIZES))
    groups, weight, bias, free = [], 0, n_weights, []
    for n_in, n_out in pairwise(SIZES):
        matrix = np.arange(weight, weight + n_in * n_out).reshape(n_in, n_out)
        biases = np.arange(bias, bias + n_out)
        if name == "outgoing":
            groups += list(matrix)
            free += list(biases)
        elif name == "incoming":
            groups += list(np.vstack([matrix, biases]).T)
        weight, bias = weight + n_in * n_out, bias + n_out
    return groups, free


@pytest.mark.parametrize("name", ["outgoing", "incoming"])
def test_grouped_adam_is_the_written_algorithm(name):
    """One second moment per group; the gradient step and the prox share the step of the group."""
    alpha = 0.1
    problem, optimizer = start(ProxAdam, [GroupLasso(groups=name)], alpha=alpha)
    found = advance(problem, optimizer, N_STEPS).numpy()
    groups, free = group_lists(name)
    x = problem.start.numpy().copy()
    mean, square = np.zeros_like(x), np.zeros_like(x)
    for t in range(1, N_STEPS + 1):
        gradient = problem.gradient(torch.from_numpy(x)).numpy()
        mean = BETA_1 * mean + (1 - BETA_1) * gradient
        fresh = gradient**2
        for group in groups:
            fresh[group] = fresh[group].mean()
        square = BETA_2 * square + (1 - BETA_2) * fresh
        rate = RATE / (1 + 0.1 * (t - 1))
        step = rate / (np.sqrt(square / (1 - BETA_2**t)) + ProxAdam.epsilon)
        x = x - step * mean / (1 - BETA_1**t)
        for group in groups:
            threshold = step[group[0]] * alpha * np.sqrt(len(group))
            x[group] *= max(0, 1 - threshold / np.linalg.norm(x[group]))
    assert len(free) + sum(map(len, groups)) == len(x)
    np.testing.assert_allclose(found, x, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_moves_and_shrinks_by_steps_of_the_same_reach(momentum, nesterov):
    """From zero, a constant gradient below the threshold never moves a weight, one above does."""
    parameters = Parameters((2, 1), torch.float64, torch.device("cpu"))
    terms = build_terms([L1()], parameters, 1.0)
    gradient = parameters.zeros_like()
    optimizer = ProxSGD(
        parameters, gradient, terms, plain_units(1), momentum=momentum, nesterov=nesterov
    )
    for _ in range(50):
        gradient.flat.copy_(torch.tensor([1 - 1e-9, 1.01, 0.0], dtype=torch.float64))
        optimizer.step(0.1)
        below, above = parameters.layers[0].weight.ravel().tolist()
        assert below == 0
        assert above < 0


def test_size_one_groups_and_single_weights_take_the_same_path():
    """One code path shares second moments in groups, the other is torch's fused Adam."""
    trajectories = []
    for penalty in (L1(), GroupLasso()):
        parameters = Parameters((5, 1), torch.float64, torch.device("cpu"))
        terms = build_terms([penalty], parameters, 0.3)
        optimizer = ProxAdam(parameters, parameters.zeros_like(), terms, plain_units(1))
        rng = np.random.RandomState(0)
        parameters.flat.copy_(torch.from_numpy(rng.randn(6)))
        target = torch.from_numpy(rng.randn(6))
        for _ in range(N_STEPS):
            optimizer.gradient.flat.copy_(parameters.flat - target)
            optimizer.step(RATE)
        trajectories.append(parameters.flat.clone())
    torch.testing.assert_close(*trajectories, rtol=1e-10, atol=1e-12)
    assert (trajectories[0] == 0).any()


@all_penalties
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_state_continues_bit_for_bit(name, penalties):
    problem, through = start(OPTIMIZERS[name], penalties)
    advance(problem, through, 7)
    state, flat = through.save(), through.parameters.flat.clone()
    _, resumed = start(OPTIMIZERS[name], penalties)
    resumed.parameters.flat.copy_(flat)
    expected = advance(problem, through, 20)
    resumed.load(state)
    assert torch.equal(advance(problem, resumed, 20), expected)
    _, forgetful = start(OPTIMIZERS[name], penalties)
    forgetful.parameters.flat.copy_(flat)
    if name != "sgd":
        assert not torch.equal(advance(problem, forgetful, 20), expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_state_is_a_copy_without_tensors(name):
    problem, optimizer = start(OPTIMIZERS[name], [GroupLasso()])
    advance(problem, optimizer, 3)
    state = optimizer.save()
    before = {key: np.copy(value) for key, value in state.items()}
    advance(problem, optimizer, 3)
    for key, value in state.items():
        assert isinstance(value, (int, float, np.ndarray))
        np.testing.assert_array_equal(value, before[key])


@pytest.mark.parametrize("powers", [(3, 3, 6), (-2, -2, -4)])
@pytest.mark.parametrize("penalty", [None, L1(), GroupLasso()])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_in_other_units_is_training_in_natural_units(name, penalty, powers):
    """With powers of 2 as units of both layers' weights and of the loss, the paths are the same.

    A penalty of degree 1 on weights in units of u is worth loss / u times as much.
    """
    first, second, loss = (2.0**power for power in powers)
    units = Units([first, second], [first, first * second], loss)
    penalties = [] if penalty is None else [penalty]
    natural, reference = start(OPTIMIZERS[name], penalties, alpha=0.1)
    problem, optimizer = start(OPTIMIZERS[name], penalties, 0.1 * loss / first, units)
    expected = advance(natural, reference, N_STEPS)
    found = advance(problem, optimizer, N_STEPS) / problem.scale()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(found == 0, expected == 0)


@pytest.mark.parametrize("scale", [1e-9, 1e-6, 1e6])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_units_far_from_one_change_nothing_but_the_units(name, scale):
    units = Units([scale, scale], [scale, scale], scale**2)
    natural, reference = start(OPTIMIZERS[name], [GroupLasso()], alpha=0.1)
    problem, optimizer = start(OPTIMIZERS[name], [GroupLasso()], 0.1 * scale, units)
    expected = advance(natural, reference, N_STEPS)
    found = advance(problem, optimizer, N_STEPS) / problem.scale()
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("penalties", "structure"),
    [
        ([L1()], "weights"),
        ([GroupLasso()], "outgoing"),
        ([GroupLasso(groups="incoming")], "incoming"),
    ],
    ids=["l1", "outgoing", "incoming"],
)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_units_change_the_way_and_not_the_minimum(name, penalties, structure):
    """The minimum of ½‖x - target‖² + penalty is the prox of the target, written out here."""
    alpha, rng = 0.4, np.random.RandomState(0)
    weight, bias = rng.randn(4, 3), rng.randn(3)
    weight[1] *= 0.1
    weight[:, 2] *= 0.1
    bias[2] *= 0.1
    parameters = Parameters((4, 3), torch.float64, torch.device("cpu"))
    units = Units([2.0], [0.5], 1.0)
    terms = build_terms(penalties, parameters, alpha)
    optimizer = OPTIMIZERS[name](parameters, parameters.zeros_like(), terms, units)
    target = torch.from_numpy(np.concatenate([weight.ravel(), bias]))
    for step in range(1000):
        optimizer.gradient.flat.copy_(parameters.flat - target)
        optimizer.step(0.1 * (1 - step / 1000))
    if structure == "weights":
        weight = np.sign(weight) * np.maximum(np.abs(weight) - alpha, 0)
    elif structure == "outgoing":
        norms = np.linalg.norm(weight, axis=1, keepdims=True)
        weight = weight * np.maximum(1 - alpha * 3**0.5 / norms, 0)
    else:
        norms = np.sqrt((weight**2).sum(axis=0) + bias**2)
        factor = np.maximum(1 - alpha * 5**0.5 / norms, 0)
        weight, bias = weight * factor, bias * factor
    (layer,) = parameters.layers
    np.testing.assert_allclose(layer.weight.numpy(), weight, atol=1e-4)
    np.testing.assert_allclose(layer.bias.numpy(), bias, atol=1e-4)
    np.testing.assert_array_equal(layer.weight.numpy() != 0, weight != 0)
    assert (weight == 0).any()
    assert (weight != 0).any()


@pytest.mark.parametrize(
    ("homogeneous", "weights", "biases"),
    [(True, [2.0, 2.0, 2.0], [2.0, 4.0, 8.0]), (False, [1.0, 1.0, 8.0], [1.0, 1.0, 8.0])],
)
def test_units_share_the_scale_of_the_targets_among_the_layers(homogeneous, weights, biases):
    units = Units.of_targets(8.0, 3, homogeneous)
    assert units.weights == pytest.approx(weights)
    assert units.biases == pytest.approx(biases)
    assert units.loss == 64.0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_kept_zeros_stay_zero_and_the_rest_moves_freely(name):
    problem = Problem()
    parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
    parameters.flat.copy_(problem.start)
    parameters.layers[0].weight[1] = 0
    parameters.layers[1].weight[0, 1] = 0
    zeros = parameters.weights == 0
    optimizer = OPTIMIZERS[name](
        parameters, parameters.zeros_like(), KeptZeros(parameters), plain_units()
    )
    before = parameters.flat.clone()
    advance(problem, optimizer, 5)
    assert (parameters.weights[zeros] == 0).all()
    assert (parameters.weights[~zeros] != before[: len(zeros)][~zeros]).all()
    assert (parameters.flat[len(zeros) :] != before[len(zeros) :]).all()


@all_penalties
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_biases_move_as_without_penalty_unless_they_belong_to_a_group(name, penalties):
    moves = []
    for chosen in ([], penalties):
        _, optimizer = start(OPTIMIZERS[name], chosen, alpha=0.5)
        for step in range(5):
            draw = torch.Generator().manual_seed(step)
            flat = optimizer.gradient.flat
            flat.copy_(torch.randn(len(flat), generator=draw, dtype=torch.float64))
            optimizer.step(RATE)
        moves.append([layer.bias.clone() for layer in optimizer.parameters.layers])
    for free, penalised in zip(*moves, strict=True):
        same = torch.equal(free, penalised)
        assert same == (penalties != PENALTIES[3])
