"""The regressor under Cox's partial likelihood."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import scale
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import concordance_index_censored

from sgnn import (
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.display import PathDisplay
from sgnn.losses import Cox
from tests.estimators.test_oracles import interpreted_skglm

N_SAMPLES, N_FEATURES = 150, 6
LINEAR = {
    "hidden_layer_sizes": (),
    "penalty": "l1",
    "learning_rate_init": 0.03,
    "max_iter": 800,
    "random_state": 0,
}


def make_data(n_samples=N_SAMPLES, seed=0, n_times=30):
    """Return inputs, two of which matter, and (event, time) with ties, structured."""
    rng = np.random.default_rng(seed)
    X = scale(rng.normal(size=(n_samples, N_FEATURES)))
    time = rng.exponential(np.exp(-X[:, 0] - np.abs(X[:, 1])))
    end = rng.exponential(1.0, size=n_samples)
    both = np.minimum(time, end)
    both = 1 + np.floor(n_times * both / both.max())
    y = np.rec.fromarrays([time <= end, both], names="event, time")
    return X, np.asarray(y)


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 60, "random_state": 0}
    return SparseMLPRegressor(loss="cox", **{**defaults, **parameters})


def columns(y):
    return np.column_stack([y["event"], y["time"]]).astype(float)


def likelihood_of_skglm(X, y, outputs):
    """Return minus the mean log partial likelihood, relative to equal hazards, and its slopes."""
    targets = np.asfortranarray(columns(y)[:, ::-1])
    with interpreted_skglm() as skglm:
        datafit = skglm.datafits.Cox(use_efron=True)
        datafit.initialize(X, targets)
        values = [datafit.value(targets, None, z) for z in (outputs, np.zeros(len(y)))]
        return values[0] - values[1], datafit.raw_grad(targets, outputs)


def test_a_linear_model_is_that_of_scikit_survival():
    X, y = make_data()
    peer = CoxPHSurvivalAnalysis(ties="efron").fit(X, y)
    reg = SparseMLPRegressor(loss="cox", alpha=0.0, **LINEAR).fit(X, y)
    np.testing.assert_allclose(reg.coefs_[0][:, 0], peer.coef_, atol=1e-5)
    assert reg.score(X, y) == pytest.approx(peer.score(X, y), abs=1e-3)
    of_peer = peer.predict_survival_function(X[:5])
    found = reg.predict_survival_function(X[:5])([1, 3.5, 20])
    np.testing.assert_allclose(found, [[f(1), f(3.5), f(20)] for f in of_peer], atol=1e-4)


def test_under_l1_the_gradient_of_skglm_is_that_of_a_minimum():
    X, y = make_data()
    alpha = 0.08
    reg = SparseMLPRegressor(loss="cox", alpha=alpha, **LINEAR).fit(X, y)
    coef = reg.expand()[0][0][:, 0]
    loss, slopes = likelihood_of_skglm(X, y, X @ coef)
    gradient = X.T @ slopes
    kept = coef != 0
    assert 0 < kept.sum() < N_FEATURES
    np.testing.assert_allclose(gradient[kept], -alpha * np.sign(coef[kept]), atol=1e-5)
    assert np.abs(gradient[~kept]).max() < alpha
    assert reg.loss_curve_[-1] == pytest.approx(loss, abs=1e-5)


def test_targets_in_all_forms_are_the_same():
    X, y = make_data()
    expected = regressor().fit(X, y)
    frame = pd.DataFrame({"dead": y["event"], "days": y["time"]})
    for form in (columns(y), frame, columns(y).tolist()):
        reg = regressor().fit(X, form)
        np.testing.assert_array_equal(reg.predict(X), expected.predict(X))
        assert reg.score(X, form) == expected.score(X, y)
    assert expected.predict(X).shape == (N_SAMPLES,)
    order = np.random.default_rng(0).permutation(N_SAMPLES)
    shuffled = regressor().fit(X[order], y[order])
    np.testing.assert_allclose(shuffled.predict(X), expected.predict(X), rtol=1e-6, atol=1e-8)


def test_the_score_is_the_concordance_of_scikit_survival():
    X, y = make_data()
    reg = regressor(max_iter=150).fit(X[50:], y[50:])
    expected = concordance_index_censored(y["event"][:50], y["time"][:50], reg.predict(X[:50]))[0]
    assert reg.score(X[:50], y[:50]) == pytest.approx(expected, rel=1e-12)
    assert expected > 0.65
    assert cross_val_score(reg, X, y, cv=3).mean() > 0.6


def test_a_weight_of_two_is_twice_the_sample_in_the_likelihood_of_r():
    """Copies of a sample would be tied with it; Efron's ties see one event of twice the weight."""
    X, y = make_data(n_times=10**9)
    counts = np.arange(N_SAMPLES) % 2 + 1
    reg = SparseMLPRegressor(loss="cox", alpha=0.0, **LINEAR).fit(X, y, sample_weight=counts)
    rows = np.repeat(np.arange(N_SAMPLES), counts)
    peer = CoxPHSurvivalAnalysis(ties="breslow").fit(X[rows], y[rows])
    np.testing.assert_allclose(reg.coefs_[0][:, 0], peer.coef_, atol=1e-5)
    without = np.where(np.arange(N_SAMPLES) < 100, counts, 0)
    one = regressor().fit(X, y, sample_weight=without)
    other = regressor().fit(X[:100], y[:100], sample_weight=counts[:100])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_batches_hold_all_samples():
    X, y = make_data(300)
    expected = regressor(shuffle=False).fit(X, y).predict(X)
    for parameters in ({}, {"batch_size": 300}, {"batch_size": 10**6}):
        np.testing.assert_array_equal(regressor(**parameters).fit(X, y).predict(X), expected)
    message = r"batch_size=200: under Cox\(\) .* all 300 samples; it must be 'auto', or as many"
    reg = regressor(batch_size=200)
    for call in (SparseMLPRegressor.fit, sparse_mlp_path):
        with pytest.raises(ValueError, match=message):
            call(reg, X, y)


