"""Sums without a prox in closed form: optimality of what the solvers return."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from sgnn.networks.parameters import Parameters
from sgnn.penalties import L1, MCP, GroupLasso, LogSum, get_penalty
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.proximal.build import build_terms
from sgnn.proximal.joint import nested_prox


def network(*sizes, seed=0, dtype=torch.float64):
    result = Parameters(sizes, dtype, torch.device("cpu"))
    rng = np.random.RandomState(seed)
    result.flat.copy_(torch.from_numpy(rng.randn(len(result.flat))))
    return result


class HalfSquare:
    """As elastic net's ridge: a convex function that is not homogeneous."""

    def __init__(self, ridge):
        self.ridge = ridge

    def prox(self, x, c):
        return x / (1 + c * self.ridge)

    def value(self, z):
        return 0.5 * self.ridge * z.square().sum(1)


@pytest.mark.parametrize("ridge", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("strength", [0.1, 1.0, 2.0])
def test_ridge_and_norm_have_the_known_prox(ridge, strength):
    """Completing the square: the prox of the norm with everything divided by 1 + ridge."""
    rng = np.random.RandomState(0)
    x = torch.from_numpy(rng.randn(50, 4))
    shape, fine = AbsoluteValue(), HalfSquare(ridge)
    found = nested_prox(
        x,
        fine.prox,
        fine.value,
        lambda r: shape.prox(r, 1.0, strength),
        lambda r: shape.value(r, strength),
    )
    norms = x.norm(dim=1, keepdim=True)
    expected = x * (1 - strength / norms).clamp(min=0) / (1 + ridge)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
    assert ((found == 0).all(1) == (expected == 0).all(1)).all()


@pytest.mark.parametrize("alpha", [0.02, 0.1, 0.3])
@pytest.mark.parametrize(
    "penalty",
    [GroupLasso(groups="both"), [L1(), GroupLasso(groups="both", size_scaling=False)]],
    ids=["both", "both and l1"],
)
def test_the_split_prox_meets_the_optimality_conditions(penalty, alpha):
    """At the prox z of x, x - z is a subgradient: its inner product with any move is bounded.

    For convex penalties ``P(u) >= P(z) + <x - z, u - z>`` for every u; it is checked for random u
    and for those that differ in one group or weight, near and far.
    """
    before, z = network(20, 8), network(20, 8)
    terms = build_terms(get_penalty(penalty), z, alpha)
    terms.prox_(z, 0.7)
    subgradient = (before.flat - z.flat) / 0.7
    at_z, u, rng = terms.value(z), z.zeros_like(), np.random.RandomState(1)
    for size in (1e-4, 1e-2, 1.0):
        moves = [torch.from_numpy(rng.randn(len(z.flat))) for _ in range(20)]
        for index in range(20):
            move = z.zeros_like()
            move.layers[0].weight[index] = torch.from_numpy(rng.randn(8))
            moves.append(move.flat)
        for index in range(8):
            move = z.zeros_like()
            move.layers[0].weight[:, index] = torch.from_numpy(rng.randn(20))
            move.layers[0].bias[index] = rng.randn()
            moves.append(move.flat)
        for move in moves:
            u.flat.copy_(z.flat + size * move)
            assert terms.value(u) >= at_z + float(subgradient @ (u.flat - z.flat)) - 1e-7


def test_groups_that_one_side_removes_are_exactly_zero():
    parameters = network(30, 10)
    parameters.layers[0].weight[3] *= 0.01
    parameters.layers[0].weight[:, 4] *= 0.01
    parameters.layers[0].bias[4] *= 0.01
    build_terms(get_penalty(GroupLasso(groups="both")), parameters, 0.1).prox_(parameters, 1.0)
    zero = parameters.layers[0].weight == 0
    assert zero[3].all()
    assert zero[:, 4].all()
    assert not zero.all(1)[[0, 1, 2]].any()


@pytest.mark.parametrize(
    "penalty",
    [
        [MCP(groups="weights"), GroupLasso()],
        [LogSum(0.01, groups="weights"), GroupLasso()],
        [LogSum(groups="weights"), MCP(groups="incoming")],
    ],
    ids=repr,
)
@pytest.mark.parametrize("seed", range(3))
def test_nested_concave_sums_are_not_beaten_by_descent_from_many_starts(penalty, seed):
    x = network(2, 4, seed=seed)
    z = network(2, 4, seed=seed)
    terms = build_terms(get_penalty(penalty), z, 0.4)
    trial = z.zeros_like()

    def objective(flat):
        trial.flat.copy_(torch.from_numpy(flat))
        return float(0.5 * (trial.flat - x.flat).square().sum() / 0.8) + terms.value(trial)

    terms.prox_(z, 0.8)
    rng, found = np.random.RandomState(seed), objective(z.flat.numpy().copy())
    start = x.flat.numpy()
    for _ in range(5):
        mask = rng.rand(len(start)) < rng.rand()
        result = minimize(objective, start * mask, method="Powell", options={"maxfev": 2000})
        assert found <= result.fun + 1e-9
