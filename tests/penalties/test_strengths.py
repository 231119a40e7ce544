"""Schedules: factors of layers, partial penalties, warm-up, adaptive weights."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.networks.parameters import Parameters
from sgnn.penalties import L1, MCP, GroupLasso, SparseGroupLasso, get_penalty
from sgnn.penalties.strengths import Ramp, unpenalised_layers
from sgnn.proximal.build import build_terms

SIZES = (5, 4, 3, 2)
X, Y = load_diabetes(return_X_y=True)
X, Y = StandardScaler().fit_transform(X), (Y - Y.mean()) / Y.std()


def network(sizes=SIZES, seed=0):
    result = Parameters(sizes, torch.float64, torch.device("cpu"))
    rng = np.random.RandomState(seed)
    result.flat.copy_(torch.from_numpy(rng.randn(len(result.flat))))
    return result


def weights(parameters):
    return [layer.weight.numpy() for layer in parameters.layers]


def value(penalty, parameters, **options):
    return build_terms(get_penalty(penalty), parameters, 1.0, **options).value(parameters)


def group_lasso(matrix):
    return np.sqrt(matrix.shape[1]) * np.linalg.norm(matrix, axis=1).sum()


@pytest.mark.parametrize(
    ("layers", "factors"),
    [
        ("all", [1, 1, 1]),
        ("input", [1, 0, 0]),
        ("cges", [0.2, 0.5, 0.8]),
        ([0.1, 0, 3], [0.1, 0, 3]),
        ((1, 2.5, 0.0), [1, 2.5, 0]),
        (np.array([2.0, 1.0, 0.5]), [2, 1, 0.5]),
    ],
)
def test_layers_are_weighted_by_their_factors(layers, factors):
    parameters = network()
    expected = sum(f * group_lasso(w) for f, w in zip(factors, weights(parameters), strict=True))
    assert value(GroupLasso(layers=layers), parameters) == pytest.approx(expected, rel=1e-13)
    expected = sum(f * np.abs(w).sum() for f, w in zip(factors, weights(parameters), strict=True))
    assert value(L1(layers=layers), parameters) == pytest.approx(expected, rel=1e-13)


def test_layers_without_factor_are_left_alone_by_the_prox():
    for penalty in (GroupLasso(layers=[0, 1, 0]), SparseGroupLasso(layers=[0, 1, 0]), "l1"):
        parameters = network()
        before = parameters.flat.clone()
        terms = build_terms(get_penalty(penalty), parameters, 0.3)
        terms.prox_(parameters, torch.ones_like(terms.metric.sizes))
        changed = (parameters.flat != before).numpy()
        in_second = np.zeros(len(changed), bool)
        in_second[20:32] = True
        assert changed[in_second].all()
        assert (penalty == "l1") == changed[: len(parameters.weights)][~in_second[:38]].any()


@pytest.mark.parametrize(
    ("n_layers", "expected"), [(1, [0.1]), (2, [0.1, 0.9]), (3, [0.1, 0.5, 0.9])]
)
def test_ramp_is_the_schedule_of_the_paper(n_layers, expected):
    assert Ramp(0.1)([1] * (n_layers + 1)) == pytest.approx(expected)
    falling = Ramp(0.1, falling=True)([1] * (n_layers + 1))
    assert falling == pytest.approx([1 - one for one in expected])


@pytest.mark.parametrize("fraction", [0.25, 0.5, 7 / 8])
def test_a_fraction_of_the_groups_of_each_layer_is_penalised(fraction):
    sizes = (16, 8, 4)
    parameters = network(sizes)
    terms = build_terms([GroupLasso(fraction=fraction)], parameters, 0.1, seed=1)
    before = [w.copy() for w in weights(parameters)]
    terms.prox_(parameters, 1.0)
    for size, old, new in zip(sizes, before, weights(parameters), strict=False):
        shrunk = np.linalg.norm(new, axis=1) < np.linalg.norm(old, axis=1) - 1e-12
        assert shrunk.sum() == round(fraction * size)
        assert (new[~shrunk] == old[~shrunk]).all()


def test_single_weights_follow_the_groups_that_are_penalised():
    parameters = network((16, 8))
    penalty = SparseGroupLasso(0.5, fraction=0.5)
    before = weights(parameters)[0].copy()
    build_terms([penalty], parameters, 0.1, seed=3).prox_(parameters, 1.0)
    untouched = (weights(parameters)[0] == before).all(axis=1)
    changed = (weights(parameters)[0] != before).any(axis=1)
    assert untouched.sum() == changed.sum() == 8


def test_a_mask_says_which_groups_are_penalised():
    parameters = network((4, 2))
    mask = np.array([True, False, False, True])
    expected = group_lasso(weights(parameters)[0][mask])
    assert value(GroupLasso(fraction=[mask]), parameters) == pytest.approx(expected, rel=1e-13)
    mask = weights(parameters)[0] > 0
    expected = np.abs(weights(parameters)[0][mask]).sum()
    assert value(L1(fraction=[mask]), parameters) == pytest.approx(expected, rel=1e-13)


def test_the_seed_decides_which_groups_are_penalised():
    def score(seed):
        model = SparseMLPRegressor(
            (10,), penalty=GroupLasso(fraction=0.5), l2=1e-4, random_state=seed, max_iter=5
        )
        return model.fit(X, Y).coefs_[0]

    assert np.array_equal(score(0), score(0))
    one, other = (
        build_terms([GroupLasso(fraction=0.5)], network(), 1.0, seed=seed).terms[0].weights
        for seed in (0, 1)
    )
    assert not torch.equal(one, other)


def test_warm_up_raises_the_strength_linearly():
    parameters = network((3, 2))
    terms = build_terms([L1(warm_up=4)], parameters, 0.8)
    shrinkage = []
    for epoch in range(6):
        parameters = network((3, 2))
        before = np.abs(weights(parameters)[0]).max()
        terms.begin_epoch(epoch)
        terms.prox_(parameters, 0.1)
        shrinkage.append(before - np.abs(weights(parameters)[0]).max())
    np.testing.assert_allclose(shrinkage, 0.08 * np.array([0.25, 0.5, 0.75, 1, 1, 1]), rtol=1e-12)
    assert terms.value(parameters) == pytest.approx(0.8 * np.abs(weights(parameters)[0]).sum())


@pytest.mark.filterwarnings("ignore:alpha=10 left no weight:sgnn.SgnnWarning")
def test_warm_up_counts_the_epochs_of_partial_fit():
    kept = {}
    for warm_up in (0, 3, 10**9):
        model = SparseMLPRegressor(
            (), penalty=L1(warm_up=warm_up), alpha=10.0, random_state=0, batch_size=len(X)
        )
        for _ in range(60):
            model.partial_fit(X, Y)
        kept[warm_up] = model.n_neurons_[0]
    assert kept == {0: 0, 3: 0, 10**9: X.shape[1]}


def test_adaptive_weights_are_those_of_the_adaptive_lasso():
    """Zou (2006): the lasso on columns scaled by the pilot weights, here least squares."""
    pilot = np.linalg.lstsq(np.c_[X, np.ones(len(X))], Y, rcond=None)[0][:-1]
    scale = (np.abs(pilot) + 1e-3) ** 0.7
    lasso = Lasso(alpha=0.02, tol=1e-12, max_iter=100_000).fit(X * scale, Y)
    model = SparseMLPRegressor(
        (),
        penalty=L1(adaptive=0.7),
        alpha=0.02,
        batch_size=len(X),
        max_iter=4000,
        learning_rate_init=0.02,
        random_state=0,
    ).fit(X, Y)
    coef = model.expand()[0][0][:, 0]
    np.testing.assert_allclose(coef, lasso.coef_ * scale, atol=1e-5)
    assert np.array_equal(coef != 0, lasso.coef_ != 0)
    assert 0 < (coef != 0).sum() < X.shape[1]


def test_adaptive_penalties_need_a_pilot_fit():
    model = SparseMLPRegressor((), penalty=L1(adaptive=1.0))
    with pytest.raises(ValueError, match=r"adaptive .* partial_fit .* use fit"):
        model.partial_fit(X, Y)


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        ("group_lasso", []),
        (GroupLasso(layers="input"), [1, 2]),
        (GroupLasso(layers=[1, 0, 1]), [1]),
        ([GroupLasso(layers="input"), L1(layers=[0, 1, 1])], []),
        (GroupLasso(fraction=0.9), [0, 1, 2]),
        (["l1", GroupLasso(fraction=0.9)], []),
        (SparseGroupLasso(0.0), []),
    ],
)
def test_layers_of_which_a_part_bears_no_penalty_are_found(penalty, expected):
    assert unpenalised_layers(get_penalty(penalty), SIZES) == expected


def test_weights_without_penalty_or_ridge_are_warned_about():
    y = Y > 0
    model = SparseMLPClassifier((3,), penalty=GroupLasso(layers="input"), max_iter=40)
    with pytest.warns(UserWarning, match=r"Layers \[1\] .* l2 > 0"):
        model.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(l2=1e-4).fit(X, y)
        model.set_params(l2=0.0, hidden_layer_sizes=()).fit(X, y)


@pytest.mark.parametrize(
    ("penalty", "error", "message"),
    [
        (GroupLasso(layers="inputs"), ValueError, "GroupLasso: layers .*'input'.*got 'inputs'"),
        (GroupLasso(layers=[1.0, -1.0]), ValueError, r"layers .*>= 0.*got \[1.0, -1.0\]"),
        (GroupLasso(layers=[1.0]), ValueError, "layers has 1 factors, .* has 2 layers"),
        (GroupLasso(layers=3), ValueError, "layers must be .*got 3"),
        (MCP(fraction=0.0), ValueError, r"MCP: fraction .*\(0, 1\].*got 0"),
        (MCP(fraction=1.5), ValueError, r"MCP: fraction .*\(0, 1\].*got 1.5"),
        (MCP(fraction="half"), TypeError, "MCP: fraction .*got 'half'"),
        (MCP(fraction=[[True]]), ValueError, "MCP: fraction has 1 masks, .* has 2 layers"),
        (
            MCP(fraction=[[True] * 9, [True] * 3]),
            ValueError,
            r"MCP: fraction\[0\] must be an array of booleans of shape \(10,\); got shape \(9,\)",
        ),
        (MCP(fraction=[[1] * 10, [True] * 3]), ValueError, r"fraction\[0\] .*booleans.*; .*int"),
        (
            L1(fraction=[np.ones((3, 10), dtype=bool), np.ones((3, 1), dtype=bool)]),
            ValueError,
            r"L1: fraction\[0\] .*\(10, 3\); got shape \(3, 10\)",
        ),
        (L1(layers=np.array(1.0)), ValueError, "L1: layers must be"),
        (L1(warm_up=-1), ValueError, "L1: warm_up must be an integer .*got -1"),
        (L1(warm_up=1.5), TypeError, "L1: warm_up must be an integer.*got 1.5"),
        (L1(adaptive=-1.0), ValueError, "L1: adaptive .*got -1"),
        (L1(adaptive=True), TypeError, "L1: adaptive .*got True"),
    ],
    ids=lambda one: repr(one) if not isinstance(one, type) else one.__name__,
)
def test_bad_schedules_are_named_before_anything_is_fitted(penalty, error, message):
    model = SparseMLPRegressor((3,), penalty=penalty, l2=1e-4)
    with pytest.raises(error, match=message):
        model.fit(X, Y)
    assert not hasattr(model, "coefs_")
