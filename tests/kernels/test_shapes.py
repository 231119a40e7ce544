"""Compiled shapes of one magnitude beside the same in numpy, on single weights and on norms."""

import numpy as np
import pytest
import torch

from sgnn import kernels
from sgnn.groups import STRUCTURES
from sgnn.networks.parameters import Parameters
from sgnn.penalties import MCP, SCAD, CappedL1, ElasticNet, LogSum, TransformedL1
from sgnn.proximal.sgd import ProxSGD
from sgnn.proximal.term import Term
from sgnn.proximal.terms import Terms
from sgnn.training.scales import Scales
from tests.penalties.outside import show
from tests.penalties.test_arrays import shapes

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

OTHERS = [
    *(ElasticNet(share) for share in (0.3, 1.0)),
    *(LogSum(eps) for eps in (0.01, 3.0)),
    *(TransformedL1(a) for a in (0.1, 20.0)),
    *(MCP(gamma) for gamma in (0.5, 30.0)),
    *(SCAD(gamma) for gamma in (2.5, 30.0)),
    *(CappedL1(theta) for theta in (0.05, 5.0)),
]
SHAPES = list(dict.fromkeys([*shapes(), *(penalty.shape() for penalty in OTHERS)]))


def numbers(dtype):
    even = np.linspace(0, 3, 400), np.linspace(0, 0.4, 400)
    sizes = np.concatenate([[0.0], np.logspace(-6, 3, 400), *even])
    return np.concatenate([sizes, -sizes]).astype(dtype)


def start(shape, groups, x, alpha, factors):
    """Return an optimiser of a network without hidden layers and with one output."""
    parameters = Parameters((len(x), 1), torch.from_numpy(x).dtype, torch.device("cpu"))
    parameters.weights.copy_(torch.from_numpy(x))
    structure = STRUCTURES[groups](parameters)
    terms = Terms(parameters, [Term(shape, structure, groups, [factors], alpha)])
    optimizer = ProxSGD(
        parameters, parameters.zeros_like(), terms, Scales.natural(1), momentum=0.0, nesterov=False
    )
    assert optimizer._compiled.is_fused
    return optimizer


@pytest.mark.parametrize("factor", [0.0, 0.25, 50.0, None], ids=["0", "0.25", "50", "many"])
@pytest.mark.parametrize("alpha", [0.0, 1e-3, 0.8])
@pytest.mark.parametrize("groups", ["weights", "outgoing"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_kernels_give_what_numpy_gives(shape, dtype, groups, alpha, factor):
    """The gradient is 0, and the steps are the factors of the term."""
    x, precision = numbers(dtype), np.finfo(dtype).eps
    drawn = np.random.RandomState(0).lognormal(0, 3, len(x)).astype(dtype)
    drawn[::7] = 0
    steps = drawn if factor is None else np.full(len(x), factor, dtype)
    optimizer = start(
        shape, groups, x, alpha, torch.from_numpy(drawn) if factor is None else factor
    )
    exact, steps = x.astype(np.float64), steps.astype(np.float64)
    of_value = (steps * shape.value(exact, alpha)).sum()
    np.testing.assert_allclose(optimizer.penalty(), of_value, rtol=1e-12)

    optimizer.step(1.0)
    found = optimizer.parameters.weights.numpy()
    with np.errstate(all="ignore"):
        expected = shape.prox(exact, steps, alpha)
    at_jumps = (found == 0) != (expected == 0)
    assert at_jumps.sum() <= 2
    errors = abs(found - expected)[~at_jumps] / np.maximum(abs(exact[~at_jumps]), 1e-30) / precision
    assert errors.max() <= 32
    still = (steps == 0) | (alpha == 0) | (x == 0)
    np.testing.assert_array_equal(found[still], x[still])
