"""ProxAdam and ProxSGD are optimisers of torch in every respect, and minimise what they say."""

import copy
import io
import math
import pickle
import shutil
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_regression
from sklearn.linear_model import Lasso, MultiTaskLasso, Ridge
from torch import nn

from sgnn.penalties import GroupLasso, LogSum
from sgnn.torch import AlphaRamp, ProxAdam, ProxSGD, compact, sparse_groups
from tests.torch.modules import convolutional, images, train

OPTIMIZERS = {
    "adam": (ProxAdam, {"lr": 0.01}),
    "sgd": (ProxSGD, {"lr": 0.05}),
    "momentum": (ProxSGD, {"lr": 0.02, "momentum": 0.8}),
    "nesterov": (ProxSGD, {"lr": 0.02, "momentum": 0.8, "nesterov": True}),
}
every_optimizer = pytest.mark.parametrize("kind", OPTIMIZERS)
RULES = {"0": None, nn.BatchNorm2d: GroupLasso(groups="incoming"), nn.Conv2d: LogSum(), "*": "l1"}


def make(kind, module, rules=RULES, alpha=0.01, **options):
    optimizer, defaults = OPTIMIZERS[kind]
    return optimizer(sparse_groups(module, rules, alpha), **{**defaults, **options})


def same(some, others):
    assert all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


def linear_problem(n_targets):
    X, y = make_regression(60, 10, n_informative=4, n_targets=n_targets, noise=3, random_state=0)
    y = y.reshape(60, -1)
    return X, (y - y.mean(0)) / y.std(0)


def minimise(kind, rules, alpha, X, y, weight_decay=0.0):
    """Train a linear module on the mean of half the squared errors until it stands still."""
    torch.manual_seed(0)
    module = nn.Linear(X.shape[1], y.shape[1]).double()
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    rate, decay = {"adam": (0.05, 0.97), "sgd": (0.3, 1.0)}.get(kind, (0.1, 1.0))
    optimizer = make(kind, module, rules, alpha, lr=rate, weight_decay=weight_decay)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, decay)
    for step in range(900):
        optimizer.zero_grad()
        ((module(inputs) - targets).square().sum(1).mean() / 2).backward()
        optimizer.step()
        if step > 350:
            scheduler.step()
    return module, optimizer


@every_optimizer
def test_l1_on_a_linear_module_is_the_lasso(kind):
    X, y = linear_problem(1)
    module, optimizer = minimise(kind, "l1", 0.1, X, y)
    lasso = Lasso(0.1, tol=1e-12, max_iter=100_000).fit(X, y[:, 0])
    assert 0 < np.sum(lasso.coef_ == 0) < 10
    np.testing.assert_allclose(module.weight.detach().numpy()[0], lasso.coef_, atol=1e-7)
    np.testing.assert_allclose(module.bias.item(), lasso.intercept_, atol=1e-7)
    np.testing.assert_array_equal(module.weight.detach().numpy()[0] == 0, lasso.coef_ == 0)
    assert optimizer.penalty() == pytest.approx(0.1 * abs(lasso.coef_).sum(), rel=1e-9)


@every_optimizer
def test_the_group_lasso_on_a_linear_module_is_the_multi_task_lasso(kind):
    X, y = linear_problem(3)
    module, _ = minimise(kind, GroupLasso(size_scaling=False), 0.2, X, y)
    oracle = MultiTaskLasso(0.2, tol=1e-12, max_iter=100_000).fit(X, y)
    zeros = (oracle.coef_ == 0).all(0)
    assert 0 < zeros.sum() < 10
    np.testing.assert_allclose(module.weight.detach(), oracle.coef_, atol=1e-7)
    np.testing.assert_array_equal((module.weight == 0).all(0), zeros)


