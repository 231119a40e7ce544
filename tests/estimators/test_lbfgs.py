"""L-BFGS: minima to many digits where scikit-learn knows them, stationary points elsewhere."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    MultiTaskLasso,
    PoissonRegressor,
    lasso_path,
)
from sklearn.preprocessing import scale

from sgnn import (
    SgnnConvergenceWarning,
    SparseMLPClassifier,
    SparseMLPRegressor,
    kernels,
    losses,
    sparse_mlp_path,
)
from sgnn.penalties import L1, GroupLasso, LogSum
from sgnn.training.backprop import Perceptron

DIABETES = load_diabetes(return_X_y=True)
X, Y = scale(DIABETES[0]), DIABETES[1]
CANCER_X, CANCER_Y = load_breast_cancer(return_X_y=True)
CANCER_X = scale(CANCER_X)

pytestmark = pytest.mark.filterwarnings("ignore:The columns of X", "ignore:Layers", "ignore:alpha=")


def linear(penalty="l1", alpha=1.0, kind=SparseMLPRegressor, **options):
    shared = {"solver": "lbfgs", "max_iter": 1000, "random_state": 0}
    return kind((), penalty=penalty, alpha=alpha, **{**shared, **options})


def coefs(model):
    (coef,), _ = model.expand()
    return coef


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_lasso_on_columns_as_they_come(alpha):
    """Unscaled: columns of norm 1, targets in the hundreds."""
    exact = Lasso(alpha=alpha, tol=1e-14, max_iter=10**6).fit(*DIABETES)
    found = linear(alpha=alpha).fit(*DIABETES)
    np.testing.assert_array_equal(found.support_, exact.coef_ != 0)
    np.testing.assert_allclose(coefs(found)[:, 0], exact.coef_, rtol=1e-4, atol=1e-2)


def test_lasso_within_forty_gradients(monkeypatch):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(500, 50))
    b = A[:, :10] @ rng.normal(size=10) + rng.normal(size=500)
    exact = Lasso(alpha=0.1, tol=1e-14, max_iter=10**6).fit(A, b)
    with pytest.warns(UserWarning, match="max_iter=19"):
        found = linear(alpha=0.1, max_iter=19, tol=0.0).fit(A, b)
    np.testing.assert_allclose(coefs(found)[:, 0], exact.coef_, rtol=0, atol=1e-10)


def test_elastic_net_with_weights():
    weights = np.random.default_rng(0).exponential(size=len(Y))
    exact = ElasticNet(alpha=2.0, l1_ratio=0.6, tol=1e-14, max_iter=10**6)
    exact.fit(X, Y, sample_weight=weights)
    found = linear(L1(), alpha=2.0 * 0.6, l2=2.0 * 0.4).fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(coefs(found)[:, 0], exact.coef_, atol=1e-4)


def test_group_lasso_of_several_outputs():
    targets = np.c_[Y, X[:, 2] * 50 + Y[::-1]]
    exact = MultiTaskLasso(alpha=5.0, tol=1e-14, max_iter=10**6).fit(X, targets)
    found = linear(GroupLasso(size_scaling=False), alpha=5.0).fit(X, targets)
    np.testing.assert_allclose(coefs(found), exact.coef_.T, atol=1e-3)
    np.testing.assert_array_equal(found.support_, exact.coef_.any(axis=0))


@pytest.mark.parametrize("multi", [False, True])
def test_logistic_regression(multi):
    A, b = load_wine(return_X_y=True) if multi else (CANCER_X, CANCER_Y)
    A, alpha = scale(A), 0.02
    exact = LogisticRegression(
        l1_ratio=1.0, solver="saga", C=1 / (alpha * len(b)), tol=1e-10, max_iter=10**5
    ).fit(A, b)
    found = linear(alpha=alpha, kind=SparseMLPClassifier).fit(A, b)
    np.testing.assert_allclose(found.predict_proba(A), exact.predict_proba(A), atol=1e-5)
    np.testing.assert_array_equal(found.support_, (exact.coef_ != 0).any(axis=0))


def test_poisson_regression():
    exact = PoissonRegressor(alpha=0.3, tol=1e-12, max_iter=10**4).fit(X, Y)
    found = linear(None, l2=0.3, loss="poisson").fit(X, Y)
    np.testing.assert_allclose(coefs(found)[:, 0], exact.coef_, atol=1e-6)


def test_huber_loss():
    def objective(parameters):
        errors = np.abs(y - X @ parameters[:-1] - parameters[-1])
        inner = np.minimum(errors, 1.35)
        return (inner * (errors - inner / 2)).mean() + 0.05 * (parameters[:-1] ** 2).sum()

    y = scale(Y)
    best = minimize(objective, np.zeros(11), method="BFGS", options={"gtol": 1e-9})
    found = linear(None, l2=0.1, loss=losses.Huber(delta=1.35)).fit(X, y)
    ours = np.r_[coefs(found)[:, 0], found.expand()[1][0]]
    np.testing.assert_allclose(ours, best.x, atol=1e-5)


@pytest.mark.parametrize("container", ["dense", "csr"])
def test_path_is_that_of_the_lasso(container):
    from scipy import sparse

    y = scale(Y)
    alphas, exact, _ = lasso_path(X, y, alphas=[0.4, 0.2, 0.1, 0.05], tol=1e-14, max_iter=10**6)
    given = X if container == "dense" else sparse.csr_array(X)
    path = sparse_mlp_path(linear(), given, y, alphas=alphas, max_iter=300)
    for index, alpha in enumerate(sorted(alphas)):
        assert path[index + 1].alpha == pytest.approx(alpha)
        expected = exact[:, list(alphas).index(alpha)]
        ours = coefs(path.estimator(index + 1))[:, 0]
        np.testing.assert_allclose(ours, expected, atol=1e-6)


NETWORKS = {
    "group lasso": {"penalty": "group_lasso"},
    "log-sum": {"penalty": LogSum(eps=0.1)},
    "single weights": {"penalty": "l1", "l2": 1e-3},
    "none": {"penalty": None, "l2": 1e-2},
    "two terms": {"penalty": [L1(), GroupLasso()]},
}


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_end_where_no_proximal_step_leads_away(name, activation):
    """By autograd, and the definition of the prox: no other weights nearby do better."""
    y = scale(Y)
    model = SparseMLPRegressor(
        (6,),
        activation,
        alpha=0.02,
        solver="lbfgs",
        max_iter=3000,
        random_state=0,
        tol=1e-8,
        **NETWORKS[name],
    ).fit(X, y)
    weights, biases = model.expand()
    parameters = [torch.tensor(a, requires_grad=True) for a in (*weights, *biases)]
    units = {"tanh": torch.tanh, "gelu": torch.nn.functional.gelu}[activation]
    hidden = units(torch.tensor(X) @ parameters[0] + parameters[2])
    errors = (hidden @ parameters[1] + parameters[3])[:, 0] - torch.tensor(y)
    ridge = sum((w**2).sum() for w in parameters[:2])
    (0.5 * (errors**2).mean() + 0.5 * model.l2 * ridge).backward()
    slopes = [p.grad.numpy() for p in parameters]
    # The prox of log-sum jumps: steps get short, and the way to the minimum long.
    tolerance = 5e-3 if name == "log-sum" else 1e-5
    for slope in slopes[2:]:
        assert np.abs(slope).max() < tolerance
    step = 1e-3
    for weight, slope in zip(weights, slopes, strict=False):
        towards = weight - step * slope
        moved = np.abs(weight - best_near(name, towards, step * 0.02))
        assert moved.max() < (1e-4 if name == "log-sum" else 1e-5 * step)


def best_near(name, towards, strength):
    """Return the prox of each row, written out for the penalties of the test."""
    if name == "none":
        return towards
    if name == "single weights":
        return np.sign(towards) * np.maximum(np.abs(towards) - strength, 0)
    if name == "two terms":
        towards = np.sign(towards) * np.maximum(np.abs(towards) - strength, 0)
    norms = np.linalg.norm(towards, axis=1, keepdims=True)
    size = np.sqrt(towards.shape[1])
    if name == "log-sum":
        grid = np.linspace(0, 1, 200_001) * norms[:, :, None]
        cost = (grid - norms[:, :, None]) ** 2 / 2
        cost = cost + strength * size * 0.1 * np.log1p(grid / (0.1 * 1))
        best = np.take_along_axis(grid, cost.argmin(axis=2)[:, :, None], 2)[:, :, 0]
        return towards * best / np.maximum(norms, 1e-300)
    return towards * np.maximum(1 - strength * size / np.maximum(norms, 1e-300), 0)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_objective_falls_and_ends_below_that_of_adam(activation):
    """PANOC lets an envelope of the objective fall, within which that may rise a little."""
    shared = {"alpha": 0.01, "random_state": 0, "max_iter": 200}
    adam = SparseMLPClassifier((20,), activation, batch_size=200, **shared)
    adam.fit(CANCER_X, CANCER_Y)
    model = SparseMLPClassifier((20,), activation, solver="lbfgs", **shared)
    model.fit(CANCER_X, CANCER_Y)
    curve = np.array(model.objective_curve_)
    assert np.diff(curve).max() < 1e-4
    assert curve[-1] < adam.objective_curve_[-1] + 1e-3


def test_order_of_samples_and_kernels_do_not_matter():
    order = np.random.default_rng(0).permutation(len(Y))
    model = SparseMLPRegressor(
        (5,), "tanh", alpha=0.01, solver="lbfgs", max_iter=10, random_state=0, tol=0
    )
    with pytest.warns(UserWarning, match="max_iter"):
        one = clone(model).fit(X, scale(Y))
    with pytest.warns(UserWarning, match="max_iter"):
        other = clone(model).fit(X[order], scale(Y)[order])
    with kernels.switched_off(), pytest.warns(UserWarning, match="max_iter"):
        in_torch = clone(model).fit(X, scale(Y))
    for another in (other, in_torch):
        np.testing.assert_allclose(another.predict(X), one.predict(X), atol=1e-8)


def test_every_loss_with_a_gradient_is_trained():
    for name in losses.available():
        loss = losses.get_loss(name)
        if not loss.differentiable or loss.of_classes:
            continue
        y = np.abs(scale(Y)) + 0.1
        if not loss.separable:
            y = np.c_[np.arange(len(y)) % 3 > 0, y]
        model = SparseMLPRegressor(
            (4,), loss=loss, solver="lbfgs", random_state=0, max_iter=60, alpha=1e-3, tol=1.0
        )
        model.fit(X, y)
        assert np.diff(model.objective_curve_).max() < 1e-3, name


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss": "quantile"}, "Quantile"),
        ({"input_dropout": 0.1}, "input_dropout=0.1"),
        ({"penalty": GroupLasso(warm_up=5)}, "warm_up=5"),
        ({"penalty": GroupLasso(groups="both")}, "overlap"),
    ],
    ids=str,
)
def test_what_it_cannot_do_is_refused(options, words):
    model = SparseMLPRegressor((4,), solver="lbfgs", **options)
    with pytest.raises(ValueError, match=f"(?s)(?=.*{words})(?=.*lbfgs)"):
        model.fit(X, Y)
    assert not hasattr(model, "network_")


@pytest.mark.parametrize("kind", [SparseMLPClassifier, SparseMLPRegressor])
def test_there_is_no_partial_fit(kind):
    model = kind(solver="lbfgs")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit") as refused:
        model.partial_fit(X, Y)
    assert "solver='lbfgs' needs all data at once" in str(refused.value.__cause__)
    assert hasattr(model.set_params(solver="sgd"), "partial_fit")


@pytest.mark.parametrize("max_fun", [1, 7, 20])
def test_it_ends_with_the_step_that_uses_up_the_gradients(monkeypatch, max_fun):
    gradients, spent = Perceptron.gradients, []

    def counted(self, *arguments):
        spent.append(1)
        return gradients(self, *arguments)

    monkeypatch.setattr(Perceptron, "gradients", counted)
    model = SparseMLPRegressor((5,), "tanh", penalty=None, solver="lbfgs", tol=0, random_state=0)
    with kernels.switched_off(), pytest.warns(SgnnConvergenceWarning, match="max_fun"):
        model.set_params(max_fun=max_fun).fit(X, scale(Y))
    assert len(spent) >= max_fun
    if model.n_iter_ > 1:
        spent.clear()
        model.set_params(max_iter=model.n_iter_ - 1)
        with kernels.switched_off(), pytest.warns(SgnnConvergenceWarning, match="max_iter"):
            model.fit(X, scale(Y))
        assert len(spent) < max_fun


def test_it_is_said_which_limit_ended_training():
    """Of the run with the penalty and the one after it, each has all gradients."""
    model = SparseMLPRegressor(
        (5,), "tanh", alpha=0.1, solver="lbfgs", refit=True, tol=0, random_state=0
    )
    with pytest.warns(SgnnConvergenceWarning, match="max_iter=2 epochs were over"):
        clone(model).set_params(max_iter=2, max_fun=1000).fit(X, scale(Y))
    with pytest.warns(SgnnConvergenceWarning, match="max_fun=30 gradients were used up"):
        model.set_params(max_fun=30).fit(X, scale(Y))
    assert 12 < model.n_iter_ <= 30
