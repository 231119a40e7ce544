"""Every solver that is registered; and ours against torch's own, and written out.

To test one more, nothing is needed but to register it.
"""

from functools import partial
from itertools import pairwise, permutations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso

from sgnn import SparseMLPRegressor
from sgnn.estimators.prepare import settings_of
from sgnn.networks.parameters import Parameters
from sgnn.penalties import L1, GroupLasso, SparseGroupLasso
from sgnn.proximal._registry import SOLVERS
from sgnn.proximal.adam import ProxAdam
from sgnn.proximal.build import build_terms
from sgnn.proximal.kept_zeros import KeptZeros
from sgnn.proximal.sgd import ProxSGD
from sgnn.training.scales import Scales

SIZES = (4, 3, 2)
RATE = 0.05
N_STEPS = 60
BETA_1, BETA_2 = ProxAdam.beta_1, ProxAdam.beta_2


def plain_scales(n_layers=2):
    return Scales([1.0] * n_layers, [1.0] * n_layers, 1.0)


def make(solver, *arguments, learning_rate_init=RATE, **parameters):
    """A solver as an estimator with these parameters has it, for two batches an epoch."""
    estimator = SparseMLPRegressor(
        solver=solver, learning_rate_init=learning_rate_init, **parameters
    )
    return SOLVERS[solver].of(settings_of(estimator), 2, *arguments)


NAMES = [name for name in SOLVERS if SOLVERS[name].has_rate]
# All solvers as they are, and some with other parameters.
OPTIMIZERS = {name: partial(make, name) for name in NAMES} | {
    "sgd without momentum": partial(make, "sgd", momentum=0.0),
    "heavy ball": partial(make, "sgd", nesterovs_momentum=False),
}
PENALTIES = [[], [L1()], [GroupLasso()], [GroupLasso(groups="incoming")], [SparseGroupLasso(0.3)]]
IDS = ["none", "l1", "group_lasso", "incoming", "sparse_group_lasso"]
all_penalties = pytest.mark.parametrize("penalties", PENALTIES, ids=IDS)


class Problem:
    """A smooth function of all parameters, neither separable nor quadratic.

    It is seen through `units`: parameters and value are those of the original in other units.
    """

    def __init__(self, scales=None):
        self.scales = scales or plain_scales()
        draw = torch.Generator().manual_seed(0)
        self.n = sum(a * b + b for a, b in pairwise(SIZES))
        self.matrix = torch.randn(self.n, self.n, generator=draw, dtype=torch.float64) / 4
        self.target = 3 * torch.randn(self.n, generator=draw, dtype=torch.float64)
        self.start = torch.randn(self.n, generator=draw, dtype=torch.float64)

    def value(self, flat):
        flat = flat / self.units()
        bowl = 0.5 * (self.matrix @ (flat - self.target)).square().sum()
        return self.scales.loss * (bowl + torch.cosh(0.2 * flat).sum())

    def units(self):
        parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
        for index, layer in enumerate(parameters.layers):
            layer.weight.fill_(self.scales.weights[index])
            layer.bias.fill_(self.scales.biases[index])
        return parameters.flat

    def gradient(self, flat):
        flat = flat.clone().requires_grad_()
        return torch.autograd.grad(self.value(flat), flat)[0]


def start(make, penalties, alpha=0.1, scales=None):
    problem = Problem(scales)
    parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
    parameters.flat.copy_(problem.start * problem.units())
    terms = build_terms(penalties, parameters, alpha)
    optimizer = make(parameters, parameters.zeros_like(), terms, problem.scales)
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
    problem, optimizer = start(partial(ProxSGD, momentum=momentum, nesterov=nesterov), [])
    flat = problem.start.clone().requires_grad_()
    oracle = torch.optim.SGD([flat], momentum=momentum, nesterov=nesterov and momentum > 0)
    expected = advance_torch(problem, oracle, flat, N_STEPS)
    found = advance(problem, optimizer, N_STEPS)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert (found - problem.start).abs().max() > 0.1


def group_lists(name):
    """Return the groups as index arrays into the flat buffer; free biases are in none."""
    n_weights = sum(a * b for a, b in pairwise(SIZES))
    groups, weight, bias = [], 0, n_weights
    for n_in, n_out in pairwise(SIZES):
        matrix = np.arange(weight, weight + n_in * n_out).reshape(n_in, n_out)
        biases = np.arange(bias, bias + n_out)
        if name == "weights":
            groups += list(matrix.reshape(-1, 1))
        elif name == "outgoing":
            groups += list(matrix)
        else:
            groups += list(np.vstack([matrix, biases]).T)
        weight, bias = weight + n_in * n_out, bias + n_out
    return groups