@every_optimizer
def test_weight_decay_is_a_ridge(kind):
    X, y = linear_problem(1)
    X, y = X - X.mean(0), y - y.mean(0)
    module, _ = minimise(kind, {"*": None}, 0.0, X, y, weight_decay=0.3)
    oracle = Ridge(0.3 * len(X)).fit(X, y[:, 0])
    np.testing.assert_allclose(module.weight.detach().numpy()[0], oracle.coef_, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "oracle", "options"),
    [
        ("adam", torch.optim.Adam, {"betas": (0.9, 0.99)}),
        ("sgd", torch.optim.SGD, {}),
        ("momentum", torch.optim.SGD, {"momentum": 0.8}),
        ("nesterov", torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    ],
)
def test_without_penalty_the_steps_are_those_of_torch(kind, oracle, options):
    module = convolutional()
    other = copy.deepcopy(module)
    optimizer = make(kind, module, {"*": None}, weight_decay=0.1)
    lr = optimizer.param_groups[0]["lr"]
    found = train(module, optimizer)
    expected = train(other, oracle(other.parameters(), lr=lr, weight_decay=0.1, **options))
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-12)


@every_optimizer
def test_training_goes_on_from_a_saved_state_bit_for_bit(kind):
    module = convolutional()
    optimizer = make(kind, module)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    train(module, optimizer, 5, after=scheduler.step)
    file = io.BytesIO()
    things = module, optimizer, scheduler
    torch.save([thing.state_dict() for thing in things], file)
    expected = train(module, optimizer, 5, start=5, after=scheduler.step)
    file.seek(0)
    again = convolutional()
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.add_(1)
    optimizer = make(kind, again, alpha=7.0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for thing, state in zip((again, optimizer, scheduler), torch.load(file), strict=True):
        thing.load_state_dict(state)
    same(train(again, optimizer, 5, start=5, after=scheduler.step), expected)


@every_optimizer
@pytest.mark.parametrize("way", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_copies_and_pickles_go_on_as_the_original(kind, way):
    module = convolutional()
    optimizer = make(kind, module)
    train(module, optimizer, 3)
    other, of_other = way((module, optimizer))
    assert of_other.penalty() == optimizer.penalty() > 0
    same(train(module, optimizer, 3, start=3), train(other, of_other, 3, start=3))


@every_optimizer
def test_a_closure_is_called_with_gradients_and_its_loss_returned(kind):
    module = convolutional()
    other = copy.deepcopy(module)
    X, y = images()
    optimizer, losses = make(kind, module), []

    def closure():
        optimizer.zero_grad()
        losses.append(nn.functional.cross_entropy(module(X[: 4 * 5 : 5]), y[: 4 * 5 : 5]))
        losses[-1].backward()
        return losses[-1]

    assert optimizer.step(closure) is losses[0]
    same(list(module.parameters()), train(other, make(kind, other), 1))


def test_a_scheduler_of_rates_makes_adam_remember_longer_under_convex_penalties_only():
    for rules, beta in (("l1", 0.95), ("log_sum", 0.9), ({"*": None}, 0.9)):
        module = nn.Linear(2, 1).double()
        optimizer = ProxAdam(sparse_groups(module, rules), lr=1.0)
        torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        optimizer.param_groups[0]["lr"] = 0.5
        module.weight.grad = torch.ones_like(module.weight)
        optimizer.step()
        mean = optimizer.state[module.weight]["exp_avg"]
        torch.testing.assert_close(mean, torch.full_like(mean, 1 - beta))


def test_alpha_of_a_group_is_the_strength_of_its_prox():
    module = nn.Linear(3, 1).double()
    before = module.weight.detach().clone()
    optimizer = ProxSGD(sparse_groups(module, "l1", 0.0), lr=0.1)
    module.weight.grad = torch.zeros_like(module.weight)
    optimizer.step()
    assert torch.equal(module.weight, before)
    optimizer.param_groups[0]["alpha"] = 0.5
    optimizer.step()
    expected = before.sign() * (before.abs() - 0.05).clamp(min=0)
    torch.testing.assert_close(module.weight.detach(), expected)
    assert optimizer.penalty() == pytest.approx(0.5 * module.weight.abs().sum().item())


def test_a_ramp_raises_all_strengths_and_goes_on_from_its_state():
    module = convolutional()
    optimizer = make("adam", module, {"0": "l1", "*": "log_sum"}, alpha=0.8)
    optimizer.param_groups[0]["alpha"] = 0.4
    ramp, seen = AlphaRamp(optimizer, 4, power=1), []
    for step in range(6):
        if step == 3:
            state = optimizer.state_dict(), ramp.state_dict()
            optimizer = make("adam", module, {"0": "l1", "*": "log_sum"}, alpha=9.0)
            optimizer.load_state_dict(state[0])
            ramp = AlphaRamp(optimizer, 4, power=1)
            ramp.load_state_dict(state[1])
        seen.append([group["alpha"] for group in optimizer.param_groups[:2]])
        ramp.step()
    np.testing.assert_allclose(seen, np.outer([0, 0.25, 0.5, 0.75, 1, 1], [0.4, 0.8]))


@every_optimizer
def test_kept_zeros_stay_while_the_rest_is_free_also_after_saving(kind):
    module = convolutional()
    optimizer = make(kind, module, alpha=0.2)
    train(module, optimizer, 15)
    zeros = [parameter == 0 for parameter in module.parameters()]
    assert sum(int(mask.sum()) for mask in zeros) > 20
    optimizer.keep_zeros()
    assert optimizer.penalty() == 0
    refit, of_refit = copy.deepcopy(module), None
    of_refit = make(kind, refit, alpha=0.2)
    of_refit.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for network, one in ((module, optimizer), (refit, of_refit)):
        before = [p.detach().clone() for p in network.parameters()]
        train(network, one, 5)
        for p, mask in zip(network.parameters(), zeros, strict=True):
            assert p.ndim == 1 or torch.equal(p == 0, mask)
        assert any((p != old).any() for p, old in zip(network.parameters(), before, strict=True))
    same(module.parameters(), refit.parameters())


@every_optimizer
def test_a_module_may_change_its_type_and_its_memory_while_it_is_trained(kind):
    """Views of parameters are not kept: ``.to`` replaces what they are views of."""
    module = convolutional()
    other = copy.deepcopy(module).to(memory_format=torch.channels_last)
    optimizer, of_other = make(kind, module, alpha=0.1), make(kind, other, alpha=0.1)
    expected = train(module, optimizer, 3)
    for one, two in zip(train(other, of_other, 3), expected, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-8)
    other.to(memory_format=torch.contiguous_format)
    for parameter in other.parameters():
        parameter.data = parameter.data.clone()
    expected = train(module, optimizer, 3, start=3)
    for one, two in zip(train(other, of_other, 3, start=3), expected, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-8)
    assert any((p == 0).any() for p in expected)


@every_optimizer
def test_a_compiled_module_is_seen_through(kind):
    module = convolutional()
    compiled = torch.compile(copy.deepcopy(module), backend="eager")
    optimizer = make(kind, compiled)
    expected = train(module, make(kind, module), 3)
    for one, two in zip(train(compiled, optimizer, 3), expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-12)
    small, _ = compact(compiled, images()[0])
    assert type(small) is type(module)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a compiler")
def test_a_module_compiled_by_inductor_takes_the_same_steps(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    module = convolutional()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Those of torch while it compiles.
        compiled = torch.compile(copy.deepcopy(module))
        found = train(compiled, make("adam", compiled), 3)
    expected = train(module, make("adam", module), 3)
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-8, atol=1e-10)
    assert any((p == 0).any() for p in expected)
    small, _ = compact(compiled, images()[0][:2])
    before = module.eval()(images()[0])
    torch.testing.assert_close(small.eval()(images()[0]), before, rtol=1e-8, atol=1e-10)


@every_optimizer
def test_scaled_gradients_and_steps_that_are_skipped(kind):
    module = convolutional().float()
    optimizer = make(kind, module)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    X, y = images()
    for factor in (1.0, math.inf):
        before = [p.detach().clone() for p in module.parameters()]
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = factor * nn.functional.cross_entropy(module(X.float()), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        moved = [bool((p != q).any()) for p, q in zip(module.parameters(), before, strict=True)]
        assert any(moved) == (factor == 1.0)
    assert optimizer.state[module[0].weight]["step"] == 1


def test_a_missing_gradient_is_zero_under_a_penalty_and_no_step_without():
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).double()
    optimizer = ProxSGD(sparse_groups(module, {"*": "l1"}, alpha=0.1), lr=0.5)
    free = ProxSGD(module.parameters(), lr=0.5)
    before = module[0].weight.detach().clone()
    module[1].weight.grad = torch.ones(2, 2).double()
    free.step()
    assert torch.equal(module[0].weight, before)
    optimizer.step()
    expected = before.sign() * (before.abs() - 0.05).clamp(min=0)
    torch.testing.assert_close(module[0].weight.detach(), expected)


def test_plain_parameter_groups_take_a_penalty_by_name():
    module = nn.Linear(3, 2).double()
    groups = [{"params": [module.weight], "penalty": "l1", "alpha": 0.2}, {"params": [module.bias]}]
    optimizer = ProxSGD(groups, lr=0.1)
    expected = 0.2 * module.weight.abs().sum().item()
    assert optimizer.penalty() == pytest.approx(expected)
    assert "penalty" not in groups[1]
    assert groups[0]["penalty"] == "l1"


def dense(**group):
    return [{"params": [nn.Parameter(torch.ones(2, 3))], **group}]


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: ProxAdam(dense(), lr=-1.0), r"lr must be .* \[0, inf\); got -1.0"),
        (lambda: ProxAdam(dense(), betas=(0.9, 1.0)), r"betas\[1\] must be .*; got 1.0"),
        (lambda: ProxAdam(dense(), eps=math.nan), "eps must be"),
        (lambda: ProxAdam(dense(alpha=-0.1)), "alpha must be .*; got -0.1"),
        (lambda: ProxSGD(dense(), momentum=1.0), "momentum must be .*; got 1.0"),
        (lambda: ProxSGD(dense(), nesterov=True), "nesterov=True needs a momentum"),
        (lambda: ProxSGD(dense(weight_decay="much")), "weight_decay must be .*; got 'much'"),
        (lambda: ProxSGD(dense(penalty="lasso")), "penalty='lasso' is unknown"),
        (lambda: ProxSGD(dense(penalty=GroupLasso(warm_up=3))), "warm_up must be 0.*AlphaRamp"),
        (lambda: ProxSGD(dense(penalty=GroupLasso(adaptive=1))), "adaptive must be 0"),
        (lambda: ProxSGD(dense(penalty=GroupLasso(layers=[1, 2]))), "layers has 2 factors"),
        (
            lambda: ProxSGD([{"params": [nn.Parameter(torch.ones(3))], "penalty": "l1"}]),
            r"got a tensor of shape \(3,\)",
        ),
        (
            lambda: ProxSGD(sparse_groups(nn.Linear(2, 2).bfloat16(), "l1")),
            "all be float32, or all float64.*got torch.bfloat16",
        ),
        (lambda: AlphaRamp(ProxSGD(dense()), 0), "total_iters must be a number above 0; got 0"),
        (lambda: AlphaRamp(ProxSGD(dense()), 3, power=-1), "power must be .*; got -1"),
    ],
)
def test_what_does_not_fit_is_refused(make_it, message):
    with pytest.raises(ValueError, match=message):
        make_it()


