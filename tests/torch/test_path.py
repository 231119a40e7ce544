"""Modules of all sizes from one dense one."""

import numpy as np
import pytest
import torch
from torch import nn

from sgnn._common.warnings import SgnnWarning
from sgnn.penalties import GroupLasso
from sgnn.torch import ProxSGD, sparse_module_path

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(240, 6, generator=GENERATOR)
y = ((X[:, 0] + X[:, 1] * (X[:, 2] > 0)) > 0).long()
TRAIN, HELD_OUT = (X[:160], y[:160]), (X[160:], y[160:])


def make():
    layers = nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.1), nn.Linear(12, 2)
    return nn.Sequential(*layers)


def accuracy(outputs, targets):
    return (outputs.argmax(1) == targets).double().mean()


def walk(**options):
    defaults = {"validation": HELD_OUT, "score": accuracy, "lr": 0.02, "batch_size": 40}
    defaults |= {"dense_epochs": 15, "epochs": 4, "n_points": 14, "random_state": 0}
    return sparse_module_path(make, TRAIN, nn.CrossEntropyLoss(), **{**defaults, **options})


@pytest.fixture(scope="module")
def path():
    return walk()


def weights_of(module):
    return torch.cat([p.detach().ravel() for p in module.parameters() if p.ndim > 1])


def test_a_path_goes_from_the_dense_module_to_the_empty_one(path):
    assert path.alphas[0] == path.sparsities[0] == 0
    assert path.sparsities[-1] == 1
    assert (np.diff(path.alphas) > 0).all()
    assert len(np.unique(path.sparsities)) > 4
    assert np.diff(path.sparsities).min() > -0.1
    assert path.train_losses[-1] > path.train_losses[0]


def test_points_say_of_their_modules_what_is_so(path):
    for point in path.points:
        module = path.module(point)
        assert point.sparsity == pytest.approx((weights_of(module) == 0).double().mean().item())
        hidden = module[0].weight != 0
        assert point.units["0.weight"] == (int(hidden.any(0).sum()), int(hidden.any(1).sum()))
        with torch.no_grad():
            score = accuracy(module(HELD_OUT[0]), HELD_OUT[1]).item()
        assert point.validation_score == pytest.approx(score)
        assert not module.training


def test_points_are_chosen_by_sparsity_and_by_scores(path):
    half = path.at(sparsity=0.5)
    index = path.points.index(half)
    assert path.sparsities[index] >= 0.5 > path.sparsities[:index].max()
    assert path.at(sparsity=0.0) is path[0]
    scores = path.validation_scores
    best = path.points.index(path.best())
    assert scores[best] == scores.max() > scores[best + 1 :].max()
    near = path.points.index(path.best("dense", tol=0.1))
    assert scores[near] >= scores[0] - 0.1 > scores[near + 1 :].max()


def test_compact_modules_of_points_predict_the_same(path):
    point = path.at(sparsity=0.5)
    small, report = path.compact(point, X[:3])
    assert report.n_parameters[1] < report.n_parameters[0]
    with torch.no_grad():
        torch.testing.assert_close(small(X), path.module(point)(X), rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_refit_keeps_the_zeros_and_lowers_the_loss():
    """Batches in order and no dropout, so that a refit draws nothing that the path would."""
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*TRAIN), batch_size=40)
    loss, options = nn.CrossEntropyLoss(), {"lr": 0.02, "epochs": 4, "random_state": 0}

    def make():
        return nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 2))

    path = sparse_module_path(make, loader, loss, **options)
    refitted = sparse_module_path(make, loader, loss, refit_epochs=10, **options)
    np.testing.assert_array_equal(refitted.alphas, path.alphas)
    np.testing.assert_array_equal(refitted.sparsities, path.sparsities)
    some = [i for i, sparsity in enumerate(path.sparsities) if 0.2 < sparsity < 1]
    assert some
    for index in some:
        one, other = path.module(path[index]), refitted.module(refitted[index])
        assert torch.equal(weights_of(one) == 0, weights_of(other) == 0)
        with torch.no_grad():
            assert loss(other(TRAIN[0]), TRAIN[1]) < loss(one(TRAIN[0]), TRAIN[1])


@pytest.mark.slow
def test_a_state_repeats_and_leaves_the_generator_as_it_was(path):
    before = torch.get_rng_state()
    again = walk()
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(again.validation_scores, path.validation_scores)
    other = walk(random_state=1)
    assert not np.array_equal(other.alphas, path.alphas)


def test_loaders_other_optimisers_and_rules(capsys):
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*TRAIN), batch_size=40)
    rules = {"4": None, nn.BatchNorm1d: GroupLasso(groups="incoming"), nn.Linear: "log_sum"}
    path = sparse_module_path(
        make,
        loader,
        nn.CrossEntropyLoss(),
        rules=rules,
        optimizer=ProxSGD,
        lr=0.1,
        n_points=20,
        epochs=10,
        random_state=0,
        verbose=True,
    )
    assert list(path[0].units) == ["1.weight", "0.weight"]
    assert (path.module(path[-1])[4].weight != 0).any()
    assert path.sparsities[-1] == 1
    assert path.validation_scores is None
    assert len(capsys.readouterr().out.splitlines()) == len(path)
    with pytest.raises(ValueError, match="best needs validation scores"):
        path.best()


def test_a_path_that_is_too_short_says_so():
    with pytest.warns(SgnnWarning, match="more points or more epochs go further"):
        path = walk(n_points=2)
    with pytest.raises(ValueError, match="sparsity must be at most"):
        path.at(sparsity=1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be an integer of at least 1; got 0"),
        ({"n_points": 1.5}, "n_points must be an integer of at least 2; got 1.5"),
        ({"rules": {"4": None, nn.Linear: GroupLasso(layers=[0])}}, "penalty of 0"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        walk(**options)


def test_rules_of_choice_are_checked(path):
    with pytest.raises(ValueError, match="rule must be 'best' or 'dense'; got '1se'"):
        path.best("1se")


@pytest.mark.parametrize(
    ("make_module", "data", "error", "message"),
    [
        (lambda: 3, TRAIN, TypeError, "make_module must return a module; got int"),
        (make, (X.numpy(), y), TypeError, "data must be a DataLoader or two tensors; got ndarray"),
        (make, (X, y[:3]), ValueError, r"data must be tensors of as many samples; got .*\(3,\)"),
    ],
)
def test_what_cannot_be_trained_is_refused(make_module, data, error, message):
    with pytest.raises(error, match=message):
        sparse_module_path(make_module, data, nn.CrossEntropyLoss())


def test_a_path_shows_its_points(path):
    lines = repr(path).splitlines()
    assert lines[0] == f"<ModulePath of {len(path)} points>"
    assert lines[1:] == [repr(point) for point in path.points]