@pytest.mark.parametrize("initial_rate", [None, RATE])
@pytest.mark.parametrize("name", ["weights", "outgoing", "incoming"])
def test_adam_is_the_written_algorithm(name, initial_rate):
    """One second moment per group; the gradient step and the prox share the step of the group.

    With an initial rate, beta_1 rises as the rate falls. The mean is then an average of gradients
    with weights that sum to 1 less the product of all beta_1 so far.
    """
    alpha = 0.1
    penalty = L1() if name == "weights" else GroupLasso(groups=name)
    problem, optimizer = start(partial(ProxAdam, initial_rate=initial_rate), [penalty], alpha)
    found = advance(problem, optimizer, N_STEPS).numpy()
    x = problem.start.numpy().copy()
    mean, square, forgotten = np.zeros_like(x), np.zeros_like(x), 1.0
    for t in range(1, N_STEPS + 1):
        rate = RATE / (1 + 0.1 * (t - 1))
        beta_1 = BETA_1 if initial_rate is None else 1 - (1 - BETA_1) * max(rate / RATE, 0.1)
        forgotten *= beta_1
        gradient = problem.gradient(torch.from_numpy(x)).numpy()
        mean = beta_1 * mean + (1 - beta_1) * gradient
        fresh = gradient**2
        for group in group_lists(name):
            fresh[group] = fresh[group].mean()
        square = BETA_2 * square + (1 - BETA_2) * fresh
        step = rate / (np.sqrt(square / (1 - BETA_2**t)) + ProxAdam.epsilon)
        x = x - step * mean / (1 - forgotten)
        for group in group_lists(name):
            threshold = step[group[0]] * alpha * np.sqrt(len(group))
            x[group] *= max(0, 1 - threshold / np.linalg.norm(x[group]))
    np.testing.assert_allclose(found, x, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_moves_and_shrinks_by_steps_of_the_same_reach(momentum, nesterov):
    """From zero, a constant gradient below the threshold never moves a weight, one above does."""
    parameters = Parameters((2, 1), torch.float64, torch.device("cpu"))
    terms = build_terms([L1()], parameters, 1.0)
    gradient = parameters.zeros_like()
    optimizer = ProxSGD(
        parameters, gradient, terms, plain_scales(1), momentum=momentum, nesterov=nesterov
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
        optimizer = ProxAdam(parameters, parameters.zeros_like(), terms, plain_scales(1))
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
    if through.of_parameters:
        assert not torch.equal(advance(problem, forgetful, 20), expected)


@all_penalties
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_state_is_a_copy_that_tells_what_belongs_to_parameters_and_what_to_groups(
    name, penalties
):
    problem, optimizer = start(OPTIMIZERS[name], penalties)
    advance(problem, optimizer, 3)
    state, same = optimizer.save(), optimizer.save()
    advance(problem, optimizer, 3)
    kinds = (
        (state.of_parameters, problem.n),
        (state.of_groups, len(optimizer.regulariser.metric.sizes)),
    )
    for arrays, length in kinds:
        for array in arrays.values():
            assert type(array) is np.ndarray
            assert array.shape == (length,)
    assert state.numbers["n_steps"] == 3
    assert all(isinstance(number, (int, float)) for number in state.numbers.values())
    assert_same_state(state, same)


def assert_same_state(one, other):
    assert one.numbers == other.numbers
    for ours, theirs in (
        (one.of_parameters, other.of_parameters),
        (one.of_groups, other.of_groups),
    ):
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            np.testing.assert_array_equal(array, theirs[name])


@pytest.mark.parametrize(("one", "other"), [*permutations(NAMES, 2)])
def test_the_state_of_another_solver_is_ignored(one, other):
    problem, optimizer = start(OPTIMIZERS[one], [GroupLasso()])
    advance(problem, optimizer, 3)
    state = optimizer.save()
    _, stranger = start(OPTIMIZERS[other], [GroupLasso()])
    advance(problem, stranger, 5)
    optimizer.load(stranger.save())
    assert_same_state(optimizer.save(), state)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_of_another_network_is_ignored(name):
    _, optimizer = start(OPTIMIZERS[name], [GroupLasso()])
    state = optimizer.save()
    parameters = Parameters((9, 2, 2), torch.float64, torch.device("cpu"))
    regulariser = build_terms([GroupLasso()], parameters, 0.1)
    other = OPTIMIZERS[name](parameters, parameters.zeros_like(), regulariser, plain_scales())
    other.step(RATE)
    if other.of_parameters:
        optimizer.load(other.save())
        assert_same_state(optimizer.save(), state)


KEPT = [np.array(mask) == 1 for mask in ([1, 0, 1, 1], [0, 1, 1], [1, 1])]
# Which entries of the flat buffer are left when only these units are.
LEFT = [*(np.outer(*units).ravel() for units in pairwise(KEPT)), *KEPT[1:]]
LEFT = torch.from_numpy(np.concatenate(LEFT))


def take_steps(problem, optimizer, whole, n_steps):
    """Steps without a gradient of the units that are not left; `whole` is the full network."""
    of_network = slice(None) if len(optimizer.parameters.flat) == problem.n else LEFT
    for _ in range(n_steps):
        whole[of_network] = optimizer.parameters.flat
        optimizer.gradient.flat.copy_((problem.gradient(whole) * LEFT)[of_network])
        optimizer.step(RATE)


@all_penalties
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_moved_to_the_units_that_are_left_goes_on_as_with_the_dead_ones(name, penalties):
    problem, full = start(OPTIMIZERS[name], penalties)
    full.parameters.flat.mul_(LEFT)
    whole, terms = full.parameters.flat.clone(), full.regulariser
    take_steps(problem, full, whole, 5)
    small = Parameters([int(units.sum()) for units in KEPT], torch.float64, torch.device("cpu"))
    small.flat.copy_(full.parameters.flat[LEFT])
    moved = OPTIMIZERS[name](small, small.zeros_like(), terms.on_units(KEPT, small), problem.scales)
    all_units = [np.ones_like(units) for units in KEPT]
    moved.load(full.save().moved(all_units, KEPT, terms.metric))
    take_steps(problem, moved, whole.clone(), 10)
    back = moved.save().moved(KEPT, all_units, terms.metric)
    take_steps(problem, full, whole, 10)
    torch.testing.assert_close(small.flat, full.parameters.flat[LEFT], rtol=1e-12, atol=1e-12)
    expected = full.save()
    assert back.numbers == pytest.approx(expected.numbers, rel=1e-12)
    for kind in ("of_parameters", "of_groups"):
        ours, theirs = getattr(back, kind), getattr(expected, kind)
        assert ours.keys() == theirs.keys()
        for key, array in ours.items():
            np.testing.assert_allclose(array, theirs[key], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("powers", [(3, 3, 6), (-2, -2, -4)])
@pytest.mark.parametrize("penalty", [None, L1(), GroupLasso()])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_in_other_units_is_training_in_natural_units(name, penalty, powers):
    """With powers of 2 as units of both layers' weights and of the loss, the paths are the same.

    A penalty of degree 1 on weights in units of u is worth loss / u times as much.
    """
    first, second, loss = (2.0**power for power in powers)
    scales = Scales([first, second], [first, first * second], loss)
    penalties = [] if penalty is None else [penalty]
    natural, reference = start(OPTIMIZERS[name], penalties, alpha=0.1)
    problem, optimizer = start(OPTIMIZERS[name], penalties, 0.1 * loss / first, scales)
    expected = advance(natural, reference, N_STEPS)
    found = advance(problem, optimizer, N_STEPS) / problem.units()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(found == 0, expected == 0)


@pytest.mark.parametrize("scale", [1e-9, 1e-6, 1e6])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_units_far_from_one_change_nothing_but_the_units(name, scale):
    scales = Scales([scale, scale], [scale, scale], scale**2)
    natural, reference = start(OPTIMIZERS[name], [GroupLasso()], alpha=0.1)
    problem, optimizer = start(OPTIMIZERS[name], [GroupLasso()], 0.1 * scale, scales)
    expected = advance(natural, reference, N_STEPS)
    found = advance(problem, optimizer, N_STEPS) / problem.units()
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def minimise(make, penalty, alpha, sizes, hessian, target, rate):
    """What a solver comes to from zero, in units that are none of the problem's own.

    The smooth part is ½ (x - target)' hessian (x - target).
    """
    parameters = Parameters(sizes, torch.float64, torch.device("cpu"))
    terms, scales = build_terms([penalty], parameters, alpha), Scales([2.0], [0.5], 1.0)
    gradient = parameters.zeros_like()
    optimizer = make(parameters, gradient, terms, scales, learning_rate_init=rate)
    for step in range(2000):
        torch.mv(hessian, parameters.flat - target, out=gradient.flat)
        optimizer.step(rate * (1 - step / 2000))
    (layer,) = parameters.layers
    return layer.weight.numpy(), layer.bias.numpy()


def assert_minimum(make, *problem, expected):
    """A solver comes to the minimum with one of two learning rates."""
    for rate in (RATE, 60 * RATE):
        ends = minimise(make, *problem, rate)
        is_close = all(map(partial(np.allclose, rtol=0, atol=1e-4), ends, expected))
        if is_close and np.array_equal(ends[0] != 0, expected[0] != 0):
            return
    pytest.fail(f"{ends} is not {expected}")


def assert_minimum_is_the_prox(make, structure):
    """The minimum of ½‖x - target‖² + penalty is the prox of the target, written out here."""
    alpha, rng = 0.4, np.random.RandomState(0)
    weight, bias = rng.randn(4, 3), rng.randn(3)
    weight[1] *= 0.1
    weight[:, 2] *= 0.1
    bias[2] *= 0.1
    target = torch.from_numpy(np.concatenate([weight.ravel(), bias]))
    if structure == "weights":
        weight = np.sign(weight) * np.maximum(np.abs(weight) - alpha, 0)
    elif structure == "outgoing":
        norms = np.linalg.norm(weight, axis=1, keepdims=True)
        weight = weight * np.maximum(1 - alpha * 3**0.5 / norms, 0)
    else:
        norms = np.sqrt((weight**2).sum(axis=0) + bias**2)
        factor = np.maximum(1 - alpha * 5**0.5 / norms, 0)
        weight, bias = weight * factor, bias * factor
    assert (weight == 0).any()
    assert (weight != 0).any()
    penalty = L1() if structure == "weights" else GroupLasso(groups=structure)
    hessian = torch.eye(15, dtype=torch.float64)
    assert_minimum(make, penalty, alpha, (4, 3), hessian, target, expected=(weight, bias))


@pytest.mark.parametrize("structure", ["weights", "outgoing", "incoming"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_units_change_the_way_and_not_the_minimum(name, structure):
    assert_minimum_is_the_prox(OPTIMIZERS[name], structure)


class TwiceTheProx(ProxSGD):
    """As if the prox had another step than the gradient."""

    def step(self, learning_rate):
        super().step(learning_rate)
        self.regulariser.prox_(self.parameters, learning_rate)


@pytest.mark.parametrize("structure", ["weights", "outgoing", "incoming"])
def test_a_registered_solver_that_minimises_something_else_is_found(structure, monkeypatch):
    monkeypatch.setattr(SOLVERS, "_entries", {**SOLVERS._entries, "twice": TwiceTheProx})
    with pytest.raises(pytest.fail.Exception, match="is not"):
        assert_minimum_is_the_prox(partial(make, "twice"), structure)


@pytest.mark.parametrize("alpha", [0.03, 0.3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_least_squares_and_lasso_come_to_the_minimum_that_scikit_learn_finds(name, alpha):
    rng = np.random.RandomState(0)
    X = rng.randn(50, 6) @ (np.eye(6) + 0.4 * rng.randn(6, 6))
    y = X @ [1.0, -1, 0.5, 0, 0, 0] + 3 + 0.3 * rng.randn(50)
    inputs = np.column_stack([X, np.ones(50)])
    hessian = torch.from_numpy(inputs.T @ inputs / 50)
    target = torch.from_numpy(np.linalg.lstsq(inputs, y, rcond=None)[0])
    lasso = Lasso(alpha, tol=1e-12).fit(X, y)
    assert (lasso.coef_ == 0).any()
    expected = lasso.coef_[:, None], np.array([lasso.intercept_])
    assert_minimum(OPTIMIZERS[name], L1(), alpha, (6, 1), hessian, target, expected=expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_kept_zeros_stay_zero_and_the_rest_moves_freely(name):
    problem = Problem()
    parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
    parameters.flat.copy_(problem.start)
    parameters.layers[0].weight[1] = 0
    parameters.layers[1].weight[0, 1] = 0
    zeros = parameters.weights == 0
    optimizer = OPTIMIZERS[name](
        parameters, parameters.zeros_like(), KeptZeros(parameters), plain_scales()
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
