"""Shapes of whole groups on long rows: other algorithms, optimality conditions, invariances."""

import numpy as np
import pytest
import torch
from scipy.optimize import lsq_linear, minimize
from scipy.sparse import coo_array

from sgnn.penalties.exclusive import SquaredL1
from sgnn.penalties.graph import GraphShape
from sgnn.penalties.hoyer import HoyerRatio, HoyerSquareRatio
from sgnn.penalties.l1_minus_l2 import NormDifference

HOYER = [HoyerRatio(), HoyerSquareRatio()]
AREAS = [1e-8, 1e-4, 0.02, 0.3, 2.0]


def draw_rows(n_rows, n_members, seed=0, dtype=torch.float64):
    rng = np.random.RandomState(seed)
    return torch.from_numpy(rng.standard_t(4, (n_rows, n_members))).to(dtype)


def objective(shape, z, x, area):
    """½‖z - x‖² + area * shape for each row."""
    return 0.5 * (z - x).square().sum(1) + area * shape.value(z, 1.0)


def soft(x, threshold):
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


def squared_l1_by_sorting(x, kappa):
    """The largest m with a_m > κ S_m, S_m = Σ_{i≤m} a_i / (1 + mκ)."""
    a = np.sort(np.abs(x))[::-1]
    sums = np.cumsum(a) / (1 + kappa * np.arange(1, len(a) + 1))
    m = np.flatnonzero(a > kappa * sums).max()
    return soft(x, kappa * sums[m])


def hoyer_gradient(shape, w):
    """Written out on a support."""
    r, s1, s2 = np.abs(w), np.abs(w).sum(), (w * w).sum()
    if isinstance(shape, HoyerSquareRatio):
        return 2 * np.sign(w) * (s1 / s2**2) * (s2 - r * s1)
    return np.sign(w) / s2**0.5 - w * s1 / s2**1.5


@pytest.mark.parametrize("kappa", np.logspace(-6, 1, 8).tolist())
def test_squared_l1_equals_the_sorting_formula_on_long_rows(kappa):
    x = draw_rows(6, 1000)
    x[1, 500:] = 0
    x[2] = x[2].round()
    steps = torch.linspace(0.2, 1.0, 6, dtype=torch.float64)[:, None]
    found = SquaredL1().prox(x, steps, kappa).numpy()
    for row, step, z in zip(x.numpy(), steps[:, 0].tolist(), found, strict=True):
        expected = squared_l1_by_sorting(row, kappa * step)
        np.testing.assert_allclose(z, expected, rtol=0, atol=1e-13)
        np.testing.assert_array_equal(z != 0, expected != 0)


def test_squared_l1_by_hand_and_not_the_published_approximation():
    x = torch.tensor([[1.0, 0.5, 0.2]], dtype=torch.float64)
    found = SquaredL1().prox(x, 1.0, 0.2)
    # S_2 = 1.5 / 1.4, threshold 0.2 * 1.5 / 1.4 = 0.2143 > 0.2
    np.testing.assert_allclose(found[0], [0.786, 0.286, 0], rtol=0, atol=5e-4)
    published = torch.from_numpy(soft(x.numpy(), 0.2 * 1.7))
    np.testing.assert_allclose(published[0], [0.66, 0.16, 0], rtol=0, atol=1e-12)
    assert objective(SquaredL1(), found, x, 0.2) < objective(SquaredL1(), published, x, 0.2) - 0.01


def best_by_bruteforce(shape, x, area, signs):
    """Least objective over the supports of x, by a smooth search with the signs fixed."""
    best = 0.5 * (x @ x)
    for support in range(1, 2 ** len(x)):
        on = np.array([bool(support >> i & 1) for i in range(len(x))])
        w, sign = x[on], signs[on]

        def cost(z, w=w, sign=sign, on=on):
            row = np.zeros(len(x))
            row[on] = sign * z**2
            value = shape.value(torch.from_numpy(row[None]), 1.0)
            return 0.5 * ((row - x) ** 2).sum() + area * float(value)

        best = min(best, minimize(cost, np.sqrt(np.abs(w)), method="Nelder-Mead", tol=1e-11).fun)
    return best


