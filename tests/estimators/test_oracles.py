"""The objective meant literally: linear models against their reference, networks against autograd.

Without hidden layers the estimators must find the coefficients, and the support, of scikit-learn's
and skglm's solvers of the same objective, whatever the optimiser. The same comparisons must fail
when the optimiser hands the wrong step to the prox.
"""

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import numba
import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
)
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor, penalties
from sgnn.penalties import MCP, SCAD, GroupLasso, LogSum, SparseGroupLasso
from sgnn.penalties.bridge import SquareRoot, TwoThirdsPower
from sgnn.penalties.log_sum import Logarithm
from sgnn.penalties.mcp import MinimaxConcave
from sgnn.penalties.scad import SmoothlyClipped
from sgnn.proximal.adam import ProxAdam
from sgnn.proximal.terms import Terms

N_SAMPLES = 160
MOMENTUM = 0.8
ENDLESS = {"tol": 0, "n_iter_no_change": np.inf, "random_state": 0}

# The rate of "sgd" is for a loss of curvature 1.
SOLVERS = {
    "plain": {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.5},
    "heavy-ball": {"solver": "sgd", "momentum": MOMENTUM, "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": MOMENTUM},
    "adam": {"solver": "adam", "learning_rate": "cosine", "learning_rate_init": 0.05},
}
SGD = {"learning_rate": "constant", "learning_rate_init": 0.1}


@dataclass(frozen=True)
class Case:
    """A linear problem with its reference solution, and how to write it for an estimator.

    `curvature` divides the rate of "sgd"; `free_constant` says that intercepts are unique up to a
    constant only.
    """

    X: np.ndarray
    y: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    parameters: dict
    classify: bool = False
    curvature: float = 1.0
    free_constant: bool = False
    sample_weight: np.ndarray | None = None
    n_epochs: dict = field(default_factory=lambda: {"sgd": 250, "adam": 400})


def make_data():
    rng = np.random.RandomState(0)
    X = rng.randn(N_SAMPLES, 8)
    X[:, 1] += 0.5 * X[:, 0]
    X[:, 7] -= 0.4 * X[:, 2]
    w = np.array([2.0, -1.0, 0.5, 0, 0, 0, 0, 0])
    y = X @ w + 0.3 * rng.randn(N_SAMPLES) + 1.5
    return X, y, w, rng


def lasso(alpha):
    X, y, *_ = make_data()
    model = Lasso(alpha, tol=1e-14, max_iter=100_000).fit(X, y)
    return Case(X, y, model.coef_, model.intercept_, {"penalty": "l1", "alpha": alpha})


def weighted_lasso(alpha):
    X, y, _, rng = make_data()
    weight = rng.exponential(size=N_SAMPLES)
    weight[::7] = 0
    model = Lasso(alpha, tol=1e-14, max_iter=100_000).fit(X, y, sample_weight=weight)
    parameters = {"penalty": "l1", "alpha": alpha}
    return Case(X, y, model.coef_, model.intercept_, parameters, sample_weight=weight)


def elastic_net(alpha):
    X, y, *_ = make_data()
    model = ElasticNet(alpha, l1_ratio=0.7, tol=1e-14, max_iter=100_000).fit(X, y)
    parameters = {"penalty": "l1", "alpha": 0.7 * alpha, "l2": 0.3 * alpha}
    return Case(X, y, model.coef_, model.intercept_, parameters)


def elastic_net_penalty(alpha):
    X, y, *_ = make_data()
    model = ElasticNet(alpha, l1_ratio=0.4, tol=1e-14, max_iter=100_000).fit(X, y)
    parameters = {"penalty": penalties.ElasticNet(l1_ratio=0.4), "alpha": alpha}
    return Case(X, y, model.coef_, model.intercept_, parameters)


def make_tasks():
    X, y, _, rng = make_data()
    noise = 0.2 * rng.randn(N_SAMPLES, 2)
    return X, np.column_stack([y, X[:, 0] - 0.5 * X[:, 4], X[:, 2]]) + np.c_[0 * y, noise]


def multi_task_lasso(alpha):
    """Groups of 3 weights carry a factor of sqrt(3)."""
    X, Y = make_tasks()
    model = MultiTaskLasso(alpha, tol=1e-14, max_iter=100_000).fit(X, Y)
    parameters = {"penalty": "group_lasso", "alpha": alpha / 3**0.5}
    return Case(X, Y, model.coef_.T, model.intercept_, parameters)


