"""What the terms of an objective say of themselves, apart from their prox."""

import numpy as np
import pytest
import torch

from sgnn.networks.parameters import Parameters
from sgnn.penalties import L0, L1, MCP, SCAD, CappedL1, ExclusiveLasso, GroupLasso, Hoyer, LogSum
from sgnn.proximal.build import build_terms

EDGE = 1e-7


def draw(sizes=(4, 3, 2)):
    parameters = Parameters(sizes, torch.float64, torch.device("cpu"))
    rng = np.random.RandomState(0)
    parameters.flat.copy_(torch.from_numpy(rng.randn(len(parameters.flat))))
    return parameters


@pytest.mark.parametrize("size_scaling", [True, False])
@pytest.mark.parametrize(
    ("groups", "layers"),
    [
        ("outgoing", "all"),
        ("outgoing", [0.5, 2.0]),
        ("incoming", "all"),
        ("incoming", [0.5, 2.0]),
        ("weights", "all"),
    ],
)
@pytest.mark.parametrize("penalty", [MCP, SCAD, LogSum, CappedL1])
def test_the_concave_scale_is_the_gradient_of_a_group_about_to_become_zero(
    penalty, groups, layers, size_scaling
):
    """The slope of the penalty in the norm, shared out among the members: by differences.

    All groups but one are set to zero and that one to a tiny norm, so that the value is its slope
    times the norm.
    """
    parameters = draw()
    penalties = [penalty(groups=groups, size_scaling=size_scaling, layers=layers)]
    terms = build_terms(penalties, parameters, 0.3)
    norms, sizes = terms.metric.norms(parameters).clone(), terms.metric.sizes.tolist()
    found = torch.zeros_like(norms) + terms.concave_scale()
    for group, size in enumerate(sizes):
        alone = parameters.zeros_like()
        alone.flat.copy_(parameters.flat)
        factors = torch.zeros_like(norms)
        factors[group] = EDGE / norms[group]
        for index, layer in enumerate(alone.layers):
            layer.weight.mul_(terms.metric.spread(factors, index))
            if terms.metric.with_bias:
                layer.bias.mul_(factors[terms.metric.slices[index]])
        slope = terms.value(alone) / EDGE
        assert float(found[group]) == pytest.approx(slope / size**0.5, rel=1e-4)


@pytest.mark.parametrize(
    "penalties",
    [
        [],
        [L1()],
        [GroupLasso()],
        [ExclusiveLasso()],
        [Hoyer()],
    ],
    ids=repr,
)
def test_there_is_no_concave_scale_where_it_means_nothing(penalties):
    parameters = draw()
    terms = build_terms(penalties, parameters, 0.3)
    assert terms.concave_scale() == 0


def test_no_strength_is_no_scale_and_not_convex():
    terms = build_terms([L0()], draw(), 0.0)
    assert not terms.is_convex
    assert (terms.concave_scale() == 0).all()
