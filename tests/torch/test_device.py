"""Modules on a GPU: the same steps, the same removal, and paths, as on the CPU."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from sgnn.penalties._registry import PENALTIES
from sgnn.torch import (
    ProxAdam,
    ProxSGD,
    SparseNeuralNetClassifier,
    compact,
    sparse_groups,
    sparse_module_path,
)
from tests.kernels.fits import NEEDED
from tests.torch.networks import CASES, IMAGES, kill

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(240, 6, generator=GENERATOR, dtype=torch.float64)
y = ((X[:, 0] + X[:, 1] * (X[:, 2] > 0)) > 0).long()


def dense():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)).double()


def trained(module, penalty, optimizer):
    device = next(module.parameters()).device
    optimizer = optimizer(sparse_groups(module, penalty, 0.05), lr=0.02)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(X.to(device)), y.to(device)).backward()
        optimizer.step()
    return [parameter.detach().cpu().numpy() for parameter in module.parameters()]


@pytest.mark.parametrize("optimizer", [ProxAdam, ProxSGD])
@pytest.mark.parametrize("name", list(PENALTIES))
def test_steps_are_those_on_the_cpu(name, optimizer):
    penalty = PENALTIES[name](**NEEDED.get(name, {}))
    pairs = zip(
        trained(dense().cuda(), penalty, optimizer),
        trained(dense(), penalty, optimizer),
        strict=True,
    )
    for on_gpu, on_cpu in pairs:
        np.testing.assert_array_equal(on_gpu != 0, on_cpu != 0)
        np.testing.assert_allclose(on_gpu, on_cpu, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", list(CASES))
def test_compact_removes_what_it_removes_on_the_cpu(name, dtype):
    torch.manual_seed(0)
    make, layer, units, others = CASES[name]
    module = make()
    kill(module, layer, units, True, others)
    module = module.to(dtype).eval()
    x = torch.randn(IMAGES, dtype=dtype)
    try:
        _, expected = compact(module, x)
    except ValueError:
        pytest.skip("no module that compact takes")
    on_gpu = copy.deepcopy(module).cuda()
    state = torch.cuda.get_rng_state()
    small, report = compact(on_gpu, x.cuda())
    assert report.structure == expected.structure
    assert all(parameter.is_cuda for parameter in small.parameters())
    tolerance = 1e-9 if dtype == torch.float64 else 5e-3
    with torch.no_grad():
        before, after = on_gpu(x.cuda()), small(x.cuda())
    torch.testing.assert_close(after, before, rtol=0, atol=tolerance)
    torch.testing.assert_close(torch.cuda.get_rng_state(), state)


def make_on(device):
    def make():
        layers = nn.Linear(6, 12), nn.ReLU(), nn.Dropout(0.1), nn.Linear(12, 2)
        return nn.Sequential(*layers).double().to(device)

    return make


@pytest.mark.parametrize("where", ["cpu", "cuda"])
def test_a_path_takes_data_from_anywhere(where):
    data = X.to(where), y.to(where)
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    path = sparse_module_path(
        make_on("cuda"),
        data,
        nn.CrossEntropyLoss(),
        validation=data,
        lr=0.02,
        batch_size=40,
        dense_epochs=10,
        n_points=12,
        random_state=0,
    )
    for state, old in zip((torch.get_rng_state(), torch.cuda.get_rng_state()), before, strict=True):
        torch.testing.assert_close(state, old)
    assert path.sparsities[-1] == 1
    best = path.module(path.best())
    with torch.no_grad():
        assert (best(X.cuda()).argmax(1) == y.cuda()).double().mean() > 0.9
    small, _ = path.compact(path.at(sparsity=0.5), X[:10].cuda())
    assert next(small.parameters()).is_cuda


def test_nets_of_skorch_train_and_shrink():
    net = SparseNeuralNetClassifier(
        lambda: make_on("cuda")().float(),
        alpha=0.02,
        lr=0.02,
        max_epochs=30,
        device="cuda",
        criterion=nn.CrossEntropyLoss,
        verbose=0,
        batch_size=40,
    ).fit(X.float().numpy(), y.numpy())
    assert 0 < net.sparsity_ < 1
    small, _ = net.compact(X.float().numpy())
    with torch.no_grad():
        found = small.eval()(X.float().cuda()).argmax(1).cpu().numpy()
    assert (found == net.predict(X.float().numpy())).all()


def test_autocast_and_scaler_leave_exact_zeros():
    module = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 2)).cuda()
    optimizer = ProxAdam(sparse_groups(module, "l1", 0.01), lr=0.01)
    scaler = torch.amp.GradScaler("cuda")
    for _ in range(60):
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.float16):
            loss = nn.functional.cross_entropy(module(X.float().cuda()), y.cuda())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    assert 0.2 < optimizer.sparsity() < 1
    assert loss.item() < 0.5