def multi_task_elastic_net(alpha):
    X, Y = make_tasks()
    model = MultiTaskElasticNet(alpha, l1_ratio=0.6, tol=1e-14, max_iter=100_000).fit(X, Y)
    penalty = penalties.ElasticNet(0.6, groups="outgoing", size_scaling=False)
    parameters = {"penalty": penalty, "alpha": alpha}
    return Case(X, Y, model.coef_.T, model.intercept_, parameters)


def sparse_group_lasso(alpha):
    X, Y = make_tasks()

    def prox(coef, step):
        coef = np.sign(coef) * np.maximum(np.abs(coef) - 0.4 * alpha * step, 0)
        norms = np.linalg.norm(coef, axis=1, keepdims=True)
        kept = np.maximum(norms - 0.6 * 3**0.5 * alpha * step, 0)
        return coef * kept / np.where(norms > 0, norms, 1)

    coef, intercept = proximal_gradient(X, Y, prox)
    penalty = SparseGroupLasso(0.4)
    return Case(X, Y, coef, intercept, {"penalty": penalty, "alpha": alpha})


def incoming_group_lasso(alpha):
    """The intercept of each output is penalised together with its coefficients."""
    X, Y = make_tasks()
    X1 = np.column_stack([X, np.ones(N_SAMPLES)])
    Y = Y * [1.0, 0.3, 1.0]

    def prox(coef, step):
        norms = np.linalg.norm(coef, axis=0)
        return coef * np.maximum(1 - step * alpha * 3 / norms, 0)

    coef, _ = proximal_gradient(X1, Y, prox, fit_intercept=False)
    penalty = GroupLasso(groups="incoming")
    return Case(X, Y, coef[:-1], coef[-1], {"penalty": penalty, "alpha": alpha})


def proximal_gradient(X, Y, prox, fit_intercept=True):
    center, mean = X.mean(axis=0) * fit_intercept, Y.mean(axis=0) * fit_intercept
    gram, moment = (X - center).T @ (X - center), (X - center).T @ (Y - mean)
    step = len(X) / np.linalg.eigvalsh(gram)[-1]
    coef = np.ones_like(moment)
    for _ in range(3000):
        coef = prox(coef - step * (gram @ coef - moment) / len(X), step)
    return coef, mean - center @ coef


def log_sum(alpha, eps=1.0):
    """Unique where alpha / eps is below the least curvature; found by reweighting the lasso."""
    X, y, *_ = make_data()
    assert np.linalg.eigvalsh(np.cov(X.T, bias=True))[0] > alpha / eps
    weights = np.ones(X.shape[1])
    for _ in range(200):
        model = Lasso(alpha, tol=1e-14, max_iter=100_000).fit(X / weights, y)
        coef = model.coef_ / weights
        weights = eps / (eps + np.abs(coef))
    parameters = {"penalty": LogSum(eps, groups="weights"), "alpha": alpha}
    return Case(X, y, coef, model.intercept_, parameters, n_epochs={"sgd": 500, "adam": 700})


def binary_logistic(alpha, weighted=False):
    X, _, w, rng = make_data()
    y = (X @ w + rng.logistic(size=N_SAMPLES) > 0).astype(int)
    weight = rng.exponential(size=N_SAMPLES) if weighted else np.ones(N_SAMPLES)
    model = LogisticRegression(
        C=1 / (weight.sum() * alpha), l1_ratio=1, solver="saga", tol=1e-12, max_iter=100_000
    ).fit(X, y, sample_weight=weight)
    parameters = {"penalty": "l1", "alpha": alpha}
    return Case(
        X, y, model.coef_.T, model.intercept_, parameters, True, 0.25,
        sample_weight=weight if weighted else None,
    )  # fmt: skip


def weighted_logistic(alpha):
    return binary_logistic(alpha, weighted=True)