def test_a_part_of_the_samples_is_refused():
    X, y = make_data()
    with pytest.raises(ValueError, match="loss='cox': partial_fit sees a part of the samples"):
        regressor().partial_fit(X, y)
    reg = SparseMLPRegressor(loss=Cox())
    with pytest.raises(ValueError, match=r"loss=Cox\(\): partial_fit sees a part"):
        reg.partial_fit(X, y)
    assert not hasattr(reg, "network_")


def test_losses_and_scores_of_held_out_samples_are_of_all_of_them():
    X, y = make_data(4600)
    reg = regressor(max_iter=2).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert reg.validation_scores_[-1] == pytest.approx(reg.score(X[200:], y[200:]), rel=1e-9)
    loss, _ = likelihood_of_skglm(X[200:], y[200:], reg.predict(X[200:]))
    assert reg.validation_loss_curve_[-1] == pytest.approx(loss, rel=1e-6)


def test_weights_of_held_out_samples_count():
    X, y = make_data()
    weights = np.where(np.arange(N_SAMPLES) % 2, 1.0, 1e-9)
    reg = regressor(max_iter=3, early_stopping=True, validation_fraction=0.5, shuffle=False)
    one, other = clone(reg).fit(X, y, sample_weight=weights), clone(reg).fit(X, y)
    assert one.validation_scores_ != other.validation_scores_
    assert np.isfinite(one.validation_loss_curve_).all()


def test_events_are_shared_out_where_samples_are_held_out():
    X, y = make_data()
    y["event"] = np.arange(N_SAMPLES) % 15 == 0
    for seed in range(10):
        reg = regressor(early_stopping=True, validation_fraction=0.2, max_iter=1, random_state=seed)
        assert np.isfinite(reg.fit(X, y).validation_scores_).all()


