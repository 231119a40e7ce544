"""skorch nets get sparse, and stay nets of skorch."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import Checkpoint, EarlyStopping, LRScheduler
from torch import nn

from sgnn.penalties import GroupLasso, SparseGroupLasso, get_penalty
from sgnn.torch import (
    AlphaRamp,
    ProxAdam,
    ProxSGD,
    SparseNeuralNetClassifier,
    SparseNeuralNetRegressor,
    sparse_groups,
)

X, y = load_digits(return_X_y=True)
X, y = (X[:300].reshape(-1, 1, 8, 8) / 16).astype("float32"), y[:300]


class Digits(nn.Module):
    def __init__(self, n_channels=6):
        super().__init__()
        self.convolution = nn.Conv2d(1, n_channels, 3)
        self.hidden = nn.Linear(9 * n_channels, 20)
        self.head = nn.Linear(20, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.convolution(x)), 2)
        return self.head(torch.relu(self.hidden(x.flatten(1)))).softmax(1)


def classifier(**parameters):
    torch.manual_seed(0)
    defaults = {"alpha": 2e-3, "lr": 0.01, "max_epochs": 4, "verbose": 0, "batch_size": 50}
    return SparseNeuralNetClassifier(Digits, **{**defaults, **parameters})


@pytest.fixture(scope="module")
def fitted():
    return classifier(max_epochs=12, alpha=1e-3).fit(X, y)


def test_a_net_trains_as_a_plain_loop_does():
    net = classifier(train_split=None, optimizer=ProxSGD, optimizer__momentum=0.9, lr=0.1).fit(X, y)
    torch.manual_seed(0)
    module = Digits()
    optimizer = ProxSGD(sparse_groups(module, "group_lasso", 2e-3), lr=0.1, momentum=0.9)
    for _ in range(4):
        for start in range(0, 300, 50):
            optimizer.zero_grad()
            out = module(torch.from_numpy(X[start : start + 50]))
            target = torch.from_numpy(y[start : start + 50])
            nn.functional.nll_loss(out.log(), target).backward()
            optimizer.step()
    for one, other in zip(net.module_.parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    assert net.sparsity_ == optimizer.sparsity()


def test_what_is_left_is_counted(fitted):
    weights = [p for name, p in fitted.module_.named_parameters() if p.ndim > 1]
    n_zeros, n = sum(int((w == 0).sum()) for w in weights), sum(w.numel() for w in weights)
    assert 0 < n_zeros < n
    assert fitted.sparsity_ == pytest.approx(n_zeros / n)
    hidden = fitted.module_.hidden.weight != 0
    left = int(hidden.any(0).sum()), int(hidden.any(1).sum())
    assert fitted.n_units_["hidden.weight"] == left
    assert list(fitted.n_units_) == ["convolution.weight", "hidden.weight", "head.weight"]


def test_the_history_has_the_objective_and_the_units(fitted):
    history = fitted.history
    np.testing.assert_allclose(
        history[:, "objective"], np.add(history[:, "train_loss"], history[:, "penalty"])
    )
    assert history[-1, "penalty"] == pytest.approx(fitted.optimizer_.penalty())
    assert history[-1, "sparsity"] == fitted.sparsity_
    assert history[-1, "units"] == fitted.n_units_
    assert 0 < history[0, "sparsity"] < 1


def test_the_compact_module_predicts_the_same(fitted):
    before = fitted.predict_proba(X)
    small, report = fitted.compact(X[:5])
    assert report.n_parameters[1] < report.n_parameters[0]
    with torch.no_grad():
        np.testing.assert_allclose(small(torch.from_numpy(X)), before, atol=1e-5)
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


def test_pickles_and_copies_predict_and_train_on_as_the_original():
    net = classifier().fit(X, y)
    for other in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        np.testing.assert_array_equal(other.predict_proba(X), net.predict_proba(X))
        state = torch.get_rng_state()
        again = copy.deepcopy(net).partial_fit(X, y)
        torch.set_rng_state(state)
        other.partial_fit(X, y)
        np.testing.assert_array_equal(other.predict_proba(X), again.predict_proba(X))
        assert other.optimizer_.penalty() == again.optimizer_.penalty() > 0


def test_parameters_and_optimizer_are_saved_and_loaded(tmp_path):
    net = classifier(train_split=None, max_epochs=2).fit(X, y)
    files = {f"f_{part}": tmp_path / part for part in ("params", "optimizer", "history")}
    net.save_params(**files)
    other = classifier(train_split=None, max_epochs=2, alpha=0.0).initialize()
    other.load_params(**files)
    assert other.optimizer_.param_groups[0]["alpha"] == 2e-3
    net.partial_fit(X, y)
    other.partial_fit(X, y)
    np.testing.assert_array_equal(other.predict_proba(X), net.predict_proba(X))


def test_clones_have_the_same_parameters():
    net = classifier(penalty=SparseGroupLasso(0.3), channels={"hidden": 6}, optimizer__eps=1e-7)
    other = clone(net)
    assert other.get_params()["penalty__l1_ratio"] == 0.3
    assert other.penalty is not net.penalty
    for name in ("alpha", "channels", "optimizer__eps", "lr", "optimizer"):
        assert other.get_params()[name] == net.get_params()[name]


def test_a_search_goes_over_strengths_and_penalties_in_a_pipeline():
    pipeline = make_pipeline(
        FunctionTransformer(lambda X: (X / 16).astype("float32")),
        classifier(penalty=SparseGroupLasso(), train_split=None, max_epochs=2),
    )
    name = "sparseneuralnetclassifier__"
    grid = [
        {f"{name}alpha": [0.0, 1.0]},
        {f"{name}penalty": ["l1", GroupLasso(groups="incoming")]},
        {f"{name}penalty__l1_ratio": [0.2]},
    ]
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    search.fit(16 * X, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 5
    assert scores[1] < scores[0]
    assert search.best_estimator_[-1].sparsity_ >= 0


def test_parameters_of_an_initialised_net_reach_its_optimizer():
    net = classifier(penalty=SparseGroupLasso(0.3)).initialize()
    optimizer = net.optimizer_
    net.set_params(alpha=0.5)
    assert net.optimizer_ is optimizer
    assert [group["alpha"] for group in optimizer.param_groups] == [0.5, 0.0][
        : len(optimizer.param_groups)
    ]
    before = optimizer.penalty()
    net.set_params(penalty__l1_ratio=1.0, lr=0.2)
    assert net.optimizer_.param_groups[0]["lr"] == 0.2
    sums = [p.detach().abs().sum().item() for p in net.module_.parameters() if p.ndim > 1]
    assert net.optimizer_.penalty() == pytest.approx(0.5 * sum(sums))
    assert net.optimizer_.penalty() != pytest.approx(before)
    net.set_params(penalty="group_lasso")
    assert net.optimizer_.param_groups[0]["alpha"] == 0.5
    with pytest.raises(ValueError, match="penalty__l1_ratio can be set of a Penalty object only"):
        net.set_params(penalty__l1_ratio=0.5)


def test_parameters_of_the_criterion_are_trained_and_not_penalised():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.ones(1))

        def forward(self, output, target):
            return nn.functional.nll_loss(output, target) * self.factor.exp()

    net = classifier(criterion=Scaled, max_epochs=1).fit(X, y)
    assert net.criterion_.factor.item() != 1


def test_callbacks_of_skorch_do_what_they_do(tmp_path):
    callbacks = [
        ("ramp", LRScheduler(policy=AlphaRamp, step_every="batch", total_iters=10, power=1)),
        ("rate", LRScheduler(policy="StepLR", step_size=1, gamma=0.5)),
        ("stop", EarlyStopping(patience=2, threshold=10.0)),
        ("save", Checkpoint(dirname=tmp_path, monitor="train_loss_best")),
    ]
    net = classifier(callbacks=callbacks, max_epochs=8).fit(X, y)
    assert len(net.history) == 3
    group = net.optimizer_.param_groups[0]
    assert group["lr"] == pytest.approx(0.01 / 8)
    assert group["alpha"] == pytest.approx(2e-3)
    assert net.history[0, "penalty"] < net.history[-1, "penalty"]
    other = classifier().initialize()
    other.load_params(checkpoint=callbacks[-1][1])
    assert other.optimizer_.state_dict()["param_groups"][0]["alpha"] > 0


def test_a_regressor_of_a_linear_module_is_a_lasso():
    X, y = make_regression(50, 6, n_informative=3, noise=1, random_state=0)
    X, y = X.astype("float32"), (y / y.std()).astype("float32")[:, None]
    torch.manual_seed(0)
    net = SparseNeuralNetRegressor(
        nn.Linear(6, 1),
        penalty="l1",
        alpha=0.4,
        optimizer=ProxSGD,
        lr=0.05,
        max_epochs=300,
        train_split=None,
        verbose=0,
    ).fit(X, y)
    oracle = Lasso(0.2).fit(X, y[:, 0])
    np.testing.assert_allclose(net.module_.weight[0].detach(), oracle.coef_, atol=1e-3)
    assert net.sparsity_ == pytest.approx(4 / 6)
    np.testing.assert_array_equal(net.module_.weight[0].detach() == 0, oracle.coef_ == 0)
    assert isinstance(net, NeuralNetRegressor)


def test_plain_skorch_takes_the_optimizer_with_penalties_by_pattern():
    torch.manual_seed(0)
    groups = [("*weight", {"penalty": get_penalty("l1"), "alpha": 5e-4})]
    net = NeuralNetClassifier(
        Digits, optimizer=ProxAdam, optimizer__param_groups=groups, lr=0.01, max_epochs=9, verbose=0
    )
    clone(net).fit(X, y)
    net.fit(X, y)
    assert 0.05 < net.optimizer_.sparsity() < 1
    assert net.score(X, y) > 0.2


def test_nothing_is_counted_before_a_fit():
    for name in ("sparsity_", "n_units_"):
        with pytest.raises(NotFittedError):
            getattr(classifier(), name)


def test_the_log_shows_the_sparsity_and_no_units(capsys):
    classifier(max_epochs=1, verbose=1).fit(X, y)
    printed = capsys.readouterr().out
    assert "sparsity" in printed
    assert "units" not in printed


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import sgnn.torch

    with pytest.raises(AttributeError, match="no attribute 'SparseNet'"):
        sgnn.torch.SparseNet  # noqa: B018


def test_another_optimizer_is_refused_and_no_penalty_is_one():
    with pytest.raises(
        TypeError, match=r"optimizer must be ProxAdam or ProxSGD; got <class 'torch"
    ):
        classifier(optimizer=torch.optim.Adam).initialize()
    net = classifier(penalty=None, max_epochs=1).fit(X, y)
    assert net.sparsity_ == net.history[-1, "penalty"] == 0
