"""The log loss against torch's losses, scipy and scikit-learn's metrics."""

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, log_loss

from sgnn.losses import LogLoss
from tests.losses.cases import written

N_SAMPLES = 7

cases = pytest.mark.parametrize(
    ("exclusive", "n_outputs"), [(False, 1), (False, 3), (True, 2), (True, 4)]
)


def reference(exclusive, outputs, targets):
    """Return the loss of each sample, from outputs of shape (n_samples, n_outputs), by torch."""
    functional = torch.nn.functional
    if exclusive:
        return functional.cross_entropy(outputs, targets, reduction="none")
    per_label = functional.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
    return per_label.sum(dim=1)


def make_targets(exclusive, n_outputs, rng, n_samples=N_SAMPLES):
    if exclusive:
        return rng.randint(n_outputs, size=n_samples)
    return (rng.rand(n_samples, n_outputs) < 0.4).astype(float)


@cases
@pytest.mark.parametrize("spread", [1.0, 30.0, 1000.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_value_and_gradient_equal_autograd(exclusive, n_outputs, spread, weighted):
    rng = np.random.RandomState(0)
    outputs = torch.tensor(spread * rng.randn(N_SAMPLES, n_outputs), requires_grad=True)
    targets = make_targets(exclusive, n_outputs, rng)
    weights = rng.exponential(size=N_SAMPLES) if weighted else np.ones(N_SAMPLES)
    expected = reference(exclusive, outputs, torch.from_numpy(targets))
    (expected * torch.from_numpy(weights)).mean().backward()
    losses, gradient = written(
        LogLoss(exclusive), outputs.detach().numpy(), targets, weights if weighted else None
    )
    np.testing.assert_allclose(losses, expected.detach(), rtol=1e-9, atol=3e-9)
    np.testing.assert_allclose(gradient, outputs.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("exclusive", [False, True])
def test_saturated_outputs_stay_finite_in_single_precision(exclusive):
    targets = np.array([0, 1]) if exclusive else np.array([[1.0], [0.0]])
    outputs = np.array([[-1e4, 1e4], [1e4, -1e4]] if exclusive else [[-1e4], [1e4]])
    losses, gradient = written(LogLoss(exclusive), outputs.astype(np.float32), targets)
    np.testing.assert_allclose(losses, [2e4, 2e4] if exclusive else [1e4, 1e4])
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 15.0), (np.float64, 25.0)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_log_loss_of_a_confident_right_answer_is_accurate_for_both_labels(sign, dtype, size):
    outputs, targets = np.full((1, 1), sign * size, dtype=dtype), np.full((1, 1), float(sign > 0))
    losses, _ = written(LogLoss(exclusive=False), outputs, targets)
    assert losses[0] == pytest.approx(np.log1p(np.exp(-size)), rel=1e-5)


@cases
@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_constant_predicts_the_weighted_frequencies(exclusive, n_outputs, weighted):
    rng = np.random.RandomState(1)
    targets = make_targets(exclusive, n_outputs, rng, n_samples=40)
    weights = rng.exponential(size=40) if weighted else None
    loss = LogLoss(exclusive)
    columns = np.eye(n_outputs)[targets] if exclusive else targets
    expected = np.average(columns, axis=0, weights=weights)
    constant = loss.constant(targets, weights, n_outputs)
    np.testing.assert_allclose(loss.predicted(constant[None])[0], expected, rtol=1e-12)


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("label", [0, 1])
def test_the_best_constant_of_a_missing_class_is_finite(exclusive, label):
    targets = np.full(40, label) if exclusive else np.full((40, 3), label, dtype=np.float32)
    constant = LogLoss(exclusive).constant(targets, None, 3)
    assert constant.shape == (3,)
    assert np.isfinite(constant).all()
    if exclusive:
        missing = np.delete(softmax(constant), label)
    else:
        missing = expit(constant if label == 0 else -constant)
    np.testing.assert_allclose(missing, 1e-9, rtol=1e-4)


@cases
def test_predictions_and_their_logarithms(exclusive, n_outputs):
    rng = np.random.RandomState(0)
    loss, outputs = LogLoss(exclusive), 3 * rng.randn(N_SAMPLES, n_outputs)
    exponentials = np.exp(outputs)
    total = exponentials.sum(axis=1, keepdims=True) if exclusive else 1 + exponentials
    np.testing.assert_allclose(loss.predicted(outputs), exponentials / total, rtol=1e-12)
    np.testing.assert_allclose(
        loss.log_predicted(outputs), np.log(exponentials / total), rtol=1e-12, atol=1e-12
    )
    assert np.isfinite(loss.log_predicted(1000 * outputs)).all()


def test_the_mean_loss_is_that_of_the_metric():
    rng = np.random.RandomState(0)
    weights = rng.exponential(size=N_SAMPLES)
    outputs, targets = rng.randn(N_SAMPLES, 3), np.arange(N_SAMPLES) % 3
    losses, _ = written(LogLoss(), outputs, targets)
    expected = log_loss(targets, softmax(outputs, axis=1), sample_weight=weights)
    assert np.average(losses, weights=weights) == pytest.approx(expected, rel=1e-12)
    labels = (targets > 0).astype(float)
    losses, _ = written(LogLoss(exclusive=False), outputs[:, :1], labels[:, None])
    expected = log_loss(labels, expit(outputs[:, 0]), sample_weight=weights)
    assert np.average(losses, weights=weights) == pytest.approx(expected, rel=1e-12)


@cases
def test_the_mean_score_is_the_accuracy(exclusive, n_outputs):
    """Of labels that do not exclude each other, all must be right."""
    rng = np.random.RandomState(0)
    outputs = rng.randn(200, n_outputs)
    targets = make_targets(exclusive, n_outputs, rng, n_samples=200)
    predicted = outputs.argmax(axis=1) if exclusive else (outputs > 0).astype(int)
    score = LogLoss(exclusive).scores(outputs, targets).mean()
    assert score == pytest.approx(accuracy_score(targets, predicted), rel=1e-14)
    assert 0.05 < score < 0.7