@pytest.mark.filterwarnings("ignore:alpha=.* was chosen, at the edge of the path")
def test_paths_searches_selectors_and_displays():
    X, y = make_data()
    reg = regressor(penalty="log_sum", learning_rate_init=0.03)
    path = sparse_mlp_path(reg, X[50:], y[50:], X_val=X[:50], y_val=y[:50], alphas=20, max_iter=30)
    for index in (0, 5, len(path) - 1):
        model = path.estimator(index)
        assert path[index].train_score == pytest.approx(model.score(X[50:], y[50:]), rel=1e-9)
        assert path[index].validation_score == pytest.approx(model.score(X[:50], y[:50]), rel=1e-9)
        survival = model.predict_survival_function(X[:3])
        assert (np.diff(survival.values, axis=1) <= 0).all()
    assert path[-1].train_score == 0.5
    assert PathDisplay.from_path(path).ax_.get_ylabel() == "concordance"
    alphas = path.alphas[1:-1:5]
    search = SparseMLPRegressorCV(reg, alphas=alphas, cv=3, rule="best", max_iter=30).fit(X, y)
    assert search.best_score_ > 0.6
    assert search.score(X, y) == search.estimator_.score(X, y)
    np.testing.assert_array_equal(
        search.predict_survival_function(X).values,
        search.estimator_.predict_survival_function(X).values,
    )
    selector = SparseMLPSelector(reg, n_features_to_select=2, alphas=20, max_iter=30).fit(X, y)
    assert selector.support_[:2].all()
    stable = StabilitySelector(
        reg, n_features_to_select=2, n_pairs=2, alphas=alphas, max_iter=30, random_state=0
    ).fit(X, y)
    assert stable.selection_probabilities_[:2].max() >= 0.75


def test_refit_and_warm_start():
    X, y = make_data()
    reg = regressor(alpha=0.02, refit=True, warm_start=True, max_iter=100).fit(X, y)
    survival = reg.predict_survival_function(X)
    assert reg.score(X, y) > 0.6
    first = reg.loss_curve_[-1]
    reg.set_params(refit=False, alpha=0.0).fit(X, y)
    assert reg.loss_curve_[-1] < first
    assert (reg.predict_survival_function(X).values != survival.values).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_single_precision_gives_about_the_same(dtype):
    X, y = make_data()
    reg = regressor(max_iter=20, alpha=0.0).fit(X.astype(dtype), y)
    assert reg.predict(X.astype(dtype)).dtype == dtype
    expected = regressor(max_iter=20, alpha=0.0).fit(X, y).predict(X)
    difference = reg.predict(X.astype(dtype)) - expected
    assert np.ptp(difference) < 1e-3 * np.ptp(expected)


def test_survival_functions_are_there_for_survival_only():
    X, y = make_data()
    reg = SparseMLPRegressor(hidden_layer_sizes=(4,), max_iter=2).fit(X, y["time"])
    assert not hasattr(reg, "predict_survival_function")
    assert not hasattr(SparseMLPRegressorCV(), "predict_survival_function")
    reg = clone(reg).set_params(loss="cox").fit(X, y)
    survival = reg.predict_survival_function(X)
    np.testing.assert_array_equal(survival.times, np.unique(y["time"][y["event"]]))
    risks = reg.predict(X)
    order = np.argsort(risks)
    assert (np.diff(survival.values[order], axis=0) <= 0).all()


def test_a_grid_of_strengths():
    X, y = make_data()
    search = GridSearchCV(regressor(), {"alpha": [1e-3, 10.0]}, cv=2)
    with pytest.warns(UserWarning, match="left no weight"):
        search.fit(X, y)
    assert search.best_params_ == {"alpha": 1e-3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": False}, "at least two events; it holds 0 in 150 samples"),
        ({"time": 0.0}, "must be positive and finite; it holds 0"),
        ({"time": 3.0, "event": True}, "no two samples of y can be compared"),
    ],
)
def test_bad_targets_are_refused(change, message):
    X, y = make_data()
    good = y.copy()
    for name, value in change.items():
        y[name] = value
    reg = regressor()
    with pytest.raises(ValueError, match=f"Cox: .*{message}"):
        reg.fit(X, y)
    assert not hasattr(reg, "network_")
    with pytest.raises(ValueError, match=f"Cox: .*{message}"):
        reg.fit(X, good, X_val=X, y_val=y)
    with pytest.raises(ValueError, match=f"Cox: .*{message}"):
        reg.fit(X, good).score(X, y)


@pytest.mark.parametrize("columns", [1, 3])
def test_targets_that_are_no_events_and_times_are_refused(columns):
    X, y = make_data()
    with pytest.raises(ValueError, match="y must be a structured array with the fields event and"):
        regressor().fit(X, np.tile(y["time"][:, None], columns).squeeze())
    y["time"][3] = np.nan
    with pytest.raises(ValueError, match="Input y contains NaN"):
        regressor().fit(X, y)
