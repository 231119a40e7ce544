"""Losses of the regressor: linear models against their peers, and what goes with each loss."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.linear_model import GammaRegressor, PoissonRegressor, QuantileRegressor
from sklearn.metrics import d2_pinball_score, d2_tweedie_score, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sgnn import (
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.losses import Gamma, Huber, LogLoss, Poisson, Quantile, SquaredError

N_SAMPLES, N_FEATURES = 120, 6
LOSSES = [SquaredError(), Huber(delta=0.5), Quantile(quantile=0.7), Poisson(), Gamma()]
PRECISE = {
    "hidden_layer_sizes": (),
    "penalty": "l1",
    "batch_size": N_SAMPLES,
    "learning_rate_init": 0.03,
    "max_iter": 1500,
    "random_state": 0,
}

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)
weighting = pytest.mark.parametrize("weighted", [False, True])


def make_data(n_samples=N_SAMPLES, seed=0):
    """Return inputs, two of which matter, positive targets, and weights."""
    rng = np.random.default_rng(seed)
    X = scale(rng.normal(size=(n_samples, N_FEATURES)))
    y = rng.gamma(3.0, np.exp(0.5 * X[:, 0] - 0.3 * np.abs(X[:, 1])) / 3)
    return X, y, rng.exponential(size=n_samples)


def regressor(loss, **parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 40, "random_state": 0, "batch_size": 40}
    return SparseMLPRegressor(loss=loss, **{**defaults, **parameters})


def smooth_losses(loss, z, y):
    """Return losses and slopes, written out."""
    if isinstance(loss, Poisson):
        return np.exp(z) - y * z, np.exp(z) - y
    if isinstance(loss, Gamma):
        return z + y * np.exp(-z), 1 - y * np.exp(-z)
    errors = z - y
    is_small = np.abs(errors) <= loss.delta
    values = np.where(is_small, errors**2 / 2, loss.delta * (np.abs(errors) - loss.delta / 2))
    return values, np.where(is_small, errors, loss.delta * np.sign(errors))


def minimum(loss, X, y, weights, alpha, l2):
    """Return the coefficients and the bias of the minimum under l1 and ridge, by scipy."""

    def objective(parts):
        up, down, bias = parts[: X.shape[1]], parts[X.shape[1] : -1], parts[-1]
        coef = up - down
        values, slopes = smooth_losses(loss, X @ coef + bias, y)
        value = np.average(values, weights=weights) + alpha * (up + down).sum()
        gradient = X.T @ (slopes * weights) / weights.sum() + l2 * coef
        gradient = [*(gradient + alpha), *(alpha - gradient), np.average(slopes, weights=weights)]
        return value + l2 / 2 * coef @ coef, np.array(gradient)

    bounds = [(0, None)] * 2 * X.shape[1] + [(None, None)]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10**4}
    found = minimize(objective, np.zeros(len(bounds)), jac=True, bounds=bounds, options=options).x
    return found[: X.shape[1]] - found[X.shape[1] : -1], found[-1]


@weighting
@pytest.mark.parametrize(
    ("loss", "peer"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)]
)
def test_with_a_ridge_linear_models_are_those_of_scikit_learn(loss, peer, weighted):
    X, y, weights = make_data()
    weights = weights if weighted else None
    peer = peer(alpha=0.1, tol=1e-10, max_iter=1000).fit(X, y, sample_weight=weights)
    reg = SparseMLPRegressor(loss=loss, alpha=0.0, l2=0.1, **PRECISE).fit(X, y, weights)
    np.testing.assert_allclose(reg.coefs_[0][:, 0], peer.coef_, atol=1e-5)
    assert reg.intercepts_[0][0] == pytest.approx(peer.intercept_, abs=1e-5)
    np.testing.assert_allclose(reg.predict(X), peer.predict(X), rtol=1e-4)
    assert reg.score(X, y, weights) == pytest.approx(peer.score(X, y, weights), abs=1e-5)


@weighting
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("loss", [Poisson(), Gamma(), Huber(delta=0.4)], ids=repr)
def test_under_l1_and_ridge_linear_models_are_the_minimum(loss, solver, weighted):
    X, y, weights = make_data()
    weights = weights if weighted else np.ones(N_SAMPLES)
    reg = SparseMLPRegressor(loss=loss, solver=solver, alpha=0.05, l2=0.02, **PRECISE)
    reg.fit(X, y, weights)
    coef, bias = minimum(loss, X, y, weights, alpha=0.05, l2=0.02)
    np.testing.assert_allclose(reg.expand()[0][0][:, 0], coef, atol=1e-4)
    assert reg.intercepts_[0][0] == pytest.approx(bias, abs=1e-4)
    np.testing.assert_array_equal(reg.support_, np.abs(coef) > 1e-6)
    assert 0 < reg.support_.sum() < N_FEATURES


@pytest.mark.parametrize("quantile", [0.5, 0.8])
def test_quantiles_under_l1_are_those_of_scikit_learn(quantile):
    X, y, _ = make_data()
    alpha = 0.02
    peer = QuantileRegressor(quantile=quantile, alpha=alpha).fit(X, y)
    reg = SparseMLPRegressor(loss=Quantile(quantile=quantile), alpha=alpha, **PRECISE).fit(X, y)

    def objective(predicted, coef):
        errors = y - predicted
        losses = np.maximum(quantile * errors, (quantile - 1) * errors)
        return losses.mean() + alpha * np.abs(coef).sum()

    least = objective(peer.predict(X), peer.coef_)
    reached = objective(reg.predict(X), reg.coefs_[0])
    assert least - 1e-9 <= reached <= 1.002 * least
    assert np.mean(y <= reg.predict(X)) == pytest.approx(quantile, abs=0.05)
    assert reg.support_[peer.coef_ != 0].all()


def test_exposure_comes_as_weights_of_rates():
    X, _, exposure = make_data()
    counts = np.random.default_rng(1).poisson(exposure * np.exp(0.5 * X[:, 0]))
    parameters = {"loss": "poisson", "alpha": 0.02, **PRECISE}
    reg = SparseMLPRegressor(**parameters).fit(X, counts / exposure, sample_weight=exposure)

    def objective(coef, bias):
        means = exposure * np.exp(X @ coef + bias)
        return (means - counts * np.log(means)).sum() / exposure.sum() + 0.02 * np.abs(coef).sum()

    coef, bias = reg.expand()[0][0][:, 0], reg.intercepts_[0][0]
    value = objective(coef, bias)
    for move in 1e-3 * np.vstack([np.eye(N_FEATURES), -np.eye(N_FEATURES)]):
        assert value < objective(coef + move, bias) + 1e-9
    assert reg.support_[0]


@each_loss
def test_scores_are_those_of_the_metrics_on_predictions(loss):
    X, y, weights = make_data()
    reg = regressor(loss).fit(X, y)
    metric, parameters = {
        SquaredError: (r2_score, {}),
        Quantile: (d2_pinball_score, {"alpha": 0.7}),
        Poisson: (d2_tweedie_score, {"power": 1}),
        Gamma: (d2_tweedie_score, {"power": 2}),
        Huber: (None, {}),
    }[type(loss)]
    score = reg.score(X, y, sample_weight=weights)
    if metric is None:
        center = minimum(loss, 0 * X, y, weights, 0, 1)[1]
        of_constant = np.average(smooth_losses(loss, center, y)[0], weights=weights)
        losses = smooth_losses(loss, reg.predict(X), y)[0]
        expected = 1 - np.average(losses, weights=weights) / of_constant
    else:
        expected = metric(y, reg.predict(X), sample_weight=weights, **parameters)
    assert score == pytest.approx(expected, rel=1e-6)
    assert score > 0.1


@each_loss
@pytest.mark.parametrize("alpha", [0.01, "auto"])
def test_a_weight_of_two_is_the_sample_twice(loss, alpha):
    X, y, _ = make_data(40)
    counts = np.arange(40) % 3 + 1
    whole = {"batch_size": 200, "alpha": alpha}
    if alpha == "auto":  # Too few epochs for a pilot fit, which would hold other rows out.
        whole["max_iter"] = 7
    weighted = regressor(loss, **whole).fit(X, y, sample_weight=counts)
    repeated = regressor(loss, **whole).fit(np.repeat(X, counts, 0), np.repeat(y, counts))
    assert weighted.alpha_ == pytest.approx(repeated.alpha_, rel=1e-9)
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, "auto"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@each_loss
def test_training_on_other_units_of_y_is_the_same(loss, solver, alpha):
    X, y, _ = make_data()
    factor, scaled = 1024.0, clone(loss)
    if isinstance(loss, Huber):
        scaled.set_params(delta=factor * loss.delta)
    parameters = {"alpha": alpha, "solver": solver, "max_iter": 10}
    one = regressor(loss, **parameters).fit(X, y)
    other = regressor(scaled, **parameters).fit(X, factor * y)
    np.testing.assert_allclose(other.predict(X), factor * one.predict(X), rtol=1e-6)
    assert other.n_neurons_ == one.n_neurons_
    assert np.ptp(one.predict(X)) > 0.05


def test_a_huber_loss_of_large_delta_is_the_squared_error():
    X, y, _ = make_data()
    one, other = (regressor(loss, alpha="auto").fit(X, y) for loss in (Huber(1e6), "squared_error"))
    assert one.alpha_ == pytest.approx(other.alpha_, rel=1e-9)
    np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-6)


@each_loss
def test_single_precision_stays_and_gives_about_the_same(loss):
    X, y, _ = make_data()
    parameters = {"max_iter": 5, "alpha": 0.0}
    double = regressor(loss, **parameters).fit(X, y)
    single = regressor(loss, **parameters).fit(X.astype(np.float32), y)
    assert single.predict(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(single.predict(X.astype(np.float32)), double.predict(X), rtol=1e-3)


@each_loss
def test_several_outputs_are_trained_together(loss):
    X, y, _ = make_data()
    both = np.column_stack([y, 2 * y[::-1]])
    reg = regressor(loss, alpha=0.0, max_iter=80).fit(X, both)
    assert reg.predict(X).shape == both.shape
    scores = []
    for column in range(2):
        outputs = reg.network_.forward(X)[:, [column]]
        scores.append(loss.score(outputs, both[:, [column]]))
    assert min(scores) > 0.1
    assert reg.score(X, both) == pytest.approx(np.mean(scores), rel=1e-9)


@pytest.mark.filterwarnings("ignore:alpha=.* was chosen, at the edge of the path")
@each_loss
def test_paths_searches_and_selectors_score_by_the_loss(loss):
    X, y, _ = make_data()
    reg = regressor(loss, penalty="log_sum", learning_rate_init=0.03)
    path = sparse_mlp_path(reg, X[20:], y[20:], X_val=X[:20], y_val=y[:20], alphas=20)
    assert path.score_name == loss.score_name
    for index in (0, 3, len(path) - 1):
        model = path.estimator(index)
        assert path[index].train_score == pytest.approx(model.score(X[20:], y[20:]), rel=1e-9)
        assert path[index].validation_score == pytest.approx(model.score(X[:20], y[:20]), rel=1e-9)
    assert path.n_features[-1] == 0
    assert path[-1].train_score == pytest.approx(0, abs=1e-9)
    alphas = 6
    search = SparseMLPRegressorCV(reg, alphas=alphas, cv=2, rule="best").fit(X, y)
    assert search.score(X, y) == pytest.approx(search.estimator_.score(X, y), rel=1e-12)
    assert search.best_score_ > 0
    selector = SparseMLPSelector(reg, n_features_to_select=2, alphas=12).fit(X, y)
    assert selector.support_[0]
    stable = StabilitySelector(
        reg, n_features_to_select=2, n_pairs=2, alphas=alphas, random_state=0
    ).fit(X, y)
    assert stable.selection_probabilities_[:2].max() >= 0.5


@each_loss
def test_early_stopping_watches_the_score_of_the_loss(loss):
    X, y, weights = make_data()
    reg = regressor(loss, alpha=1e-3, early_stopping=True, max_iter=60).fit(
        X[30:], y[30:], X_val=X[:30], y_val=y[:30]
    )
    assert reg.score(X[:30], y[:30]) == pytest.approx(max(reg.validation_scores_), rel=1e-9)
    held_out = clone(reg).set_params(learning_rate_init=0.003)
    held_out.fit(X, y, sample_weight=weights)
    assert len(held_out.validation_scores_) == len(held_out.validation_loss_curve_)


@each_loss
def test_refit_warm_start_and_partial_fit_go_on_with_the_loss(loss):
    X, y, _ = make_data()
    reg = regressor(loss, alpha=0.005, refit=True, warm_start=True).fit(X, y)
    first = reg.score(X, y)
    assert reg.set_params(refit=False, alpha=0.0).fit(X, y).score(X, y) > first - 0.05
    incremental = regressor(loss, alpha=0.0, learning_rate_init=0.02)
    for _ in range(60):
        incremental.partial_fit(X, y)
    assert incremental.score(X, y) > 0.15
    other = Poisson() if not isinstance(loss, Poisson) else Gamma()
    for model, method in ((reg, "fit"), (incremental, "partial_fit")):
        before = model.network_
        with pytest.raises(ValueError, match=r"was trained for .* change their meaning"):
            getattr(model.set_params(loss=other), method)(X, y)
        assert model.network_ is before


def test_parameters_of_the_loss_may_change_between_calls_of_partial_fit():
    X, y, _ = make_data()
    reg = regressor(Quantile(quantile=0.1), alpha=0.0, learning_rate_init=0.05)
    shares = []
    for quantile in (0.1, 0.9):
        reg.set_params(loss__quantile=quantile)
        for _ in range(40):
            reg.partial_fit(X, y)
        shares.append(np.mean(y <= reg.predict(X)))
    assert shares[0] < 0.3
    assert shares[1] > 0.7


@each_loss
def test_the_torch_module_returns_what_predictions_follow_from(loss):
    X, y, _ = make_data()
    reg = regressor(loss).fit(X, y)
    with torch.no_grad():
        outputs = reg.to_torch()(torch.from_numpy(X[:, reg.support_])).numpy()
    np.testing.assert_allclose(loss.predicted(outputs)[:, 0], reg.predict(X), rtol=1e-6)


def test_a_grid_over_a_parameter_of_the_loss():
    X, y, _ = make_data()
    y[::10] += 50
    given = Huber(delta=1.0)
    reg = regressor(given)
    assert reg.get_params()["loss__delta"] == 1.0
    assert clone(reg).loss is not given
    search = GridSearchCV(reg, {"loss__delta": [0.3, 30.0]}, scoring="neg_median_absolute_error")
    search.fit(X, y)
    assert search.best_params_ == {"loss__delta": 0.3}
    assert given.delta == 1.0


def test_a_name_is_the_loss_with_its_defaults():
    X, y, _ = make_data()
    for name, loss in (("huber", Huber()), ("quantile", Quantile()), ("gamma", Gamma())):
        one, other = (regressor(given).fit(X, y).predict(X) for given in (name, loss))
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("loss", "change", "message"),
    [
        ("poisson", lambda y: np.where(y > 1, y, -1), "Poisson: y must be at least 0; it holds -1"),
        ("poisson", lambda y: 0 * y, "Poisson: y must not be 0 throughout"),
        ("gamma", lambda y: np.where(y > 1, y, 0), "Gamma: y must be greater than 0; it holds 0"),
        (Quantile(quantile=1.5), None, r"quantile must be a number in \(0, 1\); got 1\.5"),
        (Huber(delta=-1.0), None, r"delta must be a number in \(0, inf\); got -1"),
        ("huger", None, "loss='huger' is unknown; .*Did you mean 'huber'"),
        ("log_loss", None, "loss='log_loss' is for classes"),
        (LogLoss(exclusive=False), None, "is for classes"),
        (3, None, "The 'loss' parameter of .* must be"),
    ],
)
def test_bad_losses_and_bad_targets_are_refused(loss, change, message):
    X, y, _ = make_data()
    bad = y if change is None else change(y)
    reg = regressor(loss)
    for method in (reg.fit, reg.partial_fit):
        with pytest.raises(ValueError, match=message):
            method(X, bad)
    assert not hasattr(reg, "network_")
    with pytest.raises(ValueError, match=message):
        sparse_mlp_path(reg, X, bad)
    if change is not None and bad.any():
        with pytest.raises(ValueError, match=message):
            reg.fit(X, y, X_val=X, y_val=bad)
        with pytest.raises(ValueError, match=message):
            reg.fit(X, y).score(X, bad)


def test_a_part_without_any_count_can_be_trained_on_when_counts_are_known():
    X, y, _ = make_data()
    counts = y.round()
    reg = regressor("poisson", alpha=0.0).partial_fit(X, counts)
    rare = reg.predict(X).mean()
    for _ in range(20):
        reg.partial_fit(X, 0 * counts)
    assert reg.predict(X).mean() < rare


def test_a_structured_array_is_refused_where_numbers_are_wanted():
    X, *_ = make_data()
    y = np.ones(N_SAMPLES, dtype=[("event", bool), ("time", float)])
    with pytest.raises(ValueError, match=r"SquaredError: y must hold numbers; .*'event', 'time'"):
        regressor("squared_error").fit(X, y)
