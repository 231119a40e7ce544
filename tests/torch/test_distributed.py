"""Under DistributedDataParallel all processes take the steps of one on all data."""

import pytest
import torch
from torch import distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from sgnn.penalties import GroupLasso
from sgnn.torch import ProxAdam, sparse_groups

N_PROCESSES = 2


def train(wrap, part):
    """Train a module on a part of the rows; return its parameters."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 2)).double()
    X, y = torch.randn(8, 1, 5, 5).double(), torch.randn(8, 2).double()
    wrapped = wrap(module)
    rules = {"0": GroupLasso(groups="incoming"), "3": "l1"}
    optimizer = ProxAdam(sparse_groups(wrapped, rules, alpha=0.02), lr=0.02)
    for _ in range(30):
        optimizer.zero_grad()
        (wrapped(X[part]) - y[part]).square().mean().backward()
        optimizer.step()
    return [parameter.detach() for parameter in module.parameters()]


def run(rank, folder):
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=N_PROCESSES
    )
    found = train(DistributedDataParallel, slice(rank, None, N_PROCESSES))
    torch.save(found, f"{folder}/{rank}")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_processes_agree_with_one_on_all_data(tmp_path):
    multiprocessing.spawn(run, (str(tmp_path),), N_PROCESSES)
    found = [torch.load(tmp_path / str(rank)) for rank in range(N_PROCESSES)]
    expected = train(lambda module: module, slice(None))
    for one, other, alone in zip(*found, expected, strict=True):
        assert torch.equal(one, other)
        torch.testing.assert_close(one, alone, rtol=0, atol=1e-10)
    assert any((parameter == 0).any() for parameter in expected)
