"""Losses of numbers against scikit-learn's losses, metrics and medians, and what they refuse."""

import numpy as np
import pytest
from sklearn._loss import loss as peers
from sklearn.metrics import d2_absolute_error_score, d2_pinball_score, d2_tweedie_score, r2_score

from sgnn.losses import (
    LOSSES,
    DevianceLoss,
    Gamma,
    Huber,
    LogLoss,
    Poisson,
    Quantile,
    SquaredError,
    available,
    get_loss,
    register,
)
from tests.losses.cases import cases, written

N_SAMPLES = 30
PEERS = [
    (SquaredError(), peers.HalfSquaredError()),
    (Poisson(), peers.HalfPoissonLoss()),
    (Gamma(), peers.HalfGammaLoss()),
    (Huber(delta=0.7), peers.HuberLoss(delta=0.7)),
    (Quantile(quantile=0.2), peers.PinballLoss(quantile=0.2)),
]
deviance_losses = [case for case in cases() if isinstance(case.values[0].loss, DevianceLoss)]


def make_data(seed=0):
    """Return outputs, positive targets and weights."""
    rng = np.random.default_rng(seed)
    targets = rng.gamma(2.0, size=(N_SAMPLES, 1))
    return rng.normal(size=(N_SAMPLES, 1)), targets, rng.exponential(size=N_SAMPLES)


@pytest.mark.parametrize(("loss", "peer"), PEERS)
def test_losses_and_gradients_are_those_of_scikit_learn(loss, peer):
    outputs, targets, weights = make_data()
    losses, gradient = written(loss, outputs, targets, weights)
    expected = peer.loss_gradient(targets[:, 0], outputs[:, 0])
    constant = peer.constant_to_optimal_zero(targets[:, 0])
    np.testing.assert_allclose(losses, expected[0] + constant, rtol=1e-9, atol=1e-12)
    slopes = expected[1] * weights / N_SAMPLES
    np.testing.assert_allclose(gradient[:, 0], slopes, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "metric", "parameters"),
    [
        (SquaredError(), r2_score, {}),
        (Poisson(), d2_tweedie_score, {"power": 1}),
        (Gamma(), d2_tweedie_score, {"power": 2}),
        (Quantile(quantile=0.2), d2_pinball_score, {"alpha": 0.2}),
        (Quantile(quantile=0.5), d2_absolute_error_score, {}),
        (Huber(delta=1e6), r2_score, {}),
        (Huber(delta=1e-7), d2_absolute_error_score, {}),
    ],
)
def test_scores_are_those_of_the_metrics(loss, metric, parameters, weighted):
    outputs, targets, weights = make_data()
    weights = weights if weighted else None
    expected = metric(
        targets[:, 0], loss.predicted(outputs)[:, 0], sample_weight=weights, **parameters
    )
    assert loss.score(outputs, targets, weights) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("case", deviance_losses)
def test_deviances_are_losses(case):
    targets = case.targets(N_SAMPLES, 2)
    outputs = np.random.default_rng(0).normal(size=(N_SAMPLES, 2))
    deviances = case.loss.deviance(outputs, targets)
    np.testing.assert_allclose(deviances.sum(axis=1), written(case.loss, outputs, targets)[0])
    assert deviances.min() >= 0


@pytest.mark.parametrize("loss", [SquaredError(), Huber(), Quantile()])
def test_the_score_of_targets_that_do_not_vary_is_one_where_they_are_met_and_else_zero(loss):
    targets = np.full((5, 2), 3.0)
    assert loss.score(targets, targets) == 1
    assert loss.score(targets + np.arange(2), targets) == 0.5


@pytest.mark.parametrize("loss", [SquaredError(), Huber(), Quantile()])
def test_a_target_of_negligible_weight_is_not_what_scores_are_relative_to(loss):
    """The deviance of the best constant is 0 in floating point, though the targets vary."""
    targets, weights = np.array([[1.0], [1.0], [2.0]]), np.array([1.0, 1.0, 1e-320])
    assert loss.score(np.ones((3, 1)), targets, weights) == 1
    assert loss.score(np.zeros((3, 1)), targets, weights) == 0


def test_huge_outputs_have_a_score():
    for loss in (Poisson(), Gamma()):
        score = loss.score(np.array([[1e4], [-1e4]]), np.array([[1.0], [2.0]]))
        assert score == -np.inf


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        (Poisson(), [[1.0], [-0.5]], r"Poisson: y must be at least 0; it holds -0\.5"),
        (Gamma(), [[1.0], [0.0]], "Gamma: y must be greater than 0; it holds 0"),
    ],
)
def test_targets_out_of_range_are_refused(loss, targets, message):
    with pytest.raises(ValueError, match=message):
        loss.check(np.array(targets))


def test_counts_that_are_all_zero_are_refused_only_where_they_are_all_there_is():
    Poisson().check(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="Poisson: y must not be 0 throughout"):
        Poisson().units(np.zeros(2), np.zeros(2))
    np.testing.assert_array_equal(Poisson().units(np.array([0.5, 0]), np.ones(2)), [0.5, 1])


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (Quantile(quantile=0), ValueError, r"Quantile: quantile must be a number in \(0, 1\)"),
        (Quantile(quantile=1.0), ValueError, r"in \(0, 1\); got 1\.0"),
        (Quantile(quantile="0.5"), TypeError, "got '0.5' of type str"),
        (Huber(delta=0.0), ValueError, r"Huber: delta must be a number in \(0, inf\)"),
        (Huber(delta=np.inf), ValueError, "got inf"),
        ("hubber", ValueError, "loss='hubber' is unknown; .*Did you mean 'huber'"),
        ("log_loss", ValueError, "loss='log_loss' is for classes.*SparseMLPClassifier"),
        (LogLoss(exclusive=False), ValueError, "is for classes"),
        (Huber, TypeError, "a Loss object; got <class"),
        (None, TypeError, "sgnn.losses.available"),
    ],
)
def test_what_is_no_loss_is_refused(loss, error, message):
    with pytest.raises(error, match=message):
        get_loss(loss)


def test_a_loss_of_the_user_is_found_by_name_and_never_shared():
    class Mine(Huber):
        """Huber's loss under another name."""

    register("mine", Mine)
    try:
        assert "mine" in available()
        assert type(get_loss("mine")) is Mine
        with pytest.raises(ValueError, match="The name 'mine' is taken"):
            register("mine", Mine)
    finally:
        LOSSES._entries.pop("mine")
    given = Huber(delta=3.0)
    assert get_loss(given) is not given
    assert get_loss(given).delta == 3
