"""Cox's partial likelihood, concordance and baseline, written out and beside scikit-survival."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import torch
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import concordance_index_censored
from sksurv.nonparametric import nelson_aalen_estimator

from sgnn.losses import Cox
from tests.losses.cases import written

N_SAMPLES = 40

weighting = pytest.mark.parametrize("weighted", [False, True])
tying = pytest.mark.parametrize("n_times", [6, 10**6])


def make_data(n_times, n_samples=N_SAMPLES, seed=0):
    """Return outputs, (event, time), and weights."""
    rng = np.random.default_rng(seed)
    time = 1.0 + rng.integers(n_times, size=n_samples)
    event = rng.random(n_samples) < 0.6
    outputs = rng.normal(size=(n_samples, 1)).round(1)
    return outputs, np.column_stack([event, time]), rng.exponential(size=n_samples)


def likelihood(z, event, time, weights):
    """Return minus the logarithm of the partial likelihood, with Efron's ties as R has them."""
    total = 0.0
    for at in np.unique(time[event]):
        dying = event & (time == at)
        hazards = weights * np.exp(z)
        n = dying.sum()
        total -= weights[dying] @ z[dying]
        for k in range(n):
            at_risk = hazards[time >= at].sum() - k / n * hazards[dying].sum()
            total += weights[dying].mean() * np.log(at_risk)
    return total


@weighting
@tying
def test_the_loss_is_the_likelihood_written_out_beside_that_of_equal_hazards(n_times, weighted):
    outputs, targets, weights = make_data(n_times)
    weights = weights / weights.mean() if weighted else np.ones(N_SAMPLES)
    event, time = targets[:, 0] == 1, targets[:, 1]
    losses, _ = written(Cox(), outputs, targets, weights if weighted else None)
    expected = likelihood(outputs[:, 0], event, time, weights)
    expected -= likelihood(np.zeros(N_SAMPLES), event, time, weights)
    assert weights @ losses == pytest.approx(expected, rel=1e-12)
    assert (losses[~event] == 0).all()


@tying
def test_the_order_of_samples_and_the_scale_of_weights_do_not_matter(n_times):
    outputs, targets, weights = make_data(n_times)
    order = np.random.default_rng(1).permutation(N_SAMPLES)
    losses, gradient = written(Cox(), outputs, targets, weights)
    again, slopes = written(Cox(), outputs[order], targets[order], 7 * weights[order])
    np.testing.assert_allclose(again, losses[order], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(slopes, 7 * gradient[order], rtol=1e-12, atol=1e-14)
    sorted_targets = targets[Cox().order(targets)]
    assert (np.diff(sorted_targets[:, 1]) <= 0).all()


def both_written(loss, outputs, targets, weights):
    gradient, losses = outputs.t().clone(), torch.empty_like(outputs[:, 0])
    loss.write(gradient, targets, weights, losses)
    return torch.stack([losses, gradient[0]])


def test_risk_sets_are_known_again_only_for_the_same_targets_and_weights():
    outputs, targets, weights = map(torch.tensor, make_data(6))
    loss = Cox()

    def check(*given):
        found = [both_written(loss, *given) for _ in range(2)]
        expected = both_written(Cox(), *given)
        assert torch.equal(found[0], expected)
        assert torch.equal(found[1], expected)
        return expected

    results = [check(outputs, targets, weights), check(outputs, targets, None)]
    weights[3] += 1
    results.append(check(outputs, targets, weights))
    targets[5, 1] = 99
    results.append(check(outputs, targets, weights))
    targets[5, 0] = 1 - targets[5, 0]
    results.append(check(outputs, targets, weights))
    assert not any(torch.equal(one, other) for one, other in pairwise(results))
    check(outputs.float(), targets.float(), weights.float())
    check(outputs[5:], targets[5:], None)


def test_a_pickle_has_nothing_of_the_data():
    outputs, targets, _ = make_data(6)
    loss = Cox()
    before = written(loss, outputs, targets)
    stored = pickle.dumps(loss)
    assert len(stored) == len(pickle.dumps(Cox()))
    for one, other in zip(before, written(pickle.loads(stored), outputs, targets), strict=True):
        np.testing.assert_array_equal(one, other)


def test_adding_to_all_outputs_changes_nothing():
    outputs, targets, _ = make_data(6)
    one, other = (written(Cox(), outputs + shift, targets) for shift in (0, 500))
    np.testing.assert_allclose(one[0], other[0], atol=1e-10)
    np.testing.assert_allclose(one[1], other[1], atol=1e-12)
    assert one[1].sum() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_hazards_far_apart_stay_finite(dtype):
    outputs, targets, _ = make_data(6)
    losses, gradient = written(Cox(), (1e4 * outputs).astype(dtype), targets.astype(dtype))
    assert np.isfinite(losses).all()
    assert np.isfinite(gradient).all()
    assert losses.max() > 1e3


@tying
def test_the_score_is_the_concordance_of_scikit_survival(n_times):
    outputs, targets, _ = make_data(n_times)
    expected = concordance_index_censored(targets[:, 0] == 1, targets[:, 1], outputs[:, 0])[0]
    assert Cox().score(outputs, targets) == pytest.approx(expected, rel=1e-12)


def concordance(outputs, targets, weights):
    """Return the share of pairs that agree, pair by pair."""
    agree = pairs = 0.0
    samples = list(zip(outputs[:, 0], *targets.T, weights, strict=True))
    for one, event, time, w in samples:
        for other, censor, later, v in samples:
            if event and (time < later or (time == later and not censor)):
                pairs += w * v
                agree += w * v * ((one > other) + 0.5 * (one == other))
    return agree / pairs


@tying
def test_pairs_count_with_their_weights_and_scores_are_influences(n_times):
    outputs, targets, weights = make_data(n_times)
    value = concordance(outputs, targets, weights)
    scores = Cox().scores(outputs, targets, weights)
    assert np.average(scores, weights=weights) == pytest.approx(value, rel=1e-12)
    for i in range(5):
        step = 1e-6 * (np.arange(N_SAMPLES) == i)
        rise = concordance(outputs, targets, weights + step)
        rise -= concordance(outputs, targets, weights - step)
        influence = (scores[i] - value) / weights.sum()
        assert influence == pytest.approx(rise / 2e-6, rel=1e-5, abs=1e-9)


def test_a_sample_of_weight_two_is_two_in_the_concordance():
    outputs, targets, _ = make_data(6)
    counts = np.arange(N_SAMPLES) % 3 + 1
    repeated = Cox().score(np.repeat(outputs, counts, 0), np.repeat(targets, counts, 0))
    assert Cox().score(outputs, targets, counts.astype(float)) == pytest.approx(repeated, rel=1e-12)


def test_the_standard_error_of_the_scores_is_that_of_redrawn_samples():
    outputs, targets, _ = make_data(10**6, n_samples=300)
    outputs[:, 0] -= 0.5 * np.log(targets[:, 1])
    scores = Cox().scores(outputs, targets)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(300, size=300) for _ in range(200)]
    spread = np.std([Cox().score(outputs[rows], targets[rows]) for rows in drawn])
    assert scores.std() / np.sqrt(300) == pytest.approx(spread, rel=0.2)