def multinomial_logistic(alpha):
    """With three classes and an l1 penalty the coefficients are unique, the intercepts are not."""
    X, _, w, rng = make_data()
    y = np.argmax(np.c_[X @ w, -X @ w, X[:, 3]] + rng.gumbel(size=(N_SAMPLES, 3)), axis=1)
    model = LogisticRegression(
        C=1 / (N_SAMPLES * alpha), l1_ratio=1, solver="saga", tol=1e-12, max_iter=100_000
    ).fit(X, y)
    parameters = {"penalty": "l1", "alpha": alpha}
    return Case(
        X, y, model.coef_.T, model.intercept_, parameters, True, 0.25, free_constant=True,
        n_epochs={"sgd": 800, "adam": 700},
    )  # fmt: skip


@contextmanager
def interpreted_skglm():
    """Give skglm without its compiler, which takes longer than all these tests, and forget it."""
    if "skglm" in sys.modules:
        yield sys.modules["skglm"]
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "DISABLE_JIT", True)
        import skglm

        patch.setattr(skglm.penalties.separable, "bool_", bool)
        yield skglm
    for name in [name for name in sys.modules if name.split(".")[0] == "skglm"]:
        del sys.modules[name]


def skglm_group_lasso(alpha):
    X, y, *_ = make_data()
    groups = [[0, 3], [1, 4, 6], [2], [5, 7]]
    weights = np.sqrt([len(group) for group in groups])
    with interpreted_skglm() as skglm:
        model = skglm.GroupLasso(groups, alpha=alpha, weights=weights, tol=1e-13).fit(X, y)
    parameters = {"penalty": "group_lasso", "alpha": alpha, "feature_groups": groups}
    return Case(X, y, model.coef_, model.intercept_, parameters)


def skglm_mcp(alpha, gamma=3.0):
    """Unique where 1 / gamma is below the least curvature."""
    X, y, *_ = make_data()
    assert np.linalg.eigvalsh(np.cov(X.T, bias=True))[0] > 1 / gamma
    with interpreted_skglm() as skglm:
        model = skglm.MCPRegression(alpha=alpha, gamma=gamma, tol=1e-13).fit(X, y)
    parameters = {"penalty": MCP(gamma, groups="weights"), "alpha": alpha}
    n_epochs = {"sgd": 500, "adam": 1200}
    return Case(X, y, model.coef_, model.intercept_, parameters, n_epochs=n_epochs)


def skglm_blocks(alpha, name, penalty, curvature):
    """Unique where `curvature`, the concavity of the penalty, is below the least curvature."""
    X, Y = make_tasks()
    assert np.linalg.eigvalsh(np.cov(X.T, bias=True))[0] > curvature
    with interpreted_skglm() as skglm:
        block = getattr(skglm.penalties.block_separable, name)(alpha, penalty.gamma)
        datafit = skglm.datafits.QuadraticMultiTask()
        coef, *_ = skglm.solvers.MultiTaskBCD(tol=1e-13).solve(X, Y, datafit, block)
    parameters = {"penalty": penalty, "alpha": alpha}
    n_epochs = {"sgd": 500, "adam": 1200}
    return Case(X, Y, coef[:-1], coef[-1], parameters, n_epochs=n_epochs)


def skglm_block_mcp(alpha, gamma=3.0):
    return skglm_blocks(alpha, "BlockMCPenalty", MCP(gamma, size_scaling=False), 1 / gamma)


def skglm_block_scad(alpha, gamma=3.7):
    return skglm_blocks(alpha, "BlockSCAD", SCAD(gamma, size_scaling=False), 1 / (gamma - 1))


# Each problem with the two strengths at which it is solved.
PROBLEMS = {
    lasso: (0.05, 0.3),
    weighted_lasso: (0.05, 0.3),
    elastic_net: (0.1, 0.5),
    elastic_net_penalty: (0.1, 0.5),
    multi_task_lasso: (0.1, 0.4),
    multi_task_elastic_net: (0.1, 0.4),
    sparse_group_lasso: (0.1, 0.3),
    incoming_group_lasso: (0.12, 0.3),
    log_sum: (0.05, 0.3),
    binary_logistic: (0.02, 0.1),
    weighted_logistic: (0.02, 0.1),
    multinomial_logistic: (0.02, 0.06),
    skglm_group_lasso: (0.05, 0.3),
    skglm_mcp: (0.05, 0.3),
    skglm_block_mcp: (0.2, 0.3),
    skglm_block_scad: (0.1, 0.3),
}


@cache
def solve(problem, alpha):
    case = problem(alpha)
    coef = case.coef.reshape(case.X.shape[1], -1)
    assert 0 < np.count_nonzero(coef) < coef.size, "an oracle without zeros proves little"
    return replace(case, coef=coef)