def test_a_group_that_is_refused_is_not_added():
    optimizer = ProxSGD(dense())
    for options in ({"lr": -1}, {"penalty": "lasso"}):
        with pytest.raises(ValueError, match=r"lr|penalty"):
            optimizer.add_param_group(dense(**options)[0])
    assert len(optimizer.param_groups) == 1
    optimizer.add_param_group(dense(penalty="l1", alpha=0.5)[0])
    assert optimizer.penalty() == 3


def test_sparse_gradients_are_refused():
    module = nn.Embedding(4, 2, sparse=True)
    optimizer = ProxAdam(sparse_groups(module, {nn.Embedding: "group_lasso"}))
    module(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="sparse gradients"):
        optimizer.step()


def test_without_a_penalty_nothing_is_sparse():
    optimizer = ProxAdam(nn.Linear(2, 2).parameters())
    assert optimizer.sparsity() == optimizer.penalty() == 0
    assert optimizer.n_units(nn.Linear(2, 2)) == {}


def test_units_are_those_of_the_module_of_the_optimizer():
    optimizer = ProxAdam(sparse_groups(nn.Linear(2, 2)))
    with pytest.raises(ValueError, match="module must be the one whose parameters"):
        optimizer.n_units(nn.Linear(2, 2))


def test_a_ramp_needs_an_optimizer_with_penalties():
    with pytest.raises(TypeError, match="optimizer must be ProxAdam or ProxSGD; got Adam"):
        AlphaRamp(torch.optim.Adam(nn.Linear(2, 2).parameters()), total_iters=3)
