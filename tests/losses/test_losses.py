"""Losses and their gradients against autograd and scipy."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from sgnn.losses.losses import LOSSES
from sgnn.training.initial import best_constant

N_SAMPLES = 7


def reference(loss, outputs, targets):
    """Loss of each sample, from outputs of shape (n_samples, n_outputs), by torch."""
    functional = torch.nn.functional
    if loss == "squared_error":
        return 0.5 * functional.mse_loss(outputs, targets, reduction="none").sum(dim=1)
    if loss == "logistic":
        per_label = functional.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
        return per_label.sum(dim=1)
    return functional.cross_entropy(outputs, targets, reduction="none")


def make_targets(loss, n_outputs, rng, n_samples=N_SAMPLES):
    if loss == "squared_error":
        return rng.randn(n_samples, n_outputs)
    if loss == "logistic":
        return (rng.rand(n_samples, n_outputs) < 0.4).astype(float)
    return rng.randint(n_outputs, size=n_samples)


cases = pytest.mark.parametrize(
    ("loss", "n_outputs"),
    [
        ("squared_error", 1),
        ("squared_error", 3),
        ("logistic", 1),
        ("logistic", 3),
        ("softmax", 2),
        ("softmax", 4),
    ],
)


@cases
@pytest.mark.parametrize("spread", [1.0, 30.0, 1000.0])
def test_value_and_gradient_equal_autograd(loss, n_outputs, spread):
    rng = np.random.RandomState(0)
    outputs = torch.tensor(spread * rng.randn(N_SAMPLES, n_outputs), requires_grad=True)
    targets = torch.from_numpy(make_targets(loss, n_outputs, rng))
    expected = reference(loss, outputs, targets)
    expected.sum().backward()
    class_major = outputs.detach().clone().t().contiguous()
    losses = torch.full((N_SAMPLES,), torch.nan, dtype=torch.float64)
    LOSSES[loss](class_major, targets, losses)
    torch.testing.assert_close(losses, expected.detach(), rtol=1e-9, atol=3e-9)
    torch.testing.assert_close(class_major, outputs.grad.t(), rtol=1e-12, atol=1e-12)


@cases
def test_losses_write_into_a_part_of_a_larger_buffer(loss, n_outputs):
    rng = np.random.RandomState(0)
    outputs = torch.from_numpy(rng.randn(N_SAMPLES, n_outputs))
    targets = torch.from_numpy(make_targets(loss, n_outputs, rng))
    buffer = torch.full((N_SAMPLES + 4,), -1.0, dtype=torch.float64)
    LOSSES[loss](outputs.clone().t().contiguous(), targets, buffer[2:-2])
    torch.testing.assert_close(buffer[2:-2], reference(loss, outputs, targets))
    assert (buffer[:2] == -1).all()
    assert (buffer[-2:] == -1).all()


@pytest.mark.parametrize("loss", ["logistic", "softmax"])
def test_saturated_outputs_stay_finite_in_single_precision(loss):
    targets = torch.tensor([[1.0], [0.0]]) if loss == "logistic" else torch.tensor([0, 1])
    outputs = torch.tensor([[-1e4, 1e4]] if loss == "logistic" else [[-1e4, 1e4], [1e4, -1e4]])
    losses = torch.empty(2)
    LOSSES[loss](outputs, targets, losses)
    expected = [1e4, 1e4] if loss == "logistic" else [2e4, 2e4]
    np.testing.assert_allclose(losses.numpy(), expected)
    assert outputs.isfinite().all()


@pytest.mark.parametrize(("dtype", "size"), [(torch.float32, 15.0), (torch.float64, 25.0)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_log_loss_of_a_confident_right_answer_is_accurate_for_both_labels(sign, dtype, size):
    outputs = torch.full((1, 1), sign * size, dtype=dtype)
    targets = torch.full((1, 1), float(sign > 0), dtype=dtype)
    losses = torch.empty(1, dtype=dtype)
    LOSSES["logistic"](outputs, targets, losses)
    assert losses.item() == pytest.approx(np.log1p(np.exp(-size)), rel=1e-5)


def make_problem(loss, n_outputs, weighted, dtype=np.float64):
    rng = np.random.RandomState(1)
    targets = make_targets(loss, n_outputs, rng, n_samples=40)
    weights = rng.exponential(size=40).astype(dtype) if weighted else None
    X = np.empty((40, 2), dtype=dtype)
    targets = targets.astype(dtype) if loss != "softmax" else targets
    return SimpleNamespace(
        X=X, targets=targets, sample_weight=weights, loss=loss, n_outputs=n_outputs
    )


@cases
@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_constant_minimises_the_mean_loss(loss, n_outputs, weighted):
    problem = make_problem(loss, n_outputs, weighted)
    targets = torch.from_numpy(problem.targets)
    weights = torch.ones(40) if problem.sample_weight is None else problem.sample_weight
    weights = torch.as_tensor(weights, dtype=torch.float64)

    def objective(constant):
        outputs = torch.tensor(constant, requires_grad=True)
        losses = reference(loss, outputs.expand(40, n_outputs), targets)
        mean = losses.dot(weights) / weights.sum()
        (gradient,) = torch.autograd.grad(mean, outputs)
        return mean.item(), gradient.numpy()

    found = minimize(objective, np.zeros(n_outputs), jac=True, method="BFGS", tol=1e-9)
    constant = best_constant(problem)
    assert objective(constant)[0] <= found.fun + 1e-12
    shift = (constant - found.x).mean() if loss == "softmax" else 0
    np.testing.assert_allclose(constant - shift, found.x, atol=1e-6)


@pytest.mark.parametrize("loss", ["logistic", "softmax"])
def test_the_best_constant_of_a_missing_class_is_finite(loss):
    problem = make_problem(loss, 3, weighted=False, dtype=np.float32)
    problem.targets = 0 * problem.targets
    constant = best_constant(problem)
    assert np.isfinite(constant).all()
    probability = np.exp(constant) / (1 + np.exp(constant))
    if loss == "softmax":
        probability = (np.exp(constant) / np.exp(constant).sum())[1:]
    np.testing.assert_allclose(probability, 1e-9, rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@cases
def test_the_best_constant_has_the_type_of_the_inputs(loss, n_outputs, dtype):
    constant = best_constant(make_problem(loss, n_outputs, True, dtype))
    assert constant.dtype == dtype
    assert constant.shape == (n_outputs,)
