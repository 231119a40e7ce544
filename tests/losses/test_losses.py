"""What every loss keeps to, whichever are registered."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.base import clone

from sgnn.losses import LOSSES
from tests.losses.cases import CASES, Case, cases, written

N_SAMPLES = 11

every = pytest.mark.parametrize("case", cases())
sizes = pytest.mark.parametrize("more_outputs", [0, 2])
weighting = pytest.mark.parametrize("weighted", [False, True])


def make_data(case, more_outputs, weighted=True, n_samples=N_SAMPLES):
    """Return outputs, targets and weights, some of them zero."""
    rng = np.random.default_rng(1)
    n_outputs = case.n_outputs(more_outputs)
    targets = case.targets(n_samples, n_outputs)
    weights = rng.exponential(size=n_samples) * (np.arange(n_samples) % 4 > 0)
    return rng.normal(size=(n_samples, n_outputs)), targets, weights if weighted else None


def mean_loss(loss, outputs, targets, weights):
    losses, _ = written(loss, outputs, targets, weights)
    return losses.mean() if weights is None else (weights * losses).mean()


def test_cases_are_of_losses_that_are_registered():
    for name, of_name in CASES.items():
        for case in of_name:
            assert type(case.loss) is LOSSES[name]


def test_a_loss_without_targets_is_told_how_to_get_some():
    class Strange(LOSSES["squared_error"]):
        def check(self, targets):
            raise ValueError

    with pytest.raises(pytest.fail.Exception, match=r"No targets for Strange\(\): .*cases.py"):
        Case(Strange()).targets(3, 1)


def test_a_loss_with_parameters_is_tested_with_more_than_its_defaults():
    for name in LOSSES:
        loss = LOSSES[name]
        with_others = [case for case in CASES.get(name, []) if repr(case.loss) != repr(loss())]
        assert with_others or not fields(loss), f"Add cases of {name!r} to tests/losses/cases.py."


@weighting
@sizes
@every
def test_the_gradient_is_the_slope_of_the_weighted_mean_of_the_losses(case, more_outputs, weighted):
    outputs, targets, weights = make_data(case, more_outputs, weighted)
    _, gradient = written(case.loss, outputs, targets, weights)
    assert np.abs(gradient).max() > 1e-3
    step = 1e-6
    for index in np.ndindex(outputs.shape):
        one, other = outputs.copy(), outputs.copy()
        one[index] += step
        other[index] -= step
        rise = mean_loss(case.loss, one, targets, weights)
        rise -= mean_loss(case.loss, other, targets, weights)
        assert gradient[index] == pytest.approx(rise / (2 * step), rel=1e-5, abs=1e-8)


@every
def test_losses_are_not_weighted_and_the_gradient_is_in_proportion_to_weights(case):
    outputs, targets, weights = make_data(case, 1)
    losses, gradient = written(case.loss, outputs, targets)
    again, weighted = written(case.loss, outputs, targets, weights)
    if case.loss.separable:
        np.testing.assert_array_equal(again, losses)
        np.testing.assert_allclose(weighted, weights[:, None] * gradient, rtol=1e-12, atol=1e-15)


@every
def test_the_loss_of_a_sample_is_its_own_exactly_if_it_says_so(case):
    outputs, targets, _ = make_data(case, 1)
    losses, gradient = written(case.loss, outputs, targets)
    alone = [written(case.loss, outputs[[i]], targets[[i]]) for i in range(N_SAMPLES)]
    alone_losses = np.concatenate([one for one, _ in alone])
    alone_gradient = np.concatenate([one for _, one in alone]) / N_SAMPLES
    is_own = np.allclose(losses, alone_losses, rtol=1e-12, atol=1e-12)
    is_own = is_own and np.allclose(gradient, alone_gradient, rtol=1e-12, atol=1e-14)
    assert is_own == case.loss.separable


@sizes
@every
def test_single_precision_is_double_precision_rounded(case, more_outputs):
    outputs, targets, weights = make_data(case, more_outputs)
    targets = targets.astype(np.float32) if targets.dtype == np.float64 else targets
    single = written(case.loss, outputs.astype(np.float32), targets, weights)
    double = written(case.loss, outputs.astype(np.float32).astype(float), targets, weights)
    for found, expected in zip(single, double, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@every
def test_it_writes_into_a_part_of_a_larger_buffer_and_not_into_what_is_given(case):
    outputs, targets, weights = make_data(case, 1)
    losses, gradient = written(case.loss, outputs, targets, weights)
    buffer = torch.full((N_SAMPLES + 4,), -1.0, dtype=torch.float64)
    # All samples are handed out in parts, which are views.
    both = torch.tensor(np.concatenate([targets, targets]))
    given = both[N_SAMPLES:], torch.tensor(weights)
    copies = [tensor.clone() for tensor in given]
    class_major = torch.tensor(outputs.T.copy())
    case.loss.write(class_major, *given, buffer[2:-2])
    np.testing.assert_array_equal(buffer[2:-2], losses)
    np.testing.assert_array_equal(class_major.t(), gradient)
    assert (buffer[[0, 1, -2, -1]] == -1).all()
    for tensor, copy in zip(given, copies, strict=True):
        assert torch.equal(tensor, copy)


@weighting
@sizes
@every
def test_the_constant_minimises_the_weighted_mean_of_the_losses(case, more_outputs, weighted):
    _, targets, weights = make_data(case, more_outputs, weighted, n_samples=40)
    n_outputs = case.n_outputs(more_outputs)

    def objective(constant):
        outputs = np.tile(constant, (40, 1))
        _, gradient = written(case.loss, outputs, targets, weights)
        return mean_loss(case.loss, outputs, targets, weights), gradient.sum(axis=0)

    constant = case.loss.constant(targets, weights, n_outputs)
    assert constant.shape == (n_outputs,)
    value = objective(constant)[0]
    found = minimize(objective, np.zeros(n_outputs), jac=True, tol=1e-12)
    assert value <= found.fun + 1e-12
    if case.loss.separable:
        assert value < objective(constant + 1 + np.arange(n_outputs))[0]
    for move in 1e-4 * np.vstack([np.eye(n_outputs), -np.eye(n_outputs)]):
        assert value <= objective(constant + move)[0]


@every
def test_the_constant_takes_a_weight_of_two_for_the_sample_twice(case):
    _, targets, _ = make_data(case, 1)
    n_outputs = case.n_outputs(1)
    counts = 1 + np.arange(N_SAMPLES) % 3
    repeated = np.repeat(targets, counts, axis=0)
    values = [
        mean_loss(case.loss, np.tile(constant, (len(repeated), 1)), repeated, None)
        for constant in (
            case.loss.constant(targets, counts.astype(float), n_outputs),
            case.loss.constant(repeated, None, n_outputs),
        )
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


@every
def test_in_their_units_losses_and_constants_are_the_same_whatever_the_unit(case):
    """But for the unit of the loss; a loss without units has nothing to be divided by."""
    outputs, targets, _ = make_data(case, 1)
    values = targets.reshape(N_SAMPLES, -1)
    units = case.loss.units(values.mean(axis=0), values.var(axis=0))
    if units is None:
        assert case.loss.loss_unit(units) == 1
        return
    assert (units > 0).all()
    divided = case.loss.in_units(units).get_params()
    for factor in (1e-3, 8.0, 1e4):
        of_scaled = case.loss.units(factor * values.mean(axis=0), factor**2 * values.var(axis=0))
        np.testing.assert_allclose(of_scaled, factor * units, rtol=1e-9)
        scaled = clone(case.loss)
        scaled.set_params(**{name: factor * divided[name] * units for name in case.like_y})
        for name, value in scaled.in_units(of_scaled).get_params().items():
            np.testing.assert_allclose(value, divided[name], rtol=1e-9)
    common = np.full_like(units, units.max())
    moved = outputs - np.log(common) if case.loss.log_link else outputs / common
    natural = mean_loss(case.loss.in_units(common), moved, targets / common, None)
    given = mean_loss(case.loss, outputs, targets, None)
    assert given == pytest.approx(case.loss.loss_unit(common) * natural, rel=1e-9)


@sizes
@every
def test_the_slope_is_the_root_mean_square_of_those_at_the_best_constant(case, more_outputs):
    _, targets, _ = make_data(case, more_outputs, n_samples=40)
    n_outputs = case.n_outputs(more_outputs)
    values = targets.reshape(40, -1)
    units = case.loss.units(values.mean(axis=0), values.var(axis=0))
    if units is not None:
        targets = targets / units
    loss = case.loss if units is None else case.loss.in_units(units)
    slope = loss.slope(targets, None, n_outputs)
    if loss.of_classes:
        assert slope == 1
        return
    at_constant = np.tile(loss.constant(targets, None, n_outputs), (40, 1))
    _, gradient = written(loss, at_constant, targets)
    assert slope == pytest.approx(40 * np.sqrt(np.mean(gradient**2)), rel=1e-9)
    counts = np.arange(40) % 3 + 1
    weighted = loss.slope(targets, counts.astype(float), n_outputs)
    if loss.separable:
        again = loss.slope(np.repeat(targets, counts, axis=0), None, n_outputs)
        assert weighted == pytest.approx(again, rel=1e-6)


@sizes
@every
def test_there_is_a_finite_score_for_each_sample(case, more_outputs):
    outputs, targets, _ = make_data(case, more_outputs)
    scores = case.loss.scores(outputs, targets)
    assert scores.shape == (N_SAMPLES,)
    assert np.isfinite(scores).all()
    fewest = case.loss.least_scored
    assert np.isfinite(case.loss.scores(outputs[:fewest], targets[:fewest])).all()


@every
def test_a_better_model_has_a_higher_score(case):
    """Namely the outputs that many steps down the gradient lead to, from the best constant."""
    _, targets, _ = make_data(case, 1, n_samples=40)
    constant = np.tile(case.loss.constant(targets, None, case.n_outputs(1)), (40, 1))
    outputs, start = constant.copy(), mean_loss(case.loss, constant, targets, None)
    for _ in range(500):
        outputs -= 4 * written(case.loss, outputs, targets)[1]
    assert mean_loss(case.loss, outputs, targets, None) < start
    before, after = (case.loss.scores(o, targets).mean() for o in (constant, outputs))
    assert after > before


@sizes
@every
def test_predictions_have_the_shape_and_type_of_the_outputs(case, more_outputs):
    outputs, *_ = make_data(case, more_outputs)
    for dtype in (np.float32, np.float64):
        given = outputs.astype(dtype)
        predicted = case.loss.predicted(given.copy())
        assert predicted.shape == outputs.shape
        assert predicted.dtype == dtype
        assert np.isfinite(predicted).all()


@every
def test_a_loss_is_a_scikit_learn_object_that_its_repr_makes_again(case):
    copy = clone(case.loss)
    assert type(copy) is type(case.loss)
    names = [field.name for field in fields(case.loss)]
    assert sorted(names) == sorted(case.loss.get_params(deep=False))
    again = eval(repr(case.loss), {type(case.loss).__name__: type(case.loss)})
    for name in names:
        assert getattr(copy, name) == getattr(case.loss, name) == getattr(again, name)


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_name_means_a_class_that_needs_no_arguments(name):
    assert type(LOSSES[name]()) is LOSSES[name]


def test_no_loss_needs_torch_to_be_imported():
    code = "import sys; from sgnn.losses import LOSSES; [LOSSES[name]() for name in LOSSES]"
    code += "; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("other", [object, 3, None, LOSSES["log_loss"]()])
def test_only_losses_can_be_registered(other):
    with pytest.raises(TypeError, match=r"loss must be a subclass of sgnn\.losses\.Loss"):
        LOSSES.register("other", other)
    assert "other" not in LOSSES