def fit(case, solver, dtype=np.float64, **parameters):
    solver = SOLVERS[solver]
    if solver["solver"] == "sgd":
        rates = {**SGD, **solver}
        solver = {**rates, "learning_rate_init": rates["learning_rate_init"] / case.curvature}
    estimator = SparseMLPClassifier if case.classify else SparseMLPRegressor
    settings = {"batch_size": N_SAMPLES, "max_iter": case.n_epochs[solver["solver"]], **ENDLESS}
    model = estimator((), **{**settings, **solver, **case.parameters, **parameters})
    y = case.y if case.classify else case.y.astype(dtype)
    return model.fit(case.X.astype(dtype), y, sample_weight=case.sample_weight)


def difference(model, case):
    coef, intercept = model.expand()[0][0], model.intercepts_[0]
    offset = intercept - case.intercept
    if case.free_constant:
        offset = offset - offset.mean()
    return max(np.abs(coef - case.coef).max(), np.abs(offset).max())


def assert_solved(model, case, tolerance):
    assert difference(model, case) <= tolerance
    np.testing.assert_array_equal(model.expand()[0][0] != 0, case.coef != 0)


# Two solvers at each strength, the others at the other.
@pytest.mark.parametrize(
    ("problem", "which", "solver"),
    [
        (problem, (place + number // 2) % 2, solver)
        for place, problem in enumerate(PROBLEMS)
        for number, solver in enumerate(SOLVERS)
    ],
)
def test_linear_models_equal_their_reference(problem, which, solver):
    case = solve(problem, PROBLEMS[problem][which])
    assert_solved(fit(case, solver), case, 1e-5)


@pytest.mark.parametrize(
    ("problem", "solver"),
    [(problem, ["nesterov", "adam"][place % 2]) for place, problem in enumerate(PROBLEMS)],
)
def test_linear_models_equal_their_reference_in_single_precision(problem, solver):
    case = solve(problem, PROBLEMS[problem][1])
    model = fit(case, solver, np.float32)
    assert model.coefs_[0].dtype == np.float32
    assert_solved(model, case, 1e-3)


@pytest.mark.parametrize(
    ("problem", "solver"),
    [
        (problem, solver)
        for place, problem in enumerate(PROBLEMS)
        for solver in list(SOLVERS)[place % 2 :: 2]
    ],
)
def test_linear_models_equal_their_reference_with_mini_batches(problem, solver):
    case = solve(problem, PROBLEMS[problem][1])
    model = fit(case, solver, batch_size=40, learning_rate="cosine", max_iter=150)
    assert difference(model, case) <= 2e-2


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_objective_reported_is_that_of_the_reference(problem):
    """At equal coefficients the last objective is mean loss + alpha * penalty + ridge."""
    case = solve(problem, PROBLEMS[problem][1])
    model = fit(case, "nesterov")
    outputs = case.X @ case.coef + case.intercept
    target = case.y.reshape(N_SAMPLES, -1)
    if not case.classify:
        losses = 0.5 * ((outputs - target) ** 2).sum(axis=1)
    elif outputs.shape[1] == 1:
        losses = np.log1p(np.exp(np.where(target == 1, -outputs, outputs)))[:, 0]
    else:
        losses = np.log(np.exp(outputs).sum(axis=1)) - outputs[np.arange(N_SAMPLES), case.y]
    loss = np.average(losses, weights=case.sample_weight)
    assert model.loss_curve_[-1] == pytest.approx(loss, rel=1e-6)
    if case.parameters["penalty"] == "l1":
        penalty = case.parameters["alpha"] * np.abs(case.coef).sum()
        ridge = 0.5 * case.parameters.get("l2", 0) * (case.coef**2).sum()
        assert model.objective_curve_[-1] == pytest.approx(loss + penalty + ridge, rel=1e-6)


@pytest.mark.parametrize(
    "problem",
    [lasso, binary_logistic, multi_task_lasso, skglm_group_lasso, incoming_group_lasso],
)
def test_the_oracle_sees_adam_with_the_plain_rate_as_step_of_the_prox(problem, monkeypatch):
    step, prox_, rates = ProxAdam.step, Terms.prox_, []

    def recording_step(self, rate):
        rates.append(rate)
        step(self, rate)

    monkeypatch.setattr(ProxAdam, "step", recording_step)
    monkeypatch.setattr(Terms, "prox_", lambda self, network, _: prox_(self, network, rates[-1]))
    case = solve(problem, PROBLEMS[problem][1])
    assert difference(fit(case, "adam"), case) > 2e-2


@pytest.mark.parametrize("problem", [multi_task_lasso, sparse_group_lasso])
def test_the_oracle_sees_adam_without_shared_second_moments(problem, monkeypatch):
    """Entries move by steps of their own, and the prox gets a step between these."""

    def step_groups(self, rate, beta_1):
        layer, gradient = self.parameters.layers[0], self.gradient.layers[0]
        mean, square = self.mean.layers[0].weight, self.square.layers[0].weight
        mean.lerp_(gradient.weight, 1 - self.beta_1)
        square.lerp_(gradient.weight.square(), 1 - self.beta_2)
        corrected = square / (1 - self.beta_2**self.n_steps)
        rate = rate * self.scales.weights[0]
        step = rate / (corrected.sqrt() + self.epsilon)
        layer.weight.sub_(step * mean / (1 - self.beta_1**self.n_steps))
        return rate / corrected.mean(dim=1).sqrt()

    monkeypatch.setattr(ProxAdam, "_step_groups", step_groups)
    case = solve(problem, PROBLEMS[problem][1])
    assert difference(fit(case, "adam"), case) > 1e-2


@pytest.mark.parametrize("solver", ["heavy-ball", "nesterov"])
@pytest.mark.parametrize("problem", [lasso, multi_task_lasso, binary_logistic, skglm_mcp])
def test_the_oracle_sees_momentum_forgotten_in_the_step_of_the_prox(problem, solver, monkeypatch):
    prox_ = Terms.prox_
    monkeypatch.setattr(
        Terms, "prox_", lambda self, network, step: prox_(self, network, step * (1 - MOMENTUM))
    )
    case = solve(problem, PROBLEMS[problem][1])
    assert difference(fit(case, solver), case) > 2e-2


# Operators of skglm as functions of a magnitude, what they take from the step and the strength,
# and how far they are trusted. That of MCP holds for steps below gamma only, that of the log-sum is
# no minimiser at some large steps, and that of the power 2/3 cancels where little is subtracted.
@pytest.mark.parametrize(
    ("shape", "name", "arguments", "steps", "tolerance"),
    [
        (MinimaxConcave(3.0), "prox_MCP", lambda t, s: (t, s, 3.0), (0.05, 0.7, 2.0), 1e-13),
        (SmoothlyClipped(3.7), "prox_SCAD", lambda t, s: (t, s, 3.7), (0.05, 2.0, 4.0, 6.0), 1e-13),
        (SquareRoot(), "prox_05", lambda t, s: (t * s,), (0.05, 2.0, 6.0), 1e-13),
        (TwoThirdsPower(), "prox_2_3", lambda t, s: (t * s,), (0.05, 2.0, 6.0), 1e-8),
        (Logarithm(0.5), "prox_log_sum", lambda t, s: (t * s * 0.5, 0.5), (0.05, 0.8), 1e-13),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("strength", [0.1, 0.6])
def test_the_prox_of_a_shape_agrees_with_skglm(shape, name, arguments, steps, tolerance, strength):
    draw = np.random.RandomState(0)
    x = np.concatenate([scale * draw.randn(60) for scale in (0.05, 0.5, 2.0)])
    with interpreted_skglm() as skglm:
        operator = getattr(skglm.utils.prox_funcs, name)
        for step in steps:
            expected = [operator(value, *arguments(step, strength)) for value in x]
            found = shape.prox(torch.from_numpy(x), step, strength).numpy()
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
            assert np.count_nonzero(found) > 0


def diabetes():
    X, y = load_diabetes(return_X_y=True)
    target = torch.from_numpy(scale(y))[:, None]
    return X, scale(y), lambda z: 0.5 * (z - target).square().sum(dim=1).mean()


def digits():
    X, y = load_digits(return_X_y=True)
    target = torch.from_numpy(y[:200])
    return X[:200], y[:200], lambda z: torch.nn.functional.cross_entropy(z, target)


def iris():
    X, y = load_iris(return_X_y=True)
    target = torch.from_numpy(y)
    return X, y, lambda z: torch.nn.functional.cross_entropy(z, target)


def autograd_violation(model, X, loss, alpha, l1_ratio):
    """Return the largest entry of w - prox(w - gradient) over all parameters, and the objective."""
    weights, biases = (
        [torch.tensor(part, requires_grad=True) for part in parts] for parts in model.expand()
    )
    values = torch.from_numpy(X)
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        values = torch.tanh(values @ weight + bias)
    objective = loss(values @ weights[-1] + biases[-1])
    objective.backward()
    violations = [bias.grad.abs().max() for bias in biases]
    with torch.no_grad():
        for weight in weights:
            group_alpha = (1 - l1_ratio) * alpha * weight.shape[1] ** 0.5
            z = torch.nn.functional.softshrink(weight - weight.grad, l1_ratio * alpha)
            norms = z.norm(dim=1, keepdim=True).clamp(min=1e-300)
            z = z * (1 - group_alpha / norms).clamp(min=0)
            violations.append((weight - z).abs().max())
            objective = objective + group_alpha * weight.norm(dim=1).sum()
            objective = objective + l1_ratio * alpha * weight.abs().sum()
    return float(max(violations)), float(objective)


@pytest.mark.parametrize(
    ("data", "alpha", "l1_ratio", "solver", "rate", "n_epochs"),
    [
        (diabetes, 0.015, 0.0, "nesterov", 0.2, 1000),
        (diabetes, 0.015, 0.0, "adam", 0.05, 1000),
        (diabetes, 0.015, 0.5, "adam", 0.05, 1000),
        (iris, 0.01, 0.0, "heavy-ball", 0.6, 1500),
        (iris, 0.01, 0.0, "adam", 0.05, 1500),
        (digits, 0.03, 0.0, "nesterov", 0.4, 1500),
    ],
)
def test_networks_with_a_hidden_layer_satisfy_the_optimality_conditions(
    data, alpha, l1_ratio, solver, rate, n_epochs
):
    X, y, loss = data()
    X = scale(X)
    estimator = SparseMLPRegressor if y.dtype == np.float64 else SparseMLPClassifier
    settings = {**SGD, **SOLVERS[solver], **ENDLESS, "learning_rate_init": rate}
    model = estimator(
        (5,),
        "tanh",
        penalty=SparseGroupLasso(l1_ratio),
        alpha=alpha,
        batch_size=len(X),
        max_iter=n_epochs,
        **settings,
    ).fit(X, y)
    violation, objective = autograd_violation(model, X, loss, alpha, l1_ratio)
    print(f"violation {violation:.2e}, neurons {model.n_neurons_}, sparsity {model.sparsity_:.2f}")
    assert 0 < model.sparsity_ < 1
    assert model.n_neurons_[1] > 0
    assert violation < 1e-6
    assert model.objective_curve_[-1] == pytest.approx(objective, rel=1e-6)


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e6])
@pytest.mark.parametrize("solver", ["nesterov", "adam"])
def test_targets_in_other_units_give_the_same_network_in_other_units(solver, factor):
    X, y, *_ = make_data()
    settings = {**SOLVERS[solver], "learning_rate_init": 0.02, "max_iter": 40, "random_state": 0}
    one, other = (
        SparseMLPRegressor((6,), **settings).fit(X, scaled).predict(X) for scaled in (y, factor * y)
    )
    np.testing.assert_allclose(other / factor, one, rtol=0, atol=1e-8)


@pytest.mark.parametrize("penalty", [MCP(size_scaling=False), MCP(groups="weights")], ids=repr)
def test_adam_stays_at_the_minimum_of_a_concave_penalty(penalty):
    """Without noise the gradient vanishes there; steps that grow for it would end in a jump."""
    rng = np.random.RandomState(1)
    X = rng.randn(100, 10)
    W = np.zeros((10, 3))
    W[:4] = rng.randn(4, 3)
    Y = X @ W + 0.3 * rng.randn(100, 3)
    objectives = [
        SparseMLPRegressor(
            (), penalty=penalty, alpha=0.4, max_iter=n, batch_size=100, random_state=0
        )
        .fit(X, Y)
        .objective_curve_[-1]
        for n in (1000, 2500)
    ]
    np.testing.assert_allclose(objectives, objectives[0], rtol=1e-4)
