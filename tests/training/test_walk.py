"""Along a walk nothing begins anew but the clock of the learning rate."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from sgnn import SparseMLPRegressor
from sgnn.networks.network import Network
from sgnn.penalties import L1, GroupLasso
from sgnn.proximal._registry import SOLVERS
from sgnn.training.walk import Walk, shrinkage
from tests.training.prepared import prepared

X, Y = scale(load_diabetes().data), scale(load_diabetes().target)


def make_model(**parameters):
    model = SparseMLPRegressor((6,), learning_rate="constant", learning_rate_init=0.01)
    model.set_params(tol=0.0, n_iter_no_change=math.inf, batch_size=100, shuffle=False)
    return model.set_params(**parameters)


def walk_of(model, y=Y):
    problem, settings, state = prepared(model, X, y)
    return Walk(problem, settings, state.network, state.rng)


def assert_close(network, other):
    assert network.n_neurons == other.n_neurons
    for name in ("coefs", "intercepts"):
        for array, expected in zip(getattr(network, name), getattr(other, name), strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("solver", [name for name in SOLVERS if SOLVERS[name].has_rate])
@pytest.mark.parametrize("penalty", ["group_lasso", "l1"])
def test_two_steps_under_one_strength_are_one_of_twice_the_length(penalty, solver):
    """So the second goes on with what the optimiser remembers."""
    short = walk_of(make_model(penalty=penalty, solver=solver, max_iter=3))
    once, first = short.step(short.start, 0.001)
    twice, second = short.step(once, 0.001)
    long = walk_of(make_model(penalty=penalty, solver=solver, max_iter=6))
    at_once, whole = long.step(long.start, 0.001)
    assert once.network.n_neurons == at_once.network.n_neurons == (10, 6, 1)
    assert_close(twice.network, at_once.network)
    assert [*first.objective, *second.objective] == pytest.approx(whole.objective, rel=1e-12)


@pytest.mark.parametrize("penalty", [GroupLasso, L1])
def test_a_penalty_does_not_warm_up_anew_at_each_strength(penalty):
    walks = [
        walk_of(make_model(penalty=penalty(warm_up=warm_up), max_iter=4)) for warm_up in (0, 1000)
    ]
    states = [walk.start for walk in walks]
    for alpha in (0.05, 0.15):
        states = [walk.step(state, alpha)[0] for walk, state in zip(walks, states, strict=True)]
        assert_close(*(state.network for state in states))
        assert 0 < states[0].network.sparsity < 1


@pytest.mark.parametrize("unit", [2.0**-10, 2.0**10])
def test_a_step_of_a_walk_ends_as_early_whatever_the_unit_of_the_targets(unit):
    """So `tol` is in the unit in which the loss is told, the square of that of the targets."""
    alpha, more = 0.01, {"tol": 0.003, "n_iter_no_change": 3, "max_iter": 100}
    walk = walk_of(make_model(**more))
    state, history = walk.step(walk.start, alpha)
    other = walk_of(make_model(**more), unit * Y)
    # A network of two layers in which each carries the root of the unit.
    scaled, of_scaled = other.step(other.start, alpha * unit**1.5)
    assert history.converged
    assert 5 < len(history.objective) < 100
    np.testing.assert_allclose(of_scaled.objective, unit**2 * np.array(history.objective))
    np.testing.assert_allclose(scaled.network.forward(X), state.network.forward(X))


@pytest.mark.parametrize("warm_up", [0, 9])
def test_the_penalty_at_the_start_is_that_of_strength_one(warm_up):
    model = make_model(penalty=L1(warm_up=warm_up), alpha=0.3)
    coefs = prepared(model, X, Y)[-1].network.coefs
    expected = sum(np.abs(coef).sum() for coef in coefs)
    assert walk_of(model).penalty_at_start == pytest.approx(expected, rel=1e-12)


def test_a_step_leaves_the_state_that_it_starts_from_as_it_is():
    walk = walk_of(make_model(max_iter=5))
    state, _ = walk.step(walk.start, 0.01)
    copy = state.network.astype("float64")
    results = [walk.step(state, alpha)[0] for alpha in (0.5, 0.01, 0.5)]
    assert_close(state.network, copy)
    assert_close(results[0].network, results[2].network)
    assert results[0].network.sparsity > results[1].network.sparsity


def test_a_step_ends_once_the_network_has_shrunk_by_more_than_the_limit():
    walk = walk_of(make_model(max_iter=60))
    far, whole = walk.step(walk.start, 0.3)
    near, history = walk.step(walk.start, 0.3, limit=math.log(1.5))
    sizes = np.array(history.n_neurons)
    assert far.network.n_neurons[0] < near.network.n_neurons[0]
    np.testing.assert_array_equal(sizes, whole.n_neurons[: len(sizes)])
    shrunk = [max(max(b - 1, a) / a for a, b in zip(row, (10, 6), strict=False)) for row in sizes]
    assert shrunk[-1] > 1.5
    assert max(shrunk[:-1]) <= 1.5


def make_network(n_neurons, n_weights):
    n_in, n_hidden, n_out = n_neurons
    coefs = [np.zeros((n_in, n_hidden)), np.ones((n_hidden, n_out))]
    coefs[0].flat[: n_weights - n_hidden * n_out] = 1
    return Network.whole(coefs, [np.zeros(n_hidden), np.zeros(n_out)], "relu")


@pytest.mark.parametrize(
    ("before", "after", "ratio"),
    [
        (((8, 6, 1), 54), ((8, 6, 1), 54), 1),
        (((8, 6, 1), 54), ((8, 6, 1), 27), 2**0.5),
        (((8, 6, 1), 54), ((7, 6, 1), 48), (54 / 48) ** 0.5),
        (((8, 6, 1), 54), ((3, 6, 1), 24), 7 / 3),
        (((8, 6, 1), 54), ((8, 2, 1), 18), 5 / 2),
        (((8, 6, 1), 54), ((0, 6, 1), 6), math.inf),
    ],
)
def test_shrinkage_is_the_largest_ratio_of_sizes(before, after, ratio):
    found = shrinkage(make_network(*before), make_network(*after))
    assert found == pytest.approx(math.log(ratio) if ratio < math.inf else math.inf)