@weighting
def test_the_baseline_of_equal_hazards_is_that_of_nelson_and_aalen(weighted):
    _, targets, _ = make_data(6)
    counts = np.arange(N_SAMPLES) % 3 + 1
    rows = np.repeat(targets, counts, 0) if weighted else targets
    times, hazards = nelson_aalen_estimator(rows[:, 0] == 1, rows[:, 1])
    baseline = Cox().baseline(
        lambda: np.zeros((N_SAMPLES, 1)), targets, counts.astype(float) if weighted else None
    )
    np.testing.assert_allclose(baseline(times)[0], hazards, rtol=1e-12)
    assert set(baseline.times) == set(targets[targets[:, 0] == 1, 1])


def test_survival_functions_are_those_of_scikit_survival():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_SAMPLES, 2))
    _, targets, _ = make_data(6)
    y = np.rec.fromarrays([targets[:, 0] == 1, targets[:, 1]], names="event, time")
    peer = CoxPHSurvivalAnalysis(ties="efron").fit(X, y)
    outputs = peer.predict(X)[:, None]
    _, gradient = written(Cox(), outputs, targets)
    np.testing.assert_allclose(X.T @ gradient, 0, atol=1e-8)
    survival = Cox().survival_functions(outputs, Cox().baseline(lambda: outputs, targets, None))
    functions = peer.predict_survival_function(X)
    expected = [[function(at) for at in survival.times] for function in functions]
    np.testing.assert_allclose(survival.values, expected, rtol=1e-10)
    between = survival([0.0, 1.5, survival.times[-1] + 10])
    np.testing.assert_array_equal(between[:, 0], 1)
    np.testing.assert_array_equal(between[:, 1], survival.values[:, survival.times == 1][:, 0])
    np.testing.assert_array_equal(between[:, 2], survival.values[:, -1])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[1, 0.5], [2, 1.0]], r"event, 0 or 1 \(and the second the time\); it holds 2"),
        ([[1, 0.0], [1, 1.0]], "positive and finite; it holds 0"),
        ([[1, -2.0], [1, 1.0]], "positive and finite; it holds -2"),
        ([[1, np.inf], [1, 1.0]], "positive and finite; it holds inf"),
        ([[0, 1.0], [0, 2.0]], "at least two events; it holds 0 in 2 samples"),
        ([[1, 1.0], [0, 2.0]], "at least two events; it holds 1 in 2 samples"),
        ([[1.0], [2.0]], "with the fields event and time, or have these two columns; it has 1"),
        ([[1.0, 2.0, 3.0]], "it has 3"),
        ([[1, 3.0], [1, 3.0], [0, 2.0]], "no two samples of y can be compared: .* after 3"),
    ],
)
def test_targets_that_say_nothing_are_refused(y, message):
    with pytest.raises(ValueError, match=f"Cox: .*{message}"):
        Cox().check(np.array(y, dtype=float))


def test_who_is_observed_no_longer_from_an_event_on_can_be_compared_with_it():
    targets = np.array([[1, 3.0], [1, 3.0], [0, 3.0], [0, 2.0]])
    Cox().check(targets)
    assert Cox().score(np.array([[1.0], [2.0], [1.5], [9.0]]), targets) == 0.5


def test_structured_arrays_are_read_by_the_order_of_their_fields():
    y = np.array([(True, 2.0), (False, 3.0)], dtype=[("dead", bool), ("days", float)])
    np.testing.assert_array_equal(Cox().columns(y), [[1, 2], [0, 3]])
    assert Cox().n_outputs(2) == 1