@pytest.mark.parametrize("area", [0.05, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("c", [0.3, 1.0])
def test_norm_difference_is_the_minimum_over_all_supports(c, area):
    shape = NormDifference(c)
    for seed in range(2):
        x = draw_rows(1, 3, seed)
        found = objective(shape, shape.prox(x, 1.0, area), x, area)
        best = best_by_bruteforce(shape, x[0].numpy(), area, np.sign(x[0].numpy()))
        assert float(found) <= best + 1e-9


@pytest.mark.parametrize("largest", [0.2, 0.65, 0.75, 0.99, 1.01, 1.5])
def test_norm_difference_in_each_of_its_three_cases(largest):
    """With c = 0.3 and area 1: zero up to 0.7, the largest alone up to 1, more beyond."""
    shape = NormDifference(0.3)
    x = torch.tensor([[largest, -0.9 * largest, 0.1]], dtype=torch.float64)
    z = shape.prox(x, 1.0, 1.0)
    if largest < 1:
        expected = [max(largest - 0.7, 0), 0, 0]
    else:
        shrunk = soft(x[0].numpy(), 1.0)
        expected = shrunk * (1 + 0.3 / np.linalg.norm(shrunk))
    np.testing.assert_allclose(z[0], expected, rtol=0, atol=1e-12)
    best = best_by_bruteforce(shape, x[0].numpy(), 1.0, np.sign(x[0].numpy()))
    assert float(objective(shape, z, x, 1.0)) <= best + 1e-9


@pytest.mark.parametrize("area", [0.01, 0.5, 2.0])
def test_norm_difference_without_the_euclidean_norm_is_a_soft_threshold(area):
    x = draw_rows(4, 300)
    found = NormDifference(1e-13).prox(x, 1.0, area)
    np.testing.assert_allclose(found, soft(x.numpy(), area), rtol=0, atol=1e-11)


@pytest.mark.parametrize("shape", HOYER)
def test_hoyer_values_have_the_written_gradient(shape):
    x = draw_rows(1, 40)[0]
    x[::5] = 0
    on = x != 0
    expected = hoyer_gradient(shape, x[on].numpy())
    for index, slope in zip(torch.where(on)[0], expected, strict=True):
        move = torch.zeros_like(x)
        move[index] = 1e-6
        up, down = shape.value(torch.stack([x + move, x - move]), 1.0)
        assert float(up - down) / 2e-6 == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("n_members", [7, 300, 5000])
@pytest.mark.parametrize("shape", HOYER)
def test_hoyer_results_are_stationary_and_better_than_other_candidates(shape, n_members, area):
    x = draw_rows(3, n_members)
    found = shape.prox(x, 1.0, area)
    reached = objective(shape, found, x, area)
    rng = np.random.RandomState(1)
    for row, z, least in zip(x.numpy(), found.numpy(), reached.tolist(), strict=True):
        on = z != 0
        assert on.any() or np.abs(row).max() ** 2 <= 2 * area
        if on.any():
            residual = z[on] - row[on] + area * hoyer_gradient(shape, z[on])
            assert np.abs(residual).max() <= 1e-12 * max(1, np.abs(z).max())
        others = [np.zeros_like(row)]
        for index in np.argsort(-np.abs(row))[:5]:
            others.append(np.zeros_like(row))
            others[-1][index] = row[index]
        magnitudes = np.sort(np.abs(row))
        for _ in range(100):
            candidate = soft(row, rng.choice(magnitudes)) if rng.rand() < 0.5 else row.copy()
            candidate[np.abs(row) < rng.choice(magnitudes)] = 0
            others.append(candidate * rng.uniform(0.8, 1.5))
        others += [z * factor for factor in (0.99, 1.01)]
        others += [z + 1e-3 * rng.randn(len(z)) * (rng.rand(len(z)) < 0.3) for _ in range(30)]
        others = torch.from_numpy(np.array(others))
        costs = objective(shape, others, torch.from_numpy(row), area)
        assert least <= float(costs.min()) * (1 + 1e-13)


@pytest.mark.parametrize("area", [1e-3, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("shape", HOYER)
def test_hoyer_results_are_the_minimum_over_all_supports(shape, area):
    for seed in range(2):
        x = draw_rows(1, 3, seed)
        found = float(objective(shape, shape.prox(x, 1.0, area), x, area))
        best = best_by_bruteforce(shape, x[0].numpy(), area, np.sign(x[0].numpy()))
        assert found <= best + 1e-9


@pytest.mark.parametrize("area", [1e-3, 0.05, 0.3, 0.49, 0.51, 3.0])
@pytest.mark.parametrize("n_members", [2, 3, 50])
@pytest.mark.parametrize("shape", HOYER)
def test_ties_under_hoyer_find_the_best_number_of_entries(shape, n_members, area):
    """Entries of 1: with m equal entries the value is m or √m, so m entries stay unshrunk."""
    x = torch.ones(1, n_members, dtype=torch.float64)
    m = np.arange(n_members + 1)
    costs = 0.5 * (n_members - m) + area * (m if isinstance(shape, HoyerSquareRatio) else m**0.5)
    found = shape.prox(x, 1.0, area)
    assert float(objective(shape, found, x, area)) == pytest.approx(costs.min(), rel=1e-12)
    assert int((found != 0).sum()) == np.argmin(costs)


@pytest.mark.parametrize("area", [1e-8, 0.1, 0.5, 4.0])
@pytest.mark.parametrize("shape", HOYER)
def test_a_single_entry_under_hoyer_is_kept_or_dropped(shape, area):
    """The value is 1 for every entry but zero."""
    edge = (2 * area) ** 0.5
    x = edge * torch.tensor([[0.5], [-0.999], [1.001], [-1.5], [40.0]], dtype=torch.float64)
    expected = [0, 0, *(edge * np.array([1.001, -1.5, 40]))]
    np.testing.assert_allclose(shape.prox(x, 1.0, area)[:, 0], expected, rtol=1e-11)


@pytest.mark.parametrize("shape", HOYER)
def test_a_tiny_strength_under_hoyer_is_a_gradient_step_and_not_nothing(shape):
    x = draw_rows(2, 5000)
    found = shape.prox(x, 1.0, 1e-8)
    for row, z in zip(x.numpy(), found.numpy(), strict=True):
        step = hoyer_gradient(shape, row)
        large = np.abs(row) > 1e-4
        np.testing.assert_allclose((row - z)[large], 1e-8 * step[large], rtol=1e-4, atol=1e-15)


def draw_graph(n_nodes, n_edges, seed=0):
    rng = np.random.RandomState(seed)
    pairs = {tuple(sorted(rng.choice(n_nodes, 2, replace=False).tolist())) for _ in range(n_edges)}
    heads, tails = zip(*sorted(pairs), strict=True)
    return heads, tails, tuple(rng.uniform(0.2, 2.0, len(heads)).tolist())


def laplacian(edges, n_nodes):
    """Σ A_gh (z_g - z_h)² = z' L z."""
    heads, tails, weights = edges
    adjacency = coo_array((weights, (heads, tails)), (n_nodes, n_nodes)).toarray()
    adjacency += adjacency.T
    return np.diag(adjacency.sum(axis=0)) - adjacency


NO_EDGES = ((), (), ())


@pytest.mark.parametrize("smoothing", [0.0, 3.0])
def test_a_graph_without_edges_is_a_group_lasso(smoothing):
    x = draw_rows(1, 30)
    norms = GraphShape(NO_EDGES, smoothing, False, 30).prox(x.abs(), 0.5, 0.8)
    np.testing.assert_allclose(norms, soft(x.abs().numpy(), 0.4), rtol=0, atol=1e-15)
    shape = GraphShape(NO_EDGES, smoothing, True, 10)
    found = shape.prox(x, 0.5, 0.8).numpy().reshape(10, 3)
    nodes = x.numpy().reshape(10, 3)
    size = np.linalg.norm(nodes, axis=1, keepdims=True)
    np.testing.assert_allclose(found, nodes * np.maximum(1 - 0.4 / size, 0), rtol=0, atol=1e-15)
    assert float(shape.value(x, 0.8)) == pytest.approx(0.8 * size.sum(), rel=1e-14)


@pytest.mark.parametrize("smoothing", [0.1, 2.0, 30.0])
@pytest.mark.parametrize("area", [0.05, 0.5])
def test_norms_on_a_graph_are_bounded_least_squares(area, smoothing):
    """½‖z-x‖² + t Σz + (t·s/2) z'Lz over z >= 0, as least squares with a Cholesky factor."""
    edges, n = draw_graph(25, 60), 25
    x = draw_rows(1, n).abs()
    L = laplacian(edges, n)
    factor = np.linalg.cholesky(np.eye(n) + area * smoothing * L).T
    target = np.linalg.solve(factor.T, x[0].numpy() - area)
    expected = lsq_linear(factor, target, (0, np.inf), method="bvls", tol=1e-15).x
    shape = GraphShape(edges, smoothing, False, n)
    found = shape.prox(x, 0.5, 2 * area)[0].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(found > 0, expected > 1e-12)
    energy = x[0].numpy() @ L @ x[0].numpy()
    expected = 0.7 * (x.sum() + 0.5 * smoothing * energy)
    assert float(shape.value(x, 0.7)) == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.parametrize("smoothing", [0.1, 2.0, 30.0])
@pytest.mark.parametrize("area", [0.1, 0.6])
def test_weights_on_a_graph_satisfy_the_optimality_conditions(area, smoothing):
    edges, n = draw_graph(25, 60), 25
    x = 0.4 * draw_rows(1, 4 * n)
    shape = GraphShape(edges, smoothing, True, n)
    z = shape.prox(x, 2 * area, 0.5).numpy().reshape(n, 4)
    L = laplacian(edges, n)
    slope = z - x.numpy().reshape(n, 4) + area * smoothing * L @ z
    size = np.linalg.norm(z, axis=1)
    on = size > 0
    assert on.any()
    assert area < 0.5 or not on.all()
    assert np.abs(slope[on] + area * z[on] / size[on, None]).max() <= 1e-9
    assert (np.linalg.norm(slope[~on], axis=1) <= area * (1 + 1e-9)).all()
    expected = 0.5 * (size.sum() + 0.5 * smoothing * np.sum(z * (L @ z)))
    assert float(shape.value(torch.from_numpy(z.reshape(1, -1)), 0.5)) == pytest.approx(expected)


@pytest.mark.parametrize("by_weights", [False, True])
def test_smoothing_to_infinity_makes_connected_nodes_equal(by_weights):
    """Two chains of 3 and 2 nodes, and one node alone; the means shrink by the area."""
    edges = ((0, 1, 3), (1, 2, 4), (5.0, 8.0, 5.0))
    width = 2 if by_weights else 1
    x = draw_rows(1, 6 * width)
    x = x if by_weights else x.abs() + 0.5
    z = GraphShape(edges, 300.0, by_weights, 6).prox(x, 0.2, 1.0).numpy().reshape(6, width)
    nodes = x.numpy().reshape(6, width)
    for part in ([0, 1, 2], [3, 4], [5]):
        mean = nodes[part].mean(axis=0)
        expected = mean * max(1 - 0.2 / np.linalg.norm(mean), 0)
        np.testing.assert_allclose(z[part], np.tile(expected, (len(part), 1)), rtol=0, atol=1e-2)


@pytest.mark.parametrize("by_weights", [False, True])
@pytest.mark.parametrize("smoothing", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("area", [0.05, 0.1, 0.2, 0.5])
def test_beside_a_zero_a_node_shrinks_in_closed_form(area, smoothing, by_weights):
    """½(z - x)² + t z + (t·s/2) z² along a single edge, where accelerated steps turn back."""
    shape = GraphShape(((0,), (1,), (1.0,)), smoothing, by_weights, 2)
    for size in np.linspace(0.6, 3, 20):
        x = torch.tensor([[size, 0.0]], dtype=torch.float64)
        kept, removed = shape.prox(x, 0.5, 2 * area)[0].tolist()
        if removed == 0:
            assert kept == pytest.approx((size - area) / (1 + area * smoothing), rel=1e-13)
    assert removed == 0 or by_weights


def test_a_norm_of_zero_stays_zero_though_its_neighbours_pull():
    edges = ((0, 1), (1, 2), (5.0, 5.0))
    x = torch.tensor([[2.0, 0.0, 3.0]], dtype=torch.float64)
    z = GraphShape(edges, 1.0, False, 3).prox(x, 0.3, 1.0)[0].tolist()
    # (1 + 0.3 * 5) z = x - 0.3 at both ends
    assert z == pytest.approx([1.7 / 2.5, 0, 2.7 / 2.5], abs=1e-13)


@pytest.mark.parametrize("by_weights", [False, True])
def test_graphs_in_single_precision_agree_with_double(by_weights):
    edges = draw_graph(40, 100)
    x = draw_rows(1, 120, dtype=torch.float32) if by_weights else draw_rows(1, 40).abs().float()
    for smoothing in (0.1, 5.0):
        shape = GraphShape(edges, smoothing, by_weights, 40)
        found, expected = (shape.prox(one, 0.3, 1.0) for one in (x, x.double()))
        tolerance = 1e-6 * float(x.abs().max())
        torch.testing.assert_close(found.double(), expected, rtol=0, atol=tolerance)
